"""Exact sums by group, past int64 too.

As long as nothing can wrap, a sum is one int64; before it could, every number is added as a high and a low
half of 32 bits instead, which up to two thousand million rows cannot wrap.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from guildhall.partners.engine.instants import INT64_MAX, Ints

_HALF = (1 << 32) - 1
_DENSE = 8_000_000
_MERGE_AT = 4_000_000


class Sums:
    """Sums of several int64 columns by group; groups are numbers from 0 on, however far apart."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._low: list[Ints] = [np.empty(0, np.int64)] * columns
        self._high: list[Ints] | None = None
        self._seen: npt.NDArray[np.bool_] = np.empty(0, np.bool_)
        self._most = [0] * columns
        self._far: list[tuple[Ints, list[Ints]]] = []

    def add(self, groups: Ints, *columns: Ints) -> None:
        """Add each row to its group."""
        if not len(groups):
            return
        if int(groups.max()) >= _DENSE:
            self._far.append(_gathered(groups, _halves(columns)))
            if sum(len(part[0]) for part in self._far) > _MERGE_AT and len(self._far) > 1:
                self._far = [_merged(self._far)]
            return
        self._make_room(int(groups.max()) + 1)
        self._seen[groups] = True
        self._most = [
            most + max(abs(int(column.max())), abs(int(column.min()))) * len(column)
            for most, column in zip(self._most, columns, strict=True)
        ]
        if self._high is None and max(self._most) > INT64_MAX:
            self._high = [low >> 32 for low in self._low]
            self._low = [low & _HALF for low in self._low]
        for i, column in enumerate(columns):
            if self._high is None:
                np.add.at(self._low[i], groups, column)
            else:
                np.add.at(self._high[i], groups, column >> 32)
                np.add.at(self._low[i], groups, column & _HALF)

    def _make_room(self, needed: int) -> None:
        more = needed - len(self._seen)
        if more <= 0:
            return
        more = max(more, min(len(self._seen) // 4, _DENSE - len(self._seen)))
        none = np.zeros(more, np.int64)
        self._seen = np.concatenate([self._seen, np.zeros(more, np.bool_)])
        self._low = [np.concatenate([low, none]) for low in self._low]
        if self._high is not None:
            self._high = [np.concatenate([high, none]) for high in self._high]

    def result(self) -> tuple[Ints, list[npt.NDArray[Any]]]:
        """Groups, ascending, and their sums: int64, or Python integers (object arrays) when they might not
        fit.
        """
        found = np.flatnonzero(self._seen)
        low = [part[found] for part in self._low]
        if self._high is None and not self._far:
            return found, list(low)
        high = [part[found] for part in self._high] if self._high else [part >> 32 for part in low]
        low = [part & _HALF for part in low] if self._high is None else low
        near = (found, [half for pair in zip(high, low, strict=True) for half in pair])
        groups, halves = _merged([near, *self._far]) if self._far else near
        return groups, [
            halves[i].astype(object) * (1 << 32) + halves[i + 1].astype(object)
            for i in range(0, len(halves), 2)
        ]


def numbered(*columns: npt.NDArray[Any]) -> tuple[list[Ints], Ints]:
    """The different combinations of columns (whole numbers from -1 on), and which one each row has."""
    sizes = [int(column.max(initial=-1)) + 2 for column in columns]
    if prod(sizes) > INT64_MAX:
        keys, group = np.unique(np.stack(columns).astype(np.int64), axis=1, return_inverse=True)
        return list(keys), group
    whole = np.zeros(len(columns[0]), np.int64)
    for column, size in zip(columns, sizes, strict=True):
        whole = whole * size + (column.astype(np.int64) + 1)
    different, group = np.unique(whole, return_inverse=True)
    found: list[Ints] = []
    for size in reversed(sizes):
        different, key = np.divmod(different, size)
        found.append(key - 1)
    return found[::-1], group


def _halves(columns: tuple[Ints, ...]) -> list[Ints]:
    return [half for column in columns for half in (column >> 32, column & _HALF)]


def _gathered(groups: Ints, halves: list[Ints]) -> tuple[Ints, list[Ints]]:
    order = np.argsort(groups, kind="stable")
    ordered = groups[order]
    begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[begins], [np.add.reduceat(half[order], begins) for half in halves]


def _merged(parts: list[tuple[Ints, list[Ints]]]) -> tuple[Ints, list[Ints]]:
    parts = [part for part in parts if len(part[0])]
    groups = np.concatenate([part[0] for part in parts])
    halves = [np.concatenate([part[1][i] for part in parts]) for i in range(len(parts[0][1]))]
    return _gathered(groups, halves)
