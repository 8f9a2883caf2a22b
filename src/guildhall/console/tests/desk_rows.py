"""Tickets as tests of the inbox need them: somebody asked something, in a group or alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.desk.actions import tickets
from guildhall.desk.models import Ticket, Vendor
from guildhall.guard.tests.rows import a_message, a_space, an_account
from guildhall.people.models import Staff, Team, TeamMembership


def a_ticket(
    text: str = "Where is my deposit?",
    *,
    name: str = "Ann Example",
    space: Space | None = None,
    due: datetime | None = None,
    **said: Any,
) -> Ticket:
    """A ticket as it stands after it was opened; `due` as clocks would have set it."""
    way = said.pop("way", "webchat")
    vendor = said.pop("vendor", None)
    account = an_account(name)
    space = space or Space.objects.filter(slug="help").first() or a_space("help")
    message = a_message(space, account, text)
    draft = tickets.Draft(
        way, text=text, space_id=space.pk, account_id=account.pk, member_id=account.member_id,
        message_id=message.pk, vendor_id=vendor.pk if vendor else "", **said,
    )  # fmt: skip
    ticket = tickets.open_many([draft], by="system:test", at=clock.now())[0]
    late = due is not None and due <= clock.now()
    Ticket.objects.filter(pk=ticket.pk).update(next_due_at=None if late else due, breached=late)
    return Ticket.objects.get(pk=ticket.pk)


def a_vendor(name: str, *agents: Staff) -> Vendor:
    """A vendor whose team these agents are."""
    team = Team.objects.create(slug=name.lower().replace(" ", "-"), name=name)
    for one in agents:
        TeamMembership.objects.create(team=team, staff=one)
    return Vendor.objects.create(name=name, team=team, created_by="system:test")
