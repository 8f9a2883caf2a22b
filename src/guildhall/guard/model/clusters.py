"""Near copies among rows, by MinHash: the same campaign must not stand on both sides of a measurement.

Canonical texts that share six tenths of their character shingles are joined; whatever is joined, also by
way of others, is one cluster.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_HASHES = 64
_BANDS = 16
_ALIKE = 0.6
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)
_LOW = np.uint64(20)


def clusters(texts: Sequence[str]) -> NDArray[np.int64]:
    """A cluster number per canonical text: the place of the cluster's first text."""
    rng = np.random.default_rng(7)
    factors = rng.integers(1, 2**62, _HASHES, dtype=np.uint64) | np.uint64(1)
    offsets = rng.integers(0, 2**62, _HASHES, dtype=np.uint64)
    signatures = np.array([_signature(text, factors, offsets) for text in texts]).reshape(-1, _HASHES)
    joined = _Joined(len(texts))
    rows = _HASHES // _BANDS
    for band in range(_BANDS):
        buckets: dict[bytes, list[int]] = {}
        part = np.ascontiguousarray(signatures[:, band * rows : (band + 1) * rows])
        for i in range(len(texts)):
            buckets.setdefault(part[i].tobytes(), []).append(i)
        for members in buckets.values():
            first = members[0]
            for other in members[1:]:
                if (signatures[first] == signatures[other]).mean() >= _ALIKE:
                    joined.join(first, other)
    return joined.roots()


def together(near: NDArray[np.int64], groups: Sequence[str]) -> NDArray[np.int64]:
    """Clusters joined further: rows of the same group ("" is none) end up in one."""
    joined = _Joined(len(near))
    first: dict[str, int] = {}
    for i, group in enumerate(groups):
        joined.join(int(near[i]), i)
        if group:
            joined.join(first.setdefault(group, i), i)
    return joined.roots()


class _Joined:
    """Numbers joined into sets, each named by its smallest member."""

    def __init__(self, count: int) -> None:
        self._parent = list(range(count))

    def _root(self, at: int) -> int:
        parent = self._parent
        while parent[at] != at:
            parent[at] = parent[parent[at]]
            at = parent[at]
        return at

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self._root(one), self._root(other)))
        self._parent[high] = low

    def roots(self) -> NDArray[np.int64]:
        return np.array([self._root(i) for i in range(len(self._parent))], np.int64)


def _signature(text: str, factors: NDArray[np.uint64], offsets: NDArray[np.uint64]) -> NDArray[np.uint64]:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    # Chinese says in two characters what takes four letters.
    n = 2 if len(codes) and (codes > 0x2E80).mean() >= 0.3 else 4
    codes = np.concatenate((codes, np.zeros(max(n - len(codes), 0), np.uint64)))
    hashed = np.zeros(len(codes) - n + 1, np.uint64)
    for k in range(n):
        hashed = hashed * _MULTIPLIER + codes[k : len(codes) - n + 1 + k] + np.uint64(1)
    hashed ^= hashed >> _SHIFT
    unique = np.unique(hashed * _MULTIPLIER)
    return ((unique[:, None] * factors + offsets) >> _LOW).min(axis=0)
