"""The ticker's part: what has come due is recorded with its exact instant, told, and its chain set going.

A second is judged when it is over, because whatever happens within it comes before a breach at it (CLK-1). A
breach that was recorded elsewhere (by an answer that came too late) is told here too, so nothing is missed
while the ticker is away, and what was told is marked in the same transaction, so nothing is told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from guildhall.core import clock
from guildhall.desk.clocking import held
from guildhall.desk.clocking.replaying import whole
from guildhall.desk.clocking.telling import tell_breaches, tell_warnings
from guildhall.desk.models import Clock, Ticket

CHUNK, MOST_CHUNKS = 500, 20
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Judged:
    """How many breaches and warnings were told."""

    breaches: int = 0
    warnings: int = 0


def judge(now: datetime) -> Judged:
    """Record and tell what is due before the second of `now`; a few thousand at most, the rest next time.

    Harmless when it is called twice or by two processes. Opens transactions of its own.
    """
    second = whole(now)
    due = Q(due_at__lt=second)
    untold = Q(breached_at__lt=second, announced_at__isnull=True)
    warned = Q(warn_at__lt=second)
    breaches = _in_chunks(due, "due_at", _record)
    breaches += _in_chunks(untold, "breached_at", _record)
    return Judged(breaches, _in_chunks(warned, "warn_at", lambda rows: tell_warnings(rows, clock.now())))


def _in_chunks(which: Q, order: str, deed: Callable[[Sequence[Clock]], int]) -> int:
    """Do something to the clocks that fulfil a condition, oldest first; each chunk is one transaction. A
    ticket that somebody has in hand just now is left for the next second.
    """
    done = 0
    after: tuple[Any, int] | None = None
    for _ in range(MOST_CHUNKS):
        found = Clock.objects.filter(which).order_by(order, "id")
        if after is not None:
            found = found.filter(Q(**{f"{order}__gt": after[0]}) | Q(**{order: after[0]}, id__gt=after[1]))
        candidates = list(found.values_list(order, "id", "ticket_id")[:CHUNK])
        if not candidates:
            break
        after = candidates[-1][0], candidates[-1][1]
        with transaction.atomic():
            tickets = {ticket for _, _, ticket in candidates}
            free = Ticket.objects.select_for_update(skip_locked=True).filter(pk__in=tickets).order_by("pk")
            held_now = list(free.values_list("pk", flat=True))
            rows = Clock.objects.filter(which, pk__in=[pk for _, pk, _ in candidates], ticket_id__in=held_now)
            done += deed(list(rows.order_by(order, "id")))
        if len(candidates) < CHUNK:
            break
    return done


def _record(rows: Sequence[Clock]) -> int:
    """Write down and tell breaches, but those that an answer on its way may still prevent."""
    now = clock.now()
    written = held.answers([row.ticket_id for row in rows], now)
    broken = []
    for row in rows:
        at = row.breached_at or row.due_at
        if at is None or (
            row.breached_at is None and held.prevents(row.metric, written.get(row.ticket_id), at)
        ):
            continue
        row.breached_at = at
        broken.append(row)
    tell_breaches(broken, now)
    return len(broken)
