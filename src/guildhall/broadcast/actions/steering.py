"""What a person does while a run goes out: pause, go on, stop; and afterwards: send the failures again, try
what was held, settle what is in doubt.

What a platform has taken cannot be recalled; whoever stops is told how much that is. Nothing that may have
arrived is ever sent again without somebody saying that it did not.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from guildhall.broadcast.actions.sending import locked_run, next_chain
from guildhall.broadcast.actions.turning import collect
from guildhall.broadcast.models import Delivery, Run
from guildhall.channels import waiting
from guildhall.core import audit, clock
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import State as EffectState

State = Delivery.State
_AT_ONCE = 100
_LIVE = (Run.State.PLANNED, Run.State.RUNNING, Run.State.PAUSED)


def pause(run_id: str, by: str) -> Run:
    """Send nothing more until somebody says to go on. Raises NotFound, Conflict."""
    run = _turn_to(run_id, Run.State.PAUSED, (Run.State.RUNNING,), "broadcast.paused", by)
    call_back_queued(run, by)
    return run


def resume(run_id: str, by: str) -> Run:
    """Go on where it was. Raises NotFound, Conflict."""
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state != Run.State.PAUSED:
            raise Conflict(Text("It is not paused.", "该次发送未暂停。"), code="not_paused")
        _on(run, by, "broadcast.resumed")
    return run


def stop(run_id: str, by: str) -> Run:
    """Send nothing more of it, ever. Raises NotFound, Conflict when it is over."""
    run = _turn_to(
        run_id, Run.State.STOPPED, (*_LIVE, Run.State.BLOCKED, Run.State.MISSED), "broadcast.stopped", by
    )
    call_back_queued(run, by)
    collect(run.id)
    by_hand = Delivery.objects.filter(run=run, state=State.WAITING).values_list("effect_id", flat=True)
    waiting.call_back([effect for effect in by_hand if effect is not None], by, f"broadcast:{run.id}")
    with transaction.atomic():
        Delivery.objects.filter(run=run, state=State.PLANNED).update(
            state=State.CANCELLED, settled_at=clock.now()
        )
    return run


def call_back_queued(run: Run, by: str) -> int:
    """Take back what of a paused or stopped run is queued and nobody has begun; returns how much."""
    back = 0
    rows = Delivery.objects.filter(run=run, state=State.QUEUED, effect_id__isnull=False)
    waiting = [effect for effect in rows.values_list("effect_id", flat=True) if effect is not None]
    for start in range(0, len(waiting), _AT_ONCE):
        with transaction.atomic():
            ids = effects.call_back(waiting[start : start + _AT_ONCE], by, f"broadcast:{run.id}")
            mine = Delivery.objects.filter(run=run, effect_id__in=ids, state=State.QUEUED)
            if run.state == Run.State.PAUSED:
                back += mine.update(state=State.PLANNED, effect_id=None, attempt=F("attempt") + 1)
            else:
                back += mine.update(state=State.CANCELLED, settled_at=clock.now())
    return back


def resend_failed(run_id: str, by: str) -> int:
    """Send again where it surely failed; returns how many. What is in doubt is left to `settle`. Raises
    NotFound, Conflict.
    """
    run = _over(run_id)
    collect(run.id)
    rows = Delivery.objects.filter(run=run, state=State.FAILED)
    dead = [effect for effect in rows.values_list("effect_id", flat=True) if effect is not None]
    again = 0
    for start in range(0, len(dead), _AT_ONCE):
        with transaction.atomic():
            ids = effects.call_back(
                dead[start : start + _AT_ONCE], by, f"broadcast:{run.id}", was=EffectState.DEAD
            )
            again += Delivery.objects.filter(run=run, effect_id__in=ids, state=State.FAILED).update(
                state=State.PLANNED, effect_id=None, attempt=F("attempt") + 1, why={}, settled_at=None
            )
    if again:
        _begin_again(run.id, by, "broadcast.resent", again)
    return again


def try_held(run_id: str, by: str) -> int:
    """Ask again about what was held: an exception was approved, a bot was given its rights; how many. Raises
    NotFound, Conflict.
    """
    run = _over(run_id)
    with transaction.atomic():
        again = Delivery.objects.filter(run=run, state=State.HELD).update(
            state=State.PLANNED, why={}, settled_at=None
        )
    if again:
        _begin_again(run.id, by, "broadcast.held_tried", again)
    return again


def settle(delivery_id: str, by: str, *, arrived: bool) -> Delivery:
    """Say of a delivery in doubt whether it arrived; one that did not is sent. Raises NotFound, Conflict."""
    one = Delivery.objects.filter(pk=delivery_id).first()
    if one is None:
        raise NotFound(Text("There is no such delivery.", "不存在该条投递。"))
    if one.state != State.UNCERTAIN or one.effect_id is None:
        raise Conflict(Text("There is no doubt about it.", "该条投递的结果已确定。"), code="not_uncertain")
    effects.resolve_uncertain(one.effect_id, by, arrived)
    collect(one.run_id)
    one.refresh_from_db()
    return one


def _over(run_id: str) -> Run:
    run = Run.objects.filter(pk=run_id).first()
    if run is None:
        raise NotFound(Text("There is no such sending.", "不存在该次发送。"))
    if run.state not in (Run.State.FINISHED, Run.State.STOPPED, Run.State.RUNNING):
        raise Conflict(Text("Let it finish first.", "请等待发送结束。"), code="not_over")
    return run


def _turn_to(run_id: str, state: str, allowed: Sequence[str], deed: str, by: str) -> Run:
    with transaction.atomic():
        run = locked_run(run_id)
        if run.state not in allowed:
            raise Conflict(
                Text("It is over or was never begun.", "该次发送已结束或尚未开始。"), code="not_live"
            )
        run.state = state
        if state == Run.State.STOPPED:
            run.ended_at, run.ended_by = clock.now(), by
        run.save(update_fields=["state", "ended_at", "ended_by"])
        audit.record(by, deed, f"broadcast:{run.broadcast_id}", {"run": run.id})
    return run


def _begin_again(run_id: str, by: str, deed: str, number: int) -> None:
    with transaction.atomic():
        _on(locked_run(run_id), by, deed, number)


def _on(run: Run, by: str, deed: str, number: int | None = None) -> None:
    run.state, run.ended_at, run.ended_by = Run.State.RUNNING, None, ""
    next_chain(run)
    run.save(update_fields=["state", "ended_at", "ended_by", "chain", "turned_at"])
    said = {"run": run.id} | ({"count": number} if number is not None else {})
    audit.record(by, deed, f"broadcast:{run.broadcast_id}", said)
