"""Amounts become whole 1e-8, exactly: decimal text, whole numbers that are units already, or decimals of
Parquet.

Whole columns go through Arrow's 128-bit decimals; a value that does not fit the plain form is worded by
`core.money`, the one place that knows how an amount is written.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.core.errors import BadInput
from guildhall.core.money import Asset
from guildhall.core.text import Text
from guildhall.exchange.reading import reasons
from guildhall.exchange.reading.columns import as_text, empty
from guildhall.exchange.reading.faults import Faults, mask_of

SCALE: Final = 8
_MOST: Final = 2**63 - 1
_PLAIN = r"^[+-]?0*[0-9]{1,11}(\.[0-9]{1,8}0{0,20})?$"
_WHOLE = r"^[+-]?0*[0-9]{1,19}$"
_COIN = Asset("COIN", SCALE)


def amounts(
    column: pa.Array, field: str, faults: Faults, *, unit: str = "", negate: bool = False,
    may_be_negative: bool = False,
) -> pa.Array:  # fmt: skip
    """int64 of 1e-8. `unit` as in `mapping.Source`. Raises BadInput for a floating-point column."""
    kind = column.type
    if pa.types.is_integer(kind) and unit != "coins":
        faults.add(mask_of(pc.is_null(column)), field, reasons.missing)
        units, fits = _whole(column)
        faults.add(~fits, field, reasons.too_large, column)
    else:
        source = column if pa.types.is_decimal(kind) else as_text(column, field)
        none = mask_of(pc.is_null(source)) if pa.types.is_decimal(kind) else empty(source)
        faults.add(none, field, reasons.missing)
        if pa.types.is_decimal(kind):
            units, good, fits = _decimals(source)
        else:
            units, good, fits = _written(source, 0 if unit == "units" else SCALE)
        faults.add(~good & ~none, field, _why, source)
        faults.add(good & ~fits, field, reasons.too_large, source)
    if negate:
        units = -units
    if not may_be_negative:
        faults.add((units < 0) & faults.good, field, reasons.negative, column)
    return pa.array(units, pa.int64())


Numbers = np.ndarray[Any, np.dtype[np.int64]]
Marks = np.ndarray[Any, np.dtype[np.bool_]]


def _whole(column: pa.Array) -> tuple[Numbers, Marks]:
    if column.type == pa.uint64():
        fits = mask_of(pc.less_equal(column, pa.scalar(_MOST, pa.uint64()))) | mask_of(pc.is_null(column))
        column = pc.if_else(pa.array(fits), column, pa.scalar(0, pa.uint64()))
    else:
        fits = np.ones(len(column), dtype=bool)
    units = column.cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False)
    fits &= units != -_MOST - 1
    return units, fits


def _written(text: pa.Array, scale: int) -> tuple[Numbers, Marks, Marks]:
    good = mask_of(pc.match_substring_regex(text, _PLAIN if scale else _WHOLE))
    plain = text if good.all() else pc.if_else(pa.array(good), text, pa.scalar("0"))
    exact = plain.cast(pa.decimal128(38, scale))
    units, fits = _words(exact)
    return units, good, fits


def _decimals(column: pa.Array) -> tuple[Numbers, Marks, Marks]:
    """Decimals of any scale; more than eight places are at fault unless they are zeros."""
    try:
        units, fits = _words(column.cast(pa.decimal128(38, SCALE)).fill_null(0))
        return units, np.ones(len(column), dtype=bool), fits
    except pa.ArrowInvalid:
        return _written(column.cast(pa.string()).fill_null(""), SCALE)


def _words(exact: pa.Array) -> tuple[Numbers, Marks]:
    """The units of 128-bit decimals as int64, and where they fit: the high word only repeats the sign."""
    buffers = exact.fill_null(0).buffers()
    start = exact.offset * 2
    halves = np.frombuffer(buffers[1], dtype=np.int64)[start : start + 2 * len(exact)]
    low, high = halves[0::2].copy(), halves[1::2]
    return low, np.asarray((high == low >> 63) & (low != -_MOST - 1))


def _why(value: Any) -> Text:
    """What is wrong with an amount that is not plain."""
    try:
        _COIN.parse(str(value))
    except BadInput as error:
        return error.text
    return reasons.too_large(value)
