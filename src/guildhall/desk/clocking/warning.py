"""When a clock that runs short is to be told of, before it runs out."""

from __future__ import annotations

from datetime import datetime

from guildhall.desk.clocking.replaying import Terms
from guildhall.desk.clocks.calendars import Always
from guildhall.desk.models import Clock

ALWAYS = "always"


def coming_warning(row: Clock, terms: Terms, warned: int) -> tuple[datetime | None, int]:
    """When which share of the target (per cent) will be used up that nobody was warned of yet; (None, 0) when
    there is none.

    A share that is used up already at the row's `as_of` is told at once, the largest one only; so is one that
    a clock without a due time within its horizon has passed.
    """
    if row.target_seconds is None or row.due_at is None or terms.version != row.policy_version:
        return None, 0
    at_once = 0
    for share in terms.warn:
        if share <= warned:
            continue
        needed = -(-row.target_seconds * share // 100) - row.elapsed_seconds
        if needed <= 0:
            at_once = share
            continue
        if at_once:
            break
        calendar = Always() if row.calendar in ("", ALWAYS) else terms.policy.calendars[row.calendar]
        return calendar.add_open(row.as_of, needed, row.due_at), share
    return (row.as_of, at_once) if at_once else (None, 0)
