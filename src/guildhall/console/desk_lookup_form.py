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
        "has_uid": bool(uid_for(ticket, reader)),
        "may_type": not scope.is_outsourced(reader),
        "has_txid": bool(txid_for(ticket, reader)),
    }


def uid_for(ticket: Ticket, reader: Staff) -> str:
    """The UID a reader may ask about without typing it: for an outsourced agent, who could write any into the
    ticket's field, only one that the member wrote.
    """
    return _if_theirs(ticket, reader, known_uid(ticket))


def txid_for(ticket: Ticket, reader: Staff) -> str:
    """The transaction a reader may ask about without typing it, by the same rule as `uid_for`."""
    return _if_theirs(ticket, reader, known_of(ticket, fields.Kind.TXID))


def _if_theirs(ticket: Ticket, reader: Staff, value: str) -> str:
    if not value or not scope.is_outsourced(reader):
        return value
    whole = re.compile(rf"(?i)(?<![a-z0-9]){re.escape(value)}(?![a-z0-9])")
    said = Entry.objects.filter(ticket=ticket, kind=Entry.Kind.CUSTOMER, text__icontains=value)
    return value if any(whole.search(text) for text in said.values_list("text", flat=True)) else ""


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
