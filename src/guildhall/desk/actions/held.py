"""What every deed at a ticket begins and ends with: its row held, what happened noted in it, its clocks told,
the house told.

All of it inside the caller's transaction. A ticket that was merged is not worked on any more; what its asker
says reaches the ticket it became a part of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from guildhall.channels import sql
from guildhall.core import audit, clock, reading
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.text import Text
from guildhall.desk import clocking, scope
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.models import Entry, Ticket
from guildhall.effects import webhooks
from guildhall.people.authority import actor_of
from guildhall.people.models import Staff

Happened = tuple[str, str, datetime]
"""Type and value of an event as clocks read it, and when it was."""
SYSTEM = "system:desk"
MOST_REDIRECTS = 20


def locked(
    ticket_id: str, *, by: Staff | str = SYSTEM, revision: int | None = None, merged: bool = False
) -> Ticket:
    """A ticket, its row held to the end of the transaction.

    by: who works on it; for a vendor's agent only the tickets of its queue are there. revision: what the
    caller saw; somebody else's change meanwhile is a Conflict (`ticket_changed`). merged: whether one that
    was merged will do. Raises NotFound, Conflict.
    """
    ticket = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
    if ticket is None or not _is_there_for(by, ticket):
        raise NotFound(Text("There is no such ticket.", "不存在该工单。"))
    if ticket.merged_into_id is not None and not merged:
        into = Ticket.objects.filter(pk=ticket.merged_into_id).values_list("number", flat=True).first()
        raise Conflict(Text(f"It was merged into #{into}.", f"该工单已并入 #{into}。"), code="ticket_merged")
    if revision is not None and revision != ticket.revision:
        raise Conflict(
            Text(
                "Somebody changed this ticket meanwhile: look at it again first.",
                "该工单刚刚被其他人修改，请先查看最新内容。",
            ),
            code="ticket_changed",
        )
    return ticket


def _is_there_for(by: Staff | str, ticket: Ticket) -> bool:
    """Whether whoever acts may know of the ticket; our own people and programs always may."""
    if isinstance(by, str) and not by.startswith("staff:"):
        return True
    staff = colleague(by)
    return staff is None or not scope.is_outsourced(staff) or scope.may_see(staff, ticket)


def surviving(ticket: Ticket) -> Ticket:
    """The ticket that goes on: itself, or the one it was merged into, or that one's. Its row is held."""
    for _ in range(MOST_REDIRECTS):
        if ticket.merged_into_id is None:
            break
        ticket = Ticket.objects.select_for_update().get(pk=ticket.merged_into_id)
    return ticket


def tell(
    ticket: Ticket,
    what: str,
    by: Staff | str,
    data: Mapping[str, Any] | None = None,
    *,
    events: Iterable[tuple[str, str]] = (),
    announce: str = "",
    at: datetime | None = None,
    policies: bool = False,
) -> Entry:
    """Note a deed in the ticket, in the audit and on its clocks.

    what: the deed as in `assigned`; `data` holds ids, numbers and names of states. Only `why` may be what
    somebody wrote: it stays in the ticket.
    events: (type, value) as clocks read them. policies: whether another policy may hold for it from now on.
    announce: the event others hear of, '' for none.
    """
    now = at or clock.now()
    entry = Entry.objects.create(
        ticket=ticket,
        kind=Entry.Kind.SYSTEM,
        by=actor_of(by),
        author=by if isinstance(by, Staff) else None,
        data={"what": what, **(data or {})},
        at=now,
    )
    facts = {key: value for key, value in (data or {}).items() if key not in ("why", "why_zh")}
    audit.record(actor_of(by), f"ticket.{what}", f"ticket:{ticket.pk}", facts)
    happened = list(events)
    if happened or policies:
        tell_clocks(ticket, happened, at=now)
    if announce:
        webhooks.announce(announce, payload(ticket) | facts | {"by": actor_of(by)})
    return entry


def tell_clocks(ticket: Ticket, events: Iterable[tuple[str, str]], *, at: datetime) -> None:
    """Note what its clocks need to know, and have its due times reckoned anew."""
    tell_many([(ticket, [(kind, value, at) for kind, value in events])], at=at)


def tell_many(told: Sequence[tuple[Ticket, Sequence[Happened]]], *, at: datetime) -> None:
    """The same for many tickets at once: (ticket, what happened to it in order)."""
    clocking.note(
        [
            (ticket, [Event(ticket.pk, when, kind, value) for kind, value, when in events])
            for ticket, events in told
        ],
        at=at,
    )


def payload(ticket: Ticket) -> dict[str, Any]:
    """What an event says of a ticket: ids and states."""
    return {"ticket": ticket.pk, "number": ticket.number, "status": ticket.status}


def changed(ticket: Ticket, *names: str, at: datetime | None = None, seen: bool = True) -> None:
    """Write these columns with the time of the change. seen: whether it counts as a change that two people
    must not make at once.
    """
    ticket.changed_at = at or clock.now()
    if seen:
        ticket.revision += 1
    ticket.save(update_fields=[*names, "changed_at", "revision"])


def colleague(by: Staff | str) -> Staff | None:
    """The colleague an actor names; None for a token or the house itself."""
    if isinstance(by, Staff):
        return by
    kind, _, key = by.partition(":")
    return Staff.objects.filter(pk=int(key)).first() if kind == "staff" and key.isdigit() else None


def in_bulk(ids: Sequence[str]) -> dict[str, Ticket]:
    """Tickets by id, their rows held, in one order so that two batches never wait for each other."""
    condition = f"{sql.any_of('id')} ORDER BY id{reading.for_update()}"
    return {one.pk: one for one in reading.objects(Ticket, condition, [sql.many(set(ids))])}
