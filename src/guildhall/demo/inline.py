"""Carries effects of given order keys out here and now, inside the caller's transaction.

What the demo's moderators ordered in the past has to be done in the past: workers, who live in the present,
never see it queued. Other effects of the house are not touched.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from guildhall.core import clock
from guildhall.effects import claim, locks, settle
from guildhall.effects.models import Effect
from guildhall.effects.performing import perform
from guildhall.effects.types import Mode, State

_OWNER = "demo"


def carry_out(keys: Collection[str]) -> int:
    """Perform what is queued under these order keys, in order; returns how many. Raises what they raise."""
    locks.hold_keys(keys)
    performed = 0
    leases = claim.claim_heads(_OWNER, keys, len(keys))
    while leases:
        outcome, error = perform(leases.pop(0))
        if error is not None:
            raise error
        performed += 1
        leases += settle.settle(_OWNER, [outcome], next_limit=1).next
    return performed


def finish(kinds: Collection[str]) -> int:
    """Perform what is due of these kinds, and what follows from it, until nothing is left; returns how many.

    For jobs without an order key of their own. They may be repeated, so nothing is lost when a worker of the
    house takes one first.
    """
    performed = 0
    while True:
        due = Effect.objects.filter(kind__in=kinds, state=State.QUEUED, due_at__lte=clock.now())
        found = list(due.exclude(waiting_for="key").order_by("id")[:50])
        if not found:
            return performed
        for one in found:
            _do(one)
        performed += len(found)


def _do(effect: Effect) -> None:
    lease = claim.Lease(
        effect.pk, effect.kind, effect.payload, Mode(effect.mode), effect.attempts + 1, effect.order_key,
        effect.cause, effect.created_at, effect.due_at, _OWNER,
    )  # fmt: skip
    Effect.objects.filter(pk=effect.pk).update(
        state=State.LEASED, lease_owner=_OWNER, attempts=lease.attempt, waiting_for="",
        lease_until=clock.now() + timedelta(minutes=5), started_at=clock.now(),
    )  # fmt: skip
    outcome, error = perform(lease)
    if error is not None:
        raise error
    settle.settle(_OWNER, [outcome], next_limit=0)
