"""Which months a settlement must do again, and what a settlement of a month depended on.

A month depends on its own trades and those of the month before (`previous_month` tiers), on the bindings and
deals as far as they reach into these two. Its mark is a digest of all that: same mark, same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.partners.engine.instants import DAY_US, day_of_month
from guildhall.partners.engine.terms import Deal, deal_to_json
from guildhall.partners.settlement.inforce import Month

ENGINE = "1"
"""Part of every mark; raised when the engine answers otherwise, so that everything is settled again."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a settlement is made from: trades by month, bindings (sorted), deals, and for later steps deposits
    by month and the accounts under review.
    """

    survey: Mapping[str, Month]
    bindings: pa.Table
    deals: Sequence[Deal]
    deposits: Mapping[str, Month] = field(default_factory=dict)
    reviewed: Sequence[tuple[str, str]] = ()

    @property
    def looks_back(self) -> bool:
        """Whether a month may depend on every month before it (SET-20 and up)."""
        return bool(self.reviewed) or any(deal.changes_amounts for deal in self.deals)


def marks(inputs: Inputs) -> dict[str, str]:
    """Month → its mark, for every month that has trades."""
    starts = _micros(inputs.bindings.column("valid_from"))
    ends = _micros(
        pc.fill_null(inputs.bindings.column("valid_to"), pa.scalar(2**62, pa.timestamp("us", "UTC")))
    )
    texts = inputs.bindings.select(["venue", "account", "partner"])
    found = {}
    for month in sorted(inputs.survey):
        opens, closes = (-(2**62) if inputs.looks_back else window(month)[0]), window(month)[1]
        digest = hashlib.sha256()
        digest.update(
            orjson.dumps(
                [
                    ENGINE,
                    month,
                    _stands(inputs, month),
                    [deal_to_json(deal) for deal in _deals_in(inputs.deals, opens, closes)],
                ]
            )
        )
        inside = (starts < closes) & (ends > opens)
        for column in texts.filter(pa.array(inside)).columns:
            _add_texts(digest, column)
        digest.update(starts[inside].tobytes())
        digest.update(np.minimum(ends[inside], closes).tobytes())
        found[month] = digest.hexdigest()
    return found


def _stands(inputs: Inputs, month: str) -> list[object]:
    """What is looked at beside bindings and deals: this month and the one before, or all up to this one."""
    if not inputs.looks_back:
        both = [inputs.survey.get(one, Month()) for one in (month, month_before(month))]
        return [[one.rows, one.in_force] for one in both]
    return [
        [
            [one, stands.rows, stands.in_force]
            for one, stands in sorted(inputs.survey.items())
            if one <= month
        ],
        [
            [one, stands.rows, stands.in_force]
            for one, stands in sorted(inputs.deposits.items())
            if one <= month
        ],
        sorted(inputs.reviewed),
    ]


def changed(now: Mapping[str, str], before: Mapping[str, str], today: date) -> list[str]:
    """The months to be settled again: those whose mark is new. Months without trades any more come too.

    A mark that was dated (`dated`) counts on its day only.
    """
    still = {month for month, mark in now.items() if before.get(month) in (mark, dated(mark, today))}
    return sorted((now.keys() - still) | (before.keys() - now.keys()))


def dated(mark: str, today: date) -> str:
    """A mark for a month some of whose amounts are of days to come, as of today (UTC)."""
    return f"{mark}@{today:%Y-%m-%d}"


def with_the_month_before(months: Sequence[str]) -> list[str]:
    """Months to be read so that `months` can be settled."""
    return sorted({*months, *(month_before(month) for month in months)})


def month_before(month: str) -> str:
    """The calendar month before: "2026-01" → "2025-12"."""
    return _said(_number(month) - 1)


def window(month: str) -> tuple[int, int]:
    """From the beginning of the month before to the end of this one, in microseconds since 1970 UTC."""
    number = _number(month)
    return day_of_month(number - 1) * DAY_US, day_of_month(number + 1) * DAY_US


def _deals_in(deals: Sequence[Deal], opens: int, closes: int) -> list[Deal]:
    """The deals that hold within a window; an end after it makes no difference inside."""
    inside = [
        replace(deal, valid_to=None if deal.valid_to is None or deal.valid_to >= closes else deal.valid_to)
        for deal in deals
        if (deal.valid_from is None or deal.valid_from < closes)
        and (deal.valid_to is None or deal.valid_to > opens)
    ]
    return sorted(inside, key=lambda deal: (deal.partner, deal.version))


def _add_texts(digest: hashlib._Hash, column: pa.ChunkedArray) -> None:
    whole = column.cast(pa.string()).combine_chunks()
    if not len(whole):
        return
    _, places, letters = whole.buffers()
    offsets = np.frombuffer(places, np.int32, len(whole) + 1, whole.offset * 4)
    digest.update((offsets - offsets[0]).astype(np.int32).tobytes())
    if letters is not None:
        digest.update(memoryview(letters)[offsets[0] : offsets[-1]])


def _micros(column: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(column.cast(pa.int64()).to_numpy())


def _number(month: str) -> int:
    year, _, of_year = month.partition("-")
    return (int(year) - 1970) * 12 + int(of_year) - 1


def _said(number: int) -> str:
    return f"{1970 + number // 12:04d}-{number % 12 + 1:02d}"
