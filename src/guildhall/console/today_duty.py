"""What Today says of duty: swaps and leave that wait for this reader, and where too few are on duty now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from guildhall.console.duty_requests import waiting_for
from guildhall.console.today_lines import Need, page
from guildhall.core import clock
from guildhall.people.models import Staff
from guildhall.work.duty import needs
from guildhall.work.duty.seeing import teams_planned

SOON = timedelta(hours=24)


def requests(reader: Staff) -> Iterator[Need]:
    """One line for what colleagues ask of this reader."""
    count = waiting_for(reader)
    if count:
        yield Need(
            _("Duty"),
            "blue",
            ngettext(
                "%(n)s request about shifts waits for you", "%(n)s requests about shifts wait for you", count
            )
            % {"n": count},
            _("swaps and leave"),
            page("duty-requests"),
            _("Look"),
        )


def cover(reader: Staff) -> Iterator[Need]:
    """One line for who plans, when too few are or will be on duty within a day."""
    now = clock.now()
    found = needs.gaps(now, now + SOON, list(teams_planned(reader).values_list("pk", flat=True)))
    if not found:
        return
    is_now = any(gap.starts_at <= now for gap in found)
    yield Need(
        _("Duty"),
        "red" if is_now else "amber",
        _("Too few are on duty now") if is_now else _("Too few will be on duty within a day"),
        ngettext("%(n)s gap", "%(n)s gaps", len(found)) % {"n": len(found)},
        page("duty-gaps"),
        _("See the gaps"),
        None if is_now else found[0].starts_at,
    )
