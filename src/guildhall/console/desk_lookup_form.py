"""What the look-up beside a ticket offers: the exchanges that can be asked, and what is likely meant."""

from __future__ import annotations

from typing import Any

from guildhall.desk import fields
from guildhall.desk.models import Ticket
from guildhall.exchange.lookup import queries
from guildhall.exchange.lookup.protocol import Kind

_BY_CATEGORY = {"deposit": Kind.DEPOSIT, "withdrawal": Kind.WITHDRAWAL, "kyc": Kind.KYC}


def offered(ticket: Ticket) -> dict[str, Any] | None:
    """What the form of a ticket offers; None while no exchange can be asked."""
    venues = list(queries.offices().filter(is_on=True).values_list("venue", flat=True))
    if not venues:
        return None
    return {
        "venues": venues,
        "kinds": [(kind.value, kind.label) for kind in Kind],
        "likely": _BY_CATEGORY.get(ticket.category_id or "", Kind.DEPOSIT).value,
        "has_uid": bool(known_of(ticket, fields.Kind.UID)),
        "has_txid": bool(known_of(ticket, fields.Kind.TXID)),
    }


def known_of(ticket: Ticket, kind: fields.Kind) -> str:
    """What the ticket's fields say of this kind; '' when nothing."""
    wanted = fields.fields_of(ticket.category.fields) if ticket.category else ()
    values = (str(ticket.fields.get(one.key, "")) for one in wanted if one.kind is kind)
    return next((value for value in values if value), "")
