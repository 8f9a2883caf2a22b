"""What happens when shifts begin and end: who owns what, what is written, what is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.desk import on_hand
from guildhall.desk.actions import assigning, presence, shift_change, tickets
from guildhall.desk.models import AgentProfile, Entry, Handover, Ticket
from guildhall.desk.tests import floor
from guildhall.paging.models import Page
from guildhall.people.models import Staff
from guildhall.people.roles import Role
from guildhall.work.models import DutyKind

pytestmark = pytest.mark.django_db
SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)
TWO = SIX + timedelta(hours=8)
TEN = SIX + timedelta(hours=16)
EARLY = SIX + timedelta(minutes=5)


@pytest.fixture
def day() -> tuple[Staff, Staff]:
    """Ada from six to two, Bo from two to ten."""
    ada, bo = floor.agent("Ada", "en"), floor.agent("Bo", "en", "zh")
    floor.team("desk", ada, bo)
    floor.shift(ada, SIX, TWO)
    floor.shift(bo, TWO, TEN)
    return ada, bo


def test_a_new_ticket_is_given_to_whoever_is_on_duty_and_says_why(day: tuple[Staff, Staff]) -> None:
    ticket = floor.ticket(EARLY)
    with clock.freeze(EARLY):
        assert assigning.take_waiting(EARLY) == 1
    assert floor.owners([ticket]) == ["Ada"]
    entry = Entry.objects.get(ticket=ticket)
    assert "speaks English" in entry.data["why"]
    assert "使用英语" in entry.data["why_zh"]


def test_when_a_shift_ends_every_open_ticket_belongs_to_the_next(day: tuple[Staff, Staff]) -> None:
    with clock.freeze(TWO) as now:
        held = [floor.ticket(EARLY, day[0], status=status) for status in ("open", "pending")]
        asleep = floor.ticket(EARLY, day[0], snoozed_until=TEN)
        queued = floor.ticket(EARLY, None, status="pending")
        solved = floor.ticket(EARLY, day[0], status="solved")
        assert shift_change.hand_back(now.at) == 3
        assert assigning.take_waiting(now.at) == 1
        assert floor.owners([*held, asleep, queued, solved]) == ["Bo", "Bo", "Bo", "Bo", "Ada"]
        assert shift_change.hand_back(now.at) == 0


def test_a_note_is_opened_before_the_end_filled_from_facts_and_only_once(day: tuple[Staff, Staff]) -> None:
    ticket = floor.ticket(EARLY, day[0], priority="urgent")
    before = TWO - timedelta(minutes=31)
    with clock.freeze(before) as now:
        assert shift_change.open_notes(now.at) == 0
        now.advance(120)
        assert shift_change.open_notes(now.at) == 1
        assert shift_change.open_notes(now.at) == 0
    note = Handover.objects.get()
    assert (note.staff, note.ends_at, note.state, note.severity) == (day[0], TWO, "draft", "critical")
    assert [line.ticket for line in note.lines.all()] == [ticket]
    assert [one.ticket for one in note.actions.all()] == [ticket]
    assert "1 open tickets" in note.summary


def test_no_note_is_opened_for_a_shift_that_another_one_follows(day: tuple[Staff, Staff]) -> None:
    floor.shift(day[0], TWO, TEN)
    floor.ticket(EARLY, day[0])
    with clock.freeze(TWO - timedelta(minutes=10)) as now:
        assert shift_change.open_notes(now.at) == 0


def test_whoever_went_home_without_writing_is_written_for(day: tuple[Staff, Staff]) -> None:
    ticket = floor.ticket(EARLY, day[0], priority="urgent")
    with clock.freeze(TWO) as now:
        shift_change.hand_back(now.at)
    note = Handover.objects.get()
    assert (note.state, note.by_house) == ("given", True)
    assert "went home without writing it" in note.summary
    assert [line.to_staff for line in note.lines.all()] == [day[1]]
    assert floor.owners([ticket]) == ["Bo"]


def test_a_draft_with_nothing_left_to_hand_over_is_put_away(day: tuple[Staff, Staff]) -> None:
    ticket = floor.ticket(EARLY, day[0])
    with clock.freeze(TWO - timedelta(minutes=10)) as now:
        shift_change.open_notes(now.at)
        tickets.set_status(ticket.pk, "solved", day[0])
        now.advance(600)
        assert shift_change.hand_back(now.at) == 0
    assert Handover.objects.get().state == "void"


def test_the_ticket_goes_to_who_the_handover_names_if_they_can_take_it(day: tuple[Staff, Staff]) -> None:
    cy = floor.agent("Cy", "en")
    floor.shift(cy, TWO, TEN)
    for _ in range(3):
        floor.ticket(EARLY, day[1])
    ticket = floor.ticket(EARLY, day[0])
    with clock.freeze(TWO - timedelta(minutes=10)) as now:
        shift_change.open_notes(now.at)
        Handover.objects.update(to_staff=day[1])
        now.advance(600)
        shift_change.hand_back(now.at)
    assert floor.owners([ticket]) == ["Bo"], "Cy has fewer, but Bo was named"


def test_a_full_next_shift_gets_them_all_the_same(day: tuple[Staff, Staff]) -> None:
    AgentProfile.objects.filter(staff=day[1]).update(most_open=1)
    held = [floor.ticket(EARLY, day[0]) for _ in range(4)]
    with clock.freeze(TWO) as now:
        shift_change.hand_back(now.at)
    assert floor.owners(held) == ["Bo"] * 4


def test_nobody_on_duty_then_who_is_on_call_then_who_leads_and_it_is_told(day: tuple[Staff, Staff]) -> None:
    lead, call = floor.agent("Lea", "en", role=Role.MANAGER), floor.agent("Cal", "en")
    floor.team("desk", lead, lead=lead)
    floor.shift(call, TEN, TEN + timedelta(hours=2), DutyKind.ON_CALL)
    ticket = floor.ticket(EARLY, day[1])
    with clock.freeze(TEN) as now:
        shift_change.hand_back(now.at)
        assert floor.owners([ticket]) == ["Cal"]
        assert shift_change.watch_staffing(now.at) == 0
        now.advance(2 * 3600)
        shift_change.hand_back(now.at)
        assert floor.owners([ticket]) == ["Lea"]
        assert shift_change.hand_back(now.at) == 0, "Lea keeps it until somebody comes"
        assert shift_change.watch_staffing(now.at) == 1
        assert shift_change.watch_staffing(now.at) == 1
        assert Page.objects.filter(kind=shift_change.UNSTAFFED).count() == 1
        floor.shift(call, now.at, now.at + timedelta(hours=8))
        shift_change.hand_back(now.at)
        assert floor.owners([ticket]) == ["Cal"]
        assert shift_change.watch_staffing(now.at) == 0
        assert Page.objects.get(kind=shift_change.UNSTAFFED).state == "resolved"


def test_a_vendors_tickets_stay_with_the_vendor_and_come_to_us_only_when_it_has_nobody() -> None:
    house, other = floor.agent("Ida", "en"), floor.agent("Otto", "en", role=Role.VENDOR_AGENT)
    va, vb = (floor.agent(name, "en", role=Role.VENDOR_AGENT) for name in ("Vala", "Vera"))
    acme, beta = floor.vendor("Acme", va, vb), floor.vendor("Beta", other)
    floor.shift(va, SIX, TWO)
    floor.shift(vb, TWO, TEN)
    for one in (house, other):
        floor.shift(one, SIX, TEN + timedelta(hours=8))
    theirs, betas = floor.ticket(EARLY, va, vendor=acme), floor.ticket(EARLY, None, vendor=beta)
    with clock.freeze(TWO) as now:
        shift_change.hand_back(now.at)
        assigning.take_waiting(now.at)
        assert floor.owners([theirs, betas]) == ["Vera", "Otto"]
        assert Handover.objects.get().vendor == acme
        now.advance(8 * 3600)
        shift_change.hand_back(now.at)
    assert floor.owners([theirs]) == ["Ida"]
    assert Ticket.objects.get(pk=theirs.pk).vendor == acme


def test_the_queue_is_worked_by_urgency_and_waits_while_everybody_is_full(day: tuple[Staff, Staff]) -> None:
    AgentProfile.objects.filter(staff=day[0]).update(most_open=2)
    calm, soon, urgent = (
        floor.ticket(EARLY),
        floor.ticket(EARLY, next_due_at=TWO),
        floor.ticket(EARLY, priority="urgent"),
    )
    at = EARLY + timedelta(seconds=10)
    with clock.freeze(at) as now:
        assert assigning.take_waiting(now.at) == 2
        assert floor.owners([calm, soon, urgent]) == ["", "Ada", "Ada"]
        now.advance(on_hand.rules().patience_s)
        assert assigning.take_waiting(now.at) == 1
        assert floor.owners([calm]) == ["Ada"], "nobody waits for ever: the fullest is exceeded"


def test_a_break_keeps_what_one_has_and_brings_nothing_new_and_ends_with_the_shift(
    day: tuple[Staff, Staff],
) -> None:
    mine = floor.ticket(EARLY, day[0])
    with clock.freeze(EARLY) as now:
        presence.set_state(day[0].pk, "away", day[0])
        fresh = floor.ticket(EARLY)
        assert assigning.take_waiting(now.at) == 0
        assert shift_change.hand_back(now.at) == 0
        assert floor.owners([mine, fresh]) == ["Ada", ""]
        profile = AgentProfile.objects.get(staff=day[0])
        assert profile.now(TWO) == "available"


def test_going_home_early_hands_everything_on_at_once(day: tuple[Staff, Staff]) -> None:
    floor.shift(day[1], SIX, TWO)
    mine = floor.ticket(EARLY, day[0])
    with clock.freeze(EARLY) as now:
        presence.set_state(day[0].pk, "off", day[0])
        shift_change.hand_back(now.at)
    assert floor.owners([mine]) == ["Bo"]
    assert Handover.objects.get().staff == day[0]


def test_whoever_stays_on_keeps_their_tickets_until_they_said(day: tuple[Staff, Staff]) -> None:
    mine = floor.ticket(EARLY, day[0])
    with clock.freeze(TWO - timedelta(minutes=1)) as now:
        presence.stay(day[0].pk, TWO + timedelta(hours=1), day[0])
        now.advance(120)
        shift_change.hand_back(now.at)
        assert floor.owners([mine]) == ["Ada"]
        now.advance(3600)
        shift_change.hand_back(now.at)
    assert floor.owners([mine]) == ["Bo"]


def test_whoever_takes_a_ticket_without_a_shift_says_that_they_are_here(day: tuple[Staff, Staff]) -> None:
    boss = floor.agent("Mia", role=Role.MANAGER)
    ticket = floor.ticket(EARLY, day[0])
    with clock.freeze(EARLY) as now:
        tickets.assign(ticket.pk, boss.pk, boss)
        shift_change.hand_back(now.at)
        assert floor.owners([ticket]) == ["Mia"]
        now.advance(presence.TOOK_ONE)
        shift_change.hand_back(now.at)
        assert floor.owners([ticket]) == ["Ada"]


def test_a_house_without_a_roster_goes_by_the_switch() -> None:
    ada, boss = floor.agent("Ada", "en"), floor.agent("Mia", role=Role.MANAGER)
    first, theirs = floor.ticket(EARLY), floor.ticket(EARLY, boss)
    with clock.freeze(EARLY) as now:
        assigning.take_waiting(now.at)
        shift_change.hand_back(now.at)
        assert floor.owners([first, theirs]) == ["Ada", "Mia"]
        presence.set_state(ada.pk, "off", ada)
        shift_change.hand_back(now.at)
        assert floor.owners([first]) == ["Mia"]


def test_a_ticker_that_was_away_does_what_is_left(day: tuple[Staff, Staff]) -> None:
    held = floor.ticket(EARLY, day[0])
    with clock.freeze(TWO + timedelta(hours=3)) as now:
        shift_change.hand_back(now.at)
    assert floor.owners([held]) == ["Bo"]
    assert Handover.objects.get().state == "given"


def test_what_somebody_gives_back_goes_to_somebody_else_if_there_is_one(day: tuple[Staff, Staff]) -> None:
    floor.shift(day[1], SIX, TWO)
    for _ in range(3):
        floor.ticket(EARLY, day[1])
    ticket = floor.ticket(EARLY, day[0])
    with clock.freeze(EARLY + timedelta(minutes=1)) as now:
        tickets.assign(ticket.pk, None, day[0])
        assert assigning.take_waiting(now.at) == 1
        assert floor.owners([ticket]) == ["Bo"]
        presence.set_state(day[0].pk, "off", day[0])
        tickets.assign(ticket.pk, None, day[1])
        assigning.take_waiting(now.at + timedelta(minutes=10))
        assert floor.owners([ticket]) == ["Bo"], "there is nobody else"


def test_an_escalation_hands_a_ticket_to_the_next_best_and_not_back(day: tuple[Staff, Staff]) -> None:
    floor.shift(day[1], SIX, TWO)
    ticket = floor.ticket(EARLY, day[0])
    with clock.freeze(EARLY):
        choice = assigning.assign_best(ticket.pk, "system:desk", exclude=(day[0].pk,))
    assert choice.staff_id == day[1].pk
    assert floor.owners([ticket]) == ["Bo"]
