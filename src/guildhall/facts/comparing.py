"""Which rows of a batch are new to a table, and which contradict it.

Two hashes decide nearly all rows at once: key and body known is the same row, key unknown is a new one. Only
rows whose key hash stands in the table with another body, or several times in the batch, are looked at one by
one, by their real keys, so that two keys of one hash are never taken for a contradiction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.facts import hashing
from guildhall.facts.keyindex import U64, KeyIndex
from guildhall.facts.tables import Table

Places = npt.NDArray[np.int64]
Row = dict[str, Any]
ReadThere = Callable[[U64, tuple[int, ...]], pa.Table]
"""Given key hashes and the months (ordinals) they may stand in: the rows of the table with these hashes."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A row (by its place in the batch) that has the key of another with another body."""

    place: int
    there: Row


@dataclass(frozen=True, slots=True)
class Compared:
    """`new`: places in order. `conflicts` counts also those that were put aside before."""

    new: Places
    conflicts: int = 0
    contradictions: list[Contradiction] = field(default_factory=list)


def compare(
    table: Table,
    index: KeyIndex,
    rows: pa.Table,
    keys: U64,
    bodies: U64,
    *,
    put_aside_before: Callable[[Collection[str]], set[str]],
    read_there: ReadThere,
) -> Compared:
    """Compare checked rows with the table. `put_aside_before` says which digests are known contradictions."""
    order = np.argsort(keys)
    sorted_keys = keys[order]
    found = index.look_up(sorted_keys, bodies[order])
    is_open = ~found.same
    twice = np.zeros(len(order), dtype=np.bool_)
    equal = sorted_keys[1:] == sorted_keys[:-1]
    twice[1:] |= equal
    twice[:-1] |= equal
    knotted = is_open & (twice | found.other)
    if not knotted.any():
        return Compared(np.sort(order[is_open]))
    clear = order[is_open & ~knotted]
    doubtful = np.sort(order[knotted])
    digests = [digest(key, body) for key, body in zip(keys[doubtful], bodies[doubtful], strict=True)]
    hidden = set(keys[order[found.other]].tolist())
    known = put_aside_before({d for d, p in zip(digests, doubtful, strict=True) if int(keys[p]) in hidden})
    ask = sorted({int(keys[p]) for d, p in zip(digests, doubtful, strict=True) if d not in known} & hidden)
    there = _by_key(table, read_there(np.array(ask, dtype=np.uint64), found.months)) if ask else {}
    new, conflicts, contradictions = [], 0, []
    tuples = _tuples(table, rows.take(pa.array(doubtful)))
    for place, its_digest, key in zip(doubtful.tolist(), digests, tuples, strict=True):
        stands = there.get(key)
        if its_digest in known:
            conflicts += 1
        elif stands is None:
            there[key] = [(int(bodies[place]), place)]
            new.append(place)
        elif not any(body == int(bodies[place]) for body, _ in stands):
            conflicts += 1
            first = stands[0][1]
            row = rows.slice(first, 1).to_pylist()[0] if isinstance(first, int) else first
            contradictions.append(Contradiction(place, row))
    both = np.concatenate([clear, np.array(new, dtype=np.int64)])
    return Compared(np.sort(both), conflicts, contradictions)


def digest(key: int, body: int) -> str:
    """Key and body hash as one word."""
    return f"{int(key):016x}{int(body):016x}"


def _by_key(table: Table, stored: pa.Table) -> dict[tuple[Any, ...], list[tuple[int, Row | int]]]:
    _, bodies = hashing.key_and_body(table, stored)
    found: dict[tuple[Any, ...], list[tuple[int, Row | int]]] = {}
    rows = stored.select(list(table.names)).to_pylist()
    for key, body, row in zip(_tuples(table, stored), bodies.tolist(), rows, strict=True):
        found.setdefault(key, []).append((body, row))
    return found


def _tuples(table: Table, rows: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(rows.column(name).to_pylist() for name in table.key), strict=True))
