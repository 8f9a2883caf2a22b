"""Raids: begun by what the newcomers show or by a person, kept on while it goes on, ended when it is quiet.

One open raid a space, whoever declares it how often. What is done about it stands in `raid_steps`; every
deed is one transaction with its audit, and everything needed to go on after a restart is in the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from guildhall.channels.models import Space
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects import webhooks
from guildhall.guard import alerts_behaviour, policies, raids_on
from guildhall.guard.actions import raid_steps
from guildhall.guard.actions.gates import setting as gates
from guildhall.guard.models import Arrival, Raid
from guildhall.guard.raids import Evidence
from guildhall.guard.types import Mode

ACTOR = "system:guard"
BEFORE = timedelta(minutes=5)
"""Whoever came so long before it was seen belongs to it."""
HARDER_FOR = timedelta(hours=24)
"""At most; the end of the raid softens the gate again."""
LONGEST_EXTENSION_MIN = 24 * 60
State = Raid.State


def declare_raid(
    space_id: str,
    by: str,
    *,
    note: str = "",
    evidence: Sequence[Evidence] = (),
    since: datetime | None = None,
    only_watched: bool = False,
) -> Raid:
    """Declare that a space is raided and lock it down; on a raid that is on already nothing changes.

    since: when the first of them came; now by default. only_watched: staff is told and nothing is done
    until a person declares it. Raises NotFound, BadInput (a private talk).
    """
    with transaction.atomic():
        space = Space.objects.filter(pk=space_id).first()
        if space is None:
            raise NotFound(Text("There is no such space.", "不存在该群组。"))
        if space.kind == "private":
            raise BadInput(Text("A private talk cannot be raided.", "私聊不存在突袭。"))
        raid, created = _open(space, by, note, evidence, since, State.SUSPECTED if only_watched else State.ON)
        if created:
            _begun(raid, space, by)
        elif raid.state == State.SUSPECTED and not only_watched:
            raid.state, raid.declared_by, raid.last_seen = State.ON, by, clock.now()
            raid.note = note[:2000] or raid.note
            if evidence:
                raid.evidence = [asdict(one) for one in evidence]
            raid.save()
            _begun(raid, space, by)
        return raid


def extend_raid(raid_id: str, by: str, minutes: int) -> Raid:
    """Keep a raid on for at least so many minutes from now. Raises NotFound, BadInput, Conflict (it is
    over).
    """
    if not 1 <= minutes <= LONGEST_EXTENSION_MIN:
        raise BadInput(Text("Between 1 minute and 24 hours.", "请填写 1 分钟至 24 小时。"), field="minutes")
    with transaction.atomic():
        raid = locked(raid_id)
        if raid.state == State.OVER:
            raise Conflict(
                Text("This raid is over; declare it anew.", "该突袭已结束，请重新宣布。"), code="raid_over"
            )
        raid.until = max(raid.until or clock.now(), clock.now() + timedelta(minutes=minutes))
        raid.save(update_fields=["until"])
        audit.record(by, "raid.extended", f"raid:{raid.id}", {"minutes": minutes})
        return raid


def end_raid(raid_id: str, by: str) -> Raid:
    """End a raid: everything done because of it is taken back. Twice is the same as once. Raises NotFound."""
    with transaction.atomic():
        raid = locked(raid_id)
        if raid.state == State.OVER:
            return raid
        was = raid.state
        raid.state, raid.ended_at, raid.ended_by = State.OVER, clock.now(), by
        raid.joins = _joins(raid)
        raid.save(update_fields=["state", "ended_at", "ended_by", "joins"])
        raid_steps.take_all_back(raid, by)
        gates.soften(raid.space_id, by)
        raids_on.touch()
        audit.record(by, "raid.ended", f"raid:{raid.id}", {"space": raid.space_id, "joins": raid.joins})
        webhooks.announce("raid.ended", {"raid": raid.id, "space": raid.space_id, "joins": raid.joins})
        if was == State.ON:
            alerts_behaviour.tell_of_raid(raid.id, raid.space, alerts_behaviour.RAID_OVER)
        return raid


def goes_on(raid_id: str, at: datetime) -> None:
    """Note that a raid goes on; joins the caller's transaction."""
    raid = Raid.objects.filter(pk=raid_id).exclude(state=State.OVER).first()
    if raid is not None and at > raid.last_seen:
        raid.last_seen, raid.joins = at, _joins(raid)
        raid.save(update_fields=["last_seen", "joins"])


def end_quiet(now: datetime) -> int:
    """End the raids that have been quiet for long enough; returns how many."""
    ended = 0
    for raid in Raid.objects.exclude(state=State.OVER):
        quiet_from = raid.last_seen + timedelta(minutes=raid.quiet_minutes)
        if now >= max(quiet_from, raid.until or quiet_from):
            end_raid(raid.id, ACTOR)
            ended += 1
    return ended


def locked(raid_id: str) -> Raid:
    """The raid for a decision. Raises NotFound."""
    raid = Raid.objects.select_for_update(of=("self",)).select_related("space").filter(pk=raid_id).first()
    if raid is None:
        raise NotFound(Text("There is no such raid.", "不存在该突袭记录。"))
    return raid


def _open(
    space: Space, by: str, note: str, evidence: Sequence[Evidence], since: datetime | None, state: Raid.State
) -> tuple[Raid, bool]:
    """The open raid of a space, and whether it was made just now; two who declare at once get the same
    one.
    """
    known = Raid.objects.select_for_update().filter(space=space).exclude(state=State.OVER).first()
    if known is not None:
        return known, False
    now = clock.now()
    try:
        with transaction.atomic():
            raid = Raid.objects.create(
                space=space,
                state=state,
                since=min(since or now, now) - BEFORE,
                began_at=now,
                last_seen=now,
                declared_by=by,
                evidence=[asdict(one) for one in evidence],
                quiet_minutes=policies.active_for(space.id).raid.quiet_minutes,
                note=note[:2000],
            )
    except IntegrityError:
        return Raid.objects.filter(space=space).exclude(state=State.OVER).get(), False
    return raid, True


def _begun(raid: Raid, space: Space, by: str) -> None:
    raid.joins = _joins(raid)
    raid.save(update_fields=["joins"])
    kinds = [str(one["kind"]) for one in raid.evidence]
    facts = {"raid": raid.id, "space": space.id, "joins": raid.joins, "evidence": kinds}
    if raid.state == State.SUSPECTED:
        audit.record(by, "raid.suspected", f"raid:{raid.id}", facts)
        webhooks.announce("raid.suspected", facts)
        alerts_behaviour.tell_of_raid(raid.id, space, alerts_behaviour.RAID_WATCHED)
        return
    audit.record(by, "raid.declared", f"raid:{raid.id}", facts)
    webhooks.announce("raid.declared", facts)
    raids_on.touch()
    raid_steps.lock_down(raid, space, policies.active_for(space.id).raid, by)
    gates.harden(space.id, clock.now() + HARDER_FOR, by, only_open=True)
    alerts_behaviour.tell_of_raid(raid.id, space, alerts_behaviour.RAID)
    alerts_behaviour.tell_members(raid.id, space)


def acts_by_itself(space_id: str) -> bool:
    """Whether the policy of a space lets a raid be answered without a person."""
    policy = policies.active_for(space_id)
    return policy.mode is Mode.ACT and policy.raid.act


def _joins(raid: Raid) -> int:
    return Arrival.objects.filter(space_id=raid.space_id, at__gte=raid.since).count()
