"""Which rows of a stretch are at fault, and why: kept as whole columns of marks, worded only for the rows
concerned.

A row's first fault stands; the others are not looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.core.text import Text

Mask = npt.NDArray[np.bool_]
Wording = Callable[[Any], Text]


@dataclass(frozen=True, slots=True)
class _Note:
    field: str
    wording: Wording
    values: pa.Array | None


class Faults:
    """The faults of `rows` rows."""

    def __init__(self, rows: int) -> None:
        self._which = np.full(rows, -1, dtype=np.int32)
        self._notes: list[_Note] = []

    def add(self, mask: Mask, field: str, wording: Wording, values: pa.Array | None = None) -> None:
        """Mark rows where `mask` holds; `wording` is given the row's value of `values`."""
        if mask.any():
            self._which[mask & (self._which < 0)] = len(self._notes)
            self._notes.append(_Note(field, wording, values))

    @property
    def good(self) -> Mask:
        """Rows without a fault."""
        return np.asarray(self._which < 0)

    def of(self, rows: npt.NDArray[np.int64]) -> Iterator[tuple[int, str, Text]]:
        """(row, field, reason) of the given rows that are at fault, in their order."""
        for row in rows:
            note = self._notes[self._which[row]]
            value = None if note.values is None else note.values[int(row)].as_py()
            yield int(row), note.field, note.wording(value)


def mask_of(array: pa.Array) -> Mask:
    """A boolean column as a mask; null is False."""
    return np.asarray(array.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
