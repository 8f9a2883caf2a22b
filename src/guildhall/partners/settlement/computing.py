"""One settlement computed: the engine over pinned facts, an explain for every trade, the amounts to post.

Explains go to a file first, so that nothing is shipped of a settlement that failed half-way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from guildhall.partners.engine import settle
from guildhall.partners.facts import ACCRUALS, EXPLAINS
from guildhall.partners.settlement.accruing import Accruals, Line, by_set_9
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
        )
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
    """Keeps the explains of the settled months, names the settlement in each, and adds them up."""

    pins: Pins
    settlement: str
    writer: pq.ParquetWriter
    progress: Progress
    accruals: Accruals = field(init=False)
    reasons: dict[str, int] = field(default_factory=dict, init=False)
    written: int = field(default=0, init=False)
    _seen: int = field(default=0, init=False)
    _months: npt.NDArray[np.datetime64] = field(init=False)

    def __post_init__(self) -> None:
        self.accruals = Accruals(self.pins.deals)
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
        self.accruals.add(batch)
        for counted in batch.column("reason").value_counts().to_pylist():
            self.reasons[counted["values"]] = self.reasons.get(counted["values"], 0) + counted["counts"]
        self.written += batch.num_rows


def _agree(lines: Mapping[Line, int], accruals: pa.Table, pins: Pins) -> None:
    """The engine's own sums (SET-9) and what is about to be posted are the same, to the unit."""
    settled = set(pins.settled)
    theirs: dict[tuple[str, date, str, str], int] = {}
    for row in accruals.to_pylist():
        if f"{row['day']:%Y-%m}" in settled and row["units"]:
            theirs[row["partner"], row["day"], row["asset"], row["kind"]] = row["units"]
    if by_set_9(lines) != theirs:
        raise RuntimeError("explains and accruals of the engine do not sum to the same")
