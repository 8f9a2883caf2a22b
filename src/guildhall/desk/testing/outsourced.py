"""Vendors, their people and their queues for tests, with members whose names must not get out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.desk.actions import tickets, vendors
from guildhall.desk.models import Entry, Ticket, Vendor
from guildhall.people.models import Account, Member, Staff
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

NAME, USERNAME, UID = "Alice Wong", "alice_w99", "84736251"
MAIL, PHONE = "alice.wong@example.com", "+852 9123 4567"
WALLET, TXID = (
    "TQn9Y2khEsLJW1ChVWFMSMeRDow5KcbLSE",
    "9f8e7d6c5b4a39281706f5e4d3c2b1a09f8e7d6c5b4a39281706f5e4d3c2b1a0",
)
SECRETS = ("Alice", "Wong", USERNAME, UID, MAIL, "9123", WALLET, TXID, "7000001")
"""What must never reach a vendor, in any writing."""


@dataclass(frozen=True)
class Outsourced:
    """One vendor with a lead, an agent and a ticket in its queue."""

    vendor: Vendor
    lead: Staff
    agent: Staff
    ticket: Ticket


def set_up(name: str, owner: Staff, **said: Any) -> Outsourced:
    """A vendor called `name` with two people and one ticket that is full of personal data."""
    vendor = vendors.create_vendor(name, owner)
    lead = make_staff(Role.VENDOR_AGENT, name=f"{name} lead")
    agent = make_staff(Role.VENDOR_AGENT, name=f"{name} agent")
    vendors.add_agent(vendor.pk, lead, owner, is_lead=True)
    vendors.add_agent(vendor.pk, agent, owner)
    return Outsourced(vendor, lead, agent, a_ticket(vendor, **said))


def a_member() -> Account:
    """Somebody with a name."""
    member = Member.objects.create(display_name=NAME)
    number = Account.objects.count() + 1
    return Account.objects.create(
        member=member, platform="webchat", external_id=f"7000001{number}", username=f"{USERNAME}{number}",
        display_name=NAME,
    )  # fmt: skip


def a_ticket(vendor: Vendor | None, *, at: datetime | None = None, **said: Any) -> Ticket:
    """A question in a group, written by `a_member`, in the queue of `vendor`."""
    account = a_member()
    space, _new = Space.objects.get_or_create(
        slug="help-en", defaults={"platform": "webchat", "external_id": "help-en", "name": "Help"}
    )
    draft = {
        "way": "group", "subject": f"{NAME} UID {UID}: deposit", "space_id": space.pk,
        "account_id": account.pk, "member_id": account.member_id, "vendor_id": vendor.pk if vendor else "",
        "fields": {"uid": UID, "txid": TXID, "network": "TRC20"},
        "text": f"I am {NAME} (@{account.username}, {MAIL}, {PHONE}), UID {UID}, to {WALLET}, tx {TXID}:"
        " 1,250 USDT",
    }  # fmt: skip
    return tickets.open_many([tickets.Draft(**{**draft, **said})], by="system:test", at=at or clock.now())[0]


def answered(ticket: Ticket, agent: Staff, at: datetime, *, rating: int | None = None) -> Ticket:
    """The ticket answered by `agent` and solved at `at`."""
    Entry.objects.create(
        ticket=ticket, kind=Entry.Kind.REPLY, text="It is there now.", author=agent, by=agent.actor,
        state=Entry.State.SENT, at=at,
    )  # fmt: skip
    Ticket.objects.filter(pk=ticket.pk).update(
        status=Ticket.Status.SOLVED, solved_at=at, assignee=agent, rating=rating, replies=1
    )
    ticket.refresh_from_db()
    return ticket
