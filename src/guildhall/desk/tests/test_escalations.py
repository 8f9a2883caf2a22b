"""Questions to the teams of the exchange: one clock, one answer, nothing asked twice, nothing lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.models import AuditEntry
from guildhall.core.text import Text
from guildhall.desk import promises
from guildhall.desk.actions import escalations
from guildhall.desk.models import Entry, Escalation, ExchangeTeam, Ticket
from guildhall.paging.models import Page
from guildhall.people.models import Staff, TeamMembership
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff
from guildhall.work import actions as work
from guildhall.work.models import Task

AGENT = "system:test"
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
WEEKDAYS = {
    "tz": "Asia/Singapore",
    "weekly": {day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [],
}


@pytest.fixture
def finance() -> ExchangeTeam:
    return escalations.save_team(
        "finance", Text("Finance", "财务"), None, hours={}, seconds={"normal": 3600, "urgent": 600}, by=AGENT
    )


@pytest.fixture
def ticket() -> Ticket:
    return Ticket.objects.create(number=1024, subject="Withdrawal stuck", way=Ticket.Way.PRIVATE)


def ask(ticket: Ticket, **more: object) -> Escalation:
    return escalations.escalate(ticket.pk, "finance", "Why is it held?", by=AGENT, **more)  # type: ignore[arg-type]


class TestPromises:
    def test_the_clock_rests_while_the_desk_has_the_question_and_goes_on_with_what_was_left(self) -> None:
        written = promises.promise({}, {"*": 3600})
        at = [MONDAY + timedelta(minutes=m) for m in (0, 20, 50)]
        asked, returned, supplied = ("asked", at[0]), ("returned", at[1]), ("supplied", at[2])
        assert promises.stand(written, "normal", [asked], at[0]).due_at == MONDAY + timedelta(hours=1)
        assert promises.stand(written, "normal", [asked, returned], at[2]).due_at is None
        going_on = promises.stand(written, "normal", [asked, returned, supplied], at[2])
        assert (going_on.elapsed, going_on.due_at) == (1200, MONDAY + timedelta(minutes=90))

    def test_hours_are_the_teams_own(self) -> None:
        friday = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)  # 17:30 in Singapore
        found = promises.stand(promises.promise(WEEKDAYS, {"*": 3600}), "low", [("asked", friday)], friday)
        assert found.due_at == datetime(2026, 11, 30, 1, 30, tzinfo=UTC)

    def test_an_answer_in_the_due_second_is_in_time(self) -> None:
        written = promises.promise({}, {"*": 60})
        end = MONDAY + timedelta(seconds=60)
        in_time = promises.stand(written, "low", [("asked", MONDAY), ("answered", end)], end)
        late = promises.stand(
            written,
            "low",
            [("asked", MONDAY), ("answered", end + timedelta(seconds=1))],
            end + timedelta(seconds=1),
        )
        assert (in_time.breached_at, late.breached_at) == (None, end)


@pytest.mark.django_db
class TestEscalations:
    def test_a_question_becomes_a_task_with_a_due_time_and_a_line_on_the_ticket(
        self, finance: ExchangeTeam, ticket: Ticket
    ) -> None:
        with clock.freeze(MONDAY):
            one = ask(ticket, shared=[("Amount", "840 USDT"), ("Nothing", "")])
        task = Task.objects.get(pk=one.task_id)
        assert one.due_at == task.due_at == MONDAY + timedelta(hours=1)
        assert one.shared == [["Amount", "840 USDT"]]
        assert task.role == Role.SPECIALIST
        assert "840 USDT" in task.notes["en"]
        entry = Entry.objects.get(ticket=ticket)
        assert (entry.kind, entry.data["what"]) == (Entry.Kind.SYSTEM, "escalated")
        audited = AuditEntry.objects.get(verb="escalation.asked")
        assert "held" not in str(audited.data)

    def test_the_answer_closes_the_task_and_reaches_the_one_who_owns_the_ticket(
        self, finance: ExchangeTeam, ticket: Ticket
    ) -> None:
        owner = make_staff(Role.SUPPORT_AGENT)
        Ticket.objects.filter(pk=ticket.pk).update(assignee=owner)
        specialist = make_staff(Role.SPECIALIST)
        one = ask(ticket)
        done = escalations.answer(one.pk, "24 h rule", by=specialist.actor, outcome="known")
        assert (done.state, done.outcome, done.answer) == ("answered", "known", "24 h rule")
        assert Task.objects.get(pk=one.task_id).state == Task.State.DONE
        note = Entry.objects.get(ticket=ticket, kind=Entry.Kind.NOTE)
        assert note.text == "24 h rule"
        assert list(note.mentions.values_list("pk", flat=True)) == [owner.pk]
        again = escalations.answer(one.pk, "24 h rule", by=specialist.actor, outcome="known")
        assert again.answered_at == done.answered_at
        with pytest.raises(Conflict):
            escalations.answer(one.pk, "something else", by=specialist.actor)

    def test_a_task_done_on_the_page_of_tasks_is_the_answer_too(
        self, finance: ExchangeTeam, ticket: Ticket
    ) -> None:
        one = ask(ticket)
        work.complete(one.task_id or "", by=AGENT, answers={"answer": "paid out"})
        one.refresh_from_db()
        assert (one.state, one.answer, one.outcome) == ("answered", "paid out", "done")

    def test_a_task_that_is_skipped_gives_the_question_back_to_the_desk(
        self, finance: ExchangeTeam, ticket: Ticket
    ) -> None:
        one = ask(ticket)
        work.skip(one.task_id or "", by=AGENT, reason="not ours")
        one.refresh_from_db()
        assert (one.state, one.due_at) == ("withdrawn", None)

    def test_a_team_has_one_open_question_about_a_ticket(self, finance: ExchangeTeam, ticket: Ticket) -> None:
        one = ask(ticket)
        with pytest.raises(Conflict):
            ask(ticket)
        escalations.withdraw(one.pk, by=AGENT)
        escalations.withdraw(one.pk, by=AGENT)
        assert ask(ticket).pk != one.pk
        assert Task.objects.get(pk=one.task_id).state == Task.State.CANCELLED

    def test_asking_back_rests_the_clock_and_what_is_supplied_starts_it_again(
        self, finance: ExchangeTeam, ticket: Ticket
    ) -> None:
        with clock.freeze(MONDAY):
            one = ask(ticket)
        with clock.freeze(MONDAY + timedelta(minutes=10)):
            assert escalations.ask_back(one.pk, "Which address?", by=AGENT).due_at is None
        with clock.freeze(MONDAY + timedelta(hours=5)):
            assert escalations.judge(clock.now()) == 0
            going_on = escalations.supply(one.pk, "T…9f", by=AGENT)
        assert going_on.due_at == MONDAY + timedelta(hours=5, minutes=50)

    def test_a_broken_promise_is_noted_once_at_its_instant_and_rings(
        self, finance: ExchangeTeam, ticket: Ticket
    ) -> None:
        with clock.freeze(MONDAY):
            one = ask(ticket, priority="urgent")
        due = MONDAY + timedelta(minutes=10)
        assert [escalations.judge(due), escalations.judge(due + timedelta(minutes=3))] == [0, 1]
        assert escalations.judge(due + timedelta(minutes=4)) == 0
        one.refresh_from_db()
        assert one.breached_at == due
        page = Page.objects.get(kind=escalations.LATE)
        escalations.answer(one.pk, "done now", by=AGENT)
        page.refresh_from_db()
        assert page.state == "resolved"

    def test_nobody_may_ask_for_a_secret(self, finance: ExchangeTeam, ticket: Ticket) -> None:
        with pytest.raises(BadInput):
            escalations.escalate(ticket.pk, "finance", "Ask the member for their password", by=AGENT)

    def test_only_members_of_the_team_or_who_runs_the_desk_answer(
        self, finance: ExchangeTeam, ticket: Ticket
    ) -> None:
        one = ask(ticket)
        inside, outside = make_staff(Role.SPECIALIST), make_staff(Role.SPECIALIST)
        TeamMembership.objects.create(team=finance.team, staff=inside)
        assert escalations.may_answer(Staff.objects.get(pk=inside.pk), one)
        with pytest.raises(NotAllowed):
            escalations.refuse_strangers(Staff.objects.get(pk=outside.pk), one)
        assert escalations.may_answer(make_staff(Role.MANAGER), one)

    @pytest.mark.parametrize("status", ["solved", "closed"])
    def test_a_ticket_that_is_over_asks_nobody(
        self, finance: ExchangeTeam, ticket: Ticket, status: str
    ) -> None:
        Ticket.objects.filter(pk=ticket.pk).update(status=status)
        with pytest.raises(Conflict):
            ask(ticket)

    def test_unknown_teams_and_tickets_are_named(self, finance: ExchangeTeam, ticket: Ticket) -> None:
        with pytest.raises(NotFound):
            escalations.escalate(ticket.pk, "nobody", "?", by=AGENT)
        with pytest.raises(NotFound):
            escalations.escalate("01H", "finance", "?", by=AGENT)
        escalations.archive_team("finance", by=AGENT)
        with pytest.raises(NotFound):
            ask(ticket)
