"""Duty for programs: who is there now, shifts and gaps of a span, and of no team the owner may not see."""

from __future__ import annotations

from datetime import timedelta

import pytest

from guildhall.api.tests.callers import program
from guildhall.core import clock
from guildhall.people.models import Staff, Team, TeamMembership
from guildhall.people.roles import Role
from guildhall.work.duty import actions
from guildhall.work.duty.actions import Needed, NewShift

pytestmark = pytest.mark.django_db


@pytest.fixture
def mei() -> Staff:
    team = Team.objects.create(slug="desk", name="Desk")
    mei = Staff.objects.create(email="mei@example.org", name="Mei", language="zh-hans")
    TeamMembership.objects.create(team=team, staff=mei)
    now = clock.now()
    actions.add_shift(
        NewShift(team.pk, mei.pk, now - timedelta(hours=1), now + timedelta(hours=1)), by="staff:1"
    )
    actions.add_need(Needed(team.pk, 0, 1440, "UTC", language="zh"), by="staff:1")
    return mei


def test_a_program_asks_who_is_on_duty_and_when(mei: Staff) -> None:
    client = program("duty:read")
    (now,) = client.get("/api/v1/duty", {"language": "zh"}).json()["items"]
    assert (now["staff_id"], now["name"], now["team"], now["languages"]) == (mei.pk, "Mei", "desk", ["zh"])
    later = (clock.now() + timedelta(hours=2)).isoformat()
    assert client.get("/api/v1/duty", {"at": later}).json()["items"] == []
    assert client.get("/api/v1/duty", {"at": "2026-11-23T10:00:00"}).status_code == 422
    span = {"start": clock.now().isoformat(), "end": (clock.now() + timedelta(hours=3)).isoformat()}
    assert len(client.get("/api/v1/duty/shifts", span).json()["items"]) == 1
    (gap,) = client.get("/api/v1/duty/gaps", span).json()["items"]
    assert (gap["language"], gap["have"], gap["least"]) == ("zh", 0, 1)
    assert client.get("/api/v1/duty/gaps", span | {"end": span["start"]}).status_code == 422


def test_a_vendors_program_sees_its_own_teams_only(mei: Staff) -> None:
    client = program("duty:read", roles=(Role.VENDOR_AGENT,))
    assert client.get("/api/v1/duty").json()["items"] == []
    span = {"start": clock.now().isoformat(), "end": (clock.now() + timedelta(hours=3)).isoformat()}
    assert client.get("/api/v1/duty/shifts", span | {"team": "desk"}).json()["items"] == []
    assert client.get("/api/v1/duty/gaps", span).json()["items"] == []
    TeamMembership.objects.create(team=Team.objects.get(), staff=client.staff)
    assert len(client.get("/api/v1/duty").json()["items"]) == 1


def test_a_token_without_the_scope_is_refused(mei: Staff) -> None:
    assert program("members:read").get("/api/v1/duty").status_code == 403
