"""Escalation chains: each step done once, in its time, as long as somebody still has to answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.desk import chain_steps, chains, clocking
from guildhall.desk.actions import tickets
from guildhall.desk.actions.chains import archive_chain, save_chain
from guildhall.desk.chains import Step
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.models import ChainStep, Clock, Entry, EscalationChain, Ticket
from guildhall.desk.testing import promising
from guildhall.effects import testing
from guildhall.paging.models import Page
from guildhall.people.models import Team, TeamMembership
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
BY = "system:test"


class TestRules:
    def test_steps_stand_in_the_order_they_come_due_warnings_first(self) -> None:
        steps = chains.steps_of(
            [
                {"do": "page", "whom": "lead", "after_s": 1800},
                {"do": "raise"},
                {"do": "notify", "whom": "assignee", "since": "warning"},
            ]
        )
        assert [(one.since, one.after_s, one.do) for one in steps] == [
            ("warning", 0, "notify"),
            ("breach", 0, "raise"),
            ("breach", 1800, "page"),
        ]

    @pytest.mark.parametrize(
        "step",
        [
            {"do": "shout"},
            {"do": "notify"},
            {"do": "page", "whom": "everybody"},
            {"do": "page", "after_s": -1},
            {"do": "page", "after_s": True},
            {"do": "page", "severity": "dire"},
            {"do": "raise", "priority": "sky"},
        ],
    )
    def test_a_step_that_cannot_be_done_is_refused_by_its_number(self, step: dict[str, Any]) -> None:
        with pytest.raises(BadInput, match="Step 1"):
            chains.steps_of([step])

    def test_raising_never_lowers(self) -> None:
        assert [chains.raised("low", ""), chains.raised("urgent", ""), chains.raised("high", "normal")] == [
            "normal",
            "urgent",
            "high",
        ]


@pytest.fixture
def now() -> Iterator[Any]:
    with clock.freeze(NOON) as held:
        yield held


def overdue(steps: list[dict[str, Any]], **more: Any) -> Ticket:
    """A ticket whose first answer is due after a minute, with a chain behind it."""
    chain = save_chain("Night", steps, BY)
    promising.promise(promising.content(first_response=60) | {"chain": chain.pk} | more)
    return tickets.open_many([tickets.Draft("api", text="Where?")], by="token:1", at=clock.now())[0]


def go(now: Any, seconds: float) -> None:
    now.advance(seconds)
    clocking.judge(clock.now())
    testing.drain()


@pytest.mark.django_db
class TestChains:
    def test_steps_come_one_after_the_other_and_once_each(self, now: Any) -> None:
        lead = make_staff(Role.MANAGER)
        ticket = overdue(
            [
                {"do": "notify", "whom": f"staff:{lead.pk}"},
                {"do": "raise", "after_s": 60},
                {"do": "page", "after_s": 120, "whom": f"staff:{lead.pk}"},
            ]
        )
        done = []
        for _ in range(5):
            go(now, 61)
            done.append(ChainStep.objects.filter(outcome="done").count())
        assert done == [1, 2, 3, 3, 3]
        page = Page.objects.get()
        assert (page.severity, page.plan["steps"][0]["who"]) == ("critical", [f"staff:{lead.pk}"])
        assert ticket.pk in page.link or page.link == ""
        ticket.refresh_from_db()
        assert ticket.priority == "high"
        told = Entry.objects.get(data__what="escalation_told")
        assert list(told.mentions.all()) == [lead]

    def test_an_answer_ends_the_chain_and_the_page(self, now: Any) -> None:
        ticket = overdue([{"do": "page"}, {"do": "page", "after_s": 600}])
        go(now, 61)
        assert Page.objects.exclude(state="resolved").count() == 1
        with transaction.atomic():
            clocking.note([(ticket, [Event(ticket.pk, clock.now(), "agent_reply")])], at=clock.now())
        assert Page.objects.exclude(state="resolved").count() == 0
        go(now, 700)
        assert list(ChainStep.objects.values_list("number", "outcome").order_by("number")) == [
            (0, "done"),
            (1, "not_needed"),
        ]

    def test_a_clock_on_hold_keeps_its_steps_waiting(self, now: Any) -> None:
        chain = save_chain("Night", [{"do": "raise", "after_s": 60}], BY)
        promising.promise(promising.content(resolution=60) | {"chain": chain.pk})
        ticket = tickets.open_many([tickets.Draft("api", text="?")], by="token:1", at=clock.now())[0]
        go(now, 61)
        with transaction.atomic():
            clocking.note([(ticket, [Event(ticket.pk, clock.now(), "status", "pending")])], at=clock.now())
        go(now, 61)
        assert not ChainStep.objects.exists()
        with transaction.atomic():
            clocking.note([(ticket, [Event(ticket.pk, clock.now(), "status", "open")])], at=clock.now())
        go(now, 601)
        assert ChainStep.objects.get().outcome == "done"

    def test_steps_of_a_warning_come_before_the_breach_only(self, now: Any) -> None:
        overdue(
            [
                {"do": "raise", "since": "warning", "priority": "high"},
                {"do": "raise", "since": "warning", "after_s": 45, "priority": "urgent"},
            ],
            warn=[50],
        )
        go(now, 31)
        go(now, 60)
        assert list(ChainStep.objects.values_list("number", "outcome").order_by("number")) == [
            (0, "done"),
            (1, "not_needed"),
        ]

    def test_a_worker_that_does_a_step_again_does_it_once(self, now: Any) -> None:
        ticket = overdue([{"do": "notify", "whom": "role:manager"}])
        make_staff(Role.MANAGER)
        go(now, 61)
        row = Clock.objects.get(ticket=ticket, metric="first_response")
        again = chain_steps.take_step(row.pk, 0, Step("notify", whom="role:manager"))
        assert again.result == {"outcome": "taken before"}
        assert Entry.objects.filter(data__what="escalation_told").count() == 1

    def test_nobody_to_tell_is_said_in_the_ticket(self, now: Any) -> None:
        overdue([{"do": "notify", "whom": "on_call:nights"}])
        go(now, 61)
        assert ChainStep.objects.get().outcome == "nobody"
        assert Entry.objects.filter(data__what="escalation_nobody").exists()

    def test_a_page_to_somebody_who_is_not_there_goes_by_the_usual_plan(self, now: Any) -> None:
        overdue([{"do": "page", "whom": "on_call:nights"}])
        go(now, 61)
        assert ChainStep.objects.get().outcome == "done"
        assert Page.objects.get().plan["steps"][0]["who"] == ["role:owner", "role:manager"]

    def test_a_chain_that_changes_leaves_steps_on_their_way_as_they_were(self, now: Any) -> None:
        overdue([{"do": "raise", "after_s": 60, "priority": "urgent"}])
        now.advance(61)
        clocking.judge(clock.now())
        save_chain("Night", [{"do": "page"}], BY, chain_id=EscalationChain.objects.get().pk)
        go(now, 61)
        assert Ticket.objects.get().priority == "urgent"

    def test_the_lead_is_who_leads_the_team_of_the_ticket(self, now: Any) -> None:
        team = Team.objects.create(slug="nights", name="Nights")
        lead, other = make_staff(Role.MANAGER), make_staff(Role.SUPPORT_AGENT)
        TeamMembership.objects.create(team=team, staff=lead, is_lead=True)
        TeamMembership.objects.create(team=team, staff=other)
        ticket = Ticket.objects.create(number=9, subject="?", way="api", assignee=other)
        assert chain_steps.people(ticket, "lead") == [lead]
        ticket.assignee = None
        assert chain_steps.people(ticket, "assignee") == []

    def test_a_chain_is_put_away_and_two_people_do_not_overwrite_each_other(self) -> None:
        chain = save_chain("Night", [{"do": "page"}], BY)
        save_chain("Nights", [{"do": "page"}], BY, chain_id=chain.pk, revision=chain.revision)
        with pytest.raises(Exception, match="meanwhile"):
            save_chain("Late", [{"do": "page"}], BY, chain_id=chain.pk, revision=chain.revision)
        assert archive_chain(chain.pk, BY).archived_at is not None
