"""Notices that something cached has changed: one tiny query, at most once a second in a process.

Whoever changes lists or policies calls `touch` in the same transaction; `stamp` gives readers the value
last seen.
"""

from __future__ import annotations

import threading
import time

from django.db import transaction

from guildhall.core.ids import new_id
from guildhall.guard.models import Stamp

CHECK_EVERY_S = 1.0

_lock = threading.Lock()
_seen: dict[str, str] = {}
_checked_at = float("-inf")
_generation = 0


def touch(name: str) -> None:
    """Say that what `name` stands for (`lists`, `policies`) has changed. Inside the caller's transaction."""
    Stamp.objects.update_or_create(name=name, defaults={"value": new_id()})
    _look_again()
    transaction.on_commit(_look_again)


def stamp(name: str) -> str:
    """The present stamp of `name`, at most a second old; '' when nothing was ever changed."""
    global _checked_at
    now = time.monotonic()
    if now - _checked_at >= CHECK_EVERY_S:
        with _lock:
            if now - _checked_at >= CHECK_EVERY_S:
                _seen.clear()
                _seen.update(Stamp.objects.values_list("name", "value"))
                _checked_at = now
    return _seen.get(name, "")


def generation() -> int:
    """Grows whenever caches must be dropped whatever the stamps say."""
    return _generation


def forget() -> None:
    """Drop what this process knows; for tests and after a restore."""
    global _generation
    _generation += 1
    _look_again()


def _look_again() -> None:
    global _checked_at
    _checked_at = float("-inf")
