"""The registry of performers: what carries each kind of effect out. Rooms above fill it in their `ready()`.

A performer returns `Done` (or None) or raises `Temporary`, `Permanent` or `Uncertain` from `core.errors`;
what it raises beside these is a bug, which the lifecycle retries or leaves to a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from guildhall.core.text import Text
from guildhall.effects.types import Claimed, Done

__all__ = ["Claimed", "Done", "Performer", "describe", "find", "forget", "performer", "registered"]

DEFAULT_LEASE_S = 15
Perform = Callable[[Claimed], Done | None]


@dataclass(frozen=True, slots=True)
class Performer:
    """lease_s: seconds a worker may be silent before another takes the effect over, however long it takes.

    max_attempts: tries before it is dead; None as in `lifecycle.after`.
    """

    kind: str
    perform: Perform
    describe: Text
    lease_s: int = DEFAULT_LEASE_S
    max_attempts: int | None = None


_performers: dict[str, Performer] = {}


def performer(
    kind: str, *, describe: Text, lease_s: int = DEFAULT_LEASE_S, max_attempts: int | None = None
) -> Callable[[Perform], Perform]:
    """Register the decorated function as what carries out effects of `kind`.

    Registering the same function again is harmless; another one for the same kind raises ValueError.
    """
    if lease_s < 1 or (max_attempts is not None and max_attempts < 1):
        raise ValueError(f"{kind}: lease_s and max_attempts must be positive")

    def register(function: Perform) -> Perform:
        known = _performers.get(kind)
        if known is not None and _origin(known.perform) != _origin(function):
            raise ValueError(f"two performers for {kind!r}")
        _performers[kind] = Performer(kind, function, describe, lease_s, max_attempts)
        return function

    return register


def find(kind: str) -> Performer | None:
    """The performer of a kind, or None when no room registered one in this process."""
    return _performers.get(kind)


def lease_s(kind: str) -> int:
    """The lease of a kind in seconds, also of an unknown one."""
    known = _performers.get(kind)
    return known.lease_s if known else DEFAULT_LEASE_S


def describe(kind: str) -> Text:
    """What a kind does, in both languages; the bare kind when it is not registered."""
    known = _performers.get(kind)
    return known.describe if known else Text(kind, kind)


def registered() -> dict[str, Performer]:
    """All performers by kind."""
    return dict(sorted(_performers.items()))


def forget(kind: str) -> None:
    """Take a performer out again; for tests."""
    _performers.pop(kind, None)


def _origin(function: Perform) -> tuple[str, str]:
    return getattr(function, "__module__", ""), getattr(function, "__qualname__", repr(function))
