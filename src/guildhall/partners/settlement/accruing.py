"""What an amount owed belongs to: who is credited, whose deal and version, venue, day, asset, kind."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa

COMMISSION, KICKBACK, OVERRIDE = "commission", "kickback", "override"


class Line(NamedTuple):
    """`partner` is credited, `source` is whose deal it comes from (another one for an override)."""

    partner: str
    source: str
    deal_version: int
    venue: str
    day: date
    asset: str
    kind: str


_COLUMNS = ("partner", "deal_partner", "deal_version", "venue", "day", "asset", "kind", "units")


def lines_of(by_deal: pa.Table, months: Sequence[str]) -> dict[Line, int]:
    """Units (1e-8 of the asset) by line, from what the engine found, of these months only; none is zero."""
    wanted = set(months)
    lines: dict[Line, int] = {}
    for *key, units in zip(*(by_deal.column(name).to_pylist() for name in _COLUMNS), strict=True):
        line = Line(*key)
        if units and f"{line.day:%Y-%m}" in wanted:
            lines[line] = lines.get(line, 0) + units
    return lines
