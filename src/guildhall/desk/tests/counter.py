"""What the tests of tickets share: colleagues, an asker in a group on a platform that keeps what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from guildhall.broadcast.tests.houses import space
from guildhall.channels.models import Message, Space
from guildhall.core import clock
from guildhall.core.ids import new_id
from guildhall.desk.actions import tickets
from guildhall.desk.models import Entry, Ticket, Vendor
from guildhall.people.models import Account, Member, RoleGrant, Staff, Team, TeamMembership
from guildhall.people.roles import Role

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@dataclass
class Asker:
    """Somebody who asks in a group; `says` records a message of theirs there."""

    space: Space
    account: Account

    def says(self, text: str, number: str) -> Message:
        now = clock.now()
        return Message.objects.create(
            space=self.space,
            account=self.account,
            external_id=number,
            text=text,
            sent_at=now,
            received_at=now,
        )


def asker(name: str = "Alice", number: str = "1", platform: str = "wire") -> Asker:
    member = Member.objects.create(display_name=name, region="SG")
    account = Account.objects.create(
        member=member, platform=platform, external_id=f"u{number}", username=name.lower(), display_name=name
    )
    return Asker(space(number, platform), account)


def colleague(name: str = "Dana", *roles: Role, language: str = "en") -> Staff:
    staff = Staff.objects.create(email=f"{name.lower()}@example.com", name=name, language=language)
    for role in roles or (Role.SUPPORT_AGENT,):
        RoleGrant.objects.create(staff=staff, role=role.value, granted_by="system:test")
    return staff


def vendor(name: str = "Harbour") -> tuple[Vendor, Staff]:
    """A vendor and one agent of it."""
    team = Team.objects.create(slug=name.lower(), name=name)
    agent = colleague(f"{name}-agent", Role.VENDOR_AGENT)
    TeamMembership.objects.create(team=team, staff=agent)
    return Vendor.objects.create(name=name, team=team, created_by="system:test"), agent


def opened(**said: Any) -> Ticket:
    """A ticket by API."""
    draft = tickets.Draft(**{"way": "api", "text": "Where is my deposit?", **said})
    return tickets.open_many([draft], by="token:1", at=clock.now())[0]


def asked(one: Asker, text: str = "Where is my deposit?", number: str = "q1", **said: Any) -> Ticket:
    """A ticket from a message in the asker's group."""
    message = one.says(text, number)
    draft = tickets.Draft(
        way="group",
        text=text,
        space_id=one.space.pk,
        account_id=one.account.pk,
        message_id=message.pk,
        **said,
    )
    return tickets.open_many([draft], by="system:desk", at=clock.now())[0]


def state(entry: Entry) -> str:
    return Entry.objects.get(pk=entry.pk).state


def audited(ticket: Ticket) -> list[str]:
    from guildhall.core.models import AuditEntry

    return list(
        AuditEntry.objects.filter(subject=f"ticket:{ticket.pk}").order_by("id").values_list("verb", flat=True)
    )


__all__ = ["NOON", "Asker", "asked", "asker", "audited", "colleague", "new_id", "opened", "state", "vendor"]
