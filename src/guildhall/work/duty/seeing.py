"""Whose duty somebody may see and plan. In-house staff see every team; outsourced agents and specialists of
the exchange see only the teams they belong to. Planners plan every team, the lead of a team plans that one.
"""

from __future__ import annotations

from django.db.models import QuerySet

from guildhall.core.errors import NotAllowed
from guildhall.core.text import Text
from guildhall.people.models import Staff, Team, TeamMembership
from guildhall.people.roles import Role

OUTSIDE = frozenset({Role.VENDOR_AGENT, Role.SPECIALIST, Role.PARTNER})
PLAN, VIEW = "duty.plan", "duty.view"


def sees_all(staff: Staff) -> bool:
    """Whether somebody sees the duty of every team."""
    return staff.may(VIEW) and bool(staff.roles - OUTSIDE)


def teams_seen(staff: Staff) -> QuerySet[Team]:
    """The teams whose duty somebody may see, by name."""
    every = Team.objects.order_by("name", "pk")
    if sees_all(staff):
        return every
    return every.filter(memberships__staff=staff) if staff.may(VIEW) else every.none()


def teams_planned(staff: Staff) -> QuerySet[Team]:
    """The teams whose shifts somebody writes and whose swaps they approve, by name."""
    every = Team.objects.order_by("name", "pk")
    if staff.may(PLAN):
        return every
    if not staff.may(VIEW):
        return every.none()
    return every.filter(memberships__staff=staff, memberships__is_lead=True)


def may_plan(staff: Staff, team_id: int) -> bool:
    """Whether somebody plans this team."""
    return teams_planned(staff).filter(pk=team_id).exists()


def may_plan_person(staff: Staff, staff_id: int) -> bool:
    """Whether somebody decides the leave of this person: a planner, or the lead of one of their teams."""
    if staff.may(PLAN):
        return True
    theirs = TeamMembership.objects.filter(staff_id=staff_id).values("team_id")
    return teams_planned(staff).filter(pk__in=theirs).exists()


def check_plans(staff: Staff, team_id: int) -> None:
    """Raises NotAllowed for somebody who does not plan this team."""
    if not may_plan(staff, team_id):
        raise NotAllowed(Text("You do not plan this team.", "您无权为该团队排班。"))
