"""Input that could not be understood: put aside whole with the reason, then sent through again or discarded
by a person.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from guildhall.channels.models import Quarantine
from guildhall.core import audit, bulk, clock
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.ids import new_id
from guildhall.core.text import Text

_COLUMNS = ("id", "platform", "digest", "raw", "reason", "at", "state", "decided_by", "decided_at")


@dataclass(frozen=True, slots=True)
class Unread:
    """Bytes nobody could read, why, and when they came (aware UTC)."""

    platform: str
    raw: bytes
    reason: Text
    at: datetime


def quarantine_many(rows: Iterable[Unread]) -> int:
    """Put input aside, whole; the same bytes again are the same row. Joins the caller's transaction;
    returns new ones.
    """
    return bulk.insert(
        Quarantine,
        _COLUMNS,
        [
            (
                new_id(), row.platform[:30], digest_of(row.platform, row.raw), row.raw,
                json.dumps(row.reason.to_json(), ensure_ascii=False), row.at,
                Quarantine.State.NEW.value, "", None,
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def digest_of(platform: str, raw: bytes) -> str:
    return hashlib.sha256(platform.encode() + b"\x00" + raw).hexdigest()


def release(quarantine_id: str, by: str, again: Callable[[str, bytes], object]) -> None:
    """Send input through again: `again(platform, raw)` is intake's door, called after this is noted.

    Raises NotFound, Conflict when it was decided before. Input that still cannot be read comes back as a
    new row.
    """
    with transaction.atomic():
        row = _waiting(quarantine_id)
        # The digest is given free, so that a second failure is put aside again.
        row.digest = hashlib.sha256(f"{row.digest}:{row.id}".encode()).hexdigest()
        _decide(row, Quarantine.State.RELEASED, by)
        platform, raw = row.platform, bytes(row.raw)
    again(platform, raw)


def discard(quarantine_id: str, by: str) -> None:
    """Say that this input is not wanted; it stays for the record. Raises NotFound, Conflict."""
    with transaction.atomic():
        _decide(_waiting(quarantine_id), Quarantine.State.DISCARDED, by)


def _waiting(quarantine_id: str) -> Quarantine:
    row = Quarantine.objects.select_for_update().filter(pk=quarantine_id).first()
    if row is None:
        raise NotFound(Text("There is no such input.", "不存在该隔离内容。"))
    if row.state != Quarantine.State.NEW:
        raise Conflict(Text("Somebody has decided about this already.", "该内容已被处理。"), code="decided")
    return row


def _decide(row: Quarantine, state: Quarantine.State, by: str) -> None:
    row.state, row.decided_by, row.decided_at = state.value, by[:60], clock.now()
    row.save(update_fields=["state", "decided_by", "decided_at", "digest"])
    audit.record(by, f"quarantine.{state.value}", f"quarantine:{row.id}", {"platform": row.platform})
