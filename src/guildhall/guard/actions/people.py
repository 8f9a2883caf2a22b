"""Impersonators: noticed by their names when they join, are renamed or first write, and by picture and bio
when their profile was looked at; decided by a person.

Whoever confirms bans them from every space of the house at once; whoever clears them is not asked again for
the same looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from guildhall.channels import registry
from guildhall.channels.models import SpaceMember
from guildhall.channels.port import Fetching, MemberState
from guildhall.core import audit, bulk, clock
from guildhall.core.errors import (
    BadInput,
    Conflict,
    GuildhallError,
    NotAllowed,
    NotFound,
    Permanent,
    Unsupported,
)
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects import webhooks
from guildhall.effects.actions import enqueue_many
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.guard import alerts, identity, lists, outside, vision
from guildhall.guard.actions.by_hand import Hand, take_measure
from guildhall.guard.actions.recording import dump_reasons
from guildhall.guard.models import HandMeasure, Portrait, Suspect
from guildhall.guard.types import Reason
from guildhall.people.models import Account
from guildhall.people.registry import Renamed

PORTRAIT = "guard.portrait"
ACTOR = "system:guard"
LOOK_EVERY = timedelta(days=7)
LINES = 4
Occasion, State = Suspect.Occasion, Suspect.State


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody seen in a space: who, under which names, on what occasion."""

    space_id: str
    platform: str
    receiver: str
    account_id: str
    external_id: str
    name: str
    username: str
    occasion: Suspect.Occasion


@dataclass(frozen=True, slots=True)
class Settled:
    """What confirming an impersonator did: spaces they are banned from, and where it could not be done."""

    banned: int
    failed: tuple[Text, ...]


def look_at_people(rows: Sequence[Seen], *, at: datetime) -> int:
    """Suspect whoever's names imitate somebody protected, and have their profiles looked at.

    Joins the caller's transaction. Staff and bots of ours must not be among the rows. Returns how many are
    newly suspected.
    """
    if not rows:
        return 0
    shared = lists.current()
    index = shared.names
    outside.ask((row.account_id for row in rows), shared)
    found = []
    for row in {row.account_id: row for row in rows}.values():
        reasons = identity.suspicion(identity.Face(row.name, row.username), [index])
        if identity.score(reasons) >= identity.SUSPECT_FROM:
            found.append((row.account_id, row.space_id, row.occasion, reasons))
    opened = _open(found, at)
    _have_looked(rows, at)
    return opened


def hear_of_renames(renames: Iterable[Renamed]) -> None:
    """Look at accounts under their new names, in the transaction that recorded them."""
    given = {one.account_id: one for one in renames}
    index = lists.current().names
    ours = set(
        Account.objects.filter(pk__in=given)
        .exclude(is_staff=False, is_bot=False)
        .values_list("pk", flat=True)
    )
    found = []
    for account_id, one in given.items():
        reasons = identity.suspicion(identity.Face(one.new_display_name, one.new_username), [index])
        if account_id not in ours and identity.score(reasons) >= identity.SUSPECT_FROM:
            found.append((account_id, None, Occasion.RENAME, reasons))
    _open(found, clock.now())


def perform_portrait(effect: Claimed) -> Done | None:
    """Look at what somebody shows of themselves: the bio, and whose picture theirs copies."""
    account = Account.objects.filter(pk=effect.payload["account"]).first()
    if account is None:
        return None
    adapter = registry.get(account.platform)
    if not isinstance(adapter, Fetching):
        return None
    member = (
        SpaceMember.objects.select_related("space")
        .filter(account=account)
        .exclude(space__receiver="")
        .order_by("-pk")
        .first()
    )
    if member is None:
        return None
    receiver, space_id = member.space.receiver, member.space_id
    problem: dict[str, str] = {}
    bio, mark = "", None
    try:
        profile = adapter.profile(account.external_id, receiver)
        bio = profile.bio
        if profile.picture and vision.is_installed():
            from guildhall.guard.vision.opening import MOST_BYTES
            from guildhall.guard.vision.reader import shared

            data = adapter.fetch(profile.picture, receiver, MOST_BYTES)
            mark = shared().read(data, words=False).fingerprint
    except (Permanent, BadInput) as error:
        problem = error.text.to_json()

    def record() -> None:
        whose = "" if account.is_staff or mark is None else _whose(mark, account.id)
        now = clock.now()
        Portrait.objects.update_or_create(
            account_id=account.id,
            defaults={
                "fingerprint": mark, "bio": bio, "looks_like": whose, "looked_at": now, "problem": problem,
            },
        )  # fmt: skip
        if account.is_staff or account.is_bot:
            return
        face = identity.Face(account.display_name, account.username, bio, whose)
        reasons = identity.suspicion(face, [lists.current().names])
        if identity.score(reasons) >= identity.SUSPECT_FROM and any(
            reason.rule_id in ("WHO-4", "WHO-5") for reason in reasons
        ):
            _open([(account.id, space_id, Occasion.PROFILE, reasons)], now)

    return Done({"problem": problem.get("en", "")}, record)


def have_staff_looked_at() -> int:
    """Queue a look at the portraits of our own people, so that copies of them are known; returns how many."""
    now = clock.now()
    rows = Account.objects.filter(is_staff=True, is_bot=False).exclude(
        portrait__looked_at__gt=now - LOOK_EVERY
    )
    wanted = [_portrait(account.id, now) for account in rows[:500] if _can_look(account.platform)]
    return enqueue_many(wanted) if wanted else 0


def confirm_suspect(suspect_id: str, by: str) -> Settled:
    """They are an impersonator: banned from every space they are in. Raises NotFound, Conflict."""
    with transaction.atomic():
        suspect = _decide(suspect_id, State.CONFIRMED, by)
        members = list(
            SpaceMember.objects.select_related("space")
            .filter(account_id=suspect.account_id, space__archived_at__isnull=True)
            .exclude(state__in=(MemberState.BANNED.value,))
            .exclude(space__kind="private")
        )
        banned, failed = 0, []
        for member in members:
            wanted = Hand(
                HandMeasure.Kind.BAN,
                member.space_id,
                suspect.account_id,
                by,
                reason="impersonation",
                key=f"suspect:{suspect.id}:{member.space_id}",
            )
            try:
                with transaction.atomic():
                    take_measure(wanted)
                banned += 1
            except (NotAllowed, Unsupported, BadInput) as error:
                failed.append(
                    Text(f"{member.space.name}: {error.text.en}", f"{member.space.name}：{error.text.zh}")
                )
        return Settled(banned, tuple(failed))


def clear_suspect(suspect_id: str, by: str) -> None:
    """They are who they say. Raises NotFound, Conflict."""
    with transaction.atomic():
        _decide(suspect_id, State.FINE, by)


def _decide(suspect_id: str, state: Suspect.State, by: str) -> Suspect:
    suspect = Suspect.objects.select_for_update().filter(pk=suspect_id).first()
    if suspect is None:
        raise NotFound(Text("There is no such suspicion.", "不存在该记录。"))
    if suspect.state != State.OPEN:
        if suspect.state == state and suspect.decided_by == by:
            return suspect
        raise Conflict(Text("Somebody has decided this already.", "已有人处理。"))
    suspect.state, suspect.decided_at, suspect.decided_by = state, clock.now(), by
    suspect.save(update_fields=["state", "decided_at", "decided_by"])
    audit.record(by, f"suspect.{state.value}", f"account:{suspect.account_id}", {"suspect": suspect.id})
    return suspect


_Found = tuple[str, str | None, Suspect.Occasion, tuple[Reason, ...]]


def _open(found: Sequence[_Found], at: datetime) -> int:
    """Open suspicions; who was cleared for the same accusation before, or is suspected already, is passed
    over.
    """
    if not found:
        return 0
    known: dict[str, set[str]] = {}
    rows = Suspect.objects.filter(account_id__in=[account for account, *_ in found])
    waiting = set()
    for account_id, state, reasons in rows.values_list("account_id", "state", "reasons"):
        if state == State.OPEN:
            waiting.add(account_id)
        else:
            known.setdefault(account_id, set()).update(
                _accusation(one["rule"], one["params"]) for one in reasons
            )
    fresh = [
        (
            new_id(),
            account,
            space,
            occasion.value,
            dump_reasons(reasons),
            identity.score(reasons),
            "open",
            at,
            "",
        )
        for account, space, occasion, reasons in found
        if account not in waiting
        and not {_accusation(one.rule_id, one.params) for one in reasons} <= known.get(account, set())
    ]
    columns = (
        "id", "account", "space", "occasion", "reasons", "score", "state", "opened_at", "decided_by",
    )  # fmt: skip
    opened = bulk.insert(Suspect, columns, fresh, ignore_conflicts=True) if fresh else 0
    if opened:
        audit.record_many(
            [audit.Entry(ACTOR, "suspect.opened", f"account:{row[1]}", {"suspect": row[0]}) for row in fresh]
        )
        webhooks.announce("suspects.opened", {"suspects": [row[0] for row in fresh[:100]], "count": opened})
        for space_id in {str(row[2]) for row in fresh if row[2]}:
            alerts.tell_of_suspects(space_id)
    return opened


def _accusation(rule: str, params: object) -> str:
    kept = params if isinstance(params, dict) else {}
    return f"{rule}:{kept.get('staff') or kept.get('brand') or kept.get('name') or ''}"


def _have_looked(rows: Sequence[Seen], at: datetime) -> None:
    wanted = {row.account_id: row for row in rows if row.receiver and _can_look(row.platform)}
    if not wanted:
        return
    lately = set(
        Portrait.objects.filter(account_id__in=wanted, looked_at__gt=at - LOOK_EVERY).values_list(
            "account_id", flat=True
        )
    )
    enqueue_many([_portrait(account_id, at) for account_id in sorted(wanted) if account_id not in lately])


def _can_look(platform: str) -> bool:
    try:
        return isinstance(registry.get(platform), Fetching)
    except GuildhallError:
        return False


def _portrait(account_id: str, at: datetime) -> NewEffect:
    week = at.isocalendar()
    return NewEffect(
        PORTRAIT,
        {"account": account_id},
        order_key=f"{PORTRAIT}:{sum(account_id.encode()) % LINES}",
        unique_key=f"{PORTRAIT}:{account_id}:{week.year}-{week.week}",
        priority=600,
        cause=f"account:{account_id}",
    )


def _whose(mark: int, account_id: str) -> str:
    """Whose portrait among our own people's a fingerprint copies; '' nobody's."""
    from guildhall.guard.vision import alike

    rows = Portrait.objects.filter(account__is_staff=True, fingerprint__isnull=False).exclude(
        account_id=account_id
    )
    for number, name, username in rows.values_list(
        "fingerprint", "account__display_name", "account__username"
    ):
        if number is not None and alike.distance(number, mark) <= alike.ALIKE_WITHIN:
            return str(name or username)[:120]
    return ""
