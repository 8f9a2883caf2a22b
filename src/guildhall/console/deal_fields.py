"""Fields for shares and amounts: typed as people write them, clean as parts per million and base units.

Nothing here is ever a float; what could be read in two ways is refused with a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django import forms

from guildhall.core.errors import BadInput
from guildhall.core.money import Asset, Rate
from guildhall.core.text import Text
from guildhall.ui import amounts

COINS = Asset("COINS", amounts.SCALE)
"""Volumes and amounts of a deal stand in 1e-8 of their asset."""
_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")
_FLAG = re.compile(r"[^\s,，、]{1,60}")


def read_amount(text: str) -> int:
    """Base units of an amount such as `1,000,000` or `12.5`. Raises BadInput."""
    text = text.strip()
    return COINS.parse(text.replace(",", "") if _GROUPED.fullmatch(text) else text).units


def read_rate(text: str) -> int:
    """Parts per million of a percentage such as `12.5` or `12.5 %`. Raises BadInput outside 0 to 100."""
    rate = Rate.percent(text.strip().removesuffix("%").strip()).ppm
    if not 0 <= rate <= 1_000_000:
        raise BadInput(
            Text("A share is between 0 % and 100 %.", "比例必须在 0% 到 100% 之间。"), field="rate"
        )
    return rate


def said_rate(ppm: int) -> str:
    """Parts per million as a percentage is typed: `12.5`."""
    return amounts.exact(ppm, 4).replace("−", "-")


def said_amount(units: int) -> str:
    """Base units as an amount is typed: `1,000,000.5`."""
    return amounts.exact(units).replace("−", "-")


def flags(text: str | None) -> list[str]:
    """Marks apart by commas or blanks, each once."""
    return list(dict.fromkeys(_FLAG.findall(text or "")))


class RateField(forms.CharField):
    """A percentage; its clean value is parts per million, or None when it is empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, widget=_small("%"), **options)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        return _read(read_rate, text) if text else None


class AmountField(forms.CharField):
    """An amount in whole coins; its clean value is base units (1e-8), or None when it is empty."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=40, widget=_small("0"), **options)

    def clean(self, value: Any) -> int | None:
        text = super().clean(value)
        return _read(read_amount, text) if text else None


def _small(placeholder: str) -> forms.TextInput:
    return forms.TextInput(
        attrs={"inputmode": "decimal", "autocomplete": "off", "placeholder": placeholder, "class": "num"}
    )


def _read(read: Callable[[str], int], text: str) -> int:
    try:
        return read(text)
    except BadInput as wrong:
        raise forms.ValidationError(str(wrong.text)) from wrong
