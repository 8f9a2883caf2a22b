"""From draft to sending: submitted, approved, scheduled, begun, laid out place by place.

Laying out finds the audience as it is when the sending begins, asks compliance for each kind of place, and
writes one row a place; `turning` sends them. Killed at any line it goes on where it was: every row has its
natural key.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import orjson
from django.db import transaction

from guildhall.broadcast import targets
from guildhall.broadcast.actions import proposing
from guildhall.broadcast.actions.writing import Written, check_read, locked, version_of
from guildhall.broadcast.audience import Target
from guildhall.broadcast.models import Broadcast, Delivery, Rendering, Run, Version
from guildhall.broadcast.ruling import Key, Ruling, key_of, refusal, rule_all
from guildhall.broadcast.timing import LATEST, NOW, Schedule, begins, due_for, first_after
from guildhall.channels import registry
from guildhall.compliance.gate import Gate
from guildhall.core import approvals, audit, bulk, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import new_id
from guildhall.core.models import Proposal
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect

LAY_OUT, TURN = "broadcast.lay_out", "broadcast.turn"
ACTOR = "system:broadcast"
State = Broadcast.State
_CHUNK = 500
_COLUMNS = (
    "id", "run", "space", "thread_id", "account", "rendering", "lane", "state", "due_at", "attempt",
    "message_id", "why", "settled_at", "afterwards",
)  # fmt: skip


def submit(broadcast_id: str, by: str, read: int) -> Broadcast:
    """Let it go: at once or by its schedule, or to a second pair of eyes when it is large or for members.

    `read`: the version that was read. Raises NotFound, Conflict, BadInput when nobody is meant or its time is
    over.
    """
    with transaction.atomic():
        one = locked(broadcast_id)
        check_read(one, read)
        if one.state == State.WAITING and not is_open(one.proposal):
            one.state = State.DRAFT
        if one.state != State.DRAFT:
            raise Conflict(Text("It is under way already.", "该群发已提交。"), code="submitted")
        version = version_of(one)
        written = Written.of(version)
        said = proposing.payload(one, version, written)
        if not said["places"]:
            raise BadInput(Text("This audience is nobody.", "没有符合条件的受众。"), field="audience")
        if begins(written.schedule, clock.now()) is None:
            raise BadInput(Text("This time is over.", "发送时间已过。"), field="schedule")
        if proposing.needs_eyes(written.audience, said["places"] + proposing.said_lately(written, one.id)):
            one.state = State.WAITING
            one.proposal = approvals.propose(proposing.APPROVAL, f"broadcast:{one.id}", said, by).id
            audit.record(by, "broadcast.submitted", f"broadcast:{one.id}", {"version": one.version})
        else:
            arm(one, version, by)
        one.changed_at = clock.now()
        one.save()
    return one


def is_open(proposal_id: str) -> bool:
    """Whether somebody may still decide on a proposal."""
    return Proposal.objects.filter(pk=proposal_id, state__in=approvals.OPEN).exists()


def carry_out(proposal: Proposal) -> None:
    """Somebody else approved it. Raises Conflict when it is not what was approved any more."""
    said = proposal.payload
    one = locked(str(said["broadcast"]))
    version = version_of(one)
    if one.version != said["version"] or (one.state != State.WAITING and not said.get("run")):
        raise Conflict(Text("It was changed or put away.", "该群发已被修改或作废。"), code="content_changed")
    version.approved_by, version.approved_targets = proposal.decided_by, int(said["places"])
    version.save(update_fields=["approved_by", "approved_targets"])
    if said.get("run"):
        _unblock(str(said["run"]), proposal.decided_by)
        return
    arm(one, version, proposal.proposed_by)
    one.changed_at = clock.now()
    one.save()


def arm(one: Broadcast, version: Version, by: str) -> None:
    """Schedule it, or begin at once. Inside a transaction that holds its row; the caller saves."""
    now = clock.now()
    schedule = Written.of(version).schedule
    start = begins(schedule, now)
    if start is None:
        raise Conflict(
            Text("Its time was over before it was approved.", "获批时已超过发送时间。"), code="too_late"
        )
    audit.record(by, "broadcast.scheduled", f"broadcast:{one.id}", {"version": version.number})
    if schedule.kind == NOW or start <= now:
        begin(one, version, now, by)
        one.next_at = first_after(schedule, now)
    else:
        one.next_at = start
    one.state = State.ARMED if one.next_at else State.ENDED


def unschedule(broadcast_id: str, by: str) -> Broadcast:
    """Take it off the calendar; it is a draft again. What has begun goes on. Raises NotFound, Conflict."""
    with transaction.atomic():
        one = locked(broadcast_id)
        if one.state != State.ARMED:
            raise Conflict(Text("It is not scheduled.", "该群发未排期。"), code="not_scheduled")
        one.state, one.next_at, one.changed_at = State.DRAFT, None, clock.now()
        one.save()
        audit.record(by, "broadcast.unscheduled", f"broadcast:{one.id}")
    return one


def begin(one: Broadcast, version: Version, due_at: datetime, by: str) -> Run:
    """Begin a sending, once for each time it is due. Inside a transaction."""
    run, created = Run.objects.get_or_create(
        broadcast=one, due_at=due_at, defaults={"version": version, "started_by": by}
    )
    if created:
        audit.record(by, "broadcast.begun", f"broadcast:{one.id}", {"run": run.id})
        _queue_laying_out(run)
    return run


def begin_due() -> int:
    """Begin every scheduled sending whose time has come; returns how many. One that comes too late is
    recorded as missed, for a person to decide about.
    """
    now = clock.now()
    begun = 0
    due = Broadcast.objects.filter(state=State.ARMED, next_at__lte=now).values_list("id", flat=True)
    for broadcast_id in list(due):
        with transaction.atomic():
            one = locked(broadcast_id)
            if one.state != State.ARMED or one.next_at is None or one.next_at > now:
                continue
            version = version_of(one)
            if now - one.next_at > LATEST:
                run, created = Run.objects.get_or_create(
                    broadcast=one, due_at=one.next_at,
                    defaults={"version": version, "started_by": ACTOR, "state": Run.State.MISSED},
                )  # fmt: skip
                if created:
                    audit.record(ACTOR, "broadcast.missed", f"broadcast:{one.id}", {"run": run.id})
            else:
                begin(one, version, one.next_at, version.by)
                begun += 1
            one.next_at = first_after(Written.of(version).schedule, now)
            one.state = State.ARMED if one.next_at else State.ENDED
            one.save(update_fields=["next_at", "state"])
    return begun


def begin_missed(run_id: str, by: str) -> Run:
    """Send one that missed its time after all, now. Raises NotFound, Conflict."""
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state != Run.State.MISSED:
            raise Conflict(Text("It did not miss its time.", "该次发送并未错过时间。"), code="not_missed")
        run.state, run.started_by = Run.State.PLANNED, by
        run.save(update_fields=["state", "started_by"])
        audit.record(by, "broadcast.begun", f"broadcast:{run.broadcast_id}", {"run": run.id, "late": True})
        _queue_laying_out(run)
    return run


def ask_again(run_id: str, by: str) -> Run:
    """Put one whose audience outgrew its approval before a second pair of eyes. Raises NotFound, Conflict."""
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state != Run.State.BLOCKED:
            raise Conflict(Text("It needs no approval.", "无需重新审批。"), code="not_blocked")
        said = proposing.payload(run.broadcast, run.version, Written.of(run.version)) | {"run": run.id}
        approvals.propose(proposing.APPROVAL, f"broadcast:{run.broadcast_id}", said, by)
        audit.record(by, "broadcast.submitted", f"broadcast:{run.broadcast_id}", {"run": run.id})
    return run


def locked_run(run_id: str) -> Run:
    """A run, its row held to the end of the transaction. Raises NotFound."""
    run = Run.objects.select_for_update().filter(pk=run_id).first()
    if run is None:
        raise NotFound(Text("There is no such sending.", "不存在该次发送。"))
    return run


def lay_out(run_id: str) -> int:
    """Write a row for every place of a run, in pieces, then begin its turns; returns how many places."""
    run = Run.objects.select_related("version", "broadcast").filter(pk=run_id).first()
    if run is None or run.state != Run.State.PLANNED:
        return 0
    written = Written.of(run.version)
    found = targets.find(written.audience)
    approved = run.version.approved_targets
    if proposing.needs_eyes(written.audience, len(found)) and (
        approved is None or len(found) > approved * proposing.GROWTH
    ):
        _block(run, len(found))
        return 0
    schedule = written.schedule
    rulings = rule_all(written.content, written.act, found, Gate())
    with transaction.atomic():
        renderings = _render(run, rulings)
    for start in range(0, len(found), _CHUNK):
        rows = [
            _row(run, schedule, target, rulings[key_of(target)], renderings[key_of(target)])
            for target in found[start : start + _CHUNK]
        ]
        with transaction.atomic():
            bulk.insert(Delivery, _COLUMNS, rows, ignore_conflicts=True)
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state == Run.State.PLANNED:
            run.state, run.targets, run.started_at = Run.State.RUNNING, len(found), clock.now()
            next_chain(run)
            run.save()
        elif run.state == Run.State.STOPPED:
            Delivery.objects.filter(run=run, state=Delivery.State.PLANNED).update(
                state=Delivery.State.CANCELLED, settled_at=clock.now()
            )
    return len(found)


def next_chain(run: Run) -> None:
    """Begin a chain of turns; whatever chain there was does nothing any more. The caller saves the row."""
    run.chain += 1
    run.turned_at = clock.now()
    effects.enqueue(turn_effect(run.id, run.chain))


def turn_effect(run_id: str, chain: int, due_at: datetime | None = None) -> NewEffect:
    """The next turn of a run."""
    return NewEffect(
        TURN, {"run": run_id, "chain": chain}, order_key=f"broadcast:{run_id}", due_at=due_at, priority=90,
        cause=f"broadcast:{run_id}",
    )  # fmt: skip


def _queue_laying_out(run: Run) -> None:
    effects.enqueue(
        NewEffect(LAY_OUT, {"run": run.id}, order_key=f"broadcast:{run.id}", cause=f"broadcast:{run.id}")
    )


def _block(run: Run, number: int) -> None:
    with transaction.atomic():
        planned = Run.objects.filter(pk=run.pk, state=Run.State.PLANNED)
        if planned.update(state=Run.State.BLOCKED, targets=number):
            audit.record(ACTOR, "broadcast.blocked", f"broadcast:{run.broadcast_id}", {"run": run.id})


def _unblock(run_id: str, by: str) -> None:
    run = locked_run(run_id)
    if run.state != Run.State.BLOCKED:
        raise Conflict(Text("It needs no approval any more.", "已无需审批。"), code="not_blocked")
    run.state = Run.State.PLANNED
    run.save(update_fields=["state"])
    audit.record(by, "broadcast.begun", f"broadcast:{run.broadcast_id}", {"run": run.id})
    _queue_laying_out(run)


def _render(run: Run, rulings: dict[Key, Ruling]) -> dict[Key, int]:
    for (platform, language, region), ruling in rulings.items():
        Rendering.objects.get_or_create(
            run=run, platform=platform, language=language, region=region, defaults=columns_of(ruling)
        )
    rows = Rendering.objects.filter(run=run).values_list("platform", "language", "region", "id")
    return {(platform, language, region): pk for platform, language, region, pk in rows}


def columns_of(ruling: Ruling) -> dict[str, object]:
    """A ruling as columns of `Rendering`."""
    return {
        "said_in": ruling.said_in,
        "text": ruling.text,
        "buttons": [[one.text, one.url] for one in ruling.buttons],
        "files": list(ruling.files),
        "reasons": list(ruling.reasons),
        "held": ruling.held,
        "why": ruling.why.to_json() if ruling.why else {},
    }


def _row(run: Run, schedule: Schedule, target: Target, ruling: Ruling, rendering: int) -> Sequence[object]:
    why = ruling.why if ruling.held else refusal(target, ruling, registry.get(target.platform))
    return (
        new_id(), run.id, target.space_id, target.thread_id, target.account_id or None, rendering,
        target.lane, Delivery.State.HELD if why else Delivery.State.PLANNED,
        due_for(schedule, run.due_at, target.zone), 1, "",
        orjson.dumps(why.to_json() if why else {}).decode(), None, "",
    )  # fmt: skip
