"""Loads python-telegram-bot once, by one thread at a time.

Threads of a worker that import it together for the first time can lock each other out, and a message would
count as uncertain for it. Whoever needs the library comes through here first.
"""

from __future__ import annotations

import importlib
import threading

_LIBRARY = ("telegram", "guildhall.channels.telegram.wire")
_BUILT_ON_IT = tuple(
    f"guildhall.channels.telegram.{name}" for name in ("acts", "bots", "enclosing", "fetching")
)
_lock = threading.RLock()
_loaded: set[str] = set()


def library() -> None:
    """Have the library in memory. Costs nothing when it is there."""
    _load(_LIBRARY)


def load() -> None:
    """The same with everything of ours that is built on it."""
    _load(_LIBRARY + _BUILT_ON_IT)


def _load(names: tuple[str, ...]) -> None:
    if _loaded.issuperset(names):
        return
    with _lock:
        for name in names:
            importlib.import_module(name)
            _loaded.add(name)
