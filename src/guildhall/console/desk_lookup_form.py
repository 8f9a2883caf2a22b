"""What the look-up beside a ticket offers: the exchanges that can be asked, and what is likely meant."""

from __future__ import annotations

import re
from typing import Any

from guildhall.desk import fields, scope
from guildhall.desk.models import Entry, Ticket
from guildhall.exchange.lookup import queries
from guildhall.exchange.lookup.protocol import Kind
from guildhall.people.models import Staff

_WRITTEN = re.compile(r"(?i)\buid\s*[:：#=是为]?\s*([A-Za-z0-9]{5,32})\b")
_TEXTS = 20
_BY_CATEGORY = {"deposit": Kind.DEPOSIT, "withdrawal": Kind.WITHDRAWAL, "kyc": Kind.KYC}


def offered(ticket: Ticket, reader: Staff) -> dict[str, Any] | None:
    """What the form of a ticket offers a reader; None while no exchange can be asked."""
    venues = list(queries.offices().filter(is_on=True).values_list("venue", flat=True))
    if not venues:
        return None
    return {
        "venues": venues,
        "kinds": [(kind.value, kind.label) for kind in Kind],
        "likely": _BY_CATEGORY.get(ticket.category_id or "", Kind.DEPOSIT).value,
        "has_uid": bool(known_uid(ticket)),
        "may_type": not scope.is_outsourced(reader),
        "has_txid": bool(known_of(ticket, fields.Kind.TXID)),
    }


def known_uid(ticket: Ticket) -> str:
    """The UID in the ticket's fields, else the one the member wrote with its name before it (`UID 12345678`);
    '' when there is none.
    """
    field = known_of(ticket, fields.Kind.UID)
    if field:
        return field
    said = Entry.objects.filter(ticket=ticket, kind=Entry.Kind.CUSTOMER).order_by("-id")
    texts = [ticket.subject, *said.values_list("text", flat=True)[:_TEXTS]]
    found = (_WRITTEN.search(text) for text in texts)
    return next((one[1] for one in found if one), "")


def known_of(ticket: Ticket, kind: fields.Kind) -> str:
    """What the ticket's fields say of this kind; '' when nothing."""
    wanted = fields.fields_of(ticket.category.fields) if ticket.category else ()
    values = (str(ticket.fields.get(one.key, "")) for one in wanted if one.kind is kind)
    return next((value for value in values if value), "")
