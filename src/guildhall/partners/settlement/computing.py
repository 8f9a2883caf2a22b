"""One settlement computed: the engine over pinned facts, an explain for every trade, the amounts to post.

Explains go to a file first, so that nothing is shipped of a settlement that failed half-way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.partners.engine import settle
from guildhall.partners.facts import ACCRUALS, EXPLAINS
from guildhall.partners.settlement.accruing import Accruals, Line, by_set_9
from guildhall.partners.settlement.inforce import InForce, month_numbers
from guildhall.partners.settlement.pins import Pins

_BESIDE = ("venue", "account", "executed_at", "asset", "fee")
_SET_8 = ("trade_id", "partner", "deal_version", "rate_ppm", "pool", "kickback", "commission", "override", "reason")
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Computed:
    """`lines`: units by line, of the settled months; `explains`: the file with a row for every trade of them;
    `reasons`: reason → trades.
    """

    lines: Mapping[Line, int]
    reasons: Mapping[str, int]
    explains: Path
    rows: int


def compute(pins: Pins, settlement: str, folder: Path, progress: Progress) -> Computed:
    """Settle the pinned months. `progress` hears how many trades were explained, and may raise to stop.

    Raises BadInput when bindings, deals or trades contradict themselves (SET-2).
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{settlement}.parquet"
    trades = pins.trades()
    with pq.ParquetWriter(path, EXPLAINS.schema, compression="snappy") as writer:
        collecting = _Collecting(pins, trades, settlement, writer, progress)
        settled = settle(trades, pins.bindings, pins.deals, explain=collecting.take, directory=folder)
        collecting.finish()
    lines = collecting.accruals.sums()
    _agree(lines, settled.accruals, pins)
    return Computed(lines, collecting.reasons, path, collecting.written)


def accruals_table(settlement: str, lines: Mapping[Line, int]) -> pa.Table:
    """Lines as facts, in a fixed order."""
    ordered = sorted(lines.items())
    columns = list(zip(*((settlement, *line, units) for line, units in ordered), strict=True))
    names = ("settlement", *Line._fields, "units")
    arrays = [
        pa.array(columns[i] if columns else [], ACCRUALS.schema.field(name).type)
        for i, name in enumerate(names)
    ]
    return pa.table(dict(zip(names, arrays, strict=True))).select(ACCRUALS.names).cast(ACCRUALS.schema)


@dataclass(slots=True)
class _Collecting:
    """Puts beside every explain what the trade itself says, keeps those of the settled months."""

    pins: Pins
    trades: InForce
    settlement: str
    writer: pq.ParquetWriter
    progress: Progress
    accruals: Accruals = field(init=False)
    reasons: dict[str, int] = field(default_factory=dict, init=False)
    written: int = field(default=0, init=False)
    seen: int = field(default=0, init=False)
    _beside: Iterator[pa.RecordBatch] = field(init=False)
    _rest: pa.RecordBatch | None = field(default=None, init=False)
    _months: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self.accruals = Accruals(self.pins.deals)
        self._beside = self.trades.batches(_BESIDE)
        self._months = np.array(self.pins.settled, "datetime64[M]")

    def take(self, explains: pa.RecordBatch) -> None:
        start = 0
        while start < explains.num_rows:
            beside = self._rest if self._rest is not None else next(self._beside)
            count = min(beside.num_rows, explains.num_rows - start)
            self._take(explains.slice(start, count), beside.slice(0, count))
            self._rest = beside.slice(count) if count < beside.num_rows else None
            start += count
        self.seen += explains.num_rows
        self.progress(self.seen)

    def finish(self) -> None:
        """Every trade must have been explained."""
        if self._rest is not None or next(self._beside, None) is not None:
            raise RuntimeError("the engine explained fewer trades than there are")

    def _take(self, explains: pa.RecordBatch, beside: pa.RecordBatch) -> None:
        keep = np.isin(month_numbers(beside.column("executed_at")), self._months)
        if not keep.any():
            return
        columns = {name: explains.column(name) for name in _SET_8} | {
            name: beside.column(name) for name in _BESIDE
        }
        columns["settlement"] = pa.repeat(self.settlement, explains.num_rows)
        batch = pa.RecordBatch.from_pydict(
            {name: _plain(columns[name], EXPLAINS.schema.field(name).type) for name in EXPLAINS.names}
        )
        if not keep.all():
            batch = batch.filter(pa.array(keep))
        self.writer.write_batch(batch.cast(EXPLAINS.schema))
        self.accruals.add(batch)
        for counted in batch.column("reason").value_counts().to_pylist():
            self.reasons[counted["values"]] = self.reasons.get(counted["values"], 0) + counted["counts"]
        self.written += batch.num_rows


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    return column if column.type == kind else column.cast(kind)


def _agree(lines: Mapping[Line, int], accruals: pa.Table, pins: Pins) -> None:
    """The engine's own sums (SET-9) and what is about to be posted are the same, to the unit."""
    settled = set(pins.settled)
    theirs: dict[tuple[str, date, str, str], int] = {}
    for row in accruals.to_pylist():
        if f"{row['day']:%Y-%m}" in settled and row["units"]:
            theirs[row["partner"], row["day"], row["asset"], row["kind"]] = row["units"]
    if by_set_9(lines) != theirs:
        raise RuntimeError("explains and accruals of the engine do not sum to the same")
