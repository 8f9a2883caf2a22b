"""A row as two numbers of 64 bits: one of its key, one of its body. Whole columns at a time, in numpy.

The numbers are ours from end to end (no library's hash), so an index made today is right tomorrow. They find
rows; whether two rows of one key are the same row is asked of the rows themselves when the bodies differ.
A null adds nothing to a body, so a table may get another nullable column without its rows seeming changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.facts.tables import Table

FORMAT = 1
"""Goes up whenever the numbers change: indexes of another format are made anew."""
U64 = npt.NDArray[np.uint64]
_C1, _C2, _C3 = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53))
_S29, _S32, _S33 = (np.uint64(n) for n in (29, 32, 33))
# The low n bytes of a word, n from 0 to 8.
_KEEP = np.array([(1 << (8 * n)) - 1 for n in range(9)], dtype=np.uint64)


def key_and_body(table: Table, data: pa.Table | pa.RecordBatch) -> tuple[U64, U64]:
    """Two arrays, one number a row: of the key's columns, and of the others but `received_at`."""
    return _lane(table, data, table.key, "key"), _lane(table, data, table.body, "body")


def of_columns(data: pa.Table | pa.RecordBatch, names: Sequence[str], lane: str = "column") -> U64:
    """One number a row for some columns together; numbers of two lanes have nothing to do with each other."""
    total = np.zeros(data.num_rows, dtype=np.uint64)
    for name in names:
        total += _column(data.column(name), _salt(f"{lane}:{name}"))
    return _mixed(total)


def _lane(table: Table, data: pa.Table | pa.RecordBatch, names: Sequence[str], lane: str) -> U64:
    total = np.full(data.num_rows, _salt(f"{lane}:{table.name}"), dtype=np.uint64)
    for name in names:
        total += _column(data.column(name), _salt(f"{lane}:{name}"))
    return _mixed(total)


@lru_cache(maxsize=1024)
def _salt(name: str) -> np.uint64:
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "little"))


def _column(values: pa.Array | pa.ChunkedArray, salt: np.uint64) -> U64:
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks() if values.num_chunks != 1 else values.chunk(0)
        if isinstance(values, pa.ChunkedArray):  # no rows
            return np.zeros(len(values), dtype=np.uint64)
    hashes = _mixed(_of(values) ^ salt)
    if values.null_count:
        hashes[values.is_null().to_numpy(zero_copy_only=False)] = 0
    return hashes


def _of(values: pa.Array) -> U64:
    kind = values.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _of_lists(values)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _of_strings(values)
    if pa.types.is_timestamp(kind):
        values = values.cast(pa.timestamp("us", kind.tz)).cast(pa.int64())
    elif pa.types.is_date32(kind):
        values = values.cast(pa.int32()).cast(pa.int64())
    elif pa.types.is_boolean(kind):
        values = values.cast(pa.int64())
    elif not pa.types.is_int64(kind):
        raise TypeError(f"no fact holds {kind}")
    if values.null_count:
        values = values.fill_null(0)
    return values.to_numpy(zero_copy_only=False).view(np.uint64)


def _of_strings(values: pa.Array) -> U64:
    """Eight bytes of every string at a time; strings that have ended drop out."""
    wide = pa.types.is_large_string(values.type)
    _, offsets, content = values.buffers()
    size = np.dtype(np.int64 if wide else np.int32)
    ends = np.frombuffer(offsets, dtype=size, count=len(values) + 1, offset=values.offset * size.itemsize)
    starts = ends[:-1].astype(np.int64)
    lengths = (ends[1:] - ends[:-1]).astype(np.int64)
    if values.null_count:
        lengths[values.is_null().to_numpy(zero_copy_only=False)] = 0
    hashes = lengths.astype(np.uint64) * _C1
    longest = int(lengths.max(initial=0))
    if longest == 0:
        return _mixed(hashes)
    lowest = int(starts.min())
    span = np.frombuffer(content, dtype=np.uint8)[lowest : int(ends[-1])]
    padded = np.concatenate([span, np.zeros(8, dtype=np.uint8)])
    words = np.ndarray((len(span) + 1,), dtype="<u8", buffer=padded, strides=(1,))
    starts = starts - lowest
    rows: npt.NDArray[np.int64] | slice = slice(None)
    for at in range(0, longest, 8):
        if at:
            rows = np.flatnonzero(lengths > at)
        word = words[starts[rows] + at] if at else words[starts]
        left = np.minimum(lengths[rows] - at, 8)
        if int(left.min(initial=8)) < 8:
            word = word & _KEEP[left]
        hashes[rows] = _stirred(hashes[rows], word)
    return _mixed(hashes)


def _of_lists(values: pa.Array) -> U64:
    """The strings of each list in order."""
    lengths = values.value_lengths().fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
    hashes = (lengths.astype(np.uint64) + np.uint64(1)) * _C1
    if not lengths.any():
        return _mixed(hashes)
    parts = _of_strings(values.flatten())
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    for place in range(int(lengths.max())):
        rows = np.flatnonzero(lengths > place)
        hashes[rows] = _stirred(hashes[rows], parts[starts[rows] + place])
    return _mixed(hashes)


def _stirred(hashes: U64, word: U64) -> U64:
    """One more word into running hashes: for a given hash, different words give different hashes."""
    hashes = (hashes ^ (word * _C1)) * _C2
    return hashes ^ (hashes >> _S29)


def _mixed(hashes: U64) -> U64:
    """The last stirring: every bit of what went in touches every bit of what comes out."""
    hashes = hashes ^ (hashes >> _S33)
    hashes = hashes * _C2
    hashes ^= hashes >> _S32
    hashes *= _C3
    hashes ^= hashes >> _S33
    return hashes
