"""Accounts as messages bring them: found in one query, created when new, their names kept up to date.

This is on the path of every message, so it works in batches, speaks SQL and opens no transaction of its
own. Renames are rare; they are recorded with the old names, announced to the rooms above and audited by id
only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import orjson
from django.db import connection

from guildhall.core import audit, bulk, clock
from guildhall.core.errors import BadInput
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.webhooks import announce
from guildhall.people import registry
from guildhall.people.models import Account, Member, MemberSearch, Rename
from guildhall.people.search import terms_of

# How often an account's last_seen_at moves on: each message would make each message an update.
SEEN_EVERY = timedelta(minutes=10)
_CHUNK = 1000
_MAX_EXTERNAL_ID, _MAX_USERNAME, _MAX_NAME = 190, 190, 255

Key = tuple[str, str]


class Sighting(NamedTuple):
    """An account as a message showed it. An empty name means the message did not say."""

    platform: str
    external_id: str
    username: str = ""
    display_name: str = ""
    is_bot: bool = False
    language: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """An account as we know it after the batch. `is_new`: first seen in it."""

    id: str
    member_id: str
    platform: str
    external_id: str
    username: str
    display_name: str
    is_bot: bool
    is_staff: bool
    created_at: datetime
    last_seen_at: datetime
    is_new: bool = False


def resolve_accounts(batch: Iterable[Sighting | tuple[str, str, str, str, bool]]) -> dict[Key, Known]:
    """The accounts of a batch by (platform, external id), creating members and accounts not seen before.

    Joins the caller's transaction. When an account is in the batch more than once, its last names count.
    Raises BadInput, with the row, for an external id that is empty or too long.
    """
    sightings = _clean(batch)
    now = clock.now()
    known = _find(sightings)
    missing = [sighting for key, sighting in sightings.items() if key not in known]
    if missing:
        known.update(_create(missing, now))
    changed = []
    stale = []
    for key, seen in sightings.items():
        account = known[key]
        if (seen.username and seen.username != account.username) or (
            seen.display_name and seen.display_name != account.display_name
        ):
            changed.append((account, seen))
        if now - account.last_seen_at > SEEN_EVERY:
            stale.append(account)
    if changed:
        known.update(_rename(changed, now))
    if stale:
        _touch(stale, now)
    return known


def _clean(batch: Iterable[Sighting | tuple[str, str, str, str, bool]]) -> dict[Key, Sighting]:
    sightings: dict[Key, Sighting] = {}
    for row, given in enumerate(batch):
        platform, external_id, username, display_name, *rest = given
        if not external_id or len(external_id) > _MAX_EXTERNAL_ID or "\x00" in external_id:
            raise BadInput(
                Text("The sender's id is empty, too long or not text.", "发送者 ID 为空、过长或不是文本。"),
                field="external_id",
                row=row,
            )
        if len(username) > _MAX_USERNAME or "\x00" in username or username[:1] == "@":
            username = username.replace("\x00", "").lstrip("@")[:_MAX_USERNAME]
        if len(display_name) > _MAX_NAME or "\x00" in display_name:
            display_name = display_name.replace("\x00", "")[:_MAX_NAME]
        language = str(rest[1])[:10] if len(rest) > 1 else ""
        sightings[platform, external_id] = Sighting(
            platform, external_id, username, display_name, bool(rest[0]) if rest else False, language
        )
    return sightings


def _find(keys: Iterable[Key]) -> dict[Key, Known]:
    by_platform: dict[str, list[str]] = defaultdict(list)
    for platform, external_id in keys:
        by_platform[platform].append(external_id)
    postgres = connection.vendor == "postgresql"
    among = "= ANY(%s)" if postgres else "IN (SELECT value FROM json_each(%s))"
    found: dict[Key, Known] = {}
    with connection.cursor() as cursor:
        for platform, external_ids in by_platform.items():
            for start in range(0, len(external_ids), _CHUNK):
                chunk = external_ids[start : start + _CHUNK]
                cursor.execute(
                    "SELECT id, member_id, platform, external_id, username, display_name, is_bot, is_staff, "
                    "created_at, last_seen_at FROM people_account "
                    f"WHERE platform = %s AND external_id {among}",
                    [platform, chunk if postgres else orjson.dumps(chunk).decode()],
                )
                for (
                    account_id,
                    member_id,
                    _,
                    external_id,
                    *names,
                    bot,
                    ours,
                    created,
                    seen,
                ) in cursor.fetchall():
                    found[platform, external_id] = Known(
                        account_id,
                        member_id,
                        platform,
                        external_id,
                        names[0],
                        names[1],
                        bool(bot),
                        bool(ours),
                        _aware(created),
                        _aware(seen),
                    )
    return found


def _create(missing: Sequence[Sighting], now: datetime) -> dict[Key, Known]:
    # In key order, so that two processes creating the same accounts wait for each other and never deadlock.
    fresh = [
        Known(
            new_id(),
            new_id(),
            s.platform,
            s.external_id,
            s.username,
            s.display_name,
            s.is_bot,
            False,
            now,
            now,
            True,
        )
        for s in sorted(missing)
    ]
    languages = {(s.platform, s.external_id): s.language for s in missing}
    bulk.insert(
        Member,
        ("id", "display_name", "language", "region", "note", "created_at", "last_seen_at"),
        [
            (
                a.member_id,
                a.display_name or a.username,
                languages[a.platform, a.external_id],
                "",
                "",
                now,
                now,
            )
            for a in fresh
        ],
    )
    inserted = bulk.insert(
        Account,
        (
            "id",
            "member",
            "platform",
            "external_id",
            "username",
            "display_name",
            "is_bot",
            "is_staff",
            "created_at",
            "last_seen_at",
        ),
        [
            (
                a.id,
                a.member_id,
                a.platform,
                a.external_id,
                a.username,
                a.display_name,
                a.is_bot,
                a.is_staff,
                now,
                now,
            )
            for a in fresh
        ],
        ignore_conflicts=True,
    )
    created = {(a.platform, a.external_id): a for a in fresh}
    if inserted != len(fresh):
        # Somebody else was first with some of them: theirs stand, our members for them were never used.
        actual = _find(created)
        lost = [created[key].member_id for key, account in actual.items() if account.id != created[key].id]
        Member.objects.filter(pk__in=lost).delete()
        created = {
            key: created[key] if account.id == created[key].id else account for key, account in actual.items()
        }
    bulk.insert(
        MemberSearch,
        ("member", "terms"),
        [
            (a.member_id, terms_of([(a.display_name, a.username, a.external_id)]))
            for a in created.values()
            if a.is_new
        ],
    )
    return created


def _rename(changed: Sequence[tuple[Known, Sighting]], now: datetime) -> dict[Key, Known]:
    renames: list[registry.Renamed] = []
    renamed: dict[Key, Known] = {}
    for account, seen in changed:
        username = seen.username or account.username
        display_name = seen.display_name or account.display_name
        renames.append(
            registry.Renamed(
                account.id, account.member_id, account.username, username, account.display_name, display_name
            )
        )
        renamed[account.platform, account.external_id] = Known(
            account.id,
            account.member_id,
            account.platform,
            account.external_id,
            username,
            display_name,
            account.is_bot,
            account.is_staff,
            account.created_at,
            account.last_seen_at,
            account.is_new,
        )
    bulk.update_many(
        Account,
        "id",
        ("username", "display_name"),
        sorted((r.account_id, r.new_username, r.new_display_name) for r in renames),
    )
    bulk.insert(
        Rename,
        ("account", "old_username", "new_username", "old_display_name", "new_display_name", "at"),
        [
            (r.account_id, r.old_username, r.new_username, r.old_display_name, r.new_display_name, now)
            for r in renames
        ],
    )
    _follow(renames)
    audit.record_many(
        [audit.Entry("system:people", "account.renamed", f"account:{r.account_id}") for r in renames]
    )
    for listener in registry.rename_listeners.values():
        listener(renames)
    for r in renames:
        announce("account.renamed", {"account": r.account_id, "member": r.member_id})
    return renamed


def _follow(renames: Sequence[registry.Renamed]) -> None:
    """A member is called what their account is called, until a person gave them another name; search
    follows.
    """
    for r in renames:
        Member.objects.filter(pk=r.member_id, display_name=r.old_display_name or r.old_username).update(
            display_name=r.new_display_name or r.new_username
        )
    refresh_search({r.member_id for r in renames})


def refresh_search(member_ids: Iterable[str]) -> None:
    """Write the search terms of these members anew, from all of their accounts."""
    ids = sorted(member_ids)
    names: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for member_id, display_name in Member.objects.filter(pk__in=ids).values_list("id", "display_name"):
        names[member_id].append((display_name, "", ""))
    for member_id, *rest in Account.objects.filter(member_id__in=ids).values_list(
        "member_id", "display_name", "username", "external_id"
    ):
        names[member_id].append((rest[0], rest[1], rest[2]))
    bulk.update_many(
        MemberSearch, "member", ("terms",), [(key, terms_of(value)) for key, value in sorted(names.items())]
    )


def _touch(stale: Sequence[Known], now: datetime) -> None:
    bulk.update_many(Account, "id", ("last_seen_at",), sorted((a.id, now) for a in stale))
    bulk.update_many(Member, "id", ("last_seen_at",), sorted({(a.member_id, now) for a in stale}))


def _aware(value: datetime | str) -> datetime:
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)
