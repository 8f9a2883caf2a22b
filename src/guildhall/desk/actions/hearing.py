"""What the asker says after the first question: more of it, an edit, a message taken back. In batches,
inside the caller's transaction.

A message on a ticket that waits, is solved or closed opens it again; one on a ticket that was merged goes to
the ticket it became a part of. The same message again changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from guildhall.channels import sql
from guildhall.channels.text import clean
from guildhall.core import audit, bulk, clock, reading
from guildhall.core.ids import new_id
from guildhall.desk import clocking
from guildhall.desk.actions import held
from guildhall.desk.actions.fetching import want_files
from guildhall.desk.actions.opening import _ENTRY, LONGEST_TEXT
from guildhall.desk.models import Entry, Ticket
from guildhall.effects import webhooks

Status = Ticket.Status
_COLUMNS = (
    "status", "waiting_since", "last_customer_at", "reopened", "snoozed_until", "solved_at", "closed_at",
    "changed_at", "indexed",
)  # fmt: skip


def add_customer_messages(rows: Sequence[tuple[str, str, str, datetime]]) -> None:
    """Add what askers said: (ticket id, our message id or '', text, when it was said).

    In the order given; a ticket nobody knows is passed over. Joins the caller's transaction or makes one.
    """
    if not rows:
        return
    with transaction.atomic(savepoint=False):
        tickets = _by_asked_id({row[0] for row in rows})
        there = _there([row for row in rows if row[0] in tickets], tickets)
        now = clock.now()
        entries: list[tuple[object, ...]] = []
        heard: dict[str, list[datetime]] = defaultdict(list)
        reopened: list[Ticket] = []
        were_open = {one.pk for one in tickets.values() if one.status == Status.OPEN}
        for ticket_id, message_id, text, at in rows:
            ticket = tickets.get(ticket_id)
            if ticket is None or (message_id and (ticket.pk, message_id) in there):
                continue
            there.add((ticket.pk, message_id))
            entries.append(_entry(ticket, message_id, text, at))
            heard[ticket.pk].append(at)
            if _take_up(ticket, at, now):
                reopened.append(ticket)
        changed = {one.pk: one for one in tickets.values() if one.pk in heard}
        bulk.insert(Entry, _ENTRY, entries)
        want_files([(str(row[0]), str(row[5] or "")) for row in entries])
        bulk.update_many(
            Ticket,
            "id",
            _COLUMNS,
            [(one.pk, *(getattr(one, name) for name in _COLUMNS)) for one in changed.values()],
        )
        _tell(changed, heard, were_open, reopened, now)


def note_edits(rows: Iterable[tuple[str, str]]) -> None:
    """Askers changed messages: (our message id, its text now). What it said before stays with the message."""
    texts = dict(rows)
    if not texts:
        return
    with transaction.atomic():
        found = Entry.objects.filter(message_id__in=texts, kind=Entry.Kind.CUSTOMER)
        for entry in found.select_for_update().order_by("pk"):
            said = clean(texts[str(entry.message_id)])[:LONGEST_TEXT]
            if entry.text != said:
                entry.text, entry.data = said, {**entry.data, "edited_at": clock.now().isoformat()}
                entry.save(update_fields=["text", "data"])
                Ticket.objects.filter(pk=entry.ticket_id).update(indexed=False)


def note_deletions(message_ids: Iterable[str]) -> None:
    """Askers took messages back. What they said stays with the ticket, marked; nothing of it runs back."""
    ids = list(message_ids)
    if not ids:
        return
    with transaction.atomic():
        for entry in Entry.objects.filter(message_id__in=ids).select_for_update().order_by("pk"):
            if "removed_at" not in entry.data:
                entry.data = {**entry.data, "removed_at": clock.now().isoformat()}
                entry.save(update_fields=["data"])


def _by_asked_id(ids: set[str]) -> dict[str, Ticket]:
    """The tickets that go on, by the id they were asked for; their rows are held."""
    found = held.in_bulk(sorted(ids))
    return {key: held.surviving(one) if one.merged_into_id else one for key, one in found.items()}


def _there(
    rows: Sequence[tuple[str, str, str, datetime]], tickets: dict[str, Ticket]
) -> set[tuple[str, str]]:
    messages = {row[1] for row in rows if row[1]}
    if not messages:
        return set()
    asked = {one.pk for one in tickets.values()}
    known = reading.rows(Entry, ("ticket", "message"), sql.any_of("message_id"), [sql.many(messages)])
    return {(ticket, str(message)) for ticket, message in known if ticket in asked}


def _entry(ticket: Ticket, message_id: str, text: str, at: datetime) -> tuple[object, ...]:
    where = Entry.Where.GROUP if ticket.way in ("group", "topic") else Entry.Where.PRIVATE
    by = f"account:{ticket.account_id}" if ticket.account_id else held.SYSTEM
    return (
        new_id(), ticket.pk, Entry.Kind.CUSTOMER.value, clean(text)[:LONGEST_TEXT], ticket.language,
        message_id or None, None, by, where.value if ticket.space_id else "", Entry.State.DONE.value, None,
        "", "{}", at,
    )  # fmt: skip


def _take_up(ticket: Ticket, at: datetime, now: datetime) -> bool:
    """Have the ticket wait for us again; whether that opened it anew."""
    was = ticket.status
    ticket.status = Status.OPEN.value
    ticket.waiting_since = ticket.waiting_since or at
    ticket.last_customer_at = at
    ticket.snoozed_until = None
    ticket.changed_at, ticket.indexed = now, False
    if was not in (Status.SOLVED, Status.CLOSED):
        return False
    ticket.reopened += 1
    ticket.solved_at = ticket.closed_at = None
    return True


def _tell(
    changed: dict[str, Ticket],
    heard: dict[str, list[datetime]],
    were_open: set[str],
    reopened: Sequence[Ticket],
    now: datetime,
) -> None:
    clocking.hear([(one, heard[one.pk]) for one in changed.values()], were_open, at=now)
    audit.record_many([audit.Entry(held.SYSTEM, "ticket.reopened", f"ticket:{one.pk}") for one in reopened])
    webhooks.announce_many(
        [("ticket.reopened", held.payload(one)) for one in reopened]
        + [("ticket.heard", held.payload(one)) for one in changed.values()]
    )
