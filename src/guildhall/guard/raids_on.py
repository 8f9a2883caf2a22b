"""Which spaces are being raided right now: one look-up in memory for every message, at most a second behind
the database (the stamp `raids`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from guildhall.guard import freshness
from guildhall.guard.models import Raid

STAMP = "raids"


@dataclass(frozen=True, slots=True)
class OnNow:
    """A raid that goes on; whoever came at or after `since` belongs to it."""

    raid_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class _Known:
    stamp: str
    generation: int
    by_space: Mapping[str, OnNow]


_lock = threading.Lock()
_known: _Known | None = None


def on_in(space_id: str) -> OnNow | None:
    """The raid on a space that goes on now, or None."""
    return _current().by_space.get(space_id)


def is_on(space_id: str) -> bool:
    """Whether a space is being raided: nobody is let in without a person then."""
    return on_in(space_id) is not None


def touch() -> None:
    """Say that a raid began or ended, in the caller's transaction."""
    freshness.touch(STAMP)


def _current() -> _Known:
    global _known
    stamp, generation = freshness.stamp(STAMP), freshness.generation()
    held = _known
    if held is not None and held.stamp == stamp and held.generation == generation:
        return held
    with _lock:
        if _known is None or _known.stamp != stamp or _known.generation != generation:
            rows = (
                Raid.objects.filter(state=Raid.State.ON).values_list("space_id", "id", "since")
                if stamp
                else ()
            )
            _known = _Known(stamp, generation, {space: OnNow(pk, since) for space, pk, since in rows})
        return _known
