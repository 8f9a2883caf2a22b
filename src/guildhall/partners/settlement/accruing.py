"""Explains of single trades summed up to what the ledger posts: by who is credited, whose deal and version,
venue, day, asset and kind.

Pure and exact: sums are kept in two halves of 32 bits, so none can wrap. Units are 1e-8 of the asset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.partners.engine.terms import Deal

COMMISSION, KICKBACK, OVERRIDE = "commission", "kickback", "override"
KINDS = (COMMISSION, KICKBACK, OVERRIDE)
_BY = ["partner", "deal_version", "venue", "asset", "day"]
_FOLD_AT = 1_000_000
_LOW = (1 << 32) - 1


class Line(NamedTuple):
    """What an amount belongs to. `partner` is credited, `source` is whose deal it comes from."""

    partner: str
    source: str
    deal_version: int
    venue: str
    day: date
    asset: str
    kind: str


@dataclass(slots=True)
class Accruals:
    """Takes explains with what stands beside each trade; gives the sums. `deals`: those settled by."""

    deals: Sequence[Deal]
    _parts: list[pa.Table] = field(default_factory=list, init=False)
    _rows: int = field(default=0, init=False)

    def add(self, explains: pa.RecordBatch) -> None:
        """Rows with the columns of the table `explains`."""
        paid = explains.filter(pc.equal(explains.column("reason"), "paid"))
        if not paid.num_rows:
            return
        columns = {name: paid.column(name) for name in _BY[:-1]}
        columns["day"] = paid.column("executed_at").cast(pa.date32())
        for kind in KINDS:
            units = paid.column(kind).to_numpy(zero_copy_only=False)
            columns[f"{kind}_high"], columns[f"{kind}_low"] = pa.array(units >> 32), pa.array(units & _LOW)
        self._take(_summed(pa.table(columns)))

    def sums(self) -> dict[Line, int]:
        """Every line that is not zero."""
        if not self._parts:
            return {}
        whole = _summed(pa.concat_tables(self._parts))
        parents = {(deal.partner, deal.version): deal.override.parent for deal in self.deals if deal.override}
        return dict(_lines(whole, parents))

    def _take(self, part: pa.Table) -> None:
        self._parts.append(part)
        self._rows += part.num_rows
        if self._rows > _FOLD_AT and len(self._parts) > 1:
            whole = _summed(pa.concat_tables(self._parts))
            # What cannot shrink any more is not folded again and again.
            self._parts, self._rows = [whole], 0


def _summed(table: pa.Table) -> pa.Table:
    halves = [f"{kind}_{half}" for kind in KINDS for half in ("high", "low")]
    summed = table.group_by(_BY).aggregate([(name, "sum") for name in halves])
    columns = {name: _plain(summed.column(name)) for name in _BY}
    for kind in KINDS:
        low = summed.column(f"{kind}_low_sum").to_numpy()
        high = summed.column(f"{kind}_high_sum").to_numpy()
        # Carried over, the low half starts every fold below 2**32 again.
        columns[f"{kind}_high"], columns[f"{kind}_low"] = pa.array(high + (low >> 32)), pa.array(low & _LOW)
    return pa.table(columns)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each batch has words of its own; parts can be put together only when these are written out."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def _lines(whole: pa.Table, parents: Mapping[tuple[str, int], str]) -> Iterator[tuple[Line, int]]:
    by = [whole.column(name).to_pylist() for name in _BY]
    for kind in KINDS:
        highs, lows = whole.column(f"{kind}_high").to_numpy(), whole.column(f"{kind}_low").to_numpy()
        for place in np.flatnonzero((highs != 0) | (lows != 0)).tolist():
            source, version, venue, asset, day = (column[place] for column in by)
            credited = parents[(source, version)] if kind == OVERRIDE else source
            units = (int(highs[place]) << 32) + int(lows[place])
            yield Line(credited, source, version, venue, day, asset, kind), units


def by_set_9(sums: Mapping[Line, int]) -> dict[tuple[str, date, str, str], int]:
    """The same amounts as SET-9 sums them: by (partner, day, asset, kind)."""
    found: dict[tuple[str, date, str, str], int] = {}
    for line, units in sums.items():
        key = (line.partner, line.day, line.asset, line.kind)
        found[key] = found.get(key, 0) + units
    return {key: units for key, units in found.items() if units}
