"""Rows in force: of a thing that was corrected only the highest revision, and only while it is live.

Few rows are ever corrected, so the corrections are read first, from all months (a correction may move a row
to another day), and the others pass by them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.facts import files, hashing
from guildhall.facts.tables import LIVE, REVISION, STATE, VERSION

if TYPE_CHECKING:
    from guildhall.facts.reading import Snapshot


def in_force(
    of: Snapshot, columns: list[str], months: Sequence[str] | None, where: pc.Expression | None
) -> Iterator[pa.RecordBatch]:
    """The rows in force of a snapshot, in its order."""
    table = of.table
    corrected, second, highest = _corrections(of)
    wanted = (
        list(dict.fromkeys([*columns, *table.thing, REVISION, STATE]))
        if len(corrected)
        else [*columns, STATE]
    )
    is_live = pc.field(STATE) == LIVE
    where = is_live if where is None else where & is_live
    for batch in files.scan(of.of_months(months), list(dict.fromkeys(wanted)), table, where):
        if len(corrected):
            hashes = hashing.of_columns(batch, table.thing)
            at = np.minimum(np.searchsorted(corrected, hashes), len(corrected) - 1)
            mine = batch.column(REVISION).to_numpy(zero_copy_only=False)
            stays = (corrected[at] != hashes) | (highest[at] == mine)
            # Few rows get here: whether they really are what was corrected is asked of 64 bits more.
            doubtful = np.flatnonzero(~stays)
            if len(doubtful):
                others = hashing.of_columns(batch.take(pa.array(doubtful)), table.thing, "thing")
                stays[doubtful] = second[at[doubtful]] != others
            if not stays.all():
                batch = batch.filter(pa.array(stays))
        if batch.num_rows:
            yield batch.select(columns)


def _corrections(of: Snapshot) -> tuple[hashing.U64, hashing.U64, np.ndarray]:
    """Things that have a revision above 0: their hashes (sorted), a second hash, the highest revision."""
    where = pc.field(REVISION) > 0
    if of.until is not None:
        where = where & (pc.field(VERSION) <= of.until)
    hashes, seconds, revisions = [], [], []
    for batch in files.scan(of.addresses, [*of.table.thing, REVISION], of.table, where):
        hashes.append(hashing.of_columns(batch, of.table.thing))
        seconds.append(hashing.of_columns(batch, of.table.thing, "thing"))
        revisions.append(batch.column(REVISION).to_numpy(zero_copy_only=False))
    if not hashes:
        return np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
    things, others, numbers = np.concatenate(hashes), np.concatenate(seconds), np.concatenate(revisions)
    order = np.lexsort((numbers, things))
    things, others, numbers = things[order], others[order], numbers[order]
    last = np.append(things[1:] != things[:-1], True)
    return things[last], others[last], numbers[last]
