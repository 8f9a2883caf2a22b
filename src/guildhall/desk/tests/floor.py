"""A small desk for tests: people with roles, shifts written as rows, tickets in queues."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import count

from guildhall.core.ids import new_id
from guildhall.desk.models import AgentProfile, Ticket, TimelineEvent, Vendor
from guildhall.people.models import Staff, Team, TeamMembership
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff
from guildhall.work.models import DutyKind, Shift

_numbers = count(1)


def agent(name: str, *languages: str, role: Role = Role.SUPPORT_AGENT, **takes: object) -> Staff:
    """Somebody at the desk; `languages` and `takes` as in AgentProfile."""
    staff = make_staff(role, email=f"{name}@house.test", name=name, mfa=False)
    if languages or takes:
        AgentProfile.objects.create(staff=staff, languages=list(languages), **takes)
    return staff


def team(slug: str = "desk", *members: Staff, lead: Staff | None = None) -> Team:
    """A team with its members."""
    made, _ = Team.objects.get_or_create(slug=slug, defaults={"name": slug})
    for one in members:
        TeamMembership.objects.get_or_create(team=made, staff=one, defaults={"is_lead": one == lead})
    return made


def vendor(name: str, *members: Staff, lead: Staff | None = None) -> Vendor:
    """An outsourced team with its agents."""
    made, _ = Vendor.objects.get_or_create(
        name=name, defaults={"team": team(f"v-{name}"), "created_by": "system:test"}
    )
    team(f"v-{name}", *members, lead=lead)
    return made


def shift(staff: Staff, starts: datetime, ends: datetime, kind: str = DutyKind.SHIFT) -> Shift:
    """One shift of one person."""
    return Shift.objects.create(
        team=team(), staff=staff, starts_at=starts, ends_at=ends, kind=kind, made_by="system:test"
    )


def ticket(at: datetime, owner: Staff | None = None, **said: object) -> Ticket:
    """One open ticket whose asker waits since `at`."""
    row = {
        "way": "api",
        "subject": "Where is my deposit?",
        "opened_at": at,
        "changed_at": at,
        "waiting_since": at,
        "assignee": owner,
        "assigned_at": at if owner else None,
    }
    made = Ticket.objects.create(id=new_id(), number=next(_numbers), **{**row, **said})
    TimelineEvent.objects.create(ticket=made, at=at, type="opened", value=made.priority)
    return made


def owners(tickets: Iterable[Ticket]) -> list[str]:
    """Who owns them now, by name; '' for nobody."""
    now = {
        one.pk: one.assignee
        for one in Ticket.objects.filter(pk__in=[t.pk for t in tickets]).select_related("assignee")
    }
    return [now[one.pk].name if now[one.pk] else "" for one in tickets]  # type: ignore[union-attr]
