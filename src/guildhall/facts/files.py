"""The Parquet files of a table, read in an order that never changes: by month, then by name, rows as they
stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from guildhall.facts import store
from guildhall.facts.tables import Table

if TYPE_CHECKING:
    import pyarrow.compute as pc
    import pyarrow.dataset as ds
    from deltalake import DeltaTable

BATCH = 131_072
"""Rows of one batch, at most."""


def uris(delta: DeltaTable, months: Sequence[str] | None = None) -> list[str]:
    """The addresses of a table's files, those of some months (`2026-10`) or all."""
    wanted = None if months is None else {f"_month={month}" for month in months}
    found = [uri for uri in delta.file_uris() if wanted is None or uri.rsplit("/", 2)[-2] in wanted]
    return sorted(found, key=lambda uri: tuple(uri.rsplit("/", 2)[-2:]))


def schema(table: Table) -> pa.Schema:
    """The columns of a table and `_version`, as files hold them: nulls may be anywhere."""
    return pa.schema([field.with_nullable(True) for field in table.stored][:-1])


def columns_on_disk(table: str) -> set[str]:
    """The columns the newest version has; a table may have been declared wider since."""
    delta = store.open_table(table)
    return set() if delta is None else {one.name for one in delta.schema().fields}


def dataset(addresses: Sequence[str], table: Table) -> ds.Dataset:
    """The files as an Arrow dataset with the columns of the table and `_version`; a column that older files
    lack reads as null.
    """
    import pyarrow.dataset as ds

    system, prefix = store.filesystem()
    paths = [address.removeprefix(prefix) for address in addresses]
    return ds.dataset(paths, schema=schema(table), format="parquet", filesystem=system)


def scan(
    addresses: Sequence[str],
    columns: Sequence[str],
    table: Table,
    where: pc.Expression | None = None,
    rows: int = BATCH,
) -> Iterator[pa.RecordBatch]:
    """The rows of the files in order."""
    if not addresses:
        return
    scanner = dataset(addresses, table).scanner(
        columns=list(columns), filter=where, batch_size=rows, batch_readahead=4, fragment_readahead=1
    )
    for batch in scanner.to_batches():
        if batch.num_rows:
            yield batch


def read(
    addresses: Sequence[str],
    columns: Sequence[str],
    table: Table,
    where: pc.Expression | None = None,
    rows: int = 1_000_000,
) -> Iterator[pa.Table]:
    """The rows of the files, about so many at a time."""
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in scan(addresses, columns, table, where):
        held.append(batch)
        count += batch.num_rows
        if count >= rows:
            yield pa.Table.from_batches(held)
            held, count = [], 0
    if held:
        yield pa.Table.from_batches(held)
