"""Clocks reckoned anew although nothing happened to their tickets: policies changed, or a due time that lay
too far ahead has come nearer.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from guildhall.core import clock
from guildhall.desk.clocking.noting import note
from guildhall.desk.models import Clock, Ticket
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect

CHUNK = 200
POLICIES = "desk.clocks_policies"
_UNMET = (Clock.State.RUNNING, Clock.State.PAUSED)


def soon(cause: str) -> None:
    """Have every open ticket's policy looked up anew, by a worker; whoever puts a policy in force calls this
    in the same transaction.
    """
    effects.enqueue(NewEffect(POLICIES, {}, order_key=POLICIES, cause=cause))


def at_open_tickets() -> int:
    """Look up the policy of every ticket with an unmet clock, and go on by it from now; returns how many."""
    unmet = Clock.objects.filter(state__in=_UNMET).order_by("ticket_id")
    return _in_chunks(unmet.values_list("ticket_id", flat=True).distinct())


def at_far_clocks() -> int:
    """Reckon running clocks that have a target and no due time within its horizon; returns how many tickets
    it were.
    """
    far = Clock.objects.filter(
        state=Clock.State.RUNNING, due_at__isnull=True, breached_at__isnull=True, target_seconds__isnull=False
    )
    return _in_chunks(far.order_by("ticket_id").values_list("ticket_id", flat=True).distinct())


def _in_chunks(ticket_ids: Iterable[str]) -> int:
    wanted = list(ticket_ids)
    for start in range(0, len(wanted), CHUNK):
        with transaction.atomic():
            chunk = Ticket.objects.select_for_update().filter(pk__in=wanted[start : start + CHUNK])
            note([(ticket, ()) for ticket in chunk.order_by("pk")], at=clock.now())
    return len(wanted)
