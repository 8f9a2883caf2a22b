"""Wallet addresses that staff posted in the last ninety days, so that nobody else can pass off one like them.

Read from stored messages once, then only what is new; `guard.lists` asks at most once a minute. Kept in
memory of each process: after a start they are read again.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from django.db.models import Q

from guildhall.channels.models import Message
from guildhall.core import clock
from guildhall.guard import freshness
from guildhall.guard.rules.addresses import wallet_addresses

DAYS = 90
_AGAIN = timedelta(hours=24)
_MOST = 5_000

_lock = threading.Lock()
_held: _Held | None = None


class _Held:
    """What was read so far: up to which message, since when, and by which generation of test data."""

    def __init__(self, generation: int, began: datetime) -> None:
        self.generation, self.began = generation, began
        self.last = ""
        self.addresses: frozenset[str] = frozenset()


def current() -> frozenset[str]:
    """The addresses, in lower case."""
    global _held
    now, generation = clock.now(), freshness.generation()
    with _lock:
        held = _held
        if held is None or held.generation != generation or not now - _AGAIN < held.began <= now:
            held = _held = _Held(generation, now)
        _read(held, now - timedelta(days=DAYS))
        return held.addresses


def _read(held: _Held, since: datetime) -> None:
    """Adds what came after the last message read."""
    rows = (
        Message.objects.filter(account__is_staff=True, sent_at__gte=since, id__gt=held.last)
        .filter(Q(text__contains="0x") | Q(text__regex=r"[A-Za-z0-9]{26}"))
        .order_by("id")
        .values_list("id", "text")
    )
    found = set(held.addresses)
    for last, text in rows.iterator(chunk_size=2000):
        held.last = last
        if len(found) < _MOST:
            found.update(wallet_addresses(text))
    held.addresses = frozenset(found)
