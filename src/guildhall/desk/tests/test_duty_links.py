"""A page that names whoever is on call reaches who really is: swaps count, and nobody means the leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.desk.models import AgentProfile
from guildhall.paging.escalating import course_of
from guildhall.paging.finding import people_of
from guildhall.people.models import Staff, Team, TeamMembership
from guildhall.work.duty import actions, queries
from guildhall.work.duty.actions import NewShift

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Team:
    return Team.objects.create(slug="night-desk", name="Night desk")


def person(name: str, team: Team, *, lead: bool = False) -> Staff:
    staff = Staff.objects.create(email=f"{name}@example.org", name=name)
    TeamMembership.objects.create(team=team, staff=staff, is_lead=lead)
    return staff


def put(team: Team, staff: Staff, kind: str, layer: int = 1) -> str:
    row = NewShift(team.pk, staff.pk, NOW, NOW + timedelta(hours=8), kind=kind, layer=layer)
    return actions.add_shift(row, by="staff:1").pk


def test_the_first_layer_is_tried_first_and_a_step_may_name_another(desk: Team) -> None:
    first, second = person("one", desk), person("two", desk)
    put(desk, second, "on_call", 2)
    shift = put(desk, first, "on_call", 1)
    with clock.freeze(NOW):
        assert people_of(["on_call:night-desk"]) == [first]
        assert people_of(["on_call:night-desk/2", f"on_call:{desk.pk}"]) == [first, second]
        third = person("three", desk)
        actions.cover(shift, third.pk, by="staff:1")
        assert people_of(["on_call:night-desk"]) == [third]


def test_without_anybody_on_call_whoever_works_is_reached_then_the_leads_then_all(desk: Team) -> None:
    member = person("one", desk)
    with clock.freeze(NOW):
        assert people_of(["on_call:night-desk"]) == [member]
        lead = person("lead", desk, lead=True)
        assert people_of(["on_call:night-desk"]) == [lead]
        put(desk, member, "shift")
        assert people_of(["on_call:night-desk"]) == [member]
        assert people_of(["on_call:nowhere"]) == []


def test_a_plan_may_name_on_call_and_refuses_nonsense() -> None:
    assert course_of({"steps": [{"who": ["on_call:night-desk/2"]}]}).steps[0].who == ("on_call:night-desk/2",)
    with pytest.raises(BadInput):
        course_of({"steps": [{"who": ["on_call:Night Desk"]}]})


def test_an_agent_is_on_duty_for_the_languages_they_answer_in(desk: Team) -> None:
    agent = person("one", desk)
    AgentProfile.objects.create(staff=agent, languages=["en", "zh-hans"])
    put(desk, agent, "shift")
    assert [one.staff_id for one in queries.on_duty(NOW, languages=["zh"])] == [agent.pk]
