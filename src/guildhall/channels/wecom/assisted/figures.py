"""What was counted by hand, as figures of a span of days: how many, how they changed, how much was said.

Only what somebody entered or brought in; what was not counted is None and never nought.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from guildhall.channels.wecom.assisted_models import AssistedEntry

BEFORE = timedelta(days=60)
"""So far back a count may lie that a span's change is measured from."""


@dataclass(frozen=True, slots=True)
class Day:
    """One day's entry; None is not counted."""

    day: date
    heads: int | None = None
    messages: int | None = None
    active: int | None = None
    joined: int | None = None
    left: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A span of days of one group. `change` is against the last count before the span, or the first within
    it; `days` on which anything was counted.
    """

    heads: int | None
    change: int | None
    came: int | None
    went: int | None
    messages: int | None
    days: int


def summed(entries: Sequence[Day], since: date, until: date) -> Counted:
    """The figures of one group from its entries in order of day. Pure."""
    within = [entry for entry in entries if since <= entry.day <= until]
    counted = [entry for entry in entries if entry.heads is not None and entry.day <= until]
    earlier = [entry for entry in counted if entry.day < since]
    start = earlier[-1] if earlier else (counted[0] if counted else None)
    last = counted[-1] if counted else None
    change = None
    if start is not None and last is not None and start is not last:
        change = (last.heads or 0) - (start.heads or 0)
    return Counted(
        last.heads if last is not None else None,
        change,
        _total(entry.joined for entry in within),
        _total(entry.left for entry in within),
        _total(entry.messages for entry in within),
        len(within),
    )


def _total(numbers: Iterable[int | None]) -> int | None:
    known = [number for number in numbers if number is not None]
    return sum(known) if known else None


def of_spaces(space_ids: Sequence[str], since: date, until: date) -> dict[str, Counted]:
    """The figures of groups by space id; those nobody counted are left out."""
    rows = AssistedEntry.objects.filter(
        space_id__in=space_ids, day__gte=since - BEFORE, day__lte=until
    ).order_by("space_id", "day")
    entries: dict[str, list[Day]] = {}
    for row in rows:
        entries.setdefault(row.space_id, []).append(
            Day(row.day, row.heads, row.messages, row.active, row.joined, row.left)
        )
    return {space: summed(days, since, until) for space, days in entries.items()}
