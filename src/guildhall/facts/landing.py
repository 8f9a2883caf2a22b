"""Rows become part of a Delta table: one commit, filed by UTC month, marked with the version it made.

A commit is only ever tried at the version after the one that was compared with; when somebody else took that
version, nothing was written and the caller compares again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.facts import checking, store
from guildhall.facts.keyindex import Covered
from guildhall.facts.tables import MONTH, Table

if TYPE_CHECKING:
    from deltalake import CommitProperties, DeltaTable, WriterProperties

MARK = "guildhall"
_ROW_GROUP = 250_000


@dataclass(slots=True)
class Stream:
    """A batch on its way into a commit: how many rows went by, and what stopped it."""

    rows: int = 0
    stopped: BaseException | None = field(default=None)


def create(table: Table) -> DeltaTable:
    """The empty Delta table, at version 0; whoever comes second opens that of the first."""
    from deltalake import DeltaTable

    place = store.table_url(table.name)
    # All columns may hold nulls on disk, so that a table can get another one later.
    schema = pa.schema([column.with_nullable(True) for column in table.stored])
    return DeltaTable.create(
        place, schema, mode="ignore", partition_by=[MONTH], name=table.name, storage_options=store.options()
    )


def append(
    table: Table, delta: DeltaTable | None, rows: pa.Table, months: npt.NDArray[np.uint16], token: str
) -> Covered | None:
    """Commit checked rows after the version of `delta`; what the table is then, or None when another writer
    was first.
    """
    from deltalake.exceptions import CommitFailedError

    delta = delta or create(table)
    try:
        _write(delta, with_added(table, rows, months, delta.version() + 1), properties(token))
    except CommitFailedError:
        return None
    return covered(delta)


def append_once(
    table: Table, data: pa.Table | Iterable[pa.RecordBatch], batch_id: str
) -> tuple[int, int] | None:
    """Commit a whole batch that was not committed before, streaming it; its rows and the version, or None
    when another writer was first. Raises BadInput when a row does not fit; then nothing was taken in.
    """
    from deltalake.exceptions import CommitFailedError, DeltaError

    delta = store.open_table(table.name) or create(table)
    stream = Stream()
    batches = _checked(table, data, delta.version() + 1, stream)
    reader = pa.RecordBatchReader.from_batches(_nullable(table), batches)
    try:
        _write(delta, reader, properties(batch_id, batch_id))
    except CommitFailedError:
        return None
    except DeltaError as error:
        if stream.stopped is not None:
            raise stream.stopped from error
        raise
    return stream.rows, delta.version()


def is_in(table: Table, batch_id: str) -> bool:
    """Whether a whole batch was committed before."""
    delta = store.open_table(table.name)
    return delta is not None and delta.transaction_version(_app(batch_id)) is not None


def with_added(table: Table, rows: pa.Table, months: npt.NDArray[np.uint16], version: int) -> pa.Table:
    """Rows as they are stored: with the version they come in with and their month."""
    arrays = [
        *rows.columns,
        pa.array(np.full(rows.num_rows, version, dtype=np.int64)),
        checking.month_names(months),
    ]
    return pa.Table.from_arrays(arrays, schema=_nullable(table))


def properties(token: str, once: str | None = None) -> CommitProperties:
    """What a commit carries: a token of its own, and the id of a batch that is taken in once."""
    from deltalake import CommitProperties, Transaction

    noted = None if once is None else [Transaction(_app(once), 1, int(clock.now().timestamp() * 1000))]
    return CommitProperties(custom_metadata={MARK: token}, max_commit_retries=0, app_transactions=noted)


def covered(delta: DeltaTable) -> Covered:
    """Which very commit a table stands at: two tables of one version that were written apart differ."""
    last = delta.history(1)[0]
    told = json.dumps(last, sort_keys=True, default=str)
    return Covered(str(delta.metadata().id), delta.version(), hashlib.sha256(told.encode()).hexdigest()[:32])


def writer_properties() -> WriterProperties:
    """How Parquet is written, also when files are merged."""
    from deltalake import WriterProperties

    return WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=_ROW_GROUP)


def _write(delta: DeltaTable, data: pa.Table | pa.RecordBatchReader, commit: CommitProperties) -> None:
    from deltalake import write_deltalake

    known = {one.name for one in delta.schema().fields}
    is_wider = any(name not in known for name in data.schema.names)
    write_deltalake(
        delta, data, mode="append", schema_mode="merge" if is_wider else None,
        writer_properties=writer_properties(), commit_properties=commit,
    )  # fmt: skip


def _checked(
    table: Table, data: pa.Table | Iterable[pa.RecordBatch], version: int, stream: Stream
) -> Iterator[pa.RecordBatch]:
    batches = data.to_batches(max_chunksize=_ROW_GROUP) if isinstance(data, pa.Table) else data
    now = clock.now()
    try:
        for batch in batches:
            if not batch.num_rows:
                continue
            rows = checking.fitted(table, batch)
            wrong = checking.refusals(table, rows, now)
            if wrong:
                raise _bad(table, stream.rows + int(wrong[0].rows[0]) + 1, wrong[0].why)
            stream.rows += rows.num_rows
            months = checking.months_of(table, rows)
            yield from with_added(table, rows, months, version).combine_chunks().to_batches()
    except BaseException as error:
        stream.stopped = error
        raise


def _bad(table: Table, row: int, why: Text) -> BadInput:
    said = Text(f"{table.name}, row {row}: {why.en}", f"{table.name} 第 {row} 行：{why.zh}")
    return BadInput(said, row=row)


def _nullable(table: Table) -> pa.Schema:
    return pa.schema([column.with_nullable(True) for column in table.stored])


def _app(batch_id: str) -> str:
    return f"batch:{batch_id}"
