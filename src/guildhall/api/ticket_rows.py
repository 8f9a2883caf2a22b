"""What a program reads of tickets, through the eyes of its owner."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import Field

from guildhall.api.paging import NextCursor
from guildhall.desk import queries, showing
from guildhall.desk.models import Entry, Ticket
from guildhall.desk.showing import Showing
from guildhall.people.models import Staff

_OURS = "api:"


class TicketOut(Schema):
    """One question as it stands now."""

    id: str
    number: int
    subject: str
    status: str = Field(description="open, pending, solved or closed.")
    priority: str = Field(description="low, normal, high or urgent.")
    category: str
    fields: dict[str, Any]
    way: str = Field(description="group, private, topic, webchat, email or api.")
    language: str
    tier: str
    space_id: str | None
    member_id: str | None
    asker: str = Field(description="Masked for whoever may not see identities.")
    assignee: str
    external_key: str
    opened_at: datetime
    changed_at: datetime
    waiting_since: datetime | None = Field(description="Since when the asker waits for us.")
    next_due_at: datetime | None = Field(description="When the first of its clocks is due.")
    breached: bool
    solved_at: datetime | None
    rating: int | None
    merged_into: str | None
    revision: int


class TicketPage(Schema):
    """Tickets, newest first."""

    items: list[TicketOut]
    next: NextCursor = None


class EntryOut(Schema):
    """One thing said in a ticket."""

    id: str
    kind: str = Field(description="customer, reply, note or system.")
    text: str
    author: str
    where: str = Field(description="group, private or empty.")
    state: str = Field(description="done, held, queued, sent, failed or unsent.")
    problem: str
    at: datetime


class TicketDetail(TicketOut):
    """One ticket with what was said in it, oldest first."""

    entries: list[EntryOut]


def detail(ticket: Ticket, staff: Staff) -> TicketDetail:
    """A ticket with what `staff` may read of it, as they may see it."""
    eyes = showing.for_reader(staff)
    said = [EntryOut(**entry_row(one, ticket, eyes)) for one in queries.thread(ticket, staff)]
    return TicketDetail(**row(ticket, eyes), entries=said)


def row(ticket: Ticket, eyes: Showing) -> dict[str, Any]:
    """What a list shows of a ticket."""
    key = ticket.external_key or ""
    return {
        "id": ticket.pk,
        "number": ticket.number,
        "subject": eyes.subject(ticket),
        "status": ticket.status,
        "priority": ticket.priority,
        "category": ticket.category_id or "",
        "fields": eyes.values(ticket.fields, ticket),
        "way": ticket.way,
        "language": ticket.language,
        "tier": ticket.tier,
        "space_id": None if eyes.masked else ticket.space_id,
        "member_id": None if eyes.masked else ticket.member_id,
        "asker": eyes.asker(ticket),
        "assignee": eyes.colleague(ticket.assignee),
        "external_key": key.removeprefix(_OURS) if key.startswith(_OURS) and not eyes.masked else "",
        "opened_at": ticket.opened_at,
        "changed_at": ticket.changed_at,
        "waiting_since": ticket.waiting_since,
        "next_due_at": ticket.next_due_at,
        "breached": ticket.breached,
        "solved_at": ticket.solved_at,
        "rating": ticket.rating,
        "merged_into": None if eyes.masked else ticket.merged_into_id,
        "revision": ticket.revision,
    }


def entry_row(entry: Entry, ticket: Ticket, eyes: Showing) -> dict[str, Any]:
    """What is shown of one thing said."""
    asker = eyes.asker(ticket) if entry.kind == Entry.Kind.CUSTOMER else ""
    return {
        "id": entry.pk,
        "kind": entry.kind,
        "text": eyes.text(entry.text, ticket),
        "author": asker or eyes.colleague(entry.author),
        "where": entry.where,
        "state": entry.state,
        "problem": eyes.text(entry.problem, ticket),
        "at": entry.at,
    }
