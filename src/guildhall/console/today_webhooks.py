"""What Today says of webhooks: endpoints the house gave up, and those that have failed for an hour."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from guildhall.console.today_lines import Need, page
from guildhall.effects import webhook_log
from guildhall.people.models import Staff

SHOWN = 4


def endpoints(_reader: Staff) -> Iterator[Need]:
    """Endpoints in trouble, the oldest first."""
    for one in webhook_log.in_trouble()[:SHOWN]:
        given_up = not one.enabled
        yield Need(
            _("Webhook"),
            "red" if given_up else "amber",
            _("%(url)s was given up: nothing arrived for days") % {"url": one.url}
            if given_up
            else _("%(url)s does not take deliveries") % {"url": one.url},
            _("mend it, resume it, send again what failed")
            if given_up
            else _("they are tried again for four days"),
            page("webhook", one.pk),
            _("Look"),
            one.disabled_at if given_up else one.failing_since,
        )
