"""Trades given twice: repeated (venue, trade_id), found by 64-bit hashes and confirmed on the texts (SET-2).

Hashes are sorted in runs that go to a temporary file when there are many, so memory stays bounded.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.core.errors import BadInput
from guildhall.partners.engine.columns import encoded, plain_text, rows_said
from guildhall.partners.engine.shapes import wrong
from guildhall.partners.engine.trades import Trades

Hashes = npt.NDArray[np.uint64]

_RUN = 8_000_000
_SLICES = 256
_LONG = 64
_A, _B, _C = (np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB))
_S31, _S29 = np.uint64(31), np.uint64(29)


def hashes_of(venue: npt.NDArray[np.int32], trade_id: pa.Array) -> Hashes:
    """A 64-bit hash of each (venue, trade id); equal keys have equal hashes."""
    ids = plain_text(trade_id)
    offsets = np.frombuffer(ids.buffers()[1], np.int32)[ids.offset : ids.offset + len(ids) + 1].astype(
        np.int64
    )
    text = ids.buffers()[2]
    begins, lengths = offsets[:-1], np.diff(offsets)
    mixed = (venue.astype(np.uint64) * _C) ^ (lengths.astype(np.uint64) * _A)
    most = int(lengths.max(initial=0))
    if most:
        padded = np.empty(int(offsets[-1]) + 8 - int(offsets[0]), np.uint8)
        padded[:-8] = np.frombuffer(text, np.uint8)[int(offsets[0]) : int(offsets[-1])]
        padded[-8:] = 0
        words = np.ndarray((len(padded) - 7,), "<u8", padded.data, strides=(1,))
        begins = begins - begins[0]
        for at in range(0, min(most, _LONG), 8):
            left = lengths - at
            if left.min() >= 8:
                mixed = _mix(mixed ^ words[begins + at])
                continue
            some = np.flatnonzero(left > 0)
            short = np.minimum(left[some], 8).astype(np.uint64)
            keep = np.uint64(2**64 - 1) >> ((np.uint64(8) - short) * np.uint64(8))
            mixed[some] = _mix(mixed[some] ^ (words[begins[some] + at] & keep))
        for place in np.flatnonzero(lengths > _LONG).tolist():
            whole = padded[begins[place] : begins[place] + lengths[place]].tobytes()
            mixed[place] ^= np.uint64(
                int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest(), "little")
            )
    return _mix(mixed)


def _mix(value: Hashes) -> Hashes:
    value = (value ^ (value >> _S31)) * _B
    return (value ^ (value >> _S29)) * _C


class Repeats:
    """Collects hashes and says which came more than once. A context: it removes its file."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._pending: Hashes = np.empty(0, np.uint64)
        self._filled = 0
        self._cuts: list[list[int]] = []
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, hashes: Hashes) -> None:
        while len(hashes):
            if not len(self._pending):
                self._pending = np.empty(_RUN, np.uint64)
            part = hashes[: _RUN - self._filled]
            self._pending[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            hashes = hashes[len(part) :]
            if self._filled == _RUN:
                self._write_run()

    def _write_run(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._directory)  # noqa: SIM115 - closed with the context
        run = self._last_run()
        self._file.write(run.data)
        self._cuts.append(_cuts(run))
        self._filled = 0

    def _last_run(self) -> Hashes:
        run = self._pending[: self._filled]
        run.sort()
        return run

    def repeated(self) -> Hashes:
        """The hashes that came more than once, ascending."""
        last = self._last_run()
        found = [_twice(part) for part in self._ranges(last)]
        return np.concatenate(found) if found else np.empty(0, np.uint64)

    def _ranges(self, last: Hashes) -> Iterator[Hashes]:
        """All hashes, sorted, a range of values at a time: as many slices as fit a run."""
        if self._file is None:
            yield last
            return
        self._file.flush()
        cuts = [*self._cuts, _cuts(last)]
        sizes = np.diff(np.array(cuts), axis=1).sum(axis=0).tolist()
        begin = 0
        while begin < _SLICES:
            end, rows = begin + 1, sizes[begin]
            while end < _SLICES and rows + sizes[end] <= _RUN:
                rows += sizes[end]
                end += 1
            parts = [self._slice(i, cut[begin], cut[end]) for i, cut in enumerate(self._cuts)]
            part = np.concatenate([*parts, last[cuts[-1][begin] : cuts[-1][end]]])
            part.sort()
            yield part
            begin = end

    def _slice(self, run: int, begin: int, end: int) -> Hashes:
        assert self._file is not None
        self._file.seek(8 * (run * _RUN + begin))
        return np.frombuffer(self._file.read(8 * (end - begin)), np.uint64)


def _cuts(run: Hashes) -> list[int]:
    """Where each slice of the values begins in a sorted run, and where the last one ends."""
    edges = np.array([2**64 // _SLICES * i for i in range(1, _SLICES)], np.uint64)
    return [0, *np.searchsorted(run, edges).tolist(), len(run)]


def _twice(ordered: Hashes) -> Hashes:
    return np.unique(ordered[1:][ordered[1:] == ordered[:-1]])


def refuse_repeated(trades: Trades, venues: dict[str, int], suspects: Hashes) -> None:
    """Read the trades whose hashes came more than once again and raise BadInput if any really is given
    twice.
    """
    for start in range(0, len(suspects), 1000):
        rows = _rows_of(trades, venues, suspects[start : start + 1000])
        twice = {key: places for key, places in rows.items() if len(places) > 1}
        if twice:
            raise _refusal(twice)


def _rows_of(trades: Trades, venues: dict[str, int], suspects: Hashes) -> dict[tuple[str, str], list[int]]:
    rows: dict[tuple[str, str], list[int]] = {}
    before = 0
    for batch in trades.batches(["venue", "trade_id"]):
        places, words = encoded(batch.column("venue"), "venue", before + 1, "Trades", "成交")
        known = np.array([venues[word] for word in words.to_pylist()], np.int32)
        ids = plain_text(batch.column("trade_id"))
        hashes = hashes_of(known[places], ids)
        near = np.minimum(np.searchsorted(suspects, hashes), len(suspects) - 1)
        for row in np.flatnonzero(suspects[near] == hashes).tolist():
            key = (words[int(places[row])].as_py(), ids[row].as_py())
            rows.setdefault(key, []).append(before + row + 1)
        before += batch.num_rows
    return rows


def _refusal(twice: dict[tuple[str, str], list[int]]) -> BadInput:
    ordered = sorted(twice.items(), key=lambda item: item[1])
    said = [f"{venue} {one[:60]} ({rows_said(np.array(rows))})" for (venue, one), rows in ordered[:10]]
    shown = "; ".join(said) + (f" … ({len(twice)})" if len(twice) > 10 else "")
    return wrong(
        f"Trades: the same venue and trade_id more than once, in rows: {shown}.",
        f"成交：同一交易所的 trade_id 重复，所在行：{shown}。",
        "SET-2",
    )
