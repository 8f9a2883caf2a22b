"""The turns of a run: what became of what is on its way is noted, and as much more is queued as goes out in
the next seconds.

So few are queued at once that a stop takes hold within seconds, and so many that no way out ever runs dry.
What stands in our rows follows the effects; they alone know what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Count, Min

from guildhall.broadcast import links
from guildhall.broadcast.actions.sending import ACTOR, columns_of, locked_run, turn_effect
from guildhall.broadcast.actions.writing import Written
from guildhall.broadcast.audience import Target
from guildhall.broadcast.models import Delivery, Rendering, Run
from guildhall.broadcast.ruling import Key, Ruling, act_for, refs_for, refusal, rule
from guildhall.channels import actions as channels
from guildhall.channels import registry, waiting
from guildhall.channels.models import Message
from guildhall.compliance.acts import Act
from guildhall.compliance.gate import Gate
from guildhall.core import audit, bulk, clock
from guildhall.core.errors import GuildhallError
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects import bucket, buckets
from guildhall.effects.models import Effect
from guildhall.effects.types import State as EffectState
from guildhall.facts.actions import stage

State = Delivery.State
BUSY, QUIET, LONGEST = timedelta(seconds=1), timedelta(seconds=3), timedelta(minutes=1)
AHEAD_S = 6
"""So many seconds of work a way out is given ahead of time."""
LEAST, MOST, UNLIMITED = 40, 300, 100
PRIORITY = 150
_NOTED = ("state", "message_id", "why", "settled_at")
_OPEN = (State.QUEUED, State.WAITING, State.UNCERTAIN, State.FAILED)


def turn(run_id: str, chain: int) -> None:
    """One turn of a run, and the next one queued, until nothing of it is left to be done."""
    changed = collect(run_id, [State.QUEUED])
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state != Run.State.RUNNING or run.chain != chain:
            return
        queued = _queue_more(run)
        _go_on(run, busy=bool(changed or queued))


def collect(run_id: str, states: Iterable[str] = _OPEN) -> int:
    """Note what became of deliveries in these states; returns how many changed."""
    rows = Delivery.objects.filter(run=run_id, state__in=list(states), effect_id__isnull=False)
    was = {effect: pk for effect, pk in rows.values_list("effect_id", "id") if effect is not None}
    if not was:
        return 0
    told = {
        row["id"]: row
        for row in Effect.objects.filter(pk__in=was).values("id", "state", "error", "result", "finished_at")
    }
    with transaction.atomic():
        held = list(
            Delivery.objects.select_for_update().filter(pk__in=was.values(), state__in=_OPEN).order_by("pk")
        )
        found = [
            (one, outcome)
            for one in held
            if one.effect_id in told and (outcome := _outcome(told[one.effect_id])).state != one.state
        ]
        messages = _messages(found)
        now = clock.now()
        bulk.update_many(
            Delivery,
            "id",
            _NOTED,
            [
                (
                    one.id, outcome.state, messages.get((one.space_id, outcome.external_id), one.message_id),
                    orjson.dumps(outcome.why).decode(), None if outcome.state == State.QUEUED else now,
                )
                for one, outcome in found
            ],
        )  # fmt: skip
        _stage_posts([one.id for one, outcome in found if outcome.state == State.SENT], now)
    return len(found)


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: str
    external_id: str = ""
    why: Mapping[str, str] = field(default_factory=dict)


def hear_of_waiting(settled: waiting.Settled) -> None:
    """Somebody did by hand what a delivery waited for, or said that it will not be done."""
    done = settled.ending is waiting.Ending.DONE
    why: Mapping[str, str] = {}
    if not done:
        reason = "" if settled.reason.startswith("broadcast:") else settled.reason
        why = {"en": reason or "no longer wanted", "zh": reason or "已不再需要"}
    now = clock.now()
    with transaction.atomic():
        held = Delivery.objects.select_for_update().filter(
            effect_id=settled.effect_id, state__in=(State.QUEUED, State.WAITING)
        )
        ids = list(held.values_list("id", flat=True))
        Delivery.objects.filter(pk__in=ids).update(
            state=State.SENT if done else State.CANCELLED,
            message_id=settled.message_id,
            why=why,
            settled_at=now,
        )
        if done:
            _stage_posts(ids, now)


def _stage_posts(delivery_ids: Sequence[str], at: datetime) -> None:
    """Deliveries that were just noted as sent, as facts."""
    rows = Delivery.objects.filter(pk__in=delivery_ids).values_list(
        "id", "run__broadcast_id", "run_id", "space_id", "account_id", "rendering__platform",
        "rendering__language", "rendering__region",
    )  # fmt: skip
    names = ("delivery", "broadcast", "run", "space", "account", "platform", "language", "region")
    stage("posts", [dict(zip(names, row, strict=True)) | {"sent_at": at} for row in rows.order_by("id")])


def _outcome(effect: Mapping[str, Any]) -> _Outcome:
    error = str(effect["error"])
    match EffectState(effect["state"]):
        case EffectState.DONE:
            result = effect["result"] or {}
            external = str(result.get("external_id") or f"out:{effect['id']}")
            return _Outcome(State.WAITING if result.get("waiting") else State.SENT, external)
        case EffectState.DEAD:
            return _Outcome(State.FAILED, why={"en": error, "zh": error})
        case EffectState.UNCERTAIN:
            return _Outcome(State.UNCERTAIN, why={"en": error, "zh": error})
        case EffectState.CANCELLED:
            return _Outcome(State.CANCELLED)
    return _Outcome(State.QUEUED)


def _messages(found: Sequence[tuple[Delivery, _Outcome]]) -> dict[tuple[str, str], str]:
    """Our ids of messages that now stand somewhere, by space and the platform's id."""
    wanted = [(one.space_id, outcome.external_id) for one, outcome in found if outcome.external_id]
    if not wanted:
        return {}
    rows = Message.objects.filter(
        space__in={space for space, _ in wanted}, external_id__in={external for _, external in wanted}
    )
    return {
        (space, external): pk for space, external, pk in rows.values_list("space_id", "external_id", "id")
    }


def _queue_more(run: Run) -> int:
    """Queue what is due, each way out as far as it has room. Inside a transaction that holds the run."""
    now = clock.now()
    due = Delivery.objects.filter(run=run, state=State.PLANNED, due_at__lte=now)
    lanes = list(due.order_by().values_list("lane").annotate(n=Count("id")).values_list("lane", flat=True))
    if not lanes:
        return 0
    busy = dict(
        Delivery.objects.filter(run=run, state=State.QUEUED)
        .order_by()
        .values_list("lane")
        .annotate(n=Count("id"))
    )
    picked: list[Delivery] = []
    for lane in lanes:
        line = due.filter(lane=lane).select_related("rendering", "space", "account__member")
        line = line.order_by("due_at", "id")
        first = line.first()
        room = _room(first) - busy.get(lane, 0) if first is not None else 0
        picked += line[: max(0, room)]
    return _queue(run, picked)


def _room(sample: Delivery) -> int:
    """How many a way out may have in hand, by what its limits let through."""
    target = target_of(sample)
    act = act_for(target, Ruling(("", "", ""), text=sample.rendering.text))
    shapes = [buckets.shape_of(name) for name in registry.get(target.platform).buckets(act, refs_for(target))]
    rates = [shape.rate * 1_000_000 / bucket.TOKEN for shape in shapes if shape is not None]
    return max(LEAST, min(MOST, int(max(rates) * AHEAD_S))) if rates else UNLIMITED


def _queue(run: Run, picked: Sequence[Delivery]) -> int:
    written, gate = Written.of(run.version), Gate()
    fresh: dict[Key, Ruling] = {}
    wanted: list[tuple[Delivery, channels.Wanted]] = []
    for one in picked:
        stored = one.rendering
        key = stored.platform, stored.language, stored.region
        if key not in fresh:
            fresh[key] = rule(written.content, written.act, key, gate)
            _keep(stored, fresh[key])
        ruling, target = fresh[key], target_of(one)
        why = ruling.why or _is_gone(one) or refusal(target, ruling, registry.get(target.platform))
        if ruling.held or why is not None:
            _hold(one, why)
            continue
        asked = _wanted(one, target, ruling, written.act, gate, run)
        if asked is not None:
            wanted.append((one, asked))
    sent = _request(run, wanted)
    found = dict(
        Effect.objects.filter(unique_key__in=[one.effect_key for one in sent]).values_list("unique_key", "id")
    )
    bulk.update_many(
        Delivery,
        "id",
        ("state", "effect_id"),
        [(one.id, State.QUEUED, found[one.effect_key]) for one in sent],
    )
    return len(picked)


def _keep(stored: Rendering, ruling: Ruling) -> None:
    """What compliance or a platform says now counts; the row shows it."""
    columns = columns_of(ruling)
    if any(getattr(stored, name) != value for name, value in columns.items()):
        Rendering.objects.filter(pk=stored.pk).update(**columns)


def _wanted(
    one: Delivery, target: Target, ruling: Ruling, act: Act, gate: Gate, run: Run
) -> channels.Wanted | None:
    """What is asked of the platform; None when it is held after all."""
    clearance = ruling.clearance
    if links.are_tracked():
        going = links.Going(one.id, run.id, run.broadcast_id, target.space_id, target.account_id)
        text, buttons = links.rewrite(ruling.text, ruling.buttons, going)
        decision = gate.may(act, ruling.key[2], text, language=ruling.said_in)
        clearance = decision.clearance
        ruling = Ruling(ruling.key, ruling.said_in, decision.text, buttons, ruling.files)
        behind = "\n".join(f"{one.text} {one.url}" for one in buttons)
        if behind and not gate.may(act, ruling.key[2], behind, language=ruling.said_in).allowed:
            clearance = None
        if clearance is None:
            _hold(one, Text("Compliance refuses the tracked address.", "合规不放行追踪链接。"))
            return None
    return channels.Wanted(
        act_for(target, ruling), clearance, one.effect_key, reason=f"broadcast:{run.id}", priority=PRIORITY
    )


def _request(run: Run, wanted: Sequence[tuple[Delivery, channels.Wanted]]) -> list[Delivery]:
    """Ask for all at once; where one is refused, for each by itself."""
    try:
        with transaction.atomic():
            channels.request_many([asked for _, asked in wanted], actor=run.started_by, reason="")
        return [one for one, _ in wanted]
    except GuildhallError:
        sent = []
        for one, asked in wanted:
            try:
                with transaction.atomic():
                    channels.request_many([asked], actor=run.started_by, reason="")
                sent.append(one)
            except GuildhallError as error:
                _hold(one, error.text)
        return sent


def _is_gone(one: Delivery) -> Text | None:
    """Why nothing goes there any more, for what happened since it was laid out; None when nothing did."""
    if one.space.archived_at is not None:
        return Text("The space was archived meanwhile.", "该群组已归档。")
    if one.account is not None and one.account.member.erased_at is not None:
        return Text("The member was erased meanwhile.", "该成员的资料已删除。")
    return None


def _hold(one: Delivery, why: Text | None) -> None:
    Delivery.objects.filter(pk=one.pk).update(
        state=State.HELD, why=why.to_json() if why else {}, settled_at=clock.now()
    )


def target_of(one: Delivery) -> Target:
    """The place of a delivery, as it is now."""
    space = one.space
    return Target(
        space_id=space.id,
        platform=space.platform,
        name=space.name,
        language=one.rendering.language,
        region=one.rendering.region,
        kind=space.kind,
        receiver=space.receiver,
        external_id=space.external_id,
        thread_id=one.thread_id,
        account_id=one.account_id or "",
    )


def _go_on(run: Run, *, busy: bool) -> None:
    """The next turn, or the end of the run."""
    now = clock.now()
    left = Delivery.objects.filter(run=run, state__in=(State.PLANNED, State.QUEUED))
    on_its_way = left.filter(state=State.QUEUED).exists()
    next_due: datetime | None = left.filter(state=State.PLANNED).aggregate(at=Min("due_at"))["at"]
    run.turned_at = now
    if not on_its_way and next_due is None:
        run.state, run.ended_at = Run.State.FINISHED, now
        audit.record(ACTOR, "broadcast.finished", f"broadcast:{run.broadcast_id}", {"run": run.id})
    else:
        soon = now + (BUSY if busy else QUIET)
        if not on_its_way and next_due is not None and next_due > soon:
            soon = min(next_due, now + LONGEST)
        effects.enqueue(turn_effect(run.id, run.chain, soon))
    run.save(update_fields=["state", "ended_at", "turned_at"])
