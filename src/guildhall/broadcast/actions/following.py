"""What is looked after every minute: sendings whose time has come, runs whose turns broke off, and what
became of deliveries after their run was over.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from guildhall.broadcast.actions.afterwards import collect_afterwards
from guildhall.broadcast.actions.sending import ACTOR, begin_due, is_open, locked_run, next_chain
from guildhall.broadcast.actions.steering import call_back_queued
from guildhall.broadcast.actions.turning import collect
from guildhall.broadcast.models import Broadcast, Delivery, Run
from guildhall.core import audit, clock

BROKEN_OFF = timedelta(minutes=3)
FOLLOWED = timedelta(days=30)
"""As long as finished effects are kept by default: longer nobody could tell."""
_FAILURES_FOLLOWED = timedelta(hours=48)
_CHANGING = (Delivery.After.CORRECTING, Delivery.After.REMOVING)
_OPEN = (Delivery.State.QUEUED, Delivery.State.WAITING, Delivery.State.UNCERTAIN)


def look_after() -> dict[str, int]:
    """One round; returns what was done."""
    return {
        "begun": begin_due(),
        "rejected": _back_to_draft(),
        "woken": _wake(),
        "noted": _follow(),
    }


def _back_to_draft() -> int:
    """What somebody rejected, or nobody decided in time, is a draft again."""
    back = 0
    waiting = Broadcast.objects.filter(state=Broadcast.State.WAITING)
    for one in waiting:
        if is_open(one.proposal):
            continue
        with transaction.atomic():
            rows = waiting.filter(pk=one.pk, proposal=one.proposal)
            changed = rows.update(state=Broadcast.State.DRAFT, changed_at=clock.now())
            if changed:
                audit.record(ACTOR, "broadcast.returned", f"broadcast:{one.id}")
            back += changed
    return back


def _wake() -> int:
    """Begin the turns anew of a run that has had none for long."""
    woken = 0
    silent = Run.objects.filter(state=Run.State.RUNNING, turned_at__lt=clock.now() - BROKEN_OFF)
    for run_id in list(silent.values_list("id", flat=True)):
        with transaction.atomic():
            run = locked_run(run_id)
            if run.state == Run.State.RUNNING and run.turned_at and run.turned_at < clock.now() - BROKEN_OFF:
                next_chain(run)
                run.save(update_fields=["chain", "turned_at"])
                woken += 1
    return woken


def _follow() -> int:
    noted = 0
    now = clock.now()
    open_ones = Q(state__in=_OPEN) | Q(afterwards__in=_CHANGING)
    lately = Q(run__ended_at=None) | Q(run__ended_at__gt=now - _FAILURES_FOLLOWED)
    followed = Delivery.objects.filter(open_ones | Q(lately, state=Delivery.State.FAILED), run=OuterRef("pk"))
    runs = Run.objects.filter(Exists(followed), started_at__gte=now - FOLLOWED)
    for run in runs.exclude(state=Run.State.RUNNING):
        states = list(_OPEN)
        if run.ended_at is None or run.ended_at > now - _FAILURES_FOLLOWED:
            states.append(Delivery.State.FAILED)
        noted += collect(run.id, states)
        noted += collect_afterwards(run.id)
        if run.state in (Run.State.PAUSED, Run.State.STOPPED):
            # Whoever paused may have been cut off between the decision and the last of what was queued.
            noted += call_back_queued(run, run.ended_by or ACTOR)
    return noted
