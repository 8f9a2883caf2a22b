"""Swaps: asked, accepted by a colleague, approved by somebody else, carried out; what speaks against one is
said before it is decided.
"""

from __future__ import annotations

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.models import AuditEntry
from guildhall.people.models import Staff, Team
from guildhall.work.duty import actions, queries, swapping
from guildhall.work.duty.actions import Needed, NewShift, Off, swaps
from guildhall.work.duty.tests.conftest import House, at, person
from guildhall.work.models import Shift, Swap

BY = "staff:1"
pytestmark = pytest.mark.usefixtures("monday")


def shift(house: House, who: Staff | None, start: float, end: float, kind: str = "shift") -> Shift:
    row = NewShift(house.team.pk, who.pk if who else None, at(start), at(end), kind=kind)
    return actions.add_shift(row, by=BY)


def who(hour: float) -> list[int]:
    return [one.staff_id for one in queries.on_duty(at(hour))]


def test_a_shift_is_given_to_a_colleague_who_wants_it_once_a_planner_approves(house: House) -> None:
    one = shift(house, house.mei, 33, 41)
    swap = actions.ask(one.pk, house.mei, to=house.tom.pk, note="dentist")
    with pytest.raises(NotAllowed):
        actions.accept(swap.pk, house.ana)
    with pytest.raises(Conflict):
        actions.approve(swap.pk, house.pat)
    actions.accept(swap.pk, house.tom)
    assert who(35) == [house.mei.pk]
    actions.approve(swap.pk, house.pat)
    assert who(35) == [house.tom.pk]
    one.refresh_from_db()
    assert one.revision == 1
    verbs = AuditEntry.objects.filter(verb__startswith="swap.").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["swap.asked", "swap.accepted", "swap.approved"]


def test_two_shifts_are_traded_and_the_trade_goes_along_when_one_moves(house: House) -> None:
    mine, theirs = shift(house, house.mei, 33, 41), shift(house, house.tom, 57, 65)
    swap = actions.ask(mine.pk, house.mei, to=house.tom.pk, in_return=theirs.pk)
    actions.accept(swap.pk, house.tom)
    actions.approve(swap.pk, house.pat)
    assert (who(35), who(60)) == ([house.tom.pk], [house.mei.pk])
    moved = NewShift(house.team.pk, house.mei.pk, at(34), at(42))
    actions.change_shift(mine.pk, moved, by=BY)
    assert who(41.5) == [house.tom.pk]


def test_an_offer_to_everybody_goes_to_the_first_who_takes_it(house: House) -> None:
    swap = actions.ask(shift(house, house.mei, 33, 41).pk, house.mei)
    actions.accept(swap.pk, house.ana)
    with pytest.raises(Conflict):
        actions.accept(swap.pk, house.tom)
    actions.approve(swap.pk, house.pat)
    assert who(35) == [house.ana.pk]


def test_nobody_approves_their_own(house: House) -> None:
    house.pat.memberships.create(team=house.team, is_lead=True)
    swap = actions.ask(shift(house, house.pat, 33, 41).pk, house.pat, to=house.tom.pk)
    actions.accept(swap.pk, house.tom)
    with pytest.raises(NotAllowed):
        actions.approve(swap.pk, house.pat)
    with pytest.raises(NotAllowed):
        actions.approve(swap.pk, house.ana)


def test_a_second_duty_forbids_and_too_little_rest_wants_a_reason(house: House) -> None:
    shift(house, house.tom, 38, 46)
    swap = actions.ask(shift(house, house.mei, 33, 41).pk, house.mei, to=house.tom.pk)
    with pytest.raises(Conflict) as caught:
        actions.accept(swap.pk, house.tom)
    assert caught.value.code == "overlap"
    shift(house, house.ana, 16, 24)
    early = actions.ask(shift(house, house.mei, 30, 33).pk, house.mei, to=house.ana.pk)
    actions.accept(early.pk, house.ana)
    early.refresh_from_db()
    assert [(p.code, p.blocks) for p in swapping.problems(early)] == [("rest", False)]
    with pytest.raises(BadInput):
        actions.approve(early.pk, house.pat)
    assert actions.approve(early.pk, house.pat, reason="she asked for it").reason == "she asked for it"


def test_a_language_that_would_be_missing_is_said(house: House) -> None:
    actions.add_need(Needed(house.team.pk, 0, 1440, "UTC", language="zh"), by=BY)
    one = shift(house, house.mei, 33, 41)
    swap = actions.ask(one.pk, house.mei, to=house.tom.pk)
    swap = actions.accept(swap.pk, house.tom)
    (problem,) = swapping.problems(swap)
    assert (problem.code, problem.blocks) == ("cover", False)
    assert "“zh”" in problem.text.en


def test_leave_uncovers_a_shift_and_whoever_wants_it_may_ask_for_it(house: House) -> None:
    one = shift(house, house.mei, 33, 41)
    leave = actions.ask_leave(house.mei, Off(at(30), at(54), note="flu", kind="sick"))
    assert who(35) == [house.mei.pk]
    with pytest.raises(NotAllowed):
        actions.approve_leave(leave.pk, house.tom)
    actions.approve_leave(leave.pk, house.pat)
    assert who(35) == []
    (gap,) = [p for p in queries.shifts(at(24), at(48)) if p.staff_id is None]
    assert (gap.shift_id, gap.away_id) == (one.pk, house.mei.pk)
    swap = actions.claim(one.pk, house.tom)
    actions.approve(swap.pk, house.pat)
    assert who(35) == [house.tom.pk]
    actions.withdraw_leave(leave.pk, house.mei)
    assert who(35) == [house.tom.pk]


def test_leave_that_overlaps_or_ends_before_it_begins_is_refused(house: House) -> None:
    actions.ask_leave(house.mei, Off(at(30), at(54)))
    with pytest.raises(Conflict):
        actions.ask_leave(house.mei, Off(at(50), at(60)))
    with pytest.raises(BadInput):
        actions.ask_leave(house.tom, Off(at(60), at(60)))
    with pytest.raises(NotAllowed):
        actions.record_leave(house.pat.pk, Off(at(30), at(54)), house.pat)
    actions.record_leave(house.tom.pk, Off(at(30), at(54)), house.pat)


def test_what_was_not_decided_before_the_shift_is_over(house: House) -> None:
    swap = actions.ask(shift(house, house.mei, 33, 41).pk, house.mei)
    with clock.freeze(at(33)):
        assert swaps.close_past() == 1
        with pytest.raises(Conflict):
            actions.accept(swap.pk, house.tom)
    swap.refresh_from_db()
    assert swap.state == Swap.State.OVER


def test_a_request_can_be_declined_withdrawn_and_refused_with_a_reason(house: House) -> None:
    one = shift(house, house.mei, 33, 41)
    first = actions.ask(one.pk, house.mei, to=house.tom.pk)
    with pytest.raises(Conflict):
        actions.ask(one.pk, house.mei, to=house.ana.pk)
    assert actions.decline(first.pk, house.tom).state == "declined"
    second = actions.ask(one.pk, house.mei, to=house.ana.pk)
    with pytest.raises(NotAllowed):
        actions.withdraw(second.pk, house.tom)
    assert actions.withdraw(second.pk, house.mei).state == "withdrawn"
    third = actions.ask(one.pk, house.mei)
    with pytest.raises(BadInput):
        actions.refuse(third.pk, house.pat, reason=" ")
    assert actions.refuse(third.pk, house.pat, reason="launch day").reason == "launch day"


def test_a_shift_is_asked_of_the_team_only_and_by_its_owner(house: House) -> None:
    other = person("Zoe", Team.objects.create(slug="other", name="Other"))
    one = shift(house, house.mei, 33, 41)
    with pytest.raises(NotFound):
        actions.ask(one.pk, house.mei, to=other.pk)
    with pytest.raises(Conflict):
        actions.ask(one.pk, house.tom)
    with pytest.raises(NotFound):
        actions.claim(shift(house, None, 57, 65).pk, other)


def test_a_lead_approves_in_their_own_team_only(house: House) -> None:
    lead = person("Lea", house.team, lead=True)
    stranger = person("Kim", Team.objects.create(slug="other", name="Other"), lead=True)
    swap = actions.ask(shift(house, house.mei, 33, 41).pk, house.mei, to=house.tom.pk)
    actions.accept(swap.pk, house.tom)
    with pytest.raises(NotAllowed):
        actions.approve(swap.pk, stranger)
    assert actions.approve(swap.pk, lead).state == "approved"


def test_a_planner_puts_somebody_into_a_part_and_takes_it_back(house: House) -> None:
    one = shift(house, house.mei, 33, 41)
    cover = actions.cover(one.pk, house.tom.pk, by=BY, start=at(35), end=at(37))
    assert (who(34), who(36), who(38)) == ([house.mei.pk], [house.tom.pk], [house.mei.pk])
    with pytest.raises(Conflict):
        actions.add_shift(NewShift(house.team.pk, house.tom.pk, at(36), at(38)), by=BY)
    actions.uncover(cover.pk, by=BY)
    assert who(36) == [house.mei.pk]
    with pytest.raises(BadInput):
        actions.cover(one.pk, house.tom.pk, by=BY, start=at(50), end=at(51))
