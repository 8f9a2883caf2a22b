"""The routes in force, read once for a batch, and the queue of a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.core import reading
from guildhall.desk.models import Ticket, Vendor, VendorRoute
from guildhall.desk.vendors import routing
from guildhall.desk.vendors.routing import Match, Question, Route


def routes() -> list[Route]:
    """Every route that is on, of vendors that work for us, in the order they are asked."""
    condition = 'is_on AND vendor_id IN (SELECT id FROM desk_vendor WHERE is_active) ORDER BY "order", id'
    rows = reading.rows(VendorRoute, ("vendor", "match"), condition)
    return [Route(vendor, Match.from_json(match)) for vendor, match in rows]


def asked_of(ticket: Ticket) -> Question:
    """What routes ask of a ticket."""
    return Question(
        ticket.language,
        ticket.category_id or "",
        ticket.tier,
        ticket.space_id or "",
        ticket.way,
        ticket.priority,
    )


def queue_for(ticket: Ticket, known: Sequence[Route] | None = None) -> Vendor | None:
    """The vendor whose queue a ticket belongs to by the routes; None: our own people's. `known`: the routes,
    when they were read already.
    """
    vendor_id = routing.choose(asked_of(ticket), routes() if known is None else known)
    return Vendor.objects.get(pk=vendor_id) if vendor_id else None
