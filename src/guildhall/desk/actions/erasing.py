"""What tickets hold about a person: wiped when they are erased, handed out when they ask, moved when two
members turn out to be one. And what is too old to be kept.

The number, the times and the category of a ticket stay: they name nobody, and figures need them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from guildhall.core import audit, clock
from guildhall.core.settings import settings
from guildhall.desk.actions import held
from guildhall.desk.models import (
    Attachment,
    Entry,
    Escalation,
    EscalationStep,
    Handover,
    HandoverAction,
    HandoverLine,
    Ticket,
    TicketDoc,
)
from guildhall.people import registry
from guildhall.work.models import Task

GONE = "—"
AT_ONCE = 200
_MOST_EXPORTED = 50_000
_REMARKS = frozenset({"why", "why_zh", "refused"})


def erase(member_id: str) -> None:
    """Wipe what was said in a member's tickets, by them and about them, with files and search terms."""
    _wipe(Ticket.objects.filter(_theirs(member_id)))


def _theirs(member_id: str) -> Q:
    return Q(member_id=member_id) | Q(account__member_id=member_id)


def _wipe(tickets: QuerySet[Ticket]) -> int:
    ids = list(tickets.values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        some = ids[start : start + AT_ONCE]
        rows = Ticket.objects.filter(pk__in=some)
        # First the tickets: the index, which claims them too, then reads after this or is done before it.
        rows.update(subject=GONE, fields={}, rating_comment="", indexed=True)
        Attachment.objects.filter(entry__ticket_id__in=some).delete()
        TicketDoc.objects.filter(ticket_id__in=some).delete()
        Entry.objects.filter(ticket_id__in=some).exclude(kind=Entry.Kind.SYSTEM).update(text="", problem="")
        _wipe_remarks(some)
        _wipe_escalations(some)
        _wipe_handovers(some)
        for pk, key in rows.filter(external_key__isnull=False).values_list("pk", "external_key"):
            if not str(key).startswith("erased:"):
                digest = hashlib.sha256(f"{pk}:{key}".encode()).hexdigest()
                Ticket.objects.filter(pk=pk).update(external_key=f"erased:{digest[:40]}")
    return len(ids)


def _wipe_remarks(ticket_ids: list[str]) -> None:
    """Take out what colleagues wrote beside a deed, and the names of files that were not taken."""
    rows = Entry.objects.filter(ticket_id__in=ticket_ids).exclude(data={}).values_list("pk", "data")
    for pk, data in list(rows):
        kept = {key: value for key, value in data.items() if key not in _REMARKS}
        if kept != data:
            Entry.objects.filter(pk=pk).update(data=kept)


def _wipe_escalations(ticket_ids: list[str]) -> None:
    """Take out what teams of the exchange were asked, given and answered, there and in their tasks."""
    found = Escalation.objects.filter(ticket_id__in=ticket_ids)
    EscalationStep.objects.filter(escalation__in=found.values("pk")).update(text="")
    tasks = Task.objects.filter(pk__in=found.exclude(task=None).values("task_id"))
    for pk, result in tasks.values_list("pk", "result"):
        kept = {key: GONE if key == "answer" else value for key, value in result.items()}
        Task.objects.filter(pk=pk).update(notes={"en": "", "zh": ""}, reason="", result=kept)
    found.update(question=GONE, shared=[], answer="")


def _wipe_handovers(ticket_ids: list[str]) -> None:
    """Take out what notes of handover say of these tickets by themselves."""
    lines = HandoverLine.objects.filter(ticket_id__in=ticket_ids)
    actions = HandoverAction.objects.filter(ticket_id__in=ticket_ids)
    notes = Handover.objects.filter(Q(pk__in=lines.values("handover")) | Q(pk__in=actions.values("handover")))
    for pk, watches in notes.exclude(watches=[]).values_list("pk", "watches"):
        kept = [
            {**one, "if": GONE, "then": GONE} if one.get("ticket") in ticket_ids else one for one in watches
        ]
        if kept != watches:
            Handover.objects.filter(pk=pk).update(watches=kept)
    lines.exclude(note="").update(note="")
    actions.update(text=GONE)


def export(member_id: str) -> list[dict[str, Any]]:
    """A member's tickets with what was said in them, ready for JSON."""
    tickets = Ticket.objects.filter(_theirs(member_id)).order_by("pk")
    entries = Entry.objects.filter(ticket__in=tickets).exclude(kind=Entry.Kind.SYSTEM).order_by("pk")
    said: dict[str, list[dict[str, Any]]] = {}
    for row in entries.values("ticket_id", "kind", "text", "at", "state")[:_MOST_EXPORTED].iterator():
        kept = {"kind": row["kind"], "text": row["text"], "at": row["at"].isoformat(), "state": row["state"]}
        said.setdefault(row["ticket_id"], []).append(kept)
    return [
        {
            "number": one.number,
            "subject": one.subject,
            "status": one.status,
            "category": one.category_id,
            "fields": one.fields,
            "opened_at": one.opened_at.isoformat(),
            "solved_at": one.solved_at.isoformat() if one.solved_at else None,
            "rating": one.rating,
            "rating_comment": one.rating_comment,
            "entries": said.get(one.pk, []),
        }
        for one in tickets
    ]


def merge_members(kept_id: str, gone_id: str) -> None:
    """The tickets of a member who turned out to be another are that one's."""
    Ticket.objects.filter(member_id=gone_id).update(member_id=kept_id)


def forget_old(now: datetime | None = None) -> int:
    """Wipe the words of tickets that were over for longer than they are kept; returns how many."""
    days = settings.tickets_keep_days
    if not days:
        return 0
    before = (now or clock.now()) - timedelta(days=days)
    over = Ticket.objects.filter(status=Ticket.Status.CLOSED, changed_at__lt=before).exclude(subject=GONE)
    ids = list(over.order_by("changed_at").values_list("pk", flat=True)[:AT_ONCE])
    if not ids:
        return 0
    with transaction.atomic():
        wiped = _wipe(Ticket.objects.filter(pk__in=ids))
        audit.record(held.SYSTEM, "ticket.forgotten", "desk", {"tickets": wiped, "days": days})
    return wiped


def register() -> None:
    """Tell people what to call."""
    registry.on_erase(erase)
    registry.on_export("tickets")(export)
    registry.on_merge(merge_members)
