"""Which keys a table holds: sorted runs of (key, body, month) in files on this machine, looked up in bulk.

A run is written once and merged with others of its size, so that a key is looked for in a handful of files
that the kernel keeps in memory. The index follows the Delta table and is never ahead of it: what it lacks
after a crash or a restore it reads from the table, and a file that is not whole makes it start anew.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from guildhall.facts import hashing

_MANIFEST = "index.json"
# Runs are merged when this many of a size stand side by side.
_FAN = 8
_SMALLEST = 65_536
# Rows merged at a time: some 80 MB.
_SLICE = 1 << 20
_PARTS: tuple[tuple[str, np.dtype[Any]], ...] = (
    ("k", np.dtype("<u8")),
    ("b", np.dtype("<u8")),
    ("m", np.dtype("<u2")),
)
U64 = npt.NDArray[np.uint64]
U16 = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Run:
    """One file triple, sorted by key."""

    name: str
    rows: int


@dataclass(frozen=True, slots=True)
class Covered:
    """What of the Delta table the index holds: all of it up to a version. `commit` names that very commit."""

    table_id: str = ""
    version: int = -1
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the index says of keys that were looked up, by their place.

    same: a row of this key and this body is there. other: rows of this key hash, and only with other bodies,
    are there, in these `months` (ordinals), sorted.
    """

    same: npt.NDArray[np.bool_]
    other: npt.NDArray[np.bool_]
    months: tuple[int, ...]


@dataclass(slots=True)
class _State:
    format: int = hashing.FORMAT
    covered: Covered = field(default_factory=Covered)
    runs: list[Run] = field(default_factory=list)
    next: int = 1


class KeyIndex:
    """The index of one table, used by one process at a time (the shipper holds a lock)."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: dict[str, tuple[U64, U64, U16]] = {}
        self._state = self._read()

    @property
    def covered(self) -> Covered:
        return self._state.covered

    @property
    def rows(self) -> int:
        """Entries, counting one for each row of the table."""
        return sum(run.rows for run in self._state.runs)

    @property
    def runs(self) -> int:
        return len(self._state.runs)

    def look_up(self, keys: U64, bodies: U64) -> Found:
        """Ask for many rows at once. `keys` sorted ascending."""
        same = np.zeros(len(keys), dtype=np.bool_)
        other = np.zeros(len(keys), dtype=np.bool_)
        months: set[int] = set()
        for run in self._state.runs:
            there, their_bodies, their_months = self._arrays(run)
            at = np.searchsorted(there, keys)
            wanted = np.flatnonzero(there[np.minimum(at, run.rows - 1)] == keys)
            at = at[wanted]
            while len(wanted):
                is_same = their_bodies[at] == bodies[wanted]
                same[wanted[is_same]] = True
                other[wanted[~is_same]] = True
                months.update(np.unique(their_months[at[~is_same]]).tolist())
                at = at + 1  # two keys of one hash stand side by side
                on = at < run.rows
                on[on] = there[at[on]] == keys[wanted[on]]
                wanted, at = wanted[on], at[on]
        other &= ~same
        return Found(same, other, tuple(sorted(months)) if other.any() else ())

    def has(self, keys: U64, bodies: U64) -> npt.NDArray[np.bool_]:
        """Which of these very rows it knows; in any order."""
        order = np.argsort(keys)
        answer = np.zeros(len(keys), dtype=np.bool_)
        answer[order] = self.look_up(keys[order], bodies[order]).same
        return answer

    def add(self, keys: U64, bodies: U64, months: U16, covered: Covered) -> None:
        """Take in rows that now stand in the table at `covered`, in any order."""
        self._state.covered = covered
        if len(keys):
            order = np.argsort(keys)
            self._keep(iter([(keys[order], bodies[order], months[order])]), len(keys))
            self._merge_small()
        self._write()

    def cover(self, covered: Covered) -> None:
        """Note a version that brought no rows."""
        if covered != self._state.covered:
            self._state.covered = covered
            self._write()

    def forget_months(self, gone: Iterable[int]) -> None:
        """Drop the entries of months (ordinals) that were deleted from the table."""
        drop = np.array(sorted(gone), dtype=np.uint16)
        before = list(self._state.runs)
        for run in before:
            if np.isin(self._arrays(run)[2], drop).any():
                self._replace([run], drop)
        self._write()

    def merge_all(self) -> None:
        """Make one run of all: for a quiet hour."""
        if len(self._state.runs) > 1:
            self._replace(list(self._state.runs))
            self._write()

    def repeated(self) -> U64:
        """Key hashes that stand there more than once, sorted."""
        found = []
        for keys, _, _ in self._merged(self._state.runs, None):
            found.append(np.unique(keys[1:][keys[1:] == keys[:-1]]))
        return np.concatenate(found) if found else np.empty(0, dtype=np.uint64)

    def clear(self) -> None:
        """Start anew."""
        self._open.clear()
        shutil.rmtree(self._directory, ignore_errors=True)
        self._state = _State()

    def _merge_small(self) -> None:
        while True:
            sizes: dict[int, list[Run]] = {}
            for run in self._state.runs:
                sizes.setdefault(_size(run.rows), []).append(run)
            crowd = next((runs for _, runs in sorted(sizes.items()) if len(runs) >= _FAN), None)
            if crowd is None:
                return
            self._replace(crowd)

    def _replace(self, runs: Sequence[Run], drop: U16 | None = None) -> None:
        rows = sum(run.rows for run in runs)
        if drop is not None:
            rows -= sum(int(np.isin(self._arrays(run)[2], drop).sum()) for run in runs)
        old = {run.name for run in runs}
        self._state.runs = [run for run in self._state.runs if run.name not in old]
        if rows:
            self._keep(self._merged(runs, drop), rows)
        self._write()
        for name in old:
            self._open.pop(name, None)
            for part, _ in _PARTS:
                (self._directory / f"{name}.{part}").unlink(missing_ok=True)

    def _merged(self, runs: Sequence[Run], drop: U16 | None) -> Iterator[tuple[U64, U64, U16]]:
        """The rows of all runs in the order of their keys, a slice of the key space at a time."""
        arrays = [self._arrays(run) for run in runs]
        slices = max(1, -(-sum(run.rows for run in runs) // _SLICE))
        starts = [0] * len(arrays)
        for number in range(1, slices + 1):
            last = number == slices
            edge = np.uint64(min((number << 64) // slices, 2**64 - 1))
            ends = [len(keys) if last else int(np.searchsorted(keys, edge)) for keys, _, _ in arrays]
            parts = [tuple(a[s:e] for a in three) for three, s, e in zip(arrays, starts, ends, strict=True)]
            starts = ends
            keys, bodies, months = (np.concatenate([part[i] for part in parts]) for i in range(3))
            if drop is not None:
                stay = ~np.isin(months, drop)
                keys, bodies, months = keys[stay], bodies[stay], months[stay]
            order = np.argsort(keys)
            yield keys[order], bodies[order], months[order]

    def _keep(self, sorted_rows: Iterator[tuple[U64, U64, U16]], rows: int) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        name = f"run-{self._state.next:06d}"
        self._state.next += 1
        files = [open(self._directory / f"{name}.{part}", "wb") for part, _ in _PARTS]  # noqa: SIM115
        try:
            for three in sorted_rows:
                for number, file in enumerate(files):
                    three[number].tofile(file)
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        finally:
            for file in files:
                file.close()
        self._state.runs.append(Run(name, rows))

    def _arrays(self, run: Run) -> tuple[U64, U64, U16]:
        found = self._open.get(run.name)
        if found is None:
            keys, bodies, months = (
                np.asarray(np.memmap(self._directory / f"{run.name}.{part}", dtype=kind, mode="r"))
                for part, kind in _PARTS
            )
            found = self._open[run.name] = (keys, bodies, months)
        return found

    def _read(self) -> _State:
        try:
            told = json.loads((self._directory / _MANIFEST).read_bytes())
            state = _State(
                told["format"],
                Covered(**told["covered"]),
                [Run(**run) for run in told["runs"]],
                told["next"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return _State()
        whole = all(
            (self._directory / f"{run.name}.{part}").is_file()
            and (self._directory / f"{run.name}.{part}").stat().st_size == run.rows * kind.itemsize
            for run in state.runs
            for part, kind in _PARTS
        )
        if not whole or state.format != hashing.FORMAT:
            return _State()
        self._sweep({run.name for run in state.runs})
        return state

    def _sweep(self, wanted: set[str]) -> None:
        """Remove what a crash left between writing a run and noting it, or noting and removing."""
        for path in self._directory.glob("run-*"):
            if path.stem not in wanted:
                path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        draft = self._directory / f"{_MANIFEST}.draft"
        with open(draft, "w", encoding="utf-8") as file:
            json.dump(asdict(self._state), file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, self._directory / _MANIFEST)


def _size(rows: int) -> int:
    """Runs of one size are within a factor of the fan of each other."""
    size = 0
    while rows > _SMALLEST:
        rows //= _FAN
        size += 1
    return size


def month_ordinals(days: Iterable[str]) -> list[int]:
    """`2026-10` as months since 1970."""
    return [(int(day[:4]) - 1970) * 12 + int(day[5:7]) - 1 for day in days]


def month_name(ordinal: int) -> str:
    """Months since 1970 as `2026-10`."""
    return f"{1970 + ordinal // 12:04d}-{ordinal % 12 + 1:02d}"
