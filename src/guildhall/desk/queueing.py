"""Where a ticket stands in its queue and how long it will wait. Reads only.

A queue is one side (a vendor's, or ours) and one language: those tickets the same people answer. Its order is
urgency, then the earliest due time, then who asked first. How quickly it moves is remembered for a few
seconds, because every question that comes in asks.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.cache import cache
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When

from guildhall.core import clock
from guildhall.desk import on_hand
from guildhall.desk.assigning import speaks
from guildhall.desk.models import Ticket
from guildhall.desk.speech import tongue
from guildhall.desk.waiting import PRIORITIES, Place, busy, expected, told, urgency
from guildhall.people.models import RoleGrant
from guildhall.people.roles import Role
from guildhall.work.models import DutyKind, Shift

__all__ = ["Place", "in_order", "position", "told", "waiting"]

PACE_OF = timedelta(hours=2)
_REMEMBERED_S = 10
_MOST_ANSWERS = 1000
_NEXT_WITHIN = timedelta(days=8)


def waiting() -> QuerySet[Ticket]:
    """Tickets whose asker waits for us."""
    return Ticket.objects.filter(
        status=Ticket.Status.OPEN, waiting_since__isnull=False, merged_into=None, is_spam=False
    )


def in_order(tickets: QuerySet[Ticket]) -> QuerySet[Ticket]:
    """The most urgent first, then what is due first, then who asked first."""
    ranks = [When(priority=name, then=Value(rank)) for rank, name in enumerate(PRIORITIES)]
    return tickets.annotate(
        urgency=Case(*ranks, default=Value(urgency("")), output_field=IntegerField())
    ).order_by("urgency", F("next_due_at").asc(nulls_last=True), "opened_at", "id")


def position(ticket: Ticket) -> Place:
    """Its place among those that wait for the same people, and the wait in seconds (at least, at most).

    A ticket that does not wait for us stands at 0.
    """
    if ticket.status != Ticket.Status.OPEN or ticket.waiting_since is None or ticket.is_spam:
        return Place(0, (0, 0))
    place = (
        1 + _of_queue(ticket.vendor_id, ticket.language).filter(_before(ticket)).exclude(pk=ticket.pk).count()
    )
    people, answered, within, opens_at = _pace(ticket.vendor_id, tongue(ticket.language), clock.now())
    if not people:
        return Place(place, None, opens_at)
    return Place(place, expected(place, people=people, answered=answered, within=within))


def _of_queue(vendor_id: str | None, language: str) -> QuerySet[Ticket]:
    return waiting().filter(vendor_id=vendor_id, language__startswith=tongue(language))


def _before(ticket: Ticket) -> Q:
    rank = urgency(ticket.priority)
    same = Q(priority=PRIORITIES[rank])
    asked_first = Q(opened_at__lt=ticket.opened_at) | Q(opened_at=ticket.opened_at, pk__lt=ticket.pk)
    if ticket.next_due_at is None:
        sooner = Q(next_due_at__isnull=False) | (Q(next_due_at=None) & asked_first)
    else:
        sooner = Q(next_due_at__lt=ticket.next_due_at) | (Q(next_due_at=ticket.next_due_at) & asked_first)
    return Q(priority__in=PRIORITIES[:rank]) | (same & sooner)


Pace = tuple[int, int, timedelta, datetime | None]


def _pace(vendor_id: str | None, language: str, at: datetime) -> Pace:
    """How many answer this queue now, its answers in `PACE_OF`, how long of that somebody waited, and when
    somebody is there again.
    """
    key = f"desk-pace:{vendor_id or ''}:{language}:{int(at.timestamp()) // _REMEMBERED_S}"
    known: Pace | None = cache.get(key)
    if known is not None:
        return known
    side = [one for one in on_hand.agents(at) if one.vendor_id == vendor_id]
    able = [one for one in side if one.available and not one.on_call]
    people = len([one for one in able if speaks(one, language)]) or len(able)
    since = at - PACE_OF
    answered = list(
        Ticket.objects.filter(
            status__in=Ticket.Status.values,
            changed_at__gte=since,
            last_reply_at__gte=since,
            vendor_id=vendor_id,
            language__startswith=language,
        )
        .order_by("-changed_at")
        .values_list("last_customer_at", "opened_at", "last_reply_at")[:_MOST_ANSWERS]
    )
    spans = [(asked or opened, replied) for asked, opened, replied in answered if replied is not None]
    asking = _of_queue(vendor_id, language).values_list("waiting_since", flat=True)[:_MOST_ANSWERS]
    spans += [(began, at) for began in asking if began is not None]
    within = busy([(start, end) for start, end in spans if start < end], since)
    found = (people, len(answered), within, None if people else _opens(vendor_id, at))
    cache.set(key, found, _REMEMBERED_S * 2)
    return found


def _opens(vendor_id: str | None, at: datetime) -> datetime | None:
    """When the next shift of this side begins, as planned."""
    outsourced = RoleGrant.objects.filter(role=Role.VENDOR_AGENT).values("staff")
    coming = Shift.objects.filter(
        state=Shift.State.PLANNED, kind=DutyKind.SHIFT, starts_at__gt=at, starts_at__lt=at + _NEXT_WITHIN
    )
    if vendor_id is None:
        coming = coming.filter(staff__isnull=False).exclude(staff__in=outsourced)
    else:
        coming = coming.filter(staff__memberships__team__vendor=vendor_id)
    return coming.order_by("starts_at").values_list("starts_at", flat=True).first()
