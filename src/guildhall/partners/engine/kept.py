"""What is kept of every trade between the two passes: a few numbers each, in memory while they are few and
in a temporary file when they are many, so that memory does not grow with the number of trades.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
import numpy.typing as npt

from guildhall.partners.engine.instants import Ints

_IN_MEMORY = 48 * 2**20


@dataclass(frozen=True, slots=True)
class Judged:
    """One batch after the first pass. `day`, `asset` and `venue` are places in the lists of the run."""

    slot: npt.NDArray[np.int32]
    state: npt.NDArray[np.int32]
    day: npt.NDArray[np.int32]
    asset: npt.NDArray[np.int32]
    venue: npt.NDArray[np.int32]
    fee: Ints

    def __len__(self) -> int:
        return len(self.slot)

    @property
    def _arrays(self) -> tuple[npt.NDArray[np.int32] | Ints, ...]:
        return self.slot, self.state, self.day, self.asset, self.venue, self.fee

    @property
    def size(self) -> int:
        return sum(array.nbytes for array in self._arrays)

    def write(self, file: IO[bytes]) -> None:
        for array in self._arrays:
            file.write(np.ascontiguousarray(array).data)

    @classmethod
    def read(cls, file: IO[bytes], rows: int) -> Judged:
        slot, state, day, asset, venue = (np.frombuffer(file.read(4 * rows), np.int32) for _ in range(5))
        return cls(slot, state, day, asset, venue, np.frombuffer(file.read(8 * rows), np.int64))


class Kept:
    """Batches in the order they were put, read back as often as needed. A context: it removes its file."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._near: list[Judged] = []
        self._near_bytes = 0
        self._far: list[int] = []
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def put(self, batch: Judged) -> None:
        if self._file is None and self._near_bytes + batch.size <= _IN_MEMORY:
            self._near.append(batch)
            self._near_bytes += batch.size
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._directory)  # noqa: SIM115 - closed with the context
        batch.write(self._file)
        self._far.append(len(batch))

    def __iter__(self) -> Iterator[Judged]:
        yield from self._near
        if self._file is not None:
            self._file.flush()
            self._file.seek(0)
            for rows in self._far:
                yield Judged.read(self._file, rows)
