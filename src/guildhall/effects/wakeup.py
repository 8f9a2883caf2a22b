"""Tells the workers of this process that something was queued, so that they need not wait for their next
look.
"""

from __future__ import annotations

import threading

_waiting: set[threading.Event] = set()
_lock = threading.Lock()


def notify() -> None:
    """Wake every worker of this process; cheap when there is none."""
    if _waiting:
        with _lock:
            for event in _waiting:
                event.set()


def listen(event: threading.Event) -> None:
    """Have `event` set at every `notify` from now on."""
    with _lock:
        _waiting.add(event)


def unlisten(event: threading.Event) -> None:
    """Stop that."""
    with _lock:
        _waiting.discard(event)
