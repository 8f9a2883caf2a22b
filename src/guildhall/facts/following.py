"""The key index follows its table: after a crash between commit and index, a restore or another machine's
commit, the rows it lacks are read from the table and taken in. What it has already is never taken in twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from guildhall.facts import checking, files, hashing, landing, rows, store
from guildhall.facts.keyindex import U64, KeyIndex, month_name
from guildhall.facts.models import Staged
from guildhall.facts.tables import REVISION, Table

if TYPE_CHECKING:
    from deltalake import DeltaTable


def catch_up(table: Table, index: KeyIndex, delta: DeltaTable | None) -> int:
    """Make the index cover exactly what `delta` holds; returns the rows it had to read."""
    if delta is None:
        if index.covered.version >= 0:
            index.clear()
        return 0
    now = landing.covered(delta)
    if index.covered == now:
        return 0
    lacking = _files_since(table, index, delta)
    read = 0
    for some in files.read(lacking, list(table.names), table):
        keys, bodies = hashing.key_and_body(table, some)
        fresh = ~index.has(keys, bodies)
        read += some.num_rows
        if fresh.any():
            months = checking.months_of(table, some)
            index.add(keys[fresh], bodies[fresh], months[fresh], index.covered)
    index.cover(now)
    return read


def rows_there(table: Table, delta: DeltaTable | None, keys: U64, months: tuple[int, ...] | None) -> pa.Table:
    """The rows of the table with one of these key hashes (sorted). `months`: ordinals, None for all."""
    found = []
    if delta is not None and len(keys):
        names = None if months is None else [month_name(month) for month in months]
        addresses = files.uris(delta, names)
        for some in files.read(addresses, list(table.names), table):
            theirs, _ = hashing.key_and_body(table, some)
            at = np.minimum(np.searchsorted(keys, theirs), len(keys) - 1)
            found.append(some.filter(pa.array(keys[at] == theirs)))
    return pa.concat_tables(found) if found else checking.loose(table).empty_table()


def highest_revision(table: Table, thing: Mapping[str, Any]) -> int:
    """The highest revision of a thing that is in its table or staged for it; -1 when there is none."""
    import pyarrow.compute as pc

    where = None
    for name, value in thing.items():
        same = pc.field(name) == pa.scalar(value, table.schema.field(name).type)
        where = same if where is None else where & same
    highest = -1
    delta = store.open_table(table.name)
    if delta is not None:
        for batch in files.scan(files.uris(delta), [REVISION], table, where):
            highest = max(highest, int(pc.max(batch.column(0)).as_py()))
    asked = {f"row__{name}": value for name, value in rows.plain(thing).items()}
    for row in Staged.objects.filter(table=table.name, **asked).values_list("row", flat=True):
        highest = max(highest, int(row[REVISION]))
    return highest


def _files_since(table: Table, index: KeyIndex, delta: DeltaTable) -> list[str]:
    """The files that may hold rows the index lacks; all of them when it cannot be trusted."""
    before = index.covered
    current = files.uris(delta)
    if before.version < 0 or before.version >= delta.version() or before.table_id != str(delta.metadata().id):
        index.clear()
        return current
    then = store.open_at(table.name, before.version)
    if then is None or landing.covered(then) != before:
        index.clear()
        return current
    had = set(files.uris(then))
    return [uri for uri in current if uri not in had]
