"""The calendar of the plain-integer reference: days, months and terms in UTC, counted in whole microseconds.

Written out (no datetime, no numpy), so that the years a `datetime` cannot hold are no special case and the
engine's calendar is checked against another one.
"""

from __future__ import annotations

import re
from functools import lru_cache

SECOND = 1_000_000
DAY = 86_400 * SECOND
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_RFC3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([Zz])|([+-])(\d\d):(\d\d))"
)


def day_number(at: int) -> int:
    """Days since 1970-01-01 of an instant in microseconds."""
    return at // DAY


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else _LENGTHS[month - 1]


def days_before_year(year: int) -> int:
    """Days from 1970-01-01 to the 1st of January of `year`."""
    past = year - 1
    return past * 365 + past // 4 - past // 100 + past // 400 - 719_162


def civil(day: int) -> tuple[int, int, int]:
    """Year, month and day of the month of a day number."""
    year = 1970 + day // 366
    while days_before_year(year + 1) <= day:
        year += 1
    while days_before_year(year) > day:
        year -= 1
    left = day - days_before_year(year)
    month = 1
    while left >= days_in(year, month):
        left -= days_in(year, month)
        month += 1
    return year, month, left + 1


def number_of(year: int, month: int, day: int) -> int:
    """The day number of a date."""
    return days_before_year(year) + sum(days_in(year, before) for before in range(1, month)) + day - 1


def month_number(at: int) -> int:
    """Months since year 0 of an instant: one more is the next calendar month."""
    return _month_of_day(day_number(at))


@lru_cache(maxsize=65_536)
def _month_of_day(day: int) -> int:
    year, month, _ = civil(day)
    return year * 12 + month - 1


@lru_cache(maxsize=65_536)
def add_months(at: int, months: int) -> int:
    """SET-5: so many calendar months later, the same time of day, the day clipped to the month's end."""
    year, month, day = civil(day_number(at))
    year, month = divmod(year * 12 + month - 1 + months, 12)
    month += 1
    return number_of(year, month, min(day, days_in(year, month))) * DAY + at % DAY


def instant(text: str) -> int:
    """Microseconds since 1970-01-01 UTC of an RFC 3339 time. Raises ValueError."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    if not (
        1 <= month <= 12 and 1 <= day <= days_in(year, month) and hour < 24 and minute < 60 and second < 60
    ):
        raise ValueError(f"there is no such time: {text!r}")
    at = number_of(year, month, day) * DAY + (hour * 3600 + minute * 60 + second) * SECOND
    at += int((found[7] or "0").ljust(6, "0"))
    if found[9]:
        offset = (int(found[10]) * 60 + int(found[11])) * 60 * SECOND
        at += -offset if found[9] == "+" else offset
    return at
