"""The routes in force, read once for a batch, and the queue of a ticket."""

from __future__ import annotations

from collections.abc import Sequence

from guildhall.desk.models import Ticket, Vendor, VendorRoute
from guildhall.desk.vendors import routing
from guildhall.desk.vendors.routing import Match, Question, Route


def routes() -> list[Route]:
    """Every route that is on, of vendors that work for us, in the order they are asked."""
    rows = VendorRoute.objects.filter(is_on=True, vendor__is_active=True).order_by("order", "pk")
    return [Route(row.vendor_id, Match.from_json(row.match)) for row in rows]


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
