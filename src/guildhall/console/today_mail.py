"""What mailboxes ask for on Today: servers that refuse us or do not answer. Nothing is asked of them here."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guildhall.channels.email.models import Mailbox
from guildhall.console.mailboxes import line
from guildhall.console.today_lines import Need, page
from guildhall.people.models import Staff


def mailboxes(_reader: Staff) -> Iterator[Need]:
    """Mailboxes with a problem, the longest first."""
    for mailbox in Mailbox.objects.exclude(problem={}).order_by("problem_since")[:5]:
        shown = line(mailbox)
        yield Need(
            _("Mailbox"),
            "red",
            f"{mailbox.address}: {shown.what}",
            shown.do,
            page("mailbox", mailbox.pk),
            _("Look"),
            mailbox.problem_since,
        )
