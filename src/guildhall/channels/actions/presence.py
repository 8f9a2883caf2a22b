"""Who is in which space and as what: joins, leaves, standings told by the platform, requests to be let in.

Batches inside the caller's transaction. A platform may tell one event twice in different words (Telegram: a
service message and a member update) and events in any order, so each is applied only when it is not older
than what stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from django.db import connection

from guildhall.channels import sql
from guildhall.channels.models import JoinRequest, SpaceMember
from guildhall.channels.port import MemberState
from guildhall.channels.text import clean
from guildhall.core import bulk
from guildhall.core.ids import new_id
from guildhall.facts.actions import stage

MEMBERS = "channels_spacemember"
CAME_BACK = f"({MEMBERS}.left_at IS NULL OR {{at}} >= {MEMBERS}.left_at)"
"""Whether something of a time `{at}` shows that somebody is here, or happened before they left."""
_LONGEST_INVITE = 190
Pair: TypeAlias = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a platform says an account is in a space since `at`, until `until` (None: until changed)."""

    space_id: str
    account_id: str
    state: MemberState
    at: datetime
    until: datetime | None = None
    may_restrict: bool = True


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody asked to be let in; `about` is what they say of themselves."""

    space_id: str
    account_id: str
    at: datetime
    invite: str = ""
    about: str = ""


def record_joins(rows: Iterable[tuple[str, str, datetime] | tuple[str, str, datetime, str]]) -> None:
    """Note (space id, account id, when, invite) of people who came; who is restricted or banned stays so.

    Their waiting requests count as granted.
    """
    latest: dict[Pair, tuple[datetime, str]] = {}
    for space, account, at, *rest in rows:
        invite = str(rest[0]) if rest else ""
        before = latest.get((space, account))
        if before is not None:
            at, invite = max(at, before[0]), invite or before[1]
        latest[space, account] = at, invite
    if not latest:
        return
    _stage_joins(latest)
    back = CAME_BACK.format(at="excluded.joined_at")
    _upsert(
        ("joined_at", "invite", "state"),
        ("timestamptz", "text", "text"),
        [
            (space, account, sql.time(at), invite[:_LONGEST_INVITE], MemberState.MEMBER.value)
            for (space, account), (at, invite) in latest.items()
        ],
        f"state = CASE WHEN {MEMBERS}.state = 'left' AND {back} THEN 'member' ELSE {MEMBERS}.state END, "
        f"joined_at = CASE WHEN {back} THEN excluded.joined_at ELSE {MEMBERS}.joined_at END, "
        f"invite = CASE WHEN excluded.invite <> '' OR ({MEMBERS}.left_at IS NOT NULL AND {back}) "
        f"THEN excluded.invite ELSE {MEMBERS}.invite END, "
        f"left_at = CASE WHEN {back} THEN NULL ELSE {MEMBERS}.left_at END",
    )
    _grant(latest)


def record_leaves(rows: Iterable[tuple[str, str, datetime]]) -> None:
    """Note (space id, account id, when) of people who left; a ban outlives leaving."""
    latest: dict[Pair, datetime] = {}
    for space, account, at in rows:
        latest[space, account] = max(at, latest.get((space, account), at))
    if not latest:
        return
    gone = f"({MEMBERS}.joined_at IS NULL OR excluded.left_at >= {MEMBERS}.joined_at)"
    _upsert(
        ("left_at", "state"),
        ("timestamptz", "text"),
        [(space, account, sql.time(at), MemberState.LEFT.value) for (space, account), at in latest.items()],
        f"left_at = CASE WHEN {gone} THEN excluded.left_at ELSE {MEMBERS}.left_at END, "
        f"state = CASE WHEN {gone} AND {MEMBERS}.state NOT IN ('banned', 'restricted') "
        f"THEN 'left' ELSE {MEMBERS}.state END",
    )


def record_standings(rows: Iterable[Standing]) -> None:
    """Note what the platform says people are, each unless it said something newer before."""
    latest: dict[Pair, Standing] = {}
    for row in rows:
        before = latest.get((row.space_id, row.account_id))
        if before is None or row.at >= before.at:
            latest[row.space_id, row.account_id] = row
    if not latest:
        return
    newer = f"({MEMBERS}.state_at IS NULL OR excluded.state_at >= {MEMBERS}.state_at)"
    _upsert(
        ("state", "until", "state_at", "may_restrict"),
        ("text", "timestamptz", "timestamptz", "boolean"),
        [
            (space, account, row.state.value, sql.time(row.until), sql.time(row.at), row.may_restrict)
            for (space, account), row in latest.items()
        ],
        f"state = CASE WHEN {newer} THEN excluded.state ELSE {MEMBERS}.state END, "
        f"until = CASE WHEN {newer} THEN excluded.until ELSE {MEMBERS}.until END, "
        f"state_at = CASE WHEN {newer} THEN excluded.state_at ELSE {MEMBERS}.state_at END, "
        f"may_restrict = CASE WHEN {newer} THEN excluded.may_restrict ELSE {MEMBERS}.may_restrict END",
    )


def record_join_requests(rows: Sequence[Asked]) -> None:
    """Note who waits to be let in; the same request again changes nothing."""
    bulk.insert(
        JoinRequest,
        ("id", "space", "account", "invite", "about", "asked_at", "state", "decided_by", "decided_at"),
        [
            (
                new_id(), row.space_id, row.account_id, row.invite[:_LONGEST_INVITE], row.about, row.at,
                JoinRequest.State.WAITING.value, "", None,
            )
            for row in rows
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _stage_joins(came: dict[Pair, tuple[datetime, str]]) -> None:
    """Joins as facts, each once: of who is there already only an invite nobody had named yet is news."""
    there = {
        (space, account): (joined_at, left_at, invite)
        for space, account, joined_at, left_at, invite in SpaceMember.objects.filter(
            space_id__in={space for space, _ in came}, account_id__in={account for _, account in came}
        ).values_list("space_id", "account_id", "joined_at", "left_at", "invite")
    }
    rows = []
    for (space, account), (at, invite) in came.items():
        joined_at, left_at, known = there.get((space, account), (None, None, ""))
        is_new = joined_at is None or (left_at is not None and at >= left_at)
        if is_new or (left_at is None and invite and not known):
            rows.append(
                {
                    "space": space,
                    "account": account,
                    "joined_at": at if is_new else joined_at,
                    "revision": 0 if is_new else 1,
                    "invite": clean(invite[:_LONGEST_INVITE]) or None,
                    "state": "live",
                }
            )
    stage("joins", rows)


def _grant(came: dict[Pair, tuple[datetime, str]]) -> None:
    """Whoever came in was let in, by whomever."""
    waiting = JoinRequest.objects.filter(
        state=JoinRequest.State.WAITING,
        space_id__in={space for space, _ in came},
        account_id__in={account for _, account in came},
    )
    for request in waiting:
        here = came.get((request.space_id, request.account_id))
        if here is not None and here[0] >= request.asked_at.replace(microsecond=0):
            JoinRequest.objects.filter(pk=request.pk).update(
                state=JoinRequest.State.APPROVED.value, decided_at=here[0]
            )


def _upsert(columns: Sequence[str], types: Sequence[str], rows: list[tuple[Any, ...]], update: str) -> None:
    """Rows are (space, account, then `columns`), with times already as parameters."""
    if not connection.in_atomic_block:
        raise RuntimeError("what came in is recorded inside the transaction that judges it")
    rows.sort(
        key=lambda row: (row[0], row[1])
    )  # one order everywhere, so that writers cannot block each other
    fixed = {"state": "'member'", "message_count": "0", "strikes": "0"}
    rest = {name: value for name, value in fixed.items() if name not in columns}
    names = ", ".join(("space_id", "account_id", *columns, *rest))
    tail = f"ON CONFLICT (space_id, account_id) DO UPDATE SET {update}"
    constants = "".join(f", {value}" for value in rest.values())
    if connection.vendor == "postgresql":
        arrays = ", ".join(f"%s::{kind}[]" for kind in ("text", "text", *types))
        sql.run(
            f"INSERT INTO {MEMBERS} ({names}) SELECT *{constants} FROM unnest({arrays}) {tail}",
            [list(column) for column in zip(*rows, strict=True)],
            fetch=False,
        )
        return
    marks = ", ".join(["%s"] * (2 + len(columns)))
    sql.run_many(f"INSERT INTO {MEMBERS} ({names}) VALUES ({marks}{constants}) {tail}", rows)
