"""When a cron expression fires, in a time zone with daylight saving, and what is owed after a pause.

croniter does the calendar on wall-clock times without a zone; the turns of the clock are ours. An
expression for fixed hours fires once a day whatever the clock does: in the hour that is skipped, at the
moment after it; in the hour that comes twice, the first time. One that runs every hour (`*` or `*/n`)
follows real time through both.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter

# Wall-clock days ahead in which every expression that ever fires does so (29 February, across a century
# year).
_HORIZON = timedelta(days=366 * 9)
_STRIDE = timedelta(hours=12)
_MINUTE = timedelta(minutes=1)
# Looking back for the latest tick: windows grow until one holds a tick, so a minute schedule after a year
# stays cheap.
_WINDOWS = tuple(timedelta(minutes=m) for m in (5, 60, 1_440, 11_520, 92_160, 737_280, 5_270_400))


class NotACron(ValueError):
    """The expression or the zone cannot be read."""


def check(expression: str, zone: str) -> None:
    """Raise NotACron unless `expression` has five fields that can fire and `zone` is an IANA time zone."""
    fields = expression.split()
    if len(fields) != 5 or not croniter.is_valid(expression):
        raise NotACron(f"not a cron expression of five fields: {expression!r}")
    next_after(expression, zone, datetime(2026, 1, 1, tzinfo=UTC))


def next_after(expression: str, zone: str, after: datetime) -> datetime:
    """The first tick strictly after `after` (aware); UTC. Raises NotACron when there is none within nine
    years.
    """
    place = _zone(zone)
    every_hour = expression.split()[1].startswith("*")
    start = after.astimezone(UTC)
    # The wall clock of one stretch between two turns of the zone is plain arithmetic.
    offset = _offset(place, start)
    wall = start + offset
    gone_back = timedelta(0)
    limit = start + _HORIZON
    turned = _last_turn_back(place, start)
    if turned is not None:
        gone_back = turned[1] - (start - turned[0])
    while start < limit:
        found = _next_wall(expression, wall)
        if not every_hour and gone_back > timedelta(0):
            # These wall times were already had before the clock went back.
            repeated_until = wall + gone_back
            if found < repeated_until:
                found = _next_wall(expression, repeated_until - timedelta(microseconds=1))
        turn = _next_turn(place, start, found - offset)
        if turn is None:
            return found - offset
        new_offset = _offset(place, turn)
        gap = new_offset - offset
        if not every_hour and gap > timedelta(0) and found < turn + new_offset:
            return turn
        gone_back = max(timedelta(0), -gap)
        start, offset = turn, new_offset
        # A tick at the very first moment of the new stretch counts too.
        wall = turn + new_offset - timedelta(microseconds=1)
        if gone_back:
            gone_back += timedelta(microseconds=1)
    raise NotACron(f"{expression!r} never fires")


def latest_due(expression: str, zone: str, after: datetime, now: datetime) -> datetime | None:
    """The latest tick in (after, now], or None: ticks missed during a pause collapse into the last of
    them.
    """
    for window in _WINDOWS:
        since = max(after, now - window)
        found = None
        tick = next_after(expression, zone, since)
        while tick <= now:
            found = tick
            tick = next_after(expression, zone, tick)
        if found is not None or since == after:
            return found
    return None


def _next_wall(expression: str, wall: datetime) -> datetime:
    """The next wall-clock tick strictly after `wall` (a UTC-labelled wall time)."""
    try:
        naive: datetime = croniter(expression, wall.replace(tzinfo=None)).get_next(datetime)
    except ValueError as error:
        raise NotACron(f"{expression!r}: {error}") from error
    return naive.replace(tzinfo=UTC)


def _offset(place: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta(0)


def _next_turn(place: ZoneInfo, start: datetime, until: datetime) -> datetime | None:
    """The first moment in (start, until] with another UTC offset than `start`, or None."""
    before = _offset(place, start)
    low = start
    while low < until:
        high = min(low + _STRIDE, until)
        if _offset(place, high) != before:
            return _bisect(place, low, high)
        low = high
    return None


def _last_turn_back(place: ZoneInfo, at: datetime) -> tuple[datetime, timedelta] | None:
    """When `at` lies in the repeated wall time after the clock went back: (that moment, by how much)."""
    earlier = at - _STRIDE
    before, here = _offset(place, earlier), _offset(place, at)
    if before <= here:
        return None
    turn = _bisect(place, earlier, at)
    back = before - here
    return (turn, back) if at - turn < back else None


def _bisect(place: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The first whole second in (low, high] with the offset of `high`; low and high differ in offset."""
    before = _offset(place, low)
    first, last = int(low.timestamp()), int(high.timestamp())
    if _offset(place, datetime.fromtimestamp(last, UTC)) == before:
        return high
    while last - first > 1:
        middle = (first + last) // 2
        if _offset(place, datetime.fromtimestamp(middle, UTC)) == before:
            first = middle
        else:
            last = middle
    return datetime.fromtimestamp(last, UTC)


@lru_cache(maxsize=128)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotACron(f"not a time zone: {name!r}") from error
