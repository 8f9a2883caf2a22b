"""What pages and Today ask of handovers: whose they are, what waits for whom, how a note reads as a value."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from guildhall.desk import scope
from guildhall.desk.handover.parts import Action, Note, Watch
from guildhall.desk.models import Handover, HandoverAction
from guildhall.people.models import Staff

State = Handover.State


def visible(staff: Staff) -> QuerySet[Handover]:
    """The notes somebody may read: our people all, a vendor's people those of their vendor."""
    if not staff.may("desk.view"):
        return Handover.objects.none()
    if not scope.is_outsourced(staff):
        return Handover.objects.all()
    vendor = scope.vendor_of(staff)
    return Handover.objects.none() if vendor is None else Handover.objects.filter(vendor=vendor)


def to_write(staff: Staff) -> QuerySet[Handover]:
    """Notes somebody has begun, or the house for them."""
    return Handover.objects.filter(staff=staff, state=State.DRAFT).order_by("ends_at")


def to_accept(staff: Staff) -> QuerySet[Handover]:
    """Notes that wait for this reader: named for them first, then those for whoever comes."""
    waiting = (
        visible(staff).filter(state=State.GIVEN).exclude(staff=staff).select_related("staff", "to_staff")
    )
    return waiting.filter(_same_side(staff) & (Q(to_staff=staff) | Q(to_staff=None))).order_by(
        "accept_by", "id"
    )


def unaccepted(staff: Staff) -> QuerySet[Handover]:
    """Every note that waits, as whoever plans duty sees it."""
    return visible(staff).filter(state=State.GIVEN).select_related("staff", "to_staff").order_by("accept_by")


def my_actions(staff: Staff) -> QuerySet[HandoverAction]:
    """What somebody took over and has not done, what is due first first."""
    mine = HandoverAction.objects.filter(owner=staff, done_at=None, handover__state=State.ACCEPTED)
    return mine.select_related("handover", "handover__staff", "ticket").order_by("due_at", "id")


def late(actions: QuerySet[HandoverAction], at: datetime) -> QuerySet[HandoverAction]:
    """Those whose time is over."""
    return actions.filter(due_at__lt=at)


def as_note(handover: Handover) -> Note:
    """The row as the rules of `parts` read it."""
    return Note(
        severity=handover.severity,
        summary=handover.summary,
        actions=tuple(
            Action(one.text, one.due_at, one.owner_id, one.ticket_id or "") for one in handover.actions.all()
        ),
        watches=tuple(
            Watch(str(one.get("if", "")), str(one.get("then", "")), str(one.get("ticket", "")))
            for one in handover.watches
        ),
        tickets=dict(handover.lines.values_list("ticket_id", "severity")),
        nothing_to_do=handover.nothing_to_do,
        nothing_to_watch=handover.nothing_to_watch,
    )


def keys_of(handover: Handover) -> list[str]:
    """What the receiver ticks: `action:<id>` and `watch:<n>`, n from 0."""
    actions = [
        f"action:{pk}" for pk in handover.actions.order_by("due_at", "id").values_list("pk", flat=True)
    ]
    return [*actions, *(f"watch:{n}" for n in range(len(handover.watches)))]


def _same_side(staff: Staff) -> Q:
    """A vendor's note waits for the vendor's people; ours for ours."""
    return Q() if scope.is_outsourced(staff) else Q(vendor=None)
