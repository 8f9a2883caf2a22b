"""A team's question is that team's alone, on the pages of tasks too: nobody else reads it or answers it there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from guildhall.core.text import Text
from guildhall.desk.actions import escalations
from guildhall.desk.models import Escalation, Ticket
from guildhall.people import actions as people
from guildhall.people.models import Staff, Team
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff, sign_in
from guildhall.work.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked() -> Escalation:
    for slug in ("finance", "risk"):
        name = Text(slug.title(), slug)
        escalations.save_team(slug, name, None, hours={}, seconds={"*": 3600}, by="system:test")
    ticket = Ticket.objects.create(number=7, subject="stuck", way=Ticket.Way.PRIVATE)
    shared = [("UID", "88120034")]
    return escalations.escalate(ticket.pk, "finance", "Why is it held?", by="system:test", shared=shared)


def of_team(slug: str) -> Staff:
    staff = make_staff(Role.SPECIALIST)
    people.add_to_team(Team.objects.get(slug=slug), staff, by="system:test")
    return staff


def lists(staff: Staff) -> str:
    client = sign_in(Client(), staff)
    pages = [reverse("console:tasks"), reverse("console:tasks") + "?who=all", reverse("console:tasks-past")]
    return "".join(client.get(page).content.decode() for page in pages)


def test_its_own_team_sees_and_answers_it_under_tasks(asked: Escalation) -> None:
    finance = of_team("finance")
    assert str(asked.task_id) in lists(finance)
    answer = sign_in(Client(), finance).post(
        reverse("console:task-done", args=[asked.task_id]), {"answer": "paid"}
    )
    asked.refresh_from_db()
    assert (answer.status_code, asked.answer) == (303, "paid")


@pytest.mark.parametrize("who", ["risk", Role.SUPPORT_AGENT, Role.CONTENT_EDITOR, Role.ANALYST])
def test_nobody_else_reads_or_answers_it_under_tasks(asked: Escalation, who: str) -> None:
    staff = of_team("risk") if who == "risk" else make_staff(Role(who))
    client, page = sign_in(Client(), staff), reverse("console:task", args=[asked.task_id])
    assert str(asked.task_id) not in lists(staff)
    assert client.get(page).status_code == 404
    for name in ("task-done", "task-skip", "task-take"):
        said = client.post(reverse(f"console:{name}", args=[asked.task_id]), {"answer": "x", "reason": "x"})
        assert said.status_code in (403, 404)
    client.post(reverse("console:tasks-several"), {"task": [asked.task_id]})
    asked.refresh_from_db()
    assert asked.state == "asked"
    assert Task.objects.get(pk=asked.task_id).state == "open"
