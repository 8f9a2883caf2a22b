"""The reads that screens, API, guard and intake share: search, standings, the past of senders, copies of a
text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import QuerySet

from guildhall.channels import sql
from guildhall.channels.discord.models import DiscordBot
from guildhall.channels.models import Message, Quarantine, Space, SpaceMember, TelegramBot
from guildhall.channels.port import MemberState
from guildhall.channels.search import FoundMessages, search
from guildhall.core.ids import lowest_id

__all__ = [
    "FoundMessages",
    "History",
    "Spread",
    "already_recorded",
    "copies",
    "histories",
    "member_history",
    "our_bots",
    "quarantined",
    "search",
    "space_by_slug",
    "standing",
]

_MOST_RECENT = 20
_MOST_COPIES = 200


@dataclass(frozen=True, slots=True)
class History:
    """A sender's past in one space. `recent` holds (sent_at, text_hash), newest last; times are aware UTC."""

    state: str = "member"
    until: datetime | None = None
    joined_at: datetime | None = None
    first_message_at: datetime | None = None
    message_count: int = 0
    strikes: int = 0
    last_strike_at: datetime | None = None
    recent: tuple[tuple[datetime, str], ...] = ()
    last_message_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Who posted one text, where: (account id, space id) of at most the latest 200 messages."""

    seen: tuple[tuple[str, str], ...] = ()

    def by_others(self, account_id: str | None) -> tuple[int, int, int]:
        """(accounts, spaces, messages) of everybody but this account."""
        others = [(account, space) for account, space in self.seen if account != account_id]
        return len({account for account, _ in others}), len({space for _, space in others}), len(others)


def histories(pairs: Iterable[tuple[str, str]], recent_since: datetime) -> dict[tuple[str, str], History]:
    """The past of senders by (space id, account id); whoever is new is left out. Arrival is read off the ids.

    `recent` holds at most their latest twenty messages (over all spaces) that arrived since `recent_since`.
    """
    keys = sorted(set(pairs))
    if not keys:
        return {}
    floor = lowest_id(recent_since)
    columns = (
        "state, until, joined_at, first_message_at, message_count, strikes, last_strike_at, last_message_at"
    )
    if connection.vendor == "postgresql":
        given = [[space for space, _ in keys], [account for _, account in keys]]
        members = sql.run(
            f"SELECT m.space_id, m.account_id, {columns} "
            "FROM unnest(%s::text[], %s::text[]) AS k(space, account) "
            "JOIN channels_spacemember m ON m.space_id = k.space AND m.account_id = k.account",
            given,
        )
        recent = sql.run(
            "SELECT k.space, k.account, r.sent_at, r.text_hash "
            "FROM unnest(%s::text[], %s::text[]) AS k(space, account) "
            "CROSS JOIN LATERAL (SELECT id, space_id, sent_at, text_hash FROM channels_message "
            "WHERE account_id = k.account AND id >= %s ORDER BY id DESC LIMIT %s) r "
            "WHERE r.space_id = k.space ORDER BY r.id",
            [*given, floor, _MOST_RECENT],
        )
    else:
        packed = json.dumps(keys)
        members = sql.run(
            f"SELECT m.space_id, m.account_id, {columns} FROM json_each(%s) k "
            "CROSS JOIN channels_spacemember m ON m.space_id = json_extract(k.value, '$[0]') "
            "AND m.account_id = json_extract(k.value, '$[1]')",
            [packed],
        )
        recent = sql.run(
            "SELECT r.space_id, r.account_id, r.sent_at, r.text_hash FROM json_each(%s) k "
            "CROSS JOIN channels_message r ON r.id IN (SELECT id FROM channels_message "
            "WHERE account_id = k.value AND id >= %s ORDER BY id DESC LIMIT %s) ORDER BY r.id",
            [json.dumps(sorted({account for _, account in keys})), floor, _MOST_RECENT],
        )
    lately: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
    for space, account, sent, text_hash in recent:
        sent_at = sql.moment(sent)
        if sent_at is not None:
            lately.setdefault((space, account), []).append((sent_at, text_hash))
    return {
        (row[0], row[1]): History(
            row[2], sql.moment(row[3]), sql.moment(row[4]), sql.moment(row[5]), row[6], row[7],
            sql.moment(row[8]),
            tuple(lately.get((row[0], row[1]), ())),
            sql.moment(row[9]),
        )
        for row in members
    }  # fmt: skip


def copies(text_hashes: Iterable[str], since: datetime) -> dict[str, Spread]:
    """Who posted texts of these hashes since a time; a hash nobody posted is left out. Reads the index
    only.
    """
    wanted = sorted({text_hash for text_hash in text_hashes if text_hash})
    if not wanted:
        return {}
    if connection.vendor == "postgresql":
        found = sql.run(
            "SELECT k.hash, r.account_id, r.space_id FROM unnest(%s::text[]) AS k(hash) CROSS JOIN LATERAL ("
            "SELECT account_id, space_id FROM channels_message WHERE text_hash = k.hash "
            "AND received_at >= %s ORDER BY received_at DESC LIMIT %s) r",
            [wanted, since, _MOST_COPIES],
        )
    else:
        found = sql.run(
            "SELECT r.text_hash, r.account_id, r.space_id FROM json_each(%s) k "
            "CROSS JOIN channels_message r ON r.rowid IN (SELECT rowid FROM channels_message "
            "WHERE text_hash = k.value AND received_at >= %s ORDER BY received_at DESC LIMIT %s)",
            [json.dumps(wanted), sql.time(since), _MOST_COPIES],
        )
    seen: dict[str, list[tuple[str, str]]] = {}
    for text_hash, account, space in found:
        seen.setdefault(text_hash, []).append((account or "", space))
    return {text_hash: Spread(tuple(pairs)) for text_hash, pairs in seen.items()}


def already_recorded(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Our ids of messages, by (space id, platform id), that are stored already: a hint before judging, not
    a promise.
    """
    from guildhall.channels.actions.recording import stored_ids

    return stored_ids(keys)


def authors_of(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The platform ids of who wrote messages, by (space id, platform id of the message)."""
    ids = already_recorded(keys)
    rows = Message.objects.filter(id__in=list(ids.values()), account__isnull=False)
    authors = dict(rows.values_list("id", "account__external_id"))
    return {key: authors[message] for key, message in ids.items() if message in authors}


def our_bots(among: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these (platform, platform id) that are bots of ours."""
    ours: set[tuple[str, str]] = set()
    kinds: tuple[tuple[str, QuerySet[TelegramBot] | QuerySet[DiscordBot]], ...] = (
        ("telegram", TelegramBot.objects.all()),
        ("discord", DiscordBot.objects.all()),
    )
    asked = list(among)
    for name, bots in kinds:
        ids = [int(external) for platform, external in asked if platform == name and external.isdigit()]
        if ids:
            ours |= {(name, str(bot)) for bot in bots.filter(bot_id__in=ids).values_list("bot_id", flat=True)}
    return ours


def standing(space_id: str, account_id: str, at: datetime) -> tuple[MemberState, datetime | None]:
    """What an account is in a space at a time, and until when; what has run out counts no more."""
    row = (
        SpaceMember.objects.filter(space_id=space_id, account_id=account_id)
        .values_list("state", "until")
        .first()
    )
    if row is None:
        return MemberState.LEFT, None
    state, until = MemberState(row[0]), row[1]
    if until is not None and until <= at and state in (MemberState.RESTRICTED, MemberState.BANNED):
        return (MemberState.MEMBER if state is MemberState.RESTRICTED else MemberState.LEFT), None
    return state, until


def space_by_slug(slug: str) -> Space | None:
    """A space by its short name, archived ones included."""
    return Space.objects.filter(slug=slug).first()


def member_history(member_id: str, before: str = "", limit: int = 50) -> Sequence[Message]:
    """A member's messages over all their accounts, newest first; `before` is the id of the last one shown."""
    rows = Message.objects.filter(account__member_id=member_id).select_related("space", "account")
    return list((rows.filter(id__lt=before) if before else rows).order_by("-id")[:limit])


def quarantined(state: str = Quarantine.State.NEW) -> QuerySet[Quarantine]:
    """Input put aside, newest first."""
    return Quarantine.objects.filter(state=state).order_by("-id")
