"""Tickets that were put away come back when their time has come. On the ticker."""

from __future__ import annotations

from datetime import datetime

from guildhall.core import clock
from guildhall.desk.actions.working import wake
from guildhall.desk.models import Ticket

AT_ONCE = 200


def wake_due(now: datetime | None = None) -> int:
    """Bring back every ticket whose time has come; returns how many."""
    due = Ticket.objects.filter(snoozed_until__isnull=False, snoozed_until__lte=now or clock.now())
    ids = list(due.order_by("snoozed_until").values_list("pk", flat=True)[:AT_ONCE])
    for ticket_id in ids:
        wake(ticket_id)
    return len(ids)
