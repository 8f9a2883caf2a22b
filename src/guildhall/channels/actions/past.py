"""Stores what was said before we were there, as an import brings it, and takes exactly that away again.

Joins the caller's transaction. Nothing here is judged, told to anybody or counted as new: ids and times are
those of the past, so that lists, figures and trials of policies see each message in its place. Search terms
are written at once, with keys of their own below zero, so that what is new need not wait for what is old.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from guildhall.channels import sql
from guildhall.channels.actions import recording
from guildhall.channels.models import Message, MessageVersion, SearchDoc, SpaceMember
from guildhall.channels.records import NewMessage
from guildhall.core import bulk
from guildhall.core.searchtext import index_terms

_EPOCH_S = 1 << 32
_ORDER = 1 << 20
_UPSERT = """
INSERT INTO channels_spacemember (
    space_id, account_id, state, joined_at, left_at, first_message_at, last_message_at, message_count,
    strikes)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 0)
ON CONFLICT (space_id, account_id) DO UPDATE SET
    message_count = channels_spacemember.message_count + excluded.message_count,
    joined_at = COALESCE(channels_spacemember.joined_at, excluded.joined_at),
    first_message_at = COALESCE({least}(channels_spacemember.first_message_at, excluded.first_message_at),
        channels_spacemember.first_message_at, excluded.first_message_at),
    last_message_at = COALESCE({greatest}(channels_spacemember.last_message_at, excluded.last_message_at),
        channels_spacemember.last_message_at, excluded.last_message_at)
"""


@dataclass(slots=True)
class PastMember:
    """What a stretch of the past says of one account in one space; `state` counts only for somebody new."""

    state: str = "member"
    joined_at: datetime | None = None
    left_at: datetime | None = None
    first_message_at: datetime | None = None
    last_message_at: datetime | None = None
    messages: int = 0


def record_past(rows: Sequence[NewMessage], links: Mapping[str, Iterable[str]]) -> frozenset[str]:
    """Store messages of the past with their search terms; returns our ids of those that were not there yet.

    `links` are the addresses of each message by its id. A message already there stays as it is, whatever
    its words.
    """
    recording.needs_transaction()
    first: dict[tuple[str, str], NewMessage] = {}
    for row in rows:
        first.setdefault((row.space_id, row.external_id), row)
    known = recording.stored_ids(first)
    fresh = [row for key, row in first.items() if key not in known]
    written = bulk.insert(
        Message,
        recording.COLUMNS,
        [
            (
                row.id, row.space_id, row.account_id, row.direction, row.external_id, 1, row.text,
                row.entities, row.links, row.media, row.reply_to, row.thread_id, row.forwarded_from,
                row.sent_at, row.received_at, row.edited_at, True, None, "", row.text_hash, row.extra, True,
            )
            for row in fresh
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    if written < len(fresh):
        mine = sql.ids_of(Message, [row.id for row in fresh])
        fresh = [row for row in fresh if row.id in mine]
    _index(fresh, links)
    return frozenset(row.id for row in fresh)


def record_past_members(rows: Mapping[tuple[str, str], PastMember]) -> None:
    """Count the past of accounts by (space id, account id); who is known already keeps their standing."""
    least, greatest = ("LEAST", "GREATEST") if connection.vendor == "postgresql" else ("MIN", "MAX")
    sql.run_many(
        _UPSERT.format(least=least, greatest=greatest),
        [
            (
                space, account, one.state, sql.time(one.joined_at), sql.time(one.left_at),
                sql.time(one.first_message_at), sql.time(one.last_message_at), one.messages,
            )
            for (space, account), one in sorted(rows.items())
        ],
    )  # fmt: skip


def erase_past(space_id: str, message_ids: Sequence[str]) -> dict[str, int]:
    """Take imported messages away again, with versions and search terms; returns how many of each account."""
    recording.needs_transaction()
    theirs = Message.objects.filter(space_id=space_id, id__in=message_ids)
    counted: dict[str, int] = {}
    for account in theirs.values_list("account_id", flat=True):
        if account:
            counted[account] = counted.get(account, 0) + 1
    MessageVersion.objects.filter(message_id__in=message_ids).delete()
    SearchDoc.objects.filter(message_id__in=message_ids).delete()
    theirs.delete()
    for account, count in sorted(counted.items()):
        least = "GREATEST" if connection.vendor == "postgresql" else "MAX"
        sql.run(
            f"UPDATE channels_spacemember SET message_count = {least}(message_count - %s, 0) "
            "WHERE space_id = %s AND account_id = %s",
            [count, space_id, account],
            fetch=False,
        )
    return counted


def restore_member(space_id: str, account_id: str, before: Mapping[str, datetime | None]) -> None:
    """Give a membership the times back that stood there before an import."""
    SpaceMember.objects.filter(space_id=space_id, account_id=account_id).update(**before)


def forget_member(space_id: str, account_id: str) -> bool:
    """Remove a membership that only an import made and nothing has touched since; whether it was."""
    gone, _by_model = SpaceMember.objects.filter(
        space_id=space_id, account_id=account_id, message_count=0, strikes=0,
        state__in=("member", "left"), state_at__isnull=True,
    ).delete()  # fmt: skip
    return bool(gone)


def doc_key(sent_at: datetime, order: int) -> int:
    """The key of a search document of the past: below zero, and growing with the time it was sent."""
    return (int(sent_at.timestamp()) - _EPOCH_S) * _ORDER + order % _ORDER


def _index(rows: Sequence[NewMessage], links: Mapping[str, Iterable[str]]) -> None:
    docs: dict[int, tuple[str, str]] = {}
    for row in rows:
        terms = " ".join(index_terms(" ".join([row.text, *links.get(row.id, ())])))
        key = doc_key(row.sent_at, _order(row.external_id))
        while key in docs:
            key += 1
        docs[key] = (row.id, terms)
    taken = _taken(docs)
    while taken:  # two spaces that spoke in the same second
        for key in taken:
            moved = key + 1
            while moved in docs:
                moved += 1
            docs[moved] = docs.pop(key)
        taken = _taken(docs)
    bulk.insert(
        SearchDoc,
        ("id", "message", "version", "terms"),
        [(key, message, 1, terms) for key, (message, terms) in sorted(docs.items())],
    )


def _order(external_id: str) -> int:
    """What puts messages of one second in order: the platform's own count."""
    number = external_id.rpartition(":")[2].lstrip("-")
    return int(number) if number.isdecimal() else zlib.crc32(external_id.encode())


def _taken(docs: Mapping[int, object]) -> list[int]:
    if not docs:
        return []
    return list(SearchDoc.objects.filter(id__in=list(docs)).values_list("id", flat=True))
