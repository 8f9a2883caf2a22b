"""When a checklist's day begins and is due, in its own zone. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a checklist: its date there, and the moment (UTC) by which it should be done."""

    date: date
    due_at: datetime


def day_now(weekdays: Sequence[int], opens: int, due: int, zone: str, now: datetime) -> Day | None:
    """The day whose tasks are wanted at `now`; None before it opens and on other weekdays.

    weekdays: Monday is 0; opens, due: minutes of the day on the wall clock of `zone`. An hour that the
    clock skips counts as the moment after it.
    """
    there = now.astimezone(ZoneInfo(zone))
    if there.weekday() not in weekdays or there.hour * 60 + there.minute < opens:
        return None
    return Day(there.date(), moment(there.date(), due, zone))


def moment(day: date, minutes: int, zone: str) -> datetime:
    """Minutes of a day on the wall clock of `zone`, as UTC; 1440 is the next midnight."""
    extra, minutes = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + timedelta(days=extra), time(minutes // 60, minutes % 60), ZoneInfo(zone))
    return wall.astimezone(UTC)


def minutes_of(clock_time: time) -> int:
    """Minutes since midnight."""
    return clock_time.hour * 60 + clock_time.minute


def time_of(minutes: int) -> time:
    """The wall clock time of minutes since midnight; 1440 shows as 00:00."""
    minutes %= DAY_MINUTES
    return time(minutes // 60, minutes % 60)
