"""Times become UTC to the microsecond: ISO 8601, seconds and milliseconds since 1970, or a format that the
mapping names. A time that does not tell its zone is read in the zone of the mapping, or refused.

Local times that a change of clocks made double or impossible are refused too: nobody can tell which was
meant.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.exchange.reading import reasons
from guildhall.exchange.reading.columns import SCIENTIFIC, as_text, empty, translated
from guildhall.exchange.reading.faults import Faults, Mask, mask_of

FIRST: Final = datetime(2009, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=1)
UTC_US: Final = pa.timestamp("us", "UTC")
_NAIVE: Final = pa.timestamp("us")
_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
_ISO = rf"^{_CLOCK}$"
_ISO_ZONED = rf"^{_CLOCK}(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$"
_NUMBER = r"^[0-9]{1,17}$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000}
_BY_DIGITS = {10: "s", 13: "ms", 16: "us"}
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")


def times(
    column: pa.Array,
    field: str,
    faults: Faults,
    now: datetime,
    *,
    zone: str = "",
    format_: str = "",
    epoch: str = "",
) -> pa.Array:
    """timestamp[us, UTC]."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp("us", kind.tz), safe=False)
        faults.add(mask_of(pc.is_null(column)), field, reasons.missing)
        found = column.cast(UTC_US) if kind.tz else _in_zone(column, column, field, faults, zone)
    else:
        text = as_text(column, field)
        none = empty(text)
        faults.add(none, field, reasons.missing)
        damaged = mask_of(pc.match_substring_regex(text, SCIENTIFIC))
        faults.add(damaged, field, reasons.rounded_time, text)
        found = _read(text, field, faults, zone, format_, epoch)
        faults.add(mask_of(pc.is_null(found)) & faults.good, field, reasons.not_a_time, text)
    early = pc.less(found, pa.scalar(FIRST, UTC_US))
    late = pc.greater(found, pa.scalar(now + AHEAD, UTC_US))
    faults.add(mask_of(pc.or_(early, late)), field, reasons.out_of_reach, column)
    return found


def days(
    column: pa.Array,
    field: str,
    faults: Faults,
    now: datetime,
    *,
    zone: str = "",
    format_: str = "",
    epoch: str = "",
) -> pa.Array:
    """date32: dates as they are written, and the UTC day of times."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.date32())
        faults.add(mask_of(pc.is_null(column)), field, reasons.missing)
        found = column
    elif pa.types.is_timestamp(column.type):
        return times(column, field, faults, now, zone=zone).cast(pa.date32(), safe=False)
    else:
        text = as_text(column, field)
        is_date = mask_of(pc.match_substring_regex(text, _DATE))
        if not is_date.all():
            return _days_of_times(text, is_date, field, faults, now, zone or "UTC", format_, epoch)
        found = translated(text, _real_date).cast(pa.date32())
        faults.add(mask_of(pc.is_null(found)), field, reasons.not_a_time, text)
    outside = pc.or_(
        pc.less(found, pa.scalar(FIRST.date(), pa.date32())),
        pc.greater(found, pa.scalar((now + AHEAD).date(), pa.date32())),
    )
    faults.add(mask_of(outside), field, reasons.out_of_reach, column)
    return found


def _days_of_times(
    text: pa.Array,
    is_date: Mask,
    field: str,
    faults: Faults,
    now: datetime,
    zone: str,
    format_: str,
    epoch: str,
) -> pa.Array:
    midnight = pc.binary_join_element_wise(text, "T00:00:00Z", "")
    whole = pc.if_else(pa.array(is_date), midnight, text)
    return times(whole, field, faults, now, zone=zone, format_=format_, epoch=epoch).cast(
        pa.date32(), safe=False
    )


def _real_date(text: str) -> str | None:
    try:
        date.fromisoformat(text)
    except ValueError:
        return None
    return text


def _read(text: pa.Array, field: str, faults: Faults, zone: str, format_: str, epoch: str) -> pa.Array:
    if format_:
        return _formatted(text, field, faults, zone, format_)
    zoned = mask_of(pc.match_substring_regex(text, _ISO_ZONED))
    if zoned.all():
        return _iso(text, UTC_US)
    found = _iso(_only(text, zoned), UTC_US)
    numbers = mask_of(pc.match_substring_regex(text, _NUMBER)) & ~zoned
    if numbers.any():
        found = pc.coalesce(found, _since_1970(_only(text, numbers), epoch))
    naive = mask_of(pc.match_substring_regex(text, _ISO))
    if naive.any():
        local = _iso(_only(text, naive), _NAIVE)
        found = pc.coalesce(found, _in_zone(local, text, field, faults, zone))
    return found


def _only(text: pa.Array, mask: Mask) -> pa.Array:
    return pc.if_else(pa.array(mask), text, pa.scalar(None, pa.string()))


def _iso(text: pa.Array, kind: pa.DataType) -> pa.Array:
    """ISO 8601 read by Arrow; nanoseconds are cut; a day that does not exist is null."""
    cut = pc.replace_substring_regex(text, r"(\.[0-9]{6})[0-9]+", r"\1")
    try:
        return cut.cast(kind)
    except pa.ArrowInvalid:
        return translated(cut, lambda said: said if _exists(said) else None).cast(kind)


def _exists(said: str) -> bool:
    try:
        pa.scalar(said).cast(
            UTC_US if said[-1] == "Z" or re.search(r"[+-][0-9:]{2,5}$", said[11:]) else _NAIVE
        )
    except pa.ArrowInvalid:
        return False
    return True


def _since_1970(text: pa.Array, epoch: str) -> pa.Array:
    """Whole seconds, milliseconds or microseconds: as told, or by the number of digits."""
    value = text.cast(pa.int64())
    if epoch:
        return pc.multiply(value, 1_000_000 // _PER_SECOND[epoch]).cast(_NAIVE).cast(UTC_US)
    digits = pc.binary_length(text)
    found = pa.nulls(len(text), pa.int64())
    for length, unit in _BY_DIGITS.items():
        scaled = pc.multiply(value, 1_000_000 // _PER_SECOND[unit])
        found = pc.if_else(pc.equal(digits, length), scaled, found)
    return found.cast(_NAIVE).cast(UTC_US)


def _formatted(text: pa.Array, field: str, faults: Faults, zone: str, format_: str) -> pa.Array:
    """Times in a named format. Arrow rolls 31 February over; what it read is written again and compared."""
    if "%z" in format_:
        return translated(text, lambda said: _with_zone(said, format_)).cast(UTC_US)
    found = pc.strptime(text, format=format_, unit="us", error_is_null=True)
    whole = found.cast(pa.timestamp("s"), safe=False)
    again = pc.strftime(whole, format=format_)
    same = mask_of(pc.equal(_without_zeros(again), _without_zeros(text)))
    found = pc.if_else(pa.array(same), found, pa.scalar(None, _NAIVE))
    return _in_zone(found, text, field, faults, zone)


def _without_zeros(text: pa.Array) -> pa.Array:
    """Without leading zeros of numbers: 04:58 and 4:58 are the same."""
    return translated(text, lambda said: _ZEROS.sub("", said).lower())


def _with_zone(said: str, format_: str) -> str | None:
    try:
        return datetime.strptime(said, format_).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return None


def _in_zone(local: pa.Array, said: pa.Array, field: str, faults: Faults, zone: str) -> pa.Array:
    """Local times of a zone in UTC. Without a zone, every one of them is at fault."""
    there = mask_of(pc.is_valid(local))
    if not zone:
        faults.add(there, field, reasons.no_zone, said)
        return pa.nulls(len(local), UTC_US)
    try:
        return pc.assume_timezone(local, zone).cast(UTC_US)
    except pa.ArrowInvalid:
        wrong = there & ~_is_once(local, ZoneInfo(zone))
        faults.add(wrong, field, reasons.no_such_local_time, said)
        sure = pc.if_else(pa.array(~wrong), local, pa.scalar(None, _NAIVE))
        return pc.assume_timezone(sure, zone).cast(UTC_US)


def _is_once(local: pa.Array, zone: ZoneInfo) -> Mask:
    """Whether a local time stands for exactly one moment."""
    once: list[bool] = []
    for at in local.to_pylist():
        if at is None:
            once.append(True)
            continue
        early, late = (at.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
        there = early.astimezone(zone).replace(tzinfo=None) == at
        once.append(early == late and there)
    return np.array(once, dtype=bool)
