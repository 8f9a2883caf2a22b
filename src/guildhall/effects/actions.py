"""The only writers of effects beside the engine: queue them, and decide about those that need a person.

`enqueue` joins the caller's transaction, so an effect exists exactly when its cause does. What a person
decides is audited in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from guildhall.core import audit, bulk, clock
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects import claim, doorbell, fields, lifecycle, locks, table, wakeup
from guildhall.effects.lifecycle import Decision, NotPossible, Step
from guildhall.effects.models import Effect
from guildhall.effects.types import KEY, READY, TIME, Mode, NewEffect, State

__all__ = ["NewEffect", "call_back", "enqueue", "enqueue_many", "give_up", "resolve_uncertain", "retry"]

_COLUMNS = (
    "kind", "payload", "mode", "order_key", "buckets", "unique_key", "priority", "due_at", "state",
    "waiting_for", "attempts", "created_at", "cause",
)  # fmt: skip
_LIMITS = {"kind": 80, "order_key": 200, "unique_key": 200}
_LONGEST_BUCKET, _LONGEST_CAUSE = 100, 200


def enqueue(effect: NewEffect) -> bool:
    """Queue one effect in the caller's transaction; False when its unique key is already there.

    Raises RuntimeError outside a transaction, Conflict when the same unique key has another body, BadInput
    for a payload that is not JSON.
    """
    return enqueue_many([effect]) == 1


def enqueue_many(effects: Iterable[NewEffect]) -> int:
    """Queue effects in order, in one round trip; returns how many were new. Errors as `enqueue`."""
    if not connection.in_atomic_block:
        raise RuntimeError("effects are queued inside the transaction that causes them")
    given = _once_each(effects)
    if not given:
        return 0
    locks.hold_for_enqueue({effect.order_key for effect, _ in given if effect.order_key})
    now = clock.now()
    rows, has_head = [], set()
    for effect, payload in given:
        due = now if effect.due_at is None else effect.due_at.astimezone(UTC)
        behind = effect.order_key in has_head
        # Known to wait: an effect of the same key stands before it in this very batch.
        waits = KEY if behind else TIME if due > now else READY
        if effect.order_key and effect.unique_key is None:
            has_head.add(effect.order_key)
        rows.append(_row(effect, payload, due, waits, now))
    written = bulk.insert(Effect, _COLUMNS, rows, ignore_conflicts=True)
    if written < len(rows):
        _refuse_other_bodies([pair for pair in given if pair[0].unique_key is not None])
    doorbell.ring()
    transaction.on_commit(wakeup.notify)
    return written


def retry(effect_id: int, by: str) -> None:
    """Start a dead effect over, or do a waiting one now. Raises NotFound, Conflict."""
    _decide(effect_id, Decision.RETRY, by)


def give_up(effect_id: int, by: str, reason: str) -> None:
    """Cancel an effect that is queued, dead or uncertain. Raises NotFound, Conflict."""
    _decide(effect_id, Decision.GIVE_UP, by, reason)


def resolve_uncertain(effect_id: int, by: str, happened: bool) -> None:
    """Settle an uncertain effect: it happened (done), or it did not (queued again). Raises NotFound,
    Conflict.
    """
    _decide(effect_id, Decision.IT_HAPPENED if happened else Decision.IT_DID_NOT_HAPPEN, by)


def call_back(
    effect_ids: Collection[int], by: str, reason: str, *, was: State = State.QUEUED
) -> frozenset[int]:
    """Cancel those of these effects that still are `was` (queued or dead); returns which. What somebody has
    in hand, or what is in doubt, is left as it is. At the beginning of the caller's transaction, a hundred or
    so at a time: it takes a lock for each order key.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("effects are called back inside the transaction that knows about it")
    if was not in (State.QUEUED, State.DEAD):
        raise ValueError(f"an effect that is {was} cannot be called back")
    ids = sorted(effect_ids)
    keys = {
        key for key in Effect.objects.filter(pk__in=ids).values_list("order_key", flat=True).distinct() if key
    }
    locks.hold_keys(keys)
    found = list(Effect.objects.select_for_update().filter(pk__in=ids, state=was.value).order_by("pk"))
    for effect in found:
        step = lifecycle.decided(was, Decision.GIVE_UP, attempts=effect.attempts)
        _write(effect, step, Decision.GIVE_UP, reason)
    audit.record_many(
        [
            audit.Entry(
                by, f"effect.{Decision.GIVE_UP.value}", f"effect:{effect.pk}",
                {"kind": effect.kind, "was": was.value, "now": effect.state, "reason": reason},
            )
            for effect in found
        ]
    )  # fmt: skip
    if found and keys:
        claim.claim_heads("", keys, 0)
        doorbell.ring()
        transaction.on_commit(wakeup.notify)
    return frozenset(effect.pk for effect in found)


def _decide(effect_id: int, decision: Decision, by: str, reason: str = "") -> None:
    with transaction.atomic():
        key = Effect.objects.filter(pk=effect_id).values_list("order_key", flat=True).first()
        if key is None:
            raise NotFound(Text(f"There is no effect {effect_id}.", f"不存在编号为 {effect_id} 的任务。"))
        locks.hold_keys([key] if key else [])
        effect = Effect.objects.select_for_update().get(pk=effect_id)
        state = State(effect.state)
        try:
            step = lifecycle.decided(state, decision, attempts=effect.attempts)
        except NotPossible as error:
            raise Conflict(
                Text(
                    f"Effect {effect_id} is {state.value}; this cannot be decided now.",
                    f"任务 {effect_id} 的状态已变为“{state.value}”，当前无法执行此操作。",
                )
            ) from error
        _write(effect, step, decision, reason)
        audit.record(
            by,
            f"effect.{decision.value}",
            f"effect:{effect_id}",
            {"kind": effect.kind, "was": state.value, "now": step.state.value, "reason": reason},
        )
        if key:
            claim.claim_heads("", [key], 0)
        doorbell.ring()
        transaction.on_commit(wakeup.notify)


def _write(effect: Effect, step: Step, decision: Decision, reason: str) -> None:
    now = clock.now()
    effect.state = step.state.value
    effect.attempts = step.attempts
    effect.waiting_for = READY
    if step.state is State.QUEUED:
        effect.due_at, effect.finished_at = now + timedelta(milliseconds=step.wait_ms), None
    else:
        effect.finished_at = now
    if decision is Decision.GIVE_UP and reason:
        effect.error = f"given up: {reason}"[:500]
    effect.save(update_fields=["state", "attempts", "waiting_for", "due_at", "finished_at", "error"])


def _once_each(effects: Iterable[NewEffect]) -> list[tuple[NewEffect, str]]:
    """The effects with their payload as text, each unique key once. Raises BadInput, Conflict."""
    seen: dict[str, tuple[NewEffect, str]] = {}
    given = []
    for row, effect in enumerate(effects):
        payload = _checked(effect, row)
        if effect.unique_key is not None:
            before = seen.setdefault(effect.unique_key, (effect, payload))
            if before[0] is not effect:
                if not _same_body(before[0], before[1], effect, payload):
                    raise _other_body(effect.unique_key)
                continue
        given.append((effect, payload))
    return given


def _checked(effect: NewEffect, row: int) -> str:
    for name, longest in _LIMITS.items():
        value = getattr(effect, name) or ""
        if len(value) > longest or not _storable(value):
            raise BadInput(
                Text(
                    f"{name} must be at most {longest} characters and hold no null character.",
                    f"{name} 最长 {longest} 个字符，且不能包含空字符。",
                ),
                field=name,
                row=row,
            )
    if any(len(name) > _LONGEST_BUCKET or not _storable(name) for name in effect.buckets):
        raise BadInput(Text("A bucket's name is too long.", "限流桶名称过长。"), field="buckets", row=row)
    try:
        return fields.dumps(effect.payload)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadInput(
            Text(f"The payload is not JSON: {error}", f"任务内容不是合法的 JSON：{error}"),
            field="payload",
            row=row,
        ) from error


def _row(effect: NewEffect, payload: str, due: datetime, waits: str, now: datetime) -> tuple[object, ...]:
    cause = effect.cause[:_LONGEST_CAUSE].replace("\x00", "").encode("utf-8", "replace").decode()
    buckets = fields.dumps(list(dict.fromkeys(effect.buckets))) if effect.buckets else "[]"
    return (
        effect.kind, payload, effect.mode.value, effect.order_key, buckets, effect.unique_key,
        effect.priority, due, State.QUEUED.value, waits, 0, now, cause,
    )  # fmt: skip


def _refuse_other_bodies(given: Sequence[tuple[NewEffect, str]]) -> None:
    """Raise Conflict when a unique key is already there with another kind, mode, order key or payload."""
    wanted = {effect.unique_key: (effect, payload) for effect, payload in given}
    found = table.run(
        "SELECT unique_key, kind, mode, order_key, payload FROM effects_effect "
        f"WHERE unique_key IS NOT NULL AND {table.any_of('unique_key')}",
        [table.many(wanted)],
    )
    for key, kind, mode, order_key, payload in found:
        effect, text = wanted[key]
        there = NewEffect(kind=kind, mode=Mode(mode), order_key=order_key)
        if not _same_body(there, payload, effect, text):
            raise _other_body(key)


def _same_body(one: NewEffect, payload: str, other: NewEffect, its_payload: str) -> bool:
    same = (one.kind, one.mode, one.order_key) == (other.kind, other.mode, other.order_key)
    return same and (payload == its_payload or json.loads(payload) == json.loads(its_payload))


def _other_body(key: str) -> Conflict:
    return Conflict(
        Text(
            f"An effect with the unique key {key!r} exists and has another body.",
            f"唯一键“{key}”的任务已存在，但内容不同。",
        )
    )


def _storable(value: str) -> bool:
    if "\x00" in value:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
