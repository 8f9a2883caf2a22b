"""Until when a ban or restriction holds at Telegram, which takes less than 30 seconds and more than 366 days
for "for ever". Pure.

A time that is nearly over is stretched to a minute, so that clocks that disagree never make it eternal. One
longer than a year is set for ever there, and we lift it ourselves when it ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST = timedelta(seconds=60)
LONGEST = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Term:
    """`at`: what Telegram is told, None for ever. `lift_at`: when we have to lift it. `is_over`: there is
    nothing to do any more. All aware UTC.
    """

    at: datetime | None = None
    lift_at: datetime | None = None
    is_over: bool = False


def term(until: datetime | None, now: datetime) -> Term:
    """The term of a measure that is to end at `until` (None: when somebody lifts it)."""
    if until is None:
        return Term()
    left = until - now
    if left <= timedelta(0):
        return Term(is_over=True)
    if left > LONGEST:
        return Term(lift_at=until)
    return Term(at=max(until, now + SHORTEST))


def untimed(until: datetime | None, now: datetime) -> Term:
    """The term where Telegram knows no end at all (a banned channel)."""
    if until is not None and until <= now:
        return Term(is_over=True)
    return Term(lift_at=until)
