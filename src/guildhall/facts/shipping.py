"""The one way into the tables: rows come in any number of times and stand there once.

A row is looked for by its key: the same row again changes nothing, another body is put aside with both, a new
one becomes part of the next Delta commit. One shipper at a time works on a table of this machine (a file
lock); a shipper of another machine is noticed by the version its commit took, and then the rows are compared
again. No row counts before its commit, so a crash anywhere is healed by giving the batch again.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa

from guildhall.core import clock
from guildhall.core.errors import Unavailable
from guildhall.core.text import Text
from guildhall.facts import aside, checking, comparing, following, hashing, landing, registry, store
from guildhall.facts.keyindex import KeyIndex
from guildhall.facts.models import Shipment
from guildhall.facts.tables import Table

CHUNK = 500_000
"""Rows of one Delta commit, at most."""
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Shipped:
    """What became of a batch, in rows. `version`: of the table when it was over (-1: still no table)."""

    new: int = 0
    same: int = 0
    conflicts: int = 0
    refused: int = 0
    version: int = -1

    def __add__(self, other: Shipped) -> Shipped:
        return Shipped(
            self.new + other.new,
            self.same + other.same,
            self.conflicts + other.conflicts,
            self.refused + other.refused,
            other.version,
        )


def ship(table: str, data: pa.Table | Iterable[pa.RecordBatch], *, batch_id: str, source: str) -> Shipped:
    """Take rows into a table; never call it inside a transaction.

    batch_id: what the rows came as; for a table that is `once="batch"` the same id again brings nothing.
    source: who says so (`feed:okx`, `partners`), for people.
    Raises NotFound for the table, BadInput when a column does not fit (nothing of that chunk is taken in),
    Unavailable when others keep writing; giving the batch again is always safe.
    """
    one = registry.get(table)
    with alone(table):
        if one.once == "batch":
            done = _ship_whole(one, data, batch_id)
        else:
            done = Shipped(version=_version(table))
            index = KeyIndex(store.index_dir(table))
            for number, chunk in enumerate(_chunks(data)):
                done += _ship_chunk(one, index, chunk, f"{batch_id}#{number}", batch_id, source)
    Shipment.objects.create(
        table=table, batch_id=batch_id[:200], source=source[:120], new=done.new, same=done.same,
        conflicts=done.conflicts, refused=done.refused, version=done.version,
    )  # fmt: skip
    return done


def _ship_chunk(
    table: Table, index: KeyIndex, chunk: pa.Table, token: str, batch_id: str, source: str
) -> Shipped:
    rows = checking.fitted(table, chunk)
    refusals = checking.refusals(table, rows, clock.now())
    refused = sum(len(refusal.rows) for refusal in refusals)
    if refusals:
        aside.refuse(table, rows, refusals, batch_id, source)
        good = np.ones(rows.num_rows, dtype=np.bool_)
        for refusal in refusals:
            good[refusal.rows] = False
        rows = rows.filter(pa.array(good))
    keys, bodies = hashing.key_and_body(table, rows)
    for _ in range(_ATTEMPTS):
        delta = store.open_table(table.name)
        following.catch_up(table, index, delta)
        compared = comparing.compare(
            table, index, rows, keys, bodies,
            put_aside_before=partial(aside.known, table.name),
            read_there=partial(following.rows_there, table, delta),
        )  # fmt: skip
        aside.contradict(table, rows, keys, bodies, compared.contradictions, batch_id, source)
        new, conflicts = compared.new, compared.conflicts
        same = rows.num_rows - len(new) - conflicts
        if not len(new):
            return Shipped(0, same, conflicts, refused, delta.version() if delta else -1)
        is_all = len(new) == rows.num_rows
        fresh = rows if is_all else rows.take(pa.array(new))
        months = checking.months_of(table, fresh)
        covered = landing.append(table, delta, fresh, months, token)
        if covered is not None:
            index.add(keys[new], bodies[new], months, covered)
            return Shipped(len(new), same, conflicts, refused, covered.version)
    raise _busy(table)


def _ship_whole(table: Table, data: pa.Table | Iterable[pa.RecordBatch], batch_id: str) -> Shipped:
    for attempt in range(_ATTEMPTS):
        if landing.is_in(table, batch_id):
            before = Shipment.objects.filter(table=table.name, batch_id=batch_id[:200], new__gt=0).last()
            return Shipped(same=before.new if before else 0, version=_version(table.name))
        if attempt and not isinstance(data, pa.Table):
            break  # a stream cannot be read a second time; its sender can
        landed = landing.append_once(table, data, batch_id)
        if landed is not None:
            return Shipped(new=landed[0], version=landed[1])
    raise _busy(table)


def _busy(table: Table) -> Unavailable:
    return Unavailable(
        Text(f"Others keep writing to {table.name}; try again.", f"{table.name} 正被其他进程写入，请重试。")
    )


def _version(table: str) -> int:
    delta = store.open_table(table)
    return -1 if delta is None else delta.version()


def _chunks(data: pa.Table | Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The rows in order, so many at a time that one commit stays small enough for memory."""
    if isinstance(data, pa.Table):
        for start in range(0, data.num_rows, CHUNK):
            yield data.slice(start, CHUNK)
        return
    held: list[pa.RecordBatch] = []
    count = 0
    for batch in data:
        start = 0
        while start < batch.num_rows:
            part = batch.slice(start, CHUNK - count)
            held.append(part)
            count += part.num_rows
            start += part.num_rows
            if count >= CHUNK:
                yield pa.Table.from_batches(held)
                held, count = [], 0
    if held:
        yield pa.Table.from_batches(held)


@contextmanager
def alone(table: str) -> Iterator[None]:
    """Hold a table: wait until no other process or thread of this machine writes to it."""
    path = store.index_dir(table).with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
