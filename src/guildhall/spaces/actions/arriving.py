"""Somebody enters: by which entrance, with which welcome; and what a group's coming and going does to its
room.

Called in the transaction that records what WeCom told us, after channels kept who is in which group. The
welcome is an effect of that same commit, because WeCom takes it within twenty seconds only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from guildhall.channels.models import Space
from guildhall.channels.port import Inbound, Kind
from guildhall.channels.wecom import corp_reading
from guildhall.compliance.gate import Gate
from guildhall.core import clock
from guildhall.core.clearance import content_hash
from guildhall.effects import actions as effects
from guildhall.effects.types import Mode, NewEffect
from guildhall.people.models import Account
from guildhall.spaces import greetings
from guildhall.spaces.actions import entrances, families, filling
from guildhall.spaces.models import Entrance, Entry, Family, Place

PLATFORM = "wecom"
GREET, TAG = "spaces.greet", "spaces.tag"
WELCOME_LASTS = timedelta(seconds=20)
ACTOR = "system:spaces"
_MOVES = (Kind.JOIN, Kind.LEAVE, Kind.MEMBER_UPDATE, Kind.SPACE_UPDATE)


def arrive(heard: Sequence[tuple[Inbound, Space]]) -> None:
    """Note who entered, greet them, and count the groups that changed. Inside the caller's transaction."""
    came = [(x, space) for x, space in heard if x.kind is Kind.JOIN or "there" in x.raw]
    if came:
        _enter(came)
    moved = {space.pk for x, space in heard if space.kind == "group" and x.kind in _MOVES}
    if moved:
        filling.count_again(moved)
        for family in Family.objects.filter(places__in=moved).distinct():
            filling.look_again(family, by=ACTOR)


def _enter(came: Iterable[tuple[Inbound, Space]]) -> None:
    entries = [entry for inbound, space in came for entry in _steps(inbound, space)]
    if not entries:
        return
    found = {
        one.code: one
        for one in Entrance.objects.select_related("family", "corp", "leads_to__way").filter(
            code__in={code for code, _, _ in entries}
        )
    }
    accounts = dict(
        Account.objects.filter(
            platform=PLATFORM, external_id__in={step["external_id"] for _, step, _ in entries}
        ).values_list("external_id", "id")
    )
    gate, queued = Gate(), list[NewEffect]()
    for code, step, inbound in entries:
        entrance = found.get(code)
        if entrance is None or (entrance.corp is not None and entrance.corp.corpid != inbound.receiver):
            continue
        if step["at"] < entrance.made_at - WELCOME_LASTS:
            continue  # in a group listed for the first time, long before the entrance
        identity = {key: step[key] for key in ("external_id", "space", "at")}
        more = {"how": step["how"], "userid": step["userid"], "account_id": accounts.get(step["external_id"])}
        entry, is_new = Entry.objects.get_or_create(entrance=entrance, **identity, defaults=more)
        if is_new:
            entrances.entered(entrance, 1)
            if entrance.makes_groups and not Place.objects.filter(space=step["space"]).exists():
                # WeCom opened this group behind the code: it belongs where the code leads.
                families.put(step["space"].pk, entrance.family_id, tier=entrance.tier, by=ACTOR)
            if entry.how == Entry.How.CONTACT:
                queued += _welcome(entrance, entry, inbound, gate)
    if queued:
        effects.enqueue_many(queued)


def _steps(inbound: Inbound, space: Space) -> Iterable[tuple[str, dict[str, Any], Inbound]]:
    """(state, what is known of the step, the event) of everybody who came by a code."""
    userid, customer = corp_reading.of_contact(space.external_id)
    if userid:
        state = inbound.members[0].invite if inbound.members else ""
        if state:
            step = {
                "external_id": customer, "space": space, "at": inbound.sent_at, "how": Entry.How.CONTACT,
                "userid": userid,
            }  # fmt: skip
            yield state, step, inbound
        return
    rows = inbound.raw.get("came") or inbound.raw.get("there")
    joined = {
        row["userid"]: row
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict) and "userid" in row
    }
    for change in inbound.members:
        row = joined.get(change.account.external_id)
        state = str(row.get("state") or "") if row is not None else ""
        if state:
            yield state, {
                "external_id": change.account.external_id[:64], "space": space, "how": Entry.How.GROUP,
                "at": _moment(row, inbound.sent_at), "userid": change.by[:64],
            }, inbound  # fmt: skip


def _moment(row: Mapping[str, Any] | None, otherwise: datetime) -> datetime:
    said = row.get("join_time") if row is not None else None
    if isinstance(said, int) and 0 < said < 1 << 33:
        return datetime.fromtimestamp(said, otherwise.tzinfo)
    return otherwise


def _welcome(entrance: Entrance, entry: Entry, inbound: Inbound, gate: Gate) -> list[NewEffect]:
    """What is done for who added a colleague: their tags, and the words that region allows."""
    queued: list[NewEffect] = []
    corpid = inbound.receiver
    if entrance.tags:
        payload = {
            "corp": corpid,
            "userid": entry.userid,
            "customer": entry.external_id,
            "add": entrance.tags,
        }
        queued.append(NewEffect(TAG, payload, priority=60, cause=f"entry:{entry.pk}"))
    code = inbound.raw.get("event", {}).get("WelcomeCode")
    link = ""
    if entrance.leads_to is not None and entrance.leads_to.state == Entrance.State.OPEN:
        link = entrance.leads_to.way.qr_url if entrance.leads_to.way is not None else ""
    if not isinstance(code, str) or not code or not (entrance.words or link):
        return queued
    family = entrance.family
    said = greetings.decide(greetings.words_of(entrance.words), link, family.region, family.language, gate)
    entry.reasons = list(said.reasons)
    if said.clearance is None or not said.text:
        entry.greeting = Entry.Greeting.HELD if said.reasons else Entry.Greeting.NONE
    else:
        entry.greeting = Entry.Greeting.PLANNED
        until = min(inbound.sent_at, clock.now()) + WELCOME_LASTS
        payload = {
            "entry": entry.pk, "corp": corpid, "code": code, "text": said.text, "until": until.isoformat(),
            "plain": said.is_plain,
            "cleared": {"hash": content_hash(said.text), "rules": list(said.clearance.rules)},
        }  # fmt: skip
        queued.append(NewEffect(GREET, payload, mode=Mode.ONCE, priority=1, cause=f"entry:{entry.pk}"))
    entry.save(update_fields=["greeting", "reasons"])
    return queued
