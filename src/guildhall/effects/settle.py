"""What became of effects in hand is noted here, in one transaction with what their performers want
recorded.

Every write is fenced by owner and attempt: a worker whose lease was taken over can note nothing. One effect
whose record fails is settled as a failure of its own; the others of the batch are noted all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction

from guildhall.core import bulk, clock
from guildhall.core.log import get_logger
from guildhall.effects import claim, fields, lifecycle, locks, performers, table
from guildhall.effects.claim import Lease
from guildhall.effects.lifecycle import Event, Step
from guildhall.effects.models import Effect
from guildhall.effects.types import READY, TIME, Mode, State

_logger = get_logger(__name__)
_COLUMNS = (
    "state", "waiting_for", "attempts", "due_at", "lease_owner", "lease_until", "finished_at", "error",
    "result",
)  # fmt: skip
_LONGEST_ERROR = 500
_AT_ONCE = 500
_EXPIRED = """
SELECT id, kind, mode, attempts, order_key, cause, created_at, due_at, lease_owner, state
FROM effects_effect{lease} WHERE state IN ('leased', 'running') AND lease_until < %s{these}
ORDER BY lease_until LIMIT %s{lock}
"""
_STRAY = """
SELECT DISTINCT e.order_key FROM effects_effect e{queue}
WHERE e.state = 'queued' AND e.waiting_for = 'key'
AND NOT EXISTS (SELECT 1 FROM effects_effect b{live} WHERE b.order_key = e.order_key AND b.order_key > ''
                AND b.state IN ('queued', 'leased', 'running') AND b.id < e.id)
AND NOT EXISTS (SELECT 1 FROM effects_effect b{in_hand} WHERE b.order_key = e.order_key AND b.order_key > ''
                AND b.state IN ('leased', 'running'))
LIMIT %s
"""


@dataclass(slots=True)
class Outcome:
    """What performing a leased effect came to. retry_after_ms: when the other side said how long to
    wait.
    """

    lease: Lease
    event: Event
    result: Mapping[str, Any] = field(default_factory=dict)
    record: Callable[[], None] | None = None
    error: str = ""
    retry_after_ms: int | None = None
    refused: int = 0


@dataclass(slots=True)
class Settled:
    """next: effects leased in turn (of order keys that became free); begun: those now running; lost: fenced
    off.
    """

    next: list[Lease] = field(default_factory=list)
    begun: list[Lease] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)


def settle(
    owner: str, outcomes: Sequence[Outcome], *, begin: Sequence[Lease] = (), next_limit: int = 0
) -> Settled:
    """Note outcomes and begin ONCE effects, in one transaction; lease what comes next in the outcomes'
    order keys.

    Raises OperationalError when the database is in trouble; then nothing of it happened and it may be
    called again.
    """
    keys = {outcome.lease.order_key for outcome in outcomes} - {""}
    done = Settled()
    with transaction.atomic():
        locks.hold_keys(keys)
        held = claim.held_by([outcome.lease for outcome in outcomes])
        rows = []
        for outcome in outcomes:
            state = held.get(outcome.lease.id)
            if state is None:
                done.lost.append(outcome.lease.id)
                _logger.warning("effect.lease_lost", effect=outcome.lease.id, kind=outcome.lease.kind)
                continue
            noted = _record(outcome)
            step = _step(noted, state)
            rows.append(_row(noted, step))
            if step.state is not State.DONE:
                _tell(noted, step)
        bulk.update_many(Effect, "id", _COLUMNS, rows)
        if begin:
            done.begun = claim.start(begin)
        if keys:
            done.next = claim.claim_heads(owner, keys, next_limit)
    return done


def reap() -> int:
    """Settle effects whose lease ran out: queued again, or uncertain when a ONCE effect was begun; how
    many.
    """
    now = table.time(clock.now())
    found = table.run(_EXPIRED.format(lease=table.using("effect_lease"), these="", lock=""), [now, _AT_ONCE])
    if not found:
        return 0
    keys = {row[4] for row in found} - {""}
    these = f" AND {table.any_of('id')}"
    with transaction.atomic():
        locks.hold_keys(keys)
        rows = table.run(
            _EXPIRED.format(lease="", these=these, lock=table.locking()),
            [now, table.many(row[0] for row in found), _AT_ONCE],
        )
        written = []
        for id_, kind, mode, attempts, key, cause, created, due, owner, state in rows:
            lease = Lease(
                id_, kind, {}, Mode(mode), attempts, key, cause, table.moment(created), table.moment(due),
                owner, State(state),
            )  # fmt: skip
            outcome = Outcome(lease, Event.EXPIRED, error="the worker was gone before it was done")
            step = _step(outcome, lease.state)
            written.append(_row(outcome, step))
            _tell(outcome, step)
        bulk.update_many(Effect, "id", _COLUMNS, written)
        claim.claim_heads("", keys, 0)
    return len(rows)


def heal() -> int:
    """Make ready what waits for its key although nothing is ahead of it; how many. A net under
    `claim_heads`.
    """
    stray = _STRAY.format(
        queue=table.using("effect_queue"),
        live=table.using("effect_key_live"),
        in_hand=table.using("effect_key_in_hand"),
    )
    keys = [row[0] for row in table.run(stray, [_AT_ONCE])]
    if keys:
        with transaction.atomic():
            locks.hold_keys(keys)
            claim.claim_heads("", keys, 0)
        _logger.warning("effect.keys_healed", count=len(keys))
    return len(keys)


def _record(outcome: Outcome) -> Outcome:
    """Run what the performer wants recorded; when that fails, the outcome is that it could not be
    recorded.
    """
    if outcome.event is not Event.DONE:
        return outcome
    try:
        fields.dumps(dict(outcome.result))
        if outcome.record is not None:
            with transaction.atomic():
                outcome.record()
    except (OperationalError, InterfaceError):
        raise  # the database is in trouble, not this effect
    except Exception as error:
        _logger.exception("effect.record_failed", effect=outcome.lease.id, kind=outcome.lease.kind)
        return Outcome(outcome.lease, Event.UNRECORDED, error=f"done, but not recorded: {explain(error)}")
    return outcome


def _step(outcome: Outcome, state: State) -> Step:
    known = performers.find(outcome.lease.kind)
    return lifecycle.after(
        state,
        outcome.lease.mode,
        outcome.event,
        effect_id=outcome.lease.id,
        attempts=outcome.lease.attempt,
        max_attempts=known.max_attempts if known else None,
        retry_after_ms=outcome.retry_after_ms,
    )


def _row(outcome: Outcome, step: Step) -> tuple[Any, ...]:
    now = clock.now()
    waits = step.state is State.QUEUED
    return (
        outcome.lease.id,
        step.state.value,
        TIME if waits and step.wait_ms else READY,
        step.attempts,
        now + timedelta(milliseconds=step.wait_ms) if waits else outcome.lease.due_at,
        "",
        None,
        None if waits else now,
        outcome.error[:_LONGEST_ERROR],
        fields.dumps(dict(outcome.result)) if step.state is State.DONE and outcome.result else None,
    )


def _tell(outcome: Outcome, step: Step) -> None:
    lease = outcome.lease
    told = _logger.info if step.state is State.QUEUED else _logger.warning
    if outcome.event is not Event.GIVEN_BACK:
        told(
            f"effect.{step.state.value}",
            effect=lease.id, kind=lease.kind, event_=outcome.event.value, attempt=step.attempts,
            wait_ms=step.wait_ms, why=outcome.error,
        )  # fmt: skip


def explain(error: BaseException) -> str:
    """An error as kept with the effect: its type and the first line of what it says, storable anywhere."""
    first = str(error).partition("\n")[0]
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:_LONGEST_ERROR]
