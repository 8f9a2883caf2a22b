"""How long somebody will wait: an honest range from how quickly the queue moved lately. Pure.

The queue is left by answering. With n answers in the `T` seconds in which somebody waited (an empty queue
says nothing about pace) and a usual pace as what we believed before, the rate is (A + n) / (A / usual + T): a
few answers move a belief, many replace it. The wait of position p is a sum of p such gaps, so its spread is
the square root of p.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt

from guildhall.core.text import Text

PRIORITIES = ("urgent", "high", "normal", "low")
USUAL_S = 480
"""Seconds one agent usually takes for one answer, before anything is known."""
_BELIEF = 3.0
"""How many answers the usual pace is worth."""
_LONGEST_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ticket stands. position: 1 is next; 0 is not waiting. wait_s: (at least, at most), None while
    nobody is on duty; opens_at: when somebody is again (aware UTC), if known.
    """

    position: int
    wait_s: tuple[int, int] | None
    opens_at: datetime | None = None


def urgency(priority: str) -> int:
    """0 is the most pressing; an unknown word counts as normal."""
    return PRIORITIES.index(priority) if priority in PRIORITIES else PRIORITIES.index("normal")


def expected(position: int, *, people: int, answered: int, within: timedelta) -> tuple[int, int]:
    """Seconds (at least, at most) until position 1, 2, … is answered by `people` on duty, who gave `answered`
    answers `within` the time in which somebody waited.
    """
    if position < 1:
        return 0, 0
    usual = max(1, people) / USUAL_S
    rate = (_BELIEF + answered) / (_BELIEF / usual + within.total_seconds())
    spread = sqrt(position)
    low, high = max(0.0, position - spread) / rate, (position + spread) / rate
    return min(int(low), _LONGEST_S), min(int(high) + 1, _LONGEST_S)


def busy(spans: Iterable[tuple[datetime, datetime]], since: datetime) -> timedelta:
    """How long somebody waited after `since`: the union of (from, until), overlaps counted once."""
    total, reached = timedelta(0), since
    for start, end in sorted(spans):
        if end > reached:
            total += end - max(start, reached)
            reached = end
    return total


def told(place: Place) -> Text | None:
    """The wait in the words a member hears, in whole minutes; None when we know nothing worth saying."""
    if place.wait_s is None or place.position < 1:
        return None
    low, high = (max(1, -(-seconds // 60)) for seconds in place.wait_s)
    if high <= 2:
        return Text("about a minute or two", "约一两分钟")
    if high >= 120:
        hours_low, hours_high = max(1, low // 60), -(-high // 60)
        if hours_low == hours_high:
            return Text(f"about {hours_low} hours", f"约 {hours_low} 小时")
        return Text(f"about {hours_low} to {hours_high} hours", f"约 {hours_low}–{hours_high} 小时")
    low, high = _round(low), _round(high)
    if low == high:
        return Text(f"about {high} minutes", f"约 {high} 分钟")
    return Text(f"about {low} to {high} minutes", f"约 {low}–{high} 分钟")


def _round(minutes: int) -> int:
    """To five minutes from ten on: nobody believes 37."""
    return minutes if minutes < 10 else round(minutes / 5) * 5
