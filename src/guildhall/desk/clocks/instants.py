"""Instants as clocks know them: whole seconds since 1970 in UTC. Reads RFC 3339 strictly and writes it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

DAY = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = -_EPOCH_DAY * DAY + DAY
"""0001-01-01T00:00:00Z, the first instant that can be written."""
LAST = (date.max.toordinal() - _EPOCH_DAY) * DAY + DAY - 1
"""9999-12-31T23:59:59Z, the last one."""
_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?"
    r"([Zz]|([+-])([0-9]{2}):([0-9]{2}))?"
)


def parse(text: object, field: str = "at") -> int:
    """The instant of an RFC 3339 time with whole seconds and an offset (CLK-14); raises BadInput."""
    found = _RFC3339.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise _wrong(field, text, "is not an RFC 3339 time", "不是 RFC 3339 时间")
    day, hour, minute, second, fraction, offset, sign, ahead, past = found.groups()
    if fraction:
        raise _wrong(field, text, "has a fraction of a second", "带有小数秒")
    if not offset:
        raise _wrong(field, text, "has no offset from UTC", "没有 UTC 偏移")
    if second == "60":
        raise _wrong(field, text, "is a leap second, which no clock here counts", "是闰秒，时钟不计闰秒")
    midnight = _midnight(day)
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second)
    if midnight is None or hour > "23" or minute > "59" or second > "59":
        raise _wrong(field, text, "is no such date and time", "不是存在的日期和时间")
    if sign:
        if ahead > "23" or past > "59":
            raise _wrong(field, text, "has an offset that does not exist", "的偏移不存在")
        away = int(ahead) * 3600 + int(past) * 60
        seconds += -away if sign == "+" else away
    at = midnight + seconds
    if not FIRST <= at <= LAST:
        raise _wrong(field, text, "is outside the years 1 to 9999 in UTC", "在 UTC 中超出 1 至 9999 年")
    return at


@lru_cache(maxsize=4096)
def _midnight(day: str) -> int | None:
    try:
        return (date.fromisoformat(day).toordinal() - _EPOCH_DAY) * DAY
    except ValueError:
        return None


def write(at: int | None) -> str | None:
    """`YYYY-MM-DDTHH:MM:SSZ`; null for none and for what lies after the year 9999."""
    if at is None or not FIRST <= at <= LAST:
        return None
    day, rest = divmod(at, DAY)
    return f"{_written(day)}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


@lru_cache(maxsize=4096)
def _written(day: int) -> str:
    return date.fromordinal(_EPOCH_DAY + day).isoformat()


def of(at: datetime) -> int:
    """The second of an aware datetime; what is less than a second is cut off."""
    if at.tzinfo is None:
        raise BadInput(
            Text("A time without a zone cannot be counted.", "没有时区的时间无法计算。"), field="at"
        )
    return (at - _EPOCH) // timedelta(seconds=1)


def as_datetime(at: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(seconds=at)


def maybe_datetime(at: int | None) -> datetime | None:
    """As `as_datetime`; none stays none, and so does what lies after the year 9999."""
    return None if at is None or not FIRST <= at <= LAST else as_datetime(at)


def day_of(at: int) -> int:
    """The UTC day an instant is in, as `date.toordinal` counts."""
    return at // DAY + _EPOCH_DAY


def said(value: object) -> str:
    """A value as an error quotes it: one line, short."""
    words = repr(value)
    return words if len(words) <= 60 else words[:57] + "..."


def _wrong(field: str, value: object, en: str, zh: str) -> BadInput:
    return BadInput(Text(f"{field}: {said(value)} {en}", f"{field}：{said(value)} {zh}"), field=field)
