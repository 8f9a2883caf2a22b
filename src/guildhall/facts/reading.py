"""Reading tables of facts row by row: pinned to a version, in an order that stays the same.

A version stays readable: while its files are there they are read as they were; after they were merged and
swept away, the rows that had come in by then are picked out of the newer files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.facts import files, forcing, registry, store
from guildhall.facts.tables import VERSION, Table

if TYPE_CHECKING:
    from deltalake import DeltaTable


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A table at a version: the same rows in the same order, however often it is read in this process."""

    table: Table
    version: int
    addresses: tuple[str, ...]
    until: int | None
    """Read only rows that came in with this version or before; None: all rows of the files."""

    def of_months(self, months: Sequence[str] | None) -> tuple[str, ...]:
        """The files of some months (`2026-10`), or all."""
        if months is None:
            return self.addresses
        wanted = {f"_month={month}" for month in months}
        return tuple(uri for uri in self.addresses if uri.rsplit("/", 2)[-2] in wanted)

    def batches(
        self,
        columns: Sequence[str],
        *,
        months: Sequence[str] | None = None,
        where: pc.Expression | None = None,
        in_force: bool = False,
    ) -> Iterator[pa.RecordBatch]:
        """Rows by month. `in_force`: of corrected rows only the last revision, and only live ones."""
        if self.until is not None:
            old_enough = pc.field(VERSION) <= self.until
            where = old_enough if where is None else where & old_enough
        found = forcing.in_force if in_force and self.table.is_revised else _plain
        for batch in found(self, list(columns), months, where):
            yield batch.cast(_schema(self.table, columns))

    @property
    def months(self) -> list[str]:
        """The months (`2026-10`) that have rows."""
        return sorted({uri.rsplit("/", 2)[-2].partition("=")[2] for uri in self.addresses})


def version(table: str) -> int:
    """The table's version now; -1 while nothing was shipped to it. Raises NotFound for no such table."""
    registry.get(table)
    delta = store.open_table(table)
    return -1 if delta is None else delta.version()


def snapshot(table: str, version: int | None = None) -> Snapshot:
    """The table at a version, None for now. Raises NotFound for a version it never had."""
    one = registry.get(table)
    now = store.open_table(table)
    if now is None:
        if version is None or version < 0:
            return Snapshot(one, -1, (), None)
        raise _no_version(table, version)
    if version is not None and version > now.version():
        raise _no_version(table, version)
    if version is not None and version < 0:
        return Snapshot(one, version, (), None)
    if version is None or version == now.version():
        return Snapshot(one, now.version(), tuple(files.uris(now)), None)
    then = store.open_at(table, version)
    if then is not None and _is_whole(then, now):
        return Snapshot(one, version, tuple(files.uris(then)), None)
    return Snapshot(one, version, tuple(files.uris(now)), version)


def batches(
    table: str,
    columns: Sequence[str],
    *,
    months: Sequence[str] | None = None,
    version: int | None = None,
    where: pc.Expression | None = None,
    in_force: bool = False,
) -> Iterator[pa.RecordBatch]:
    """Rows of a table at a version (None: now) with these columns, in an order fixed for the version.

    months: only these UTC months (`2026-10`). where: an Arrow expression over any columns. in_force: see
    `Snapshot.batches`. To read the same rows several times, keep a `snapshot`. Raises NotFound.
    """
    yield from snapshot(table, version).batches(columns, months=months, where=where, in_force=in_force)


def _plain(
    of: Snapshot, columns: list[str], months: Sequence[str] | None, where: pc.Expression | None
) -> Iterator[pa.RecordBatch]:
    return files.scan(of.of_months(months), columns, of.table, where)


def _is_whole(then: DeltaTable, now: DeltaTable) -> bool:
    """Whether all files of an older version are still there."""
    current = set(now.file_uris())
    gone = [uri for uri in then.file_uris() if uri not in current]
    if not store.is_remote():
        return all(Path(uri).is_file() for uri in gone)
    system, prefix = store.filesystem()
    return all(info.is_file for info in system.get_file_info([uri.removeprefix(prefix) for uri in gone]))


def _schema(table: Table, columns: Sequence[str]) -> pa.Schema:
    return pa.schema([table.schema.field(name).with_nullable(True) for name in columns])


def _no_version(table: str, version: int) -> NotFound:
    return NotFound(Text(f"{table} has no version {version}.", f"{table} 不存在版本 {version}。"))
