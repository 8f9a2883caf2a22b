"""Lengths of time kept as counts in buckets, so that any number of days can be added up and still be asked
for its median. Pure.

Buckets grow by a quarter each, from a tenth of a second to two days; a quantile read from them is at most an
eighth off.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

_FIRST_S, _GROWTH, _LAST = 0.1, 1.25, 65


def bucket(seconds: float) -> int:
    """The bucket of a length of time; what is shorter or longer than all is in the first or last."""
    if seconds <= _FIRST_S:
        return 0
    return min(_LAST, math.ceil(math.log(seconds / _FIRST_S, _GROWTH)))


def counted(lengths_s: Iterable[float]) -> dict[str, int]:
    """Lengths of time in seconds as counts by bucket, ready for JSON."""
    out: dict[str, int] = {}
    for seconds in lengths_s:
        key = str(bucket(seconds))
        out[key] = out.get(key, 0) + 1
    return out


def together(many: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts of several days as one."""
    out: dict[str, int] = {}
    for counts in many:
        for key, n in counts.items():
            out[key] = out.get(key, 0) + n
    return out


def quantile(counts: Mapping[str, int], share: float) -> float | None:
    """The length of time (seconds) that `share` of all do not exceed; None without any."""
    total = sum(counts.values())
    if not total:
        return None
    passed = 0
    for key in sorted(counts, key=int):
        passed += counts[key]
        if passed >= share * total:
            return _FIRST_S * _GROWTH ** (int(key) - 0.5) if int(key) else _FIRST_S
    return None
