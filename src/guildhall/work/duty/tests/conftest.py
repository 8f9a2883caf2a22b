"""A desk of three who plan their duty on a Monday, with a planner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.people.models import RoleGrant, Staff, Team, TeamMembership

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour: float) -> datetime:
    """Hours after the midnight (UTC) of Monday, 23 November 2026."""
    return MONDAY + timedelta(hours=hour)


def person(
    name: str, *teams: Team, language: str = "en", role: str = "support_agent", lead: bool = False
) -> Staff:
    staff = Staff.objects.create(email=f"{name}@example.org", name=name, language=language)
    RoleGrant.objects.create(staff=staff, role=role, granted_by="system:test")
    for team in teams:
        TeamMembership.objects.create(team=team, staff=staff, is_lead=lead)
    return staff


@dataclass(frozen=True)
class House:
    """The desk: Mei writes Chinese, Tom and Ana English; Pat plans."""

    team: Team
    mei: Staff
    tom: Staff
    ana: Staff
    pat: Staff


@pytest.fixture
def house(db: None) -> House:
    team = Team.objects.create(slug="desk", name="Desk")
    return House(
        team,
        person("Mei", team, language="zh-hans"),
        person("Tom", team),
        person("Ana", team),
        person("Pat", role="manager"),
    )


@pytest.fixture
def monday() -> Iterator[None]:
    """It is Monday, 06:00 UTC."""
    with clock.freeze(at(6)):
        yield
