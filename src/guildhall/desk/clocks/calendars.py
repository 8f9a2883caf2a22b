"""When a calendar is open, as intervals of UTC seconds, by the rules CLK-10 and CLK-11 of docs/clocks.md.

Weekly windows on the wall clock of one zone, less the holidays. Intervals are found once for each stretch of
64 days and kept with their running sum, so that a question costs a few bisections.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from guildhall.desk.clocks import instants
from guildhall.desk.clocks.instants import DAY

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_STRETCH = 64 * DAY
_SECOND = timedelta(seconds=1)


class Hours(Protocol):
    """What a clock asks of a calendar. Instants are seconds since 1970 in UTC."""

    def open_between(self, start: int, end: int) -> int:
        """Open seconds in [start, end)."""

    def reached(self, start: int, seconds: int, limit: int) -> int | None:
        """The first instant from `start` on at which `seconds` were open since; none if after `limit`."""

    def intervals(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Open intervals within [start, end), in order, never empty; those that touch may come apart."""


class Always:
    """Open at every second: the calendar `always`."""

    def open_between(self, start: int, end: int) -> int:
        return max(0, end - start)

    def reached(self, start: int, seconds: int, limit: int) -> int | None:
        at = start + max(0, seconds)
        return at if at <= limit else None

    def intervals(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        if start < end:
            yield start, end

    def open_seconds(self, a: datetime, b: datetime) -> int:
        """Seconds from `a` to `b`."""
        return self.open_between(instants.of(a), instants.of(b))

    def add_open(self, a: datetime, seconds: int, limit: datetime) -> datetime | None:
        """`a` and `seconds` more; none if that is after `limit`."""
        return instants.maybe_datetime(self.reached(instants.of(a), seconds, instants.of(limit)))

    def is_open(self, at: datetime) -> bool:
        """Yes."""
        return True


ALWAYS = Always()


@dataclass(frozen=True, slots=True)
class Window:
    """Minutes of the wall clock since the midnight it starts after; `end` over 1440 is on the next day."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Stretch:
    starts: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]
    """Open seconds of the stretch before each interval; one more at the end: all of them."""

    def open_since_start(self, at: int) -> int:
        index = bisect_right(self.starts, at)
        if index == 0:
            return 0
        return self.before[index - 1] + min(at, self.ends[index - 1]) - self.starts[index - 1]


class Calendar:
    """Windows of a week in one zone, less holidays. Two of equal content are equal.

    tz: the IANA zone. weekly: the windows that start on each of `WEEKDAYS`. holidays: local dates on which no
    window starts.
    """

    def __init__(
        self, tz: ZoneInfo, weekly: Mapping[str, Sequence[Window]], holidays: Iterable[date] = ()
    ) -> None:
        self.tz = tz
        self.weekly = {day: tuple(weekly.get(day, ())) for day in WEEKDAYS}
        self.holidays = frozenset(holidays)
        self._windows = tuple(self.weekly[day] for day in WEEKDAYS)
        self._shut = frozenset(day.toordinal() for day in self.holidays)
        self._stretches: dict[int, _Stretch] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Calendar) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self.tz.key, self._windows, self.holidays))

    def _content(self) -> tuple[object, ...]:
        return self.tz.key, self._windows, self.holidays

    @property
    def is_ever_open(self) -> bool:
        """Whether there is a window at all."""
        return any(self._windows)

    def open_seconds(self, a: datetime, b: datetime) -> int:
        """Open seconds from `a` to `b`, both aware."""
        return self.open_between(instants.of(a), instants.of(b))

    def add_open(self, a: datetime, seconds: int, limit: datetime) -> datetime | None:
        """The first instant from `a` on at which `seconds` were open since `a`; none if after `limit`."""
        return instants.maybe_datetime(self.reached(instants.of(a), seconds, instants.of(limit)))

    def is_open(self, at: datetime) -> bool:
        """Whether the second that begins at `at` counts."""
        second = instants.of(at)
        return self.open_between(second, second + 1) == 1

    def open_between(self, start: int, end: int) -> int:
        """See `Hours`."""
        if end <= start:
            return 0
        first, last = start // _STRETCH, end // _STRETCH
        counted = self._stretch(last).open_since_start(end) - self._stretch(first).open_since_start(start)
        for key in range(first, last):
            counted += self._stretch(key).before[-1]
        return counted

    def reached(self, start: int, seconds: int, limit: int) -> int | None:
        """See `Hours`."""
        if seconds <= 0:
            return start if start <= limit else None
        if not self.is_ever_open:
            return None
        key = start // _STRETCH
        wanted = seconds + self._stretch(key).open_since_start(start)
        while key * _STRETCH <= limit:
            stretch = self._stretch(key)
            if stretch.before[-1] >= wanted:
                index = bisect_left(stretch.before, wanted) - 1
                at = stretch.starts[index] + wanted - stretch.before[index]
                return at if at <= limit else None
            wanted -= stretch.before[-1]
            key += 1
        return None

    def intervals(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """See `Hours`."""
        for key in range(start // _STRETCH, (end - 1) // _STRETCH + 1):
            stretch = self._stretch(key)
            for opens, shuts in zip(stretch.starts, stretch.ends, strict=True):
                if opens < end and shuts > start:
                    yield max(opens, start), min(shuts, end)

    def _stretch(self, key: int) -> _Stretch:
        found = self._stretches.get(key)
        if found is None:
            found = self._stretches[key] = self._find(key * _STRETCH, (key + 1) * _STRETCH)
        return found

    def _find(self, low: int, high: int) -> _Stretch:
        """The open intervals within [low, high), merged (CLK-10: what overlaps counts once)."""
        found = sorted(
            interval
            for day in range(instants.day_of(low) - 4, instants.day_of(high) + 3)
            for interval in self._day(day)
        )
        starts: list[int] = []
        ends: list[int] = []
        for opens, shuts in found:
            opens, shuts = max(opens, low), min(shuts, high)
            if shuts <= opens:
                continue
            if ends and opens <= ends[-1]:
                ends[-1] = max(ends[-1], shuts)
            else:
                starts.append(opens)
                ends.append(shuts)
        before = [0]
        for opens, shuts in zip(starts, ends, strict=True):
            before.append(before[-1] + shuts - opens)
        return _Stretch(starts, ends, before)

    def _day(self, ordinal: int) -> Iterator[tuple[int, int]]:
        """The windows that start on a local date, as instants; those that the clocks' change empties too."""
        if ordinal in self._shut or not 2 < ordinal < date.max.toordinal() - 2:
            return
        midnight = datetime.fromordinal(ordinal)
        for window in self._windows[(ordinal - 1) % 7]:
            yield (
                instant(midnight + timedelta(minutes=window.start), self.tz, is_end=False),
                instant(midnight + timedelta(minutes=window.end), self.tz, is_end=True),
            )


def instant(wall: datetime, tz: ZoneInfo, *, is_end: bool) -> int:
    """When the wall clock of a zone shows `wall` (naive), in UTC seconds, by CLK-11.

    Shown twice: the earlier time as a start, the later as an end. Never shown: the first instant after.
    """
    earlier, later = (_read(wall, tz, fold) for fold in (0, 1))
    if earlier <= later:
        return later if is_end else earlier
    # Within a gap the readings change places, and the change lies between them: the first second at which
    # the wall clock shows more than what was asked for.
    shut, reached = later, earlier
    while reached - shut > 1:
        middle = (shut + reached) // 2
        shown = datetime.fromtimestamp(middle, tz).replace(tzinfo=None)
        shut, reached = (shut, middle) if shown > wall else (middle, reached)
    return reached


def _read(wall: datetime, tz: ZoneInfo, fold: int) -> int:
    there = wall.replace(tzinfo=tz, fold=fold)
    return (wall.replace(tzinfo=UTC) - _EPOCH) // _SECOND - (there.utcoffset() or timedelta()) // _SECOND


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
