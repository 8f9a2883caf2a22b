"""A ticket as one line of a list: what is due, what it is about, what was said last, who asked where,
whose it is; shown as this reader may see it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from guildhall.desk import showing
from guildhall.desk.models import Entry, Ticket
from guildhall.people.models import Staff

_LONGEST = 140


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `last`: the beginning of what was said last; `is_ours`: we said it."""

    ticket: Ticket
    subject: str
    last: str
    is_ours: bool
    who: str
    assignee: str
    is_mine: bool

    @property
    def where(self) -> str:
        """The space it was asked in, where that tells more than how it came."""
        return where_of(self.ticket)


def where_of(ticket: Ticket) -> str:
    """The name of the group it was asked in; '' for a talk with one person, which is called like them."""
    is_public = ticket.way in (Ticket.Way.GROUP, Ticket.Way.TOPIC)
    return ticket.space.name if ticket.space is not None and is_public else ""


def lines(tickets: Sequence[Ticket], reader: Staff) -> list[Line]:
    """Lines for tickets fetched by `desk_queue.with_people`."""
    eyes = showing.for_reader(reader)
    eyes.get_to_know(tickets)
    return [
        Line(
            ticket=one,
            subject=eyes.subject(one),
            last=_last(one, eyes),
            is_ours=getattr(one, "last_kind", "") == Entry.Kind.REPLY,
            who=eyes.asker(one),
            assignee=eyes.colleague(one.assignee),
            is_mine=one.assignee_id == reader.pk,
        )
        for one in tickets
    ]


def _last(ticket: Ticket, eyes: showing.Showing) -> str:
    """What was said last; nothing when it is the question itself, which stands there already."""
    said = (getattr(ticket, "last_text", "") or "")[: _LONGEST * 4]
    if said.startswith(ticket.subject.rstrip("…")) and len(said) < len(ticket.subject) + 20:
        return ""
    return eyes.text(said, ticket)[:_LONGEST]
