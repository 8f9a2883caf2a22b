"""Tickets become one, or one becomes two, or turn out to be spam.

What was said stays where it was said: the ticket that goes on shows it too, and whoever opens the other is
led there. A ticket is never merged across queues: that would show one queue what another was told.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from guildhall.channels.text import one_line
from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError
from guildhall.core.text import Text
from guildhall.desk import facts
from guildhall.desk.actions import held, numbering
from guildhall.desk.actions.working import apply_status
from guildhall.desk.models import Entry, Ticket
from guildhall.guard import actions as guard
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff

Status = Ticket.Status


def merge(from_id: str, into_id: str, by: Staff | str, *, revision: int | None = None) -> Ticket:
    """Have one ticket become a part of another; returns the one that goes on.

    What its asker says next is heard there. Raises NotFound, BadInput (the same ticket), Conflict
    (`ticket_merged`, `other_queue`).
    """
    if from_id == into_id:
        raise BadInput(Text("Choose another ticket.", "请选择另一个工单。"), field="into")
    with transaction.atomic():
        rows = held.in_bulk([from_id, into_id])
        gone = rows.get(from_id) or held.locked(from_id)
        kept = rows.get(into_id) or held.locked(into_id)
        held.locked(gone.pk, by=by, revision=revision)
        held.locked(kept.pk, by=by)
        if gone.vendor_id != kept.vendor_id:
            raise Conflict(
                Text(
                    "They are in two queues: move one of them first.",
                    "两个工单属于不同队列，请先移动其中一个。",
                ),
                code="other_queue",
            )
        now, waited = clock.now(), gone.waiting_since
        gone.merged_into = kept
        gone.status, gone.closed_at = Status.CLOSED.value, now
        gone.waiting_since = gone.snoozed_until = None
        held.changed(gone, "merged_into", "status", "closed_at", "waiting_since", "snoozed_until", at=now)
        held.tell(
            gone, "merged", by, {"into": kept.pk, "number": kept.number},
            events=[("merged", kept.pk)], announce="ticket.merged", at=now,
        )  # fmt: skip
        if waited is not None:
            if kept.status != Status.OPEN:
                apply_status(kept, Status.OPEN, by)
            kept.waiting_since = min(waited, kept.waiting_since or waited)
        kept.indexed = False
        held.changed(kept, "indexed", "waiting_since", at=now)
        held.tell(kept, "merged_here", by, {"from": gone.pk, "number": gone.number}, at=now)
    return kept


def split(
    ticket_id: str, entry_ids: Sequence[str], subject: str, by: Staff | str, *, revision: int | None = None
) -> Ticket:
    """Open a second ticket with some of what the asker said in the first (which keeps it too); returns the
    new one.

    Its clocks start now, by its own policy. Raises NotFound, BadInput, Conflict.
    """
    name = one_line(subject, 200)
    if not name:
        raise BadInput(Text("Give it a subject.", "请填写主题。"), field="subject")
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        entries = list(
            Entry.objects.filter(pk__in=list(entry_ids), ticket=ticket, kind=Entry.Kind.CUSTOMER).order_by(
                "pk"
            )
        )
        if not entries:
            raise BadInput(
                Text("Choose what the member said about it.", "请选择要拆分的成员消息。"), field="entries"
            )
        now = clock.now()
        made = Ticket.objects.create(
            number=numbering.take(1)[0], subject=name, priority=ticket.priority, category=None,
            way=ticket.way, language=ticket.language, tier=ticket.tier, space_id=ticket.space_id,
            thread_id=ticket.thread_id, private_space_id=ticket.private_space_id,
            account_id=ticket.account_id, member_id=ticket.member_id, vendor_id=ticket.vendor_id,
            team_id=ticket.team_id, assignee_id=ticket.assignee_id,
            assigned_at=now if ticket.assignee_id else None, opened_at=now, changed_at=now, waiting_since=now,
            last_customer_at=entries[-1].at, split_from=ticket, opened_by=actor_of(by),
        )  # fmt: skip
        facts.opened([made])
        for entry in entries:
            Entry.objects.create(
                ticket=made, kind=entry.kind, text=entry.text, language=entry.language,
                message_id=entry.message_id, by=entry.by, where=entry.where, data={"split_from": entry.pk},
                at=entry.at,
            )  # fmt: skip
        held.changed(ticket, at=now)
        held.tell(ticket, "split", by, {"into": made.pk, "number": made.number}, at=now)
        held.tell(
            made, "opened", by, {"split_from": ticket.pk, "number": ticket.number},
            events=[("opened", made.priority)], announce="ticket.opened", at=now,
        )  # fmt: skip
    return made


def mark_spam(ticket_id: str, by: Staff | str, *, revision: int | None = None) -> Ticket:
    """Close it without asking what the asker thought, and have the guard look at the messages. Raises
    NotFound, Conflict.
    """
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by, revision=revision)
        if ticket.is_spam:
            return ticket
        now = clock.now()
        ticket.is_spam = True
        ticket.status, ticket.closed_at = Status.CLOSED.value, now
        ticket.waiting_since = ticket.snoozed_until = None
        held.changed(ticket, "is_spam", "status", "closed_at", "waiting_since", "snoozed_until", at=now)
        reported = 0
        said = ticket.entries.filter(kind=Entry.Kind.CUSTOMER, message__isnull=False)
        for message_id in said.values_list("message_id", flat=True):
            reported += _report(str(message_id), actor_of(by))
        held.tell(
            ticket, "spam", by, {"reported": reported}, events=[("status", Status.CLOSED.value)],
            announce="ticket.spam", at=now,
        )  # fmt: skip
    return ticket


def not_spam(ticket_id: str, by: Staff | str) -> Ticket:
    """It was no spam after all: open again. What the guard was told, the guard decides. Raises NotFound,
    Conflict.
    """
    with transaction.atomic():
        ticket = held.locked(ticket_id, by=by)
        if not ticket.is_spam:
            return ticket
        now = clock.now()
        ticket.is_spam, ticket.status, ticket.closed_at = False, Status.OPEN.value, None
        ticket.waiting_since, ticket.reopened = ticket.last_customer_at, ticket.reopened + 1
        held.changed(ticket, "is_spam", "status", "closed_at", "waiting_since", "reopened", at=now)
        held.tell(
            ticket, "not_spam", by, events=[("status", Status.OPEN.value)], announce="ticket.reopened", at=now
        )
    return ticket


def _report(message_id: str, reporter: str) -> int:
    """Tell the guard of one message; what it cannot take a report of is passed over, counted as not told."""
    try:
        with transaction.atomic():
            guard.report_message(message_id, reporter)
    except GuildhallError:
        return 0
    return 1
