"""Patterns become shifts, again each night without doubling any; what has begun or was changed by hand stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.effects.actions import enqueue
from guildhall.effects.testing import drain
from guildhall.effects.types import NewEffect
from guildhall.people.models import Staff
from guildhall.work import jobs
from guildhall.work.duty import actions, queries
from guildhall.work.duty.actions import Draft, patterns
from guildhall.work.duty.patterns import Line, Repeat, weekly
from guildhall.work.duty.tests.conftest import House, at
from guildhall.work.models import Pattern, Shift

BY = "staff:1"
pytestmark = pytest.mark.usefixtures("monday")


def draft(house: House, *people: Staff, start: int = 540, end: int = 1020, zone: str = "UTC") -> Draft:
    cycle, slots = weekly(range(5), start, end)
    lines = tuple(Line(one.pk) for one in people or (house.mei, house.tom))
    return Draft(house.team.pk, "Days", "weekly", Repeat(zone, date(2026, 11, 16), cycle, slots, lines))


def who(moment: datetime) -> list[int]:
    return [one.staff_id for one in queries.on_duty(moment)]


def test_a_pattern_is_laid_out_twelve_weeks_ahead_and_not_twice(house: House) -> None:
    one, put = actions.save_pattern(draft(house), by=BY)
    assert len(put.made) == 2 * 5 * 12
    assert who(at(10)) == [house.mei.pk, house.tom.pk]
    again = patterns.lay_out_all(clock.now())
    assert (again.made, again.changed, again.same) == ((), (), 120)
    assert Pattern.objects.get() == one


def test_a_day_later_the_last_day_is_added(house: House) -> None:
    actions.save_pattern(draft(house), by=BY)
    with clock.freeze(at(6) + timedelta(days=1)):
        assert len(patterns.lay_out_all(clock.now()).made) == 2


def test_new_hours_move_the_shifts_to_come_and_whoever_covers_one_goes_along(house: House) -> None:
    one, _put = actions.save_pattern(draft(house), by=BY)
    tuesday = Shift.objects.get(staff=house.mei, starts_at=at(33))
    actions.cover(tuesday.pk, house.ana.pk, by=BY)
    with clock.freeze(at(12)):
        actions.save_pattern(draft(house, start=600, end=1080), by=BY, pattern_id=one.pk)
    tuesday.refresh_from_db()
    assert (tuesday.starts_at, tuesday.ends_at) == (at(34), at(42))
    assert house.ana.pk in who(at(41))
    assert house.mei.pk not in who(at(41))
    begun = Shift.objects.get(staff=house.mei, starts_at=at(9))
    assert begun.ends_at == at(17)


def test_what_was_changed_by_hand_is_left_alone(house: House) -> None:
    one, _put = actions.save_pattern(draft(house), by=BY)
    tuesday = Shift.objects.get(staff=house.mei, starts_at=at(33))
    actions.cancel_shift(tuesday.pk, by=BY)
    _one, put = actions.save_pattern(draft(house, start=600, end=1080), by=BY, pattern_id=one.pk)
    assert put.kept == 1
    assert who(at(35)) == [house.tom.pk]
    actions.restore_shift(tuesday.pk, by=BY)
    assert who(at(33.5)) == [house.mei.pk]


def test_an_ended_pattern_plans_no_more_and_can_be_taken_up_again(house: House) -> None:
    one, _put = actions.save_pattern(draft(house), by=BY)
    assert actions.end_pattern(one.pk, by=BY).cancelled == 120
    assert who(at(10)) == []
    actions.resume_pattern(one.pk, by=BY)
    assert who(at(10)) == [house.mei.pk, house.tom.pk]
    assert Shift.objects.count() == 120


def test_whoever_leaves_the_pattern_leaves_its_shifts(house: House) -> None:
    one, _put = actions.save_pattern(draft(house), by=BY)
    _one, put = actions.save_pattern(draft(house, house.mei), by=BY, pattern_id=one.pk)
    assert put.cancelled == 60
    assert who(at(10)) == [house.mei.pk]


def test_daily_shifts_of_a_zone_far_from_utc_stand_on_its_days(house: House) -> None:
    actions.save_pattern(draft(house, house.mei, zone="Pacific/Auckland"), by=BY)
    first = Shift.objects.order_by("starts_at").first()
    assert first is not None
    assert first.starts_at == datetime(
        2026, 11, 23, 20, tzinfo=UTC
    )  # Tuesday 09:00 there; Monday's has begun
    assert Shift.objects.filter(starts_at__lt=at(24 * 7)).count() == 4 + 1


def test_the_house_lays_them_out_each_night(house: House) -> None:
    actions.save_pattern(draft(house), by=BY)
    Shift.objects.all().delete()
    enqueue(NewEffect(jobs.LAY_OUT, {}))
    drain()
    assert Shift.objects.count() == 120


@pytest.mark.parametrize("wrong", [{"name": " "}, {"shape": "odd"}, {"layer": 0}, {"team_id": 0}])
def test_a_pattern_needs_a_name_a_team_and_people(house: House, wrong: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        actions.save_pattern(replace(draft(house), **wrong), by=BY)  # type: ignore[arg-type]


def test_a_new_pattern_counts_at_once_and_a_changed_one_from_the_next_shift(house: House) -> None:
    with clock.freeze(at(12)):
        one, _put = actions.save_pattern(draft(house, house.mei), by=BY)
        assert who(at(12)) == [house.mei.pk]
        actions.save_pattern(draft(house, house.tom), by=BY, pattern_id=one.pk)
        assert who(at(12)) == [house.mei.pk]
    assert who(at(34)) == [house.tom.pk]
