"""Every zone of the world and every night on which its clocks change, for the tests of duty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

YEARS = (2024, 2030)
PAST = (("Pacific/Apia", date(2011, 12, 30)), ("Africa/Casablanca", date(2018, 5, 13)))
"""A date that never was, and a zone that changes its clocks four times a year."""


def changes(zone: str, first: int, last: int) -> list[date]:
    """The dates (UTC) at whose midnights the offset of a zone is not that of the midnight before."""
    tz = ZoneInfo(zone)
    out, day = [], datetime(first, 1, 1, tzinfo=UTC)
    before = day.astimezone(tz).utcoffset()
    while day.year <= last:
        day += timedelta(days=1)
        offset = day.astimezone(tz).utcoffset()
        if offset != before:
            out.append(day.date())
        before = offset
    return out


def nights(*, every: bool) -> Iterator[tuple[str, date]]:
    """(zone, date) of all changes of clocks; of zones that change alike only the first, unless `every`."""
    yield from PAST
    seen: set[tuple[object, ...]] = set()
    for zone in sorted(available_timezones()):
        if zone.startswith(("posix/", "right/")) or zone in ("Factory", "localtime"):
            continue
        found = changes(zone, *YEARS)
        likeness = (*found, *(_offset(zone, day) for day in found[:4]))
        if every or likeness not in seen:
            seen.add(likeness)
            yield from ((zone, day) for day in found)


def _offset(zone: str, day: date) -> timedelta | None:
    return datetime(day.year, day.month, day.day, tzinfo=UTC).astimezone(ZoneInfo(zone)).utcoffset()
