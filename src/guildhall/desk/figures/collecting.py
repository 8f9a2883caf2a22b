"""Makes the columns of a day from its tickets and clocks, and again when one of them changes.

Spam is not counted, and of merged tickets only the one that survived. A day is a UTC day; a ticket belongs to
the day it was opened on, whatever becomes of it later.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import TruncDate

from guildhall.core import clock
from guildhall.desk.figures.columns import Columns
from guildhall.desk.models import Clock, FigureDay, FigureMark, Ticket

SLACK = timedelta(minutes=2)
"""A transaction that was open while the figures were made is looked for again."""
_OVER = (Ticket.Status.SOLVED, Ticket.Status.CLOSED)
_TICKET = (
    "pk", "language", "category_id", "assignee_id", "vendor_id", "space_id", "priority", "way", "tier",
    "opened_at", "status", "solved_at", "closed_at", "reopened", "replies", "rating",
)  # fmt: skip
_CLOCK = (
    "ticket_id",
    "metric",
    "started_at",
    "state",
    "elapsed_seconds",
    "target_seconds",
    "met_at",
    "breached_at",
)


def counted_tickets() -> QuerySet[Ticket]:
    """Tickets that figures speak of."""
    return Ticket.objects.filter(merged_into=None, is_spam=False)


def day_columns(day: date) -> Columns:
    """The tickets opened on a UTC day."""
    start = datetime.combine(day, time(), UTC)
    span = (start, start + timedelta(days=1))
    clocks: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    found = Clock.objects.filter(ticket__opened_at__gte=span[0], ticket__opened_at__lt=span[1])
    for one in found.order_by("instance").values_list(*_CLOCK):
        clocks[one[0]].append(one)
    columns = Columns()
    tickets = counted_tickets().filter(opened_at__gte=span[0], opened_at__lt=span[1])
    for row in tickets.order_by("opened_at", "pk").values_list(*_TICKET):
        _add(columns, dict(zip(_TICKET, row, strict=True)), clocks.get(row[0], ()))
    return columns


def refresh(now: datetime | None = None) -> int:
    """Make every day anew on which something has changed since the last time; returns how many days."""
    began = now or clock.now()
    mark = FigureMark.objects.filter(pk=1).first()
    days = _changed_days(mark.upto - SLACK if mark is not None else None)
    for day in sorted(days):
        columns = day_columns(day)
        with transaction.atomic():
            FigureDay.objects.update_or_create(
                day=day, defaults={"body": columns.pack(), "tickets": len(columns), "made_at": began}
            )
    FigureMark.objects.update_or_create(pk=1, defaults={"upto": began})
    return len(days)


def forget() -> None:
    """Forget what was counted: after tickets came or went without a change of their own (an import, the
    demo), the next refresh makes every day anew.
    """
    with transaction.atomic():
        FigureDay.objects.all().delete()
        FigureMark.objects.all().delete()


def _changed_days(since: datetime | None) -> set[date]:
    tickets, clocks = Ticket.objects.all(), Clock.objects.none()
    if since is not None:
        tickets = tickets.filter(status__in=Ticket.Status.values, changed_at__gte=since)
        clocks = Clock.objects.filter(breached_at__gte=since)
    days = tickets.annotate(day=TruncDate("opened_at", tzinfo=UTC)).order_by()
    found = set(days.values_list("day", flat=True).distinct())
    broken = clocks.annotate(day=TruncDate("ticket__opened_at", tzinfo=UTC)).order_by()
    return found | set(broken.values_list("day", flat=True).distinct())


def _add(columns: Columns, ticket: dict[str, Any], clocks: Any) -> None:
    is_over = ticket["status"] in _OVER
    solved = ticket["solved_at"] or ticket["closed_at"]
    numbers: dict[str, Any] = {
        "opened": int(ticket["opened_at"].timestamp()),
        "closed": int(solved.timestamp()) if is_over and solved else None,
        "reopened": ticket["reopened"],
        "replies": ticket["replies"],
        "rating": ticket["rating"],
        "at_once": (ticket["replies"] <= 1 and not ticket["reopened"]) if is_over else None,
    }
    nexts = []
    for _ticket, metric, started, state, elapsed, target, met, breached in clocks:
        is_met = state == Clock.State.MET
        passed = int((met - started).total_seconds()) if is_met and met else None
        counted = elapsed if is_met and target is not None else None
        kept = (
            None if target is None and breached is None else False if breached else True if is_met else None
        )
        if metric == Clock.Metric.NEXT_RESPONSE:
            nexts.append((counted, passed, kept))
        else:
            name = "first" if metric == Clock.Metric.FIRST_RESPONSE else "resolution"
            numbers |= {f"{name}_counted": counted, f"{name}_passed": passed, f"{name}_kept": kept}
    words = {
        "language": ticket["language"],
        "category": ticket["category_id"],
        "agent": str(ticket["assignee_id"] or ""),
        "vendor": ticket["vendor_id"],
        "space": ticket["space_id"],
        "priority": ticket["priority"],
        "way": ticket["way"],
        "tier": ticket["tier"],
    }
    columns.add(words, numbers, nexts)
