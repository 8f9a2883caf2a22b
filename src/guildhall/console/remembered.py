"""Answers remembered in this process for some seconds. A page that is polled must not count the same rows
each time.

Kept in memory on purpose: a shared cache in the database would turn every look at a page into a write.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

T = TypeVar("T")

_kept: dict[Hashable, tuple[float, object]] = {}
_lock = threading.Lock()
_MOST = 2000


def remembered(key: Hashable, seconds: float, make: Callable[[], T]) -> T:
    """What `make` gave for `key` less than `seconds` ago, or what it gives now."""
    now = time.monotonic()
    with _lock:
        known = _kept.get(key)
    if known is not None and known[0] > now:
        return cast(T, known[1])
    made = make()
    with _lock:
        if len(_kept) >= _MOST:
            _kept.clear()
        _kept[key] = (now + seconds, made)
    return made


def forget() -> None:
    """Count everything anew."""
    with _lock:
        _kept.clear()
