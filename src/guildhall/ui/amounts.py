"""Amounts of money as people read them: whole base units in, plain decimals out. Pure, and never a float.

`exact` is the amount to its last unit; `short` is what a column of a table has room for, cut off (never
rounded up), with the exact one in the tooltip of the `money` tag.
"""

from __future__ import annotations

SCALE = 8
"""Decimals of what an exchange reports: notionals, fees and volumes stand in 1e-8 of their asset."""
_CENTS = 2
_SIGNIFICANT = 3


def exact(units: int, scale: int = SCALE) -> str:
    """The amount to its last base unit, thousands apart, without trailing zeros: `-1,351.000042`."""
    whole, rest = divmod(abs(units), 10**scale)
    decimals = f"{rest:0{scale}d}".rstrip("0") if scale else ""
    return _signed(units, f"{whole:,}" + (f".{decimals}" if decimals else ""))


def short(units: int, scale: int = SCALE) -> str:
    """The amount with two decimals; below one, with its first three digits that are not zero."""
    whole, rest = divmod(abs(units), 10**scale)
    decimals = f"{rest:0{scale}d}" if scale else ""
    if whole or not rest:
        return _signed(units, f"{whole:,}" + (f".{decimals[:_CENTS]}" if rest and scale else ""))
    leading = len(decimals) - len(decimals.lstrip("0"))
    return _signed(units, "0." + decimals[: leading + _SIGNIFICANT].rstrip("0"))


def percent(ppm: int) -> str:
    """A rate in parts per million as a percentage with its last digit: 412500 is `41.25 %`."""
    return f"{exact(ppm, 4)} %"


def _signed(units: int, text: str) -> str:
    return f"−{text}" if units < 0 else text
