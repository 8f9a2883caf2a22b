"""Stores what people wrote, in batches inside the caller's transaction: messages, edits, deletions.

The natural key of a message is (space, platform id). The same key with the same body again changes nothing;
with another body it is reported as a conflict and never becomes a second row. Safe beside other processes
that receive the same redelivery: on SQLite the write gate makes the first look authoritative, on PostgreSQL
the unique key decides and the loser looks again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from guildhall.channels import sql
from guildhall.channels.models import Message, MessageVersion
from guildhall.channels.records import Edited, EditedMessage, NewMessage, Recorded
from guildhall.core import bulk

ERASED = "erasure"
"""`removed_by` of messages whose author was erased."""

SENDER = "sender"
"""`removed_by` of messages their own author took back."""

COLUMNS = (
    "id", "space", "account", "direction", "external_id", "version", "text", "entities", "links", "media",
    "reply_to", "thread_id", "forwarded_from", "sent_at", "received_at", "edited_at", "visible", "removed_at",
    "removed_by", "text_hash", "extra", "indexed",
)  # fmt: skip


_BACK_AGAIN = (
    "state = CASE WHEN channels_spacemember.state = 'left' AND (channels_spacemember.left_at IS NULL "
    "OR excluded.last_message_at > channels_spacemember.left_at) "
    "THEN 'member' ELSE channels_spacemember.state END"
)


@dataclass(frozen=True, slots=True)
class _Stored:
    id: str
    account_id: str | None
    text: str
    version: int
    edited_at: datetime | None
    removed_by: str
    reply_to: str
    is_ours: bool = False
    """We said it ourselves: what another of our bots hears of it changes nothing."""
    links: str = ""
    media: str = ""


def record_messages(rows: Sequence[NewMessage]) -> Recorded:
    """Store messages and count them for their senders. Must run inside `transaction.atomic()`."""
    if not rows:
        return Recorded()
    needs_transaction()
    first: dict[tuple[str, str], NewMessage] = {}
    again: list[NewMessage] = []
    for row in rows:
        if first.setdefault((row.space_id, row.external_id), row) is not row:
            again.append(row)
    known = _find(first)
    fresh = [row for key, row in first.items() if key not in known]
    if _insert(fresh) < len(fresh):
        # Another process stored some of them between our look and our insert.
        mine = sql.ids_of(Message, [row.id for row in fresh])
        lost = {key: row for key, row in first.items() if key not in known and row.id not in mine}
        known |= _find(lost)
        fresh = [row for row in fresh if row.id in mine]
    _count(fresh)
    duplicates: dict[str, str] = {}
    conflicts: dict[str, str] = {}
    for key, stored in known.items():
        _sort_out(first[key], stored, duplicates, conflicts)
    for row in again:
        there = known.get((row.space_id, row.external_id)) or _as_stored(first[row.space_id, row.external_id])
        _sort_out(row, there, duplicates, conflicts)
    return Recorded(tuple(row.id for row in fresh), duplicates, conflicts)


def record_edits(rows: Sequence[EditedMessage]) -> Edited:
    """Give messages their new wording and keep the old one as a version. Must run inside
    `transaction.atomic()`.
    """
    if not rows:
        return Edited()
    needs_transaction()
    known = _find({(row.space_id, row.external_id): row for row in rows}, lock=True)
    changed: dict[int, tuple[str, int]] = {}
    unchanged: dict[int, str] = {}
    unknown: list[int] = []
    refused: list[int] = []
    old: list[tuple[Any, ...]] = []
    now_standing: dict[str, tuple[Any, ...]] = {}
    for position, row in enumerate(rows):
        key = (row.space_id, row.external_id)
        stored = known.get(key)
        if stored is None:
            unknown.append(position)
        elif stored.is_ours:
            unchanged[position] = stored.id
        elif stored.account_id != row.account_id or stored.removed_by == ERASED:
            refused.append(position)
        elif _says_the_same(stored, row) or (
            stored.edited_at is not None and row.edited_at < stored.edited_at
        ):
            unchanged[position] = stored.id
        else:
            version = stored.version + 1
            old.append((stored.id, stored.version, stored.text, stored.edited_at))
            now_standing[stored.id] = (
                stored.id, version, row.text, row.entities, row.links, row.media, row.edited_at,
                row.text_hash, False,
            )  # fmt: skip
            changed[position] = (stored.id, version)
            known[key] = _Stored(
                stored.id,
                stored.account_id,
                row.text,
                version,
                row.edited_at,
                stored.removed_by,
                stored.reply_to,
                links=row.links,
                media=row.media,
            )
    bulk.insert(MessageVersion, ("message", "version", "text", "edited_at"), old)
    bulk.update_many(
        Message,
        "id",
        ("version", "text", "entities", "links", "media", "edited_at", "text_hash", "indexed"),
        list(now_standing.values()),
    )
    return Edited(changed, unchanged, tuple(unknown), tuple(refused))


def record_deletions(keys: Iterable[tuple[str, str]], *, at: datetime, by: str = SENDER) -> tuple[str, ...]:
    """Note that messages, by (space id, platform id), are gone on the platform; returns our ids of those
    newly gone.
    """
    needs_transaction()
    wanted = dict.fromkeys(keys)
    if not wanted:
        return ()
    ids = [stored.id for stored in _find(wanted).values()]
    still_there = Message.objects.filter(id__in=ids, removed_at__isnull=True)
    gone = tuple(still_there.values_list("id", flat=True))
    Message.objects.filter(id__in=gone).update(visible=False, removed_at=at, removed_by=by)
    return gone


def stored_ids(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Our ids of the stored messages among these (space id, platform id)."""
    return {key: stored.id for key, stored in _find(keys).items()}


def needs_transaction() -> None:
    if not connection.in_atomic_block:
        raise RuntimeError("what came in is recorded inside the transaction that judges it")


def _find(wanted: Iterable[tuple[str, str]], *, lock: bool = False) -> dict[tuple[str, str], _Stored]:
    """The stored messages of these (space id, platform id). `lock`: to be edited, so with what is edited."""
    keys = list(wanted)
    if not keys:
        return {}
    columns = (
        "m.space_id, m.external_id, m.id, m.account_id, m.text, m.version, m.edited_at, m.removed_by, "
        "m.reply_to, m.direction"
    ) + (", m.links, m.media" if lock else "")
    if connection.vendor == "postgresql":
        found = sql.run(
            f"SELECT {columns} FROM unnest(%s::text[], %s::text[]) AS k(space, external) "
            "JOIN channels_message m ON m.space_id = k.space AND m.external_id = k.external"
            + (" ORDER BY m.id FOR UPDATE OF m" if lock else ""),
            [[space for space, _ in keys], [external for _, external in keys]],
        )
    else:
        found = sql.run(
            f"SELECT {columns} FROM json_each(%s) k CROSS JOIN channels_message m "
            "WHERE m.space_id = json_extract(k.value, '$[0]') "
            "AND m.external_id = json_extract(k.value, '$[1]')",
            [json.dumps(keys)],
        )
    return {
        (row[0], row[1]): _Stored(
            row[2], row[3], row[4], row[5], sql.moment(row[6]), row[7], row[8], row[9] == "out", *row[10:]
        )
        for row in found
    }


def _says_the_same(stored: _Stored, row: EditedMessage) -> bool:
    """Whether an edit changes nothing people see; a link behind unchanged words is something."""
    return stored.text == row.text and all(
        orjson.loads(before or "[]") == orjson.loads(after or "[]")
        for before, after in ((stored.links, row.links), (stored.media, row.media))
    )


def _insert(rows: Sequence[NewMessage]) -> int:
    return bulk.insert(
        Message,
        COLUMNS,
        [
            (
                row.id, row.space_id, row.account_id, row.direction, row.external_id, 1, row.text,
                row.entities, row.links, row.media, row.reply_to, row.thread_id, row.forwarded_from,
                row.sent_at, row.received_at, row.edited_at, True, None, "", row.text_hash, row.extra, False,
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _count(rows: Sequence[NewMessage]) -> None:
    """One line per sender and space, however many messages they wrote in the batch."""
    totals: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        if row.account_id is None:
            continue
        total = totals.get((row.space_id, row.account_id))
        if total is None:
            totals[row.space_id, row.account_id] = [row.sent_at, row.sent_at, 1]
        else:
            total[0] = min(total[0], row.sent_at)
            total[1] = max(total[1], row.sent_at)
            total[2] += 1
    _upsert_members(
        [(space, account, None, *total) for (space, account), total in totals.items()],
        "message_count = channels_spacemember.message_count + excluded.message_count, "
        "first_message_at = COALESCE(channels_spacemember.first_message_at, excluded.first_message_at), "
        "last_message_at = excluded.last_message_at, "
        f"{_BACK_AGAIN}",
    )


def _upsert_members(rows: list[tuple[Any, ...]], update: str) -> None:
    """Rows are (space, account, joined_at, first_message_at, last_message_at, message_count)."""
    if not rows:
        return
    needs_transaction()
    rows.sort(
        key=lambda row: (row[0], row[1])
    )  # one order everywhere, so that two writers cannot block each other
    columns = (
        "space_id, account_id, joined_at, first_message_at, last_message_at, message_count, state, strikes"
    )
    tail = f"ON CONFLICT (space_id, account_id) DO UPDATE SET {update}"
    if connection.vendor == "postgresql":
        sql.run(
            f"INSERT INTO channels_spacemember ({columns}) SELECT *, 'member', 0 FROM unnest("
            "%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[], %s::int[]) "
            f"{tail}",
            [list(column) for column in zip(*rows, strict=True)],
            fetch=False,
        )
        return
    sql.run_many(
        f"INSERT INTO channels_spacemember ({columns}) VALUES (%s, %s, %s, %s, %s, %s, 'member', 0) {tail}",
        [
            (space, account, sql.time(joined), sql.time(first), sql.time(last), count)
            for space, account, joined, first, last, count in rows
        ],
    )


def _as_stored(row: NewMessage) -> _Stored:
    return _Stored(row.id, row.account_id, row.text, 1, row.edited_at, "", row.reply_to)


def _sort_out(
    row: NewMessage, stored: _Stored, duplicates: dict[str, str], conflicts: dict[str, str]
) -> None:
    """A redelivery, or another body under the same key."""
    same = stored.is_ours or (
        row.account_id == stored.account_id
        and (
            stored.removed_by == ERASED
            or (row.text == stored.text and row.reply_to == stored.reply_to)
            or _said_before(row, stored)
        )
    )
    (duplicates if same else conflicts)[row.id] = stored.id


def _said_before(row: NewMessage, stored: _Stored) -> bool:
    """The wording before an edit, or an original that arrives after its own edit did."""
    if stored.version > 1:
        return MessageVersion.objects.filter(message_id=stored.id, text=row.text).exists()
    return stored.edited_at is not None and row.edited_at is None
