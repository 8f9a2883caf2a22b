"""What happens to tickets by itself: what was put away comes back, what was solved is closed in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.settings import settings
from guildhall.desk.actions import held
from guildhall.desk.actions.working import set_status, wake
from guildhall.desk.models import Ticket

AT_ONCE = 200


def wake_due(now: datetime | None = None) -> int:
    """Bring back every ticket whose time has come; returns how many."""
    due = Ticket.objects.filter(snoozed_until__isnull=False, snoozed_until__lte=now or clock.now())
    ids = list(due.order_by("snoozed_until").values_list("pk", flat=True)[:AT_ONCE])
    for ticket_id in ids:
        wake(ticket_id)
    return len(ids)


def close_solved(now: datetime | None = None) -> int:
    """Close what was solved some days ago and has been quiet since; returns how many.

    The asker's next message opens a closed ticket again just as it does a solved one.
    """
    before = (now or clock.now()) - timedelta(days=settings.tickets_close_days)
    quiet = Ticket.objects.filter(status=Ticket.Status.SOLVED, changed_at__lt=before, solved_at__lt=before)
    closed = 0
    for ticket_id in list(quiet.order_by("changed_at").values_list("pk", flat=True)[:AT_ONCE]):
        try:
            set_status(ticket_id, Ticket.Status.CLOSED, held.SYSTEM)
        except GuildhallError:
            continue  # somebody opened or merged it in this very moment
        closed += 1
    return closed
