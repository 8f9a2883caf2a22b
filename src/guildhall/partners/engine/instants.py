"""Instants as whole microseconds since 1970 in UTC: read from RFC 3339, written back, moved by months.

Everything is integer arithmetic over the whole range of int64, so a far year neither wraps nor fails. A
fraction finer than a microsecond is rounded up: for trades at whole microseconds and half-open validity the
comparison stays exact.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

DAY_US = 86_400_000_000
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII
)
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def month_length(year: int, month: int) -> int:
    """Days of a month (1 to 12) of the proleptic Gregorian calendar."""
    return 29 if month == 2 and is_leap(year) else _LENGTHS[month - 1]


def days_before(year: int, month: int) -> int:
    """Days from 1970-01-01 to the first of a month; negative before."""
    before = year - 1
    days = before * 365 + before // 4 - before // 100 + before // 400 - 719_162
    return days + sum(month_length(year, earlier) for earlier in range(1, month))


def from_rfc3339(text: str) -> int:
    """Microseconds since 1970 UTC, a finer fraction rounded up. Raises ValueError for anything else, also
    for a time without a zone.
    """
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not an RFC 3339 time with a zone, such as 2026-01-31T00:00:00Z")
    year, month, day, hour, minute, second = (int(found[i]) for i in range(1, 7))
    is_date = 1 <= month <= 12 and 1 <= day <= month_length(year, month)
    if not is_date or hour > 23 or minute > 59 or second > 60:
        raise ValueError(f"{text!r} is not a date and time that exists")
    seconds = (days_before(year, month) + day - 1) * 86_400 + hour * 3_600 + minute * 60 + second
    if found[9]:
        ahead_hours, ahead_minutes = int(found[10]), int(found[11])
        if ahead_hours > 23 or ahead_minutes > 59:
            raise ValueError(f"{text!r} has a zone that does not exist")
        ahead = ahead_hours * 3_600 + ahead_minutes * 60
        seconds -= ahead if found[9] == "+" else -ahead
    decimals = found[7] or ""
    micros = int(decimals[:6].ljust(6, "0")) + (1 if decimals[6:].strip("0") else 0)
    return seconds * 1_000_000 + micros


def to_rfc3339(at: int) -> str:
    """The instant in UTC, as short as it is exact: `2026-01-31T00:00:00Z`."""
    days, rest = divmod(at, DAY_US)
    year, month, day = civil(days)
    seconds, micros = divmod(rest, 1_000_000)
    decimals = f".{micros:06d}".rstrip("0") if micros else ""
    clock = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}{decimals}"
    return f"{year:04d}-{month:02d}-{day:02d}T{clock}Z"


def civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    shifted = days + 719_468
    era, of_era = divmod(shifted, 146_097)
    year_of_era = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return year_of_era + era * 400 + (month <= 2), month, day


def month_of_day(day: int) -> int:
    """Months since January 1970 of a day since 1970-01-01."""
    year, month, _day = civil(day)
    return (year - 1970) * 12 + month - 1


def day_of_month(month: int) -> int:
    """First day, since 1970-01-01, of a month since January 1970."""
    return days_before(1970 + month // 12, month % 12 + 1)


def months_later(at: int, months: int) -> int:
    """SET-5: the same clock time so many calendar months later, its day clipped to that month's end."""
    days, clock = divmod(at, DAY_US)
    year, month, day = civil(days)
    ahead = year * 12 + month - 1 + months
    year, month = ahead // 12, ahead % 12 + 1
    return (days_before(year, month) + min(day, month_length(year, month)) - 1) * DAY_US + clock


def months_later_many(at: Ints, months: Ints) -> Ints:
    """SET-5 for many: as `months_later`; what would lie beyond int64 becomes its greatest value."""
    stamps = at.view("datetime64[us]")
    days = stamps.astype("datetime64[D]")
    own_months = days.astype("datetime64[M]")
    day = days.view(np.int64) - own_months.astype("datetime64[D]").view(np.int64)
    room = (INT64_MAX // DAY_US // 31) - own_months.view(np.int64) - 1
    is_far = months >= room
    later = own_months.view(np.int64) + np.where(is_far, 0, months)
    first = later.view("datetime64[M]").astype("datetime64[D]").view(np.int64)
    after = (later + 1).view("datetime64[M]").astype("datetime64[D]").view(np.int64)
    clock = at - days.view(np.int64) * DAY_US
    ends = (first + np.minimum(day, after - first - 1)) * DAY_US + clock
    return np.where(is_far, INT64_MAX, ends)


def days_of(at: Ints) -> Ints:
    """Days since 1970-01-01 in UTC."""
    return np.floor_divide(at, DAY_US)
