"""Locks on order keys. On PostgreSQL they are advisory and end with the transaction; on SQLite the write
gate is the lock.

Two families: `hold_for_enqueue` makes id order equal commit order within a key; `hold_keys` and `try_keys`
make whoever claims, parks or finishes effects of a key alone with it. Whoever waits for `hold_keys` holds
no row yet, and a claim only tries, so the families cannot wait for each other in a ring.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection

from guildhall.effects import table

_ENQUEUE, _CLAIM = 0x6717, 0x6718
# The server's lock table is small (64 per connection by default): a mass send of 10,000 keys must not fill
# it.
_ENQUEUE_SLOTS = 2048


def hold_for_enqueue(keys: Collection[str]) -> None:
    """Wait until no other open transaction has queued under these keys."""
    slots = sorted({zlib.crc32(key.encode()) % _ENQUEUE_SLOTS for key in keys})
    if slots and table.is_postgres():
        table.run("SELECT pg_advisory_xact_lock(%s, slot) FROM unnest(%s::int[]) AS slot", [_ENQUEUE, slots])


def hold_keys(keys: Collection[str]) -> None:
    """Wait until nobody else is claiming or finishing effects of these keys. Call before touching any
    row.
    """
    numbers = sorted({_number(key) for key in keys})
    if numbers and table.is_postgres():
        table.run("SELECT pg_advisory_xact_lock(%s, n) FROM unnest(%s::int[]) AS n", [_CLAIM, numbers])


def try_keys(keys: Collection[str]) -> set[str]:
    """Those of the keys that were free and now are ours; never waits."""
    if not keys or not table.is_postgres():
        return set(keys)
    numbers = sorted({_number(key) for key in keys})
    free = table.run(
        "SELECT n FROM unnest(%s::int[]) AS n WHERE pg_try_advisory_xact_lock(%s, n)", [numbers, _CLAIM]
    )
    got = {row[0] for row in free}
    return {key for key in keys if _number(key) in got}


def _number(key: str) -> int:
    return zlib.crc32(key.encode()) - 2**31
