"""Wall clock times and instants: how a time on somebody's wall becomes a moment, also where clocks change.

Pure. A boundary that a pattern makes goes by one rule, whether something begins or ends there, so that shifts
that meet on the wall meet in time: a time that comes twice is its first reading, a time that never comes is
the moment the clock jumped. A time that a person typed is refused when it never comes, and when it comes
twice they are asked which one they mean. All lengths are reckoned between instants.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

DAY_MINUTES = 24 * 60
_SECOND = timedelta(seconds=1)


def zone_of(name: str) -> ZoneInfo:
    """The zone of that IANA name. Raises BadInput naming `zone`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(Text("There is no such time zone.", "不存在该时区。"), field="zone") from error


@lru_cache(maxsize=8192)
def instant(day: date, minutes: int, zone: str) -> datetime:
    """The moment (UTC) when the wall clock of `zone` shows `minutes` after the midnight that begins `day`.

    minutes: 0 and more; 1440 is the next midnight. Grows (never falls) with the wall clock.
    """
    extra, rest = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(day + timedelta(days=extra), time(rest // 60, rest % 60))
    return _first(wall, zone_of(zone))


def typed(wall: datetime, zone: str, *, later: bool | None = None, field: str = "") -> datetime:
    """The moment (UTC) of a time that a person typed.

    wall: naive; later: which reading of a time that comes twice is meant. Raises BadInput, code
    `no_such_time` or `which_time`, naming `field`.
    """
    tz = zone_of(zone)
    readings = _readings(wall, tz)
    if not readings:
        raise BadInput(
            Text(
                f"{wall:%Y-%m-%d %H:%M} never comes in {zone}: the clocks are put forward.",
                f"{zone} 不存在 {wall:%Y-%m-%d %H:%M}：当天时钟拨快。",
            ),
            field=field,
            code="no_such_time",
        )
    if len(readings) == 2 and later is None:
        raise BadInput(
            Text(
                f"{wall:%Y-%m-%d %H:%M} comes twice in {zone}: say the first or the second.",
                f"{zone} 的 {wall:%Y-%m-%d %H:%M} 出现两次：请选择第一次或第二次。",
            ),
            field=field,
            code="which_time",
        )
    return readings[-1] if later else readings[0]


def comes_twice(at: datetime, zone: str) -> int:
    """0 for a moment whose wall clock time comes once; 1 for the first and 2 for the second reading."""
    tz = zone_of(zone)
    readings = _readings(at.astimezone(tz).replace(tzinfo=None), tz)
    return readings.index(at.astimezone(UTC)) + 1 if len(readings) == 2 else 0


def day_bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The moments (UTC) between which a local date lies; equal for a date that a zone left out."""
    return instant(day, 0, zone), instant(day + timedelta(days=1), 0, zone)


def _readings(wall: datetime, tz: ZoneInfo) -> list[datetime]:
    """The moments at which the wall clock shows `wall`: one, two, or none."""
    out: list[datetime] = []
    for fold in (0, 1):
        at = wall.replace(tzinfo=tz, fold=fold).astimezone(UTC)
        if at.astimezone(tz).replace(tzinfo=None) == wall and at not in out:
            out.append(at)
    return sorted(out)


def _first(wall: datetime, tz: ZoneInfo) -> datetime:
    readings = _readings(wall, tz)
    if readings:
        return readings[0]
    # The clock jumped over it. Before the jump it still shows less, after it more: halve until it is found.
    low, high = sorted(wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    while high - low > _SECOND:
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if middle.astimezone(tz).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high
