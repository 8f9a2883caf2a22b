"""Remembers which deliveries of a platform were recorded, so that one told again changes nothing.

The key is written in the transaction that records the delivery: it is there exactly when the rest is. Kept
for a week, longer than any platform repeats itself.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import connection, transaction

from guildhall.channels import enclosures, sql
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules
from guildhall.effects.types import Claimed, Done

PRUNE = "channels.forget_deliveries"
KEPT = timedelta(days=7)
_WORDS = Text(
    "Forget deliveries of last week and files no longer sent", "清理一周前的投递记录和不再使用的文件"
)
_CHUNK = 2000
_MOST_CHUNKS = 2000


def delivery_key(platform: str, receiver: str, delivery_id: str) -> str:
    """The key of a delivery; '' when the platform does not number them."""
    return f"{platform}:{receiver}:{delivery_id}"[:190] if delivery_id else ""


def note_deliveries(keys: Collection[str], *, at: datetime) -> set[str]:
    """Note deliveries in the caller's transaction; returns those that were not noted before.

    On PostgreSQL it waits for another process that is just recording the same delivery.
    """
    if not keys:
        return set()
    # One order everywhere, so that two processes with the same deliveries wait and never deadlock.
    ordered = sorted(keys)
    if connection.vendor == "postgresql":
        rows = sql.run(
            "INSERT INTO channels_delivery (key, at) SELECT k, %s FROM unnest(%s::text[]) AS k "
            "ON CONFLICT DO NOTHING RETURNING key",
            [at, ordered],
        )
    else:
        rows = sql.run(
            "INSERT INTO channels_delivery (key, at) SELECT value, %s FROM json_each(%s) WHERE true "
            "ON CONFLICT DO NOTHING RETURNING key",
            [sql.time(at), json.dumps(ordered)],
        )
    return {row[0] for row in rows}


def forget_deliveries(keys: Collection[str]) -> None:
    """Take keys back in the caller's transaction: what they brought was put aside and may come again."""
    if keys:
        sql.run(
            f"DELETE FROM channels_delivery WHERE {sql.any_of('key')}", [sql.many(sorted(keys))], fetch=False
        )


def prune(effect: Claimed) -> Done:
    """Forget what is older than a week, in short transactions of their own."""
    before, removed = clock.now() - KEPT, 0
    for _ in range(_MOST_CHUNKS):
        with transaction.atomic():
            chunk = sql.run(
                "DELETE FROM channels_delivery WHERE key IN "
                "(SELECT key FROM channels_delivery WHERE at < %s ORDER BY at LIMIT %s) RETURNING key",
                [sql.time(before), _CHUNK],
            )
        removed += len(chunk)
        if len(chunk) < _CHUNK:
            break
    return Done({"removed": removed, "files": enclosures.forget_old()})


def register() -> None:
    """Have the ticker prune once an hour; called when Django is ready."""
    performers.performer(PRUNE, describe=_WORDS)(prune)
    schedules.schedule(PRUNE, "23 * * * *", PRUNE, describe=_WORDS)
