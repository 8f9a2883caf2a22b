"""The one clock of the house. Everything that asks for the time asks here, so that it can be held still: by
tests, and while the demo's past is written.

Pure rules never call it: they are given a time. Times are aware and in UTC; zones belong to screens.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class _Frozen:
    """A held clock; `advance` moves it on purpose."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a timedelta, or by seconds."""
        self.at += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self.at


_frozen: _Frozen | None = None


def now() -> datetime:
    """The present moment, aware, in UTC, to the microsecond."""
    return datetime.now(UTC) if _frozen is None else _frozen.at


@contextmanager
def freeze(at: datetime) -> Iterator[_Frozen]:
    """Hold the clock of this process at an aware time; yields a handle whose `advance` moves it.

    For tests, and for the demo's past, which is written in a process of its own. Raises ValueError for a
    naive time.
    """
    global _frozen
    if at.tzinfo is None:
        raise ValueError("freeze needs an aware datetime")
    before, _frozen = _frozen, _Frozen(at.astimezone(UTC))
    try:
        yield _frozen
    finally:
        _frozen = before
