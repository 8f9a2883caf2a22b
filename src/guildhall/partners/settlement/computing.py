"""One settlement computed: the engine over pinned facts, an explain for every trade, the amounts to post.

Explains go to a file first, so that nothing is shipped of a settlement that failed half-way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.facts.tables import Table
from guildhall.partners.engine import settle
from guildhall.partners.facts import ACCRUALS, CHANGES, EXPLAINS, QUALIFICATIONS
from guildhall.partners.settlement.accruing import Amount, Line, lines_of
from guildhall.partners.settlement.inforce import month_numbers
from guildhall.partners.settlement.pins import Pins

_BESIDE = ("venue", "account", "executed_at", "asset", "fee")
_REPEATING = pa.dictionary(pa.int8(), pa.string())
_FILE = pa.schema(
    [
        field
        if field.name not in ("settlement", "partner", "reason")
        else field.with_type(
            _REPEATING if field.name == "settlement" else pa.dictionary(pa.int32(), pa.string())
        )
        for field in EXPLAINS.schema
    ]
)
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Computed:
    """`lines`: what is owed, of the settled months; `explains`: the file with a row for every trade of them;
    `reasons`: reason → trades; `volumes`: (partner, month) → volume of SET-3, of every month that was read;
    `changes`, `qualifications`, `carried`: what the later steps of deals did.
    """

    lines: Mapping[Line, Amount]
    reasons: Mapping[str, int]
    volumes: Mapping[tuple[str, str], int]
    explains: Path
    rows: int
    changes: pa.Table
    qualifications: pa.Table
    carried: list[dict[str, Any]]


def compute(pins: Pins, settlement: str, folder: Path, progress: Progress) -> Computed:
    """Settle the pinned months. `progress` hears how many trades were explained, and may raise to stop.

    Raises BadInput when bindings, deals or trades contradict themselves (SET-2).
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{settlement}.parquet"
    with pq.ParquetWriter(path, _FILE, compression="snappy", store_schema=False) as writer:
        collecting = _Collecting(pins, settlement, writer, progress)
        settled = settle(
            pins.trades(),
            pins.bindings,
            pins.deals,
            explain=collecting.take,
            directory=folder,
            also=_BESIDE,
            as_dictionaries=True,
            steps=pins.steps(),
        )
    lines = lines_of(settled.by_deal, pins.settled)
    stepped = settled.stepped
    return Computed(
        lines=lines,
        reasons=collecting.reasons,
        volumes=settled.volumes,
        explains=path,
        rows=collecting.written,
        changes=_changes(stepped.changes, pins, settlement),
        qualifications=_as_facts(stepped.cpa, QUALIFICATIONS, settlement),
        carried=_carried(stepped.carried, pins),
    )


def accruals_table(settlement: str, lines: Mapping[Line, Amount]) -> pa.Table:
    """Lines as facts, in a fixed order."""
    ordered = sorted(lines.items())
    columns = list(zip(*((settlement, *line, amount.units) for line, amount in ordered), strict=True))
    names = ("settlement", *Line._fields, "units")
    arrays = [
        pa.array(columns[i] if columns else [], ACCRUALS.schema.field(name).type)
        for i, name in enumerate(names)
    ]
    return pa.table(dict(zip(names, arrays, strict=True))).select(ACCRUALS.names).cast(ACCRUALS.schema)


@dataclass(slots=True)
class _Collecting:
    """Keeps the explains of the settled months, names the settlement in each, and counts reasons."""

    pins: Pins
    settlement: str
    writer: pq.ParquetWriter
    progress: Progress
    reasons: dict[str, int] = field(default_factory=dict, init=False)
    written: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)
    _months: npt.NDArray[np.datetime64] = field(init=False)

    def __post_init__(self) -> None:
        self._months = np.array(self.pins.settled, "datetime64[M]")

    def take(self, explains: pa.RecordBatch) -> None:
        self._seen += explains.num_rows
        keep = np.isin(month_numbers(explains.column("executed_at")), self._months)
        if not keep.all():
            explains = explains.filter(pa.array(keep))
        if explains.num_rows:
            self._keep(explains)
        self.progress(self._seen)

    def _keep(self, explains: pa.RecordBatch) -> None:
        columns = {name: explains.column(name) for name in _FILE.names if name != "settlement"}
        columns["settlement"] = pa.DictionaryArray.from_arrays(
            pa.repeat(pa.scalar(0, pa.int8()), explains.num_rows), [self.settlement]
        )
        batch = pa.RecordBatch.from_arrays([columns[name] for name in _FILE.names], schema=_FILE)
        self.writer.write_batch(batch)
        for counted in batch.column("reason").value_counts().to_pylist():
            self.reasons[counted["values"]] = self.reasons.get(counted["values"], 0) + counted["counts"]
        self.written += batch.num_rows


def _changes(changes: pa.Table, pins: Pins, settlement: str) -> pa.Table:
    """What later steps changed, with the time of each trade, of the settled months."""
    if not changes.num_rows:
        return CHANGES.schema.empty_table()
    rows = changes.column("row").to_numpy()
    at = np.empty(len(rows), np.int64)
    before = 0
    for batch in pins.trades().batches(["executed_at"]):
        # The rows are in the order of the trades.
        begin, end = np.searchsorted(rows, [before, before + batch.num_rows])
        times = batch.column(0).cast(pa.int64()).to_numpy(zero_copy_only=False)
        at[begin:end] = times[rows[begin:end] - before]
        before += batch.num_rows
    when = pa.array(at).cast(pa.timestamp("us", tz="UTC"))
    inside = np.isin(month_numbers(when), np.array(pins.settled, "datetime64[M]"))
    whole = changes.append_column("executed_at", when).filter(pa.array(inside))
    return _as_facts(whole, CHANGES, settlement)


def _as_facts(found: pa.Table, table: Table, settlement: str) -> pa.Table:
    named = found.append_column("settlement", pa.repeat(settlement, found.num_rows))
    return named.select(list(table.names)).cast(table.schema)


def _carried(carried: pa.Table, pins: Pins) -> list[dict[str, Any]]:
    rows = [row for row in carried.to_pylist() if row["month"] in pins.settled]
    amounts = ("commission", "carried_in", "debt", "deducted", "carried_out")
    return [row | {name: str(row[name]) for name in amounts} for row in rows]
