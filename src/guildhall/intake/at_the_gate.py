"""What a batch brings to the gates: people who come, ask to, leave or are settled elsewhere; first messages
that wait for an answer; messages of people on trial.

Hands each to `guard.actions.gates`, which decides; nothing is decided here. A batch without a gate costs one
look into a cache.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space, SpaceMember
from guildhall.channels.port import EntityKind, Inbound, Kind, MemberChange, MemberState
from guildhall.guard import gates_in_force
from guildhall.guard.actions import gates
from guildhall.guard.actions.gates import trials
from guildhall.guard.gates.trial import Posted
from guildhall.guard.models import GateAttempt, Probation
from guildhall.intake.batch import Arrived, Batch
from guildhall.people.actions import Known

ACTOR = "system:gate"
TELEGRAM = "telegram"
"""It tells each coming twice; only one of the two says by which link and by whom."""
Way, State = GateAttempt.Way, GateAttempt.State
_MENTIONS = (EntityKind.MENTION, EntityKind.TEXT_MENTION)
_OUT = (MemberState.LEFT, MemberState.BANNED)
_COMINGS = (Kind.JOIN, Kind.JOIN_REQUEST, Kind.LEAVE, Kind.MEMBER_UPDATE)
Trials = dict[tuple[str, str], Probation]


def meet(batch: Batch) -> Collection[str]:
    """Settle what was decided elsewhere, ask who came, withhold what may not be shown yet; returns our ids of
    the messages withheld.
    """
    if not gates_in_force.are_any():
        return ()
    events = [
        (x, space, who, change)
        for _, x, space in batch.of(*_COMINGS)
        if gates_in_force.gate_of(space.pk) is not None
        for who, change in _people(batch, x)
    ]
    if events:
        _settle(batch, events)
        gates.went_away(
            [(space.pk, who.id, x.sent_at) for x, space, who, change in events if _left(x, change)]
        )
        gates.arrive(list(_comings(events)))
    return _first_messages(batch)


def on_trial(batch: Batch) -> Trials:
    """Who of this batch is on trial; their messages that a person is to see get a verdict that says so."""
    if not gates_in_force.are_any():
        return {}
    judged = {one.message_id: one for one in batch.judged}
    pairs = {
        (one.space_id, one.account_id)
        for one in batch.judged
        if one.account_id is not None and gates_in_force.gate_of(one.space_id) is not None
    }
    running = trials.running(pairs)
    if not running:
        return {}
    for item in batch.items:
        one = judged.get(item.id)
        if one is None or item.inbound is None or (one.space_id, one.account_id) not in running:
            continue
        verdict = trials.for_review(one.verdict, posted(item.inbound), one.space_id)
        if verdict is not one.verdict:
            item.verdict = verdict
            judged[item.id] = replace(one, verdict=verdict)
    batch.judged = [judged[one.message_id] for one in batch.judged]
    return running


def count(batch: Batch, running: Trials, withheld: Collection[str]) -> None:
    """Count what people on trial posted, after the verdicts are kept; an answer at the gate is no message."""
    if not running:
        return
    trials.count(
        [
            gates.Kept(
                item.id, item.space, item.account.id, posted(item.inbound), item.verdict,
                is_edit=item.inbound.kind is Kind.EDIT,
            )
            for item in batch.items
            if item.verdict is not None
            and item.inbound is not None
            and item.space is not None
            and item.account is not None
            and item.id not in withheld
        ],
        running,
    )  # fmt: skip


def posted(inbound: Inbound) -> Posted:
    """A message by what it carries."""
    return Posted(
        has_links=bool(inbound.links),
        has_media=bool(inbound.media),
        is_forward=bool(inbound.forwarded_from),
        mentions=sum(1 for one in inbound.entities if one.kind in _MENTIONS),
    )


Event = tuple[Inbound, Space, Known, MemberChange | None]


def _people(batch: Batch, inbound: Inbound) -> Iterator[tuple[Known, MemberChange | None]]:
    """Whom an event is about: those it names, else its sender."""
    if not inbound.members and (who := batch.account_of(inbound, inbound.sender)) is not None:
        yield who, None
    for change in inbound.members:
        if (who := batch.account_of(inbound, change.account)) is not None:
            yield who, change


def _settle(batch: Batch, events: Sequence[Event]) -> None:
    """An administrator freed, banned or let somebody in on the platform itself."""
    asking = GateAttempt.objects.filter(
        space_id__in={space.pk for _, space, _, _ in events}, way=Way.REQUEST, state=State.WAITING
    )
    joined = {who.id for x, _, who, _ in events if x.kind is Kind.JOIN}
    waits = (
        set(asking.filter(account_id__in=joined).values_list("space_id", "account_id")) if joined else set()
    )
    for inbound, space, who, change in events:
        by = change.by if change is not None else ""
        if change is None or inbound.kind is Kind.JOIN_REQUEST or by == inbound.receiver:
            continue
        if inbound.kind is Kind.JOIN:
            if (space.pk, who.id) in waits:
                gates.settled_elsewhere(space.pk, [who.id], _actor(batch, inbound, by), let_in=True)
        elif by and change.after in (MemberState.MEMBER, MemberState.ADMIN, *_OUT):
            gates.settled_elsewhere(
                space.pk, [who.id], _actor(batch, inbound, by), let_in=change.after not in _OUT
            )


def _actor(batch: Batch, inbound: Inbound, by: str) -> str:
    """Who did it, as the audit names them."""
    known = batch.accounts.get((inbound.platform, by))
    return f"account:{known.id}" if known is not None else f"system:{inbound.platform}"


def _left(inbound: Inbound, change: MemberChange | None) -> bool:
    return inbound.kind is Kind.LEAVE or (
        inbound.kind is Kind.MEMBER_UPDATE and change is not None and change.after in _OUT
    )


def _comings(events: Iterable[Event]) -> Iterator[gates.Coming]:
    """Who came or asks to, unless the same batch says that they are gone again."""
    events = list(events)
    gone: dict[tuple[str, str], datetime] = {}
    for inbound, space, who, change in events:
        if _left(inbound, change):
            gone[space.pk, who.id] = inbound.sent_at
    for inbound, space, who, change in events:
        if inbound.kind is Kind.JOIN_REQUEST:
            way = Way.REQUEST
        elif inbound.platform == TELEGRAM and (change is None or change.before is None):
            continue
        elif inbound.kind is Kind.JOIN and gone.get((space.pk, who.id), inbound.sent_at) <= inbound.sent_at:
            way = Way.JOINED
        else:
            continue
        invite, by = (change.invite, change.by) if change is not None else ("", "")
        if not by and inbound.sender.external_id != who.external_id:
            by = inbound.sender.external_id
        yield gates.Coming(space, who.id, way, inbound.sent_at, invite, by if way is Way.JOINED else "")


def _first_messages(batch: Batch) -> list[str]:
    """Where messages are ours to withhold: the first one of a newcomer waits for the answer, and the answer
    itself is shown to nobody.
    """
    new = [
        Arrived(item, item.inbound, item.space, item.account)
        for item in batch.items
        if item.is_new
        and item.inbound is not None
        and item.space is not None
        and item.account is not None
        and item.inbound.kind is Kind.MESSAGE
        and item.outcome is not None
        and item.space.platform in registry.holding()
        and gates_in_force.open_gate(item.space.pk) is not None
    ]
    free = _inside(new)
    withheld: list[str] = []
    for one in new:
        pair = one.space.pk, one.account.id
        if pair in free:
            continue
        coming = gates.Coming(
            one.space, one.account.id, Way.FIRST, one.inbound.sent_at, message_id=one.item.id
        )
        if (
            gates.typed(one.account.id, one.inbound.text, one.space)
            or gates.arrive([coming])
            or GateAttempt.objects.filter(space=one.space, account=one.account.id).exists()
        ):
            withheld.append(one.item.id)
    channels.hide_messages(withheld, by=ACTOR)
    return withheld


def _inside(new: list[Arrived]) -> set[tuple[str, str]]:
    """Those who passed, or were here before there was a gate."""
    if not new:
        return set()
    spaces, accounts = {one.space.pk for one in new}, {one.account.id for one in new}
    passed = GateAttempt.objects.filter(
        space_id__in=spaces, account_id__in=accounts, state__in=(State.PASSED, State.LET_IN)
    )
    out = set(passed.values_list("space_id", "account_id"))
    members = SpaceMember.objects.filter(space_id__in=spaces, account_id__in=accounts)
    for space_id, account_id, first in members.values_list("space_id", "account_id", "first_message_at"):
        gate = gates_in_force.gate_of(space_id)
        opened = gate.opened_at if gate is not None else None
        if first is not None and opened is not None and first < opened:
            out.add((space_id, account_id))
    return out
