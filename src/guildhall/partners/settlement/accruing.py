"""What an amount owed belongs to: who is credited, whose deal and version, venue, day, asset, kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import NamedTuple

import pyarrow as pa

HELD = "held_"
"""Before the kind of what waits (SET-24)."""
KICKBACK = "kickback"


class Line(NamedTuple):
    """`partner` is credited, `source` is whose deal it comes from (another one for an override)."""

    partner: str
    source: str
    deal_version: int
    venue: str
    day: date
    asset: str
    kind: str


class Amount(NamedTuple):
    """`units`: 1e-8 of the asset. `payable_on`: from which UTC day on; None: not by itself."""

    units: int
    payable_on: date | None


_COLUMNS = ("partner", "deal_partner", "deal_version", "venue", "day", "asset", "kind", "units", "payable_on")
_NEXT = timedelta(days=1)


def lines_of(by_deal: pa.Table, months: Sequence[str]) -> dict[Line, Amount]:
    """What is owed by line, from what the engine found, of these months only; none is zero.

    Nothing is payable before its day is over.
    """
    wanted = set(months)
    lines: dict[Line, Amount] = {}
    for *key, units, on in zip(*(by_deal.column(name).to_pylist() for name in _COLUMNS), strict=True):
        line = Line(*key)
        if units and f"{line.day:%Y-%m}" in wanted:
            lines[line] = Amount(units, None if on is None else max(on, line.day + _NEXT))
    return lines
