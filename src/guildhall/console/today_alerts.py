"""What Today says of alerts: each that nobody has taken, the most pressing first."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guildhall.console.today_lines import Need, page
from guildhall.paging.kinds import RANK, PageState, Severity
from guildhall.paging.models import Page
from guildhall.people.models import Staff

_SHOWN = 5


def waiting(_reader: Staff) -> Iterator[Need]:
    """Open alerts."""
    found = list(Page.objects.filter(state=PageState.OPEN).order_by("-id")[:50])
    found.sort(key=lambda one: -RANK[Severity(one.severity)])
    for one in found[:_SHOWN]:
        yield Need(
            _("Alert"),
            "red" if one.severity == Severity.CRITICAL else "amber",
            str(one.called),
            str(one.says)[:140],
            page("alert", one.pk),
            _("Look"),
            one.raised_at,
        )
