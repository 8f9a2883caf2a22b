"""Who is on duty: shifts with covers and leave taken into account, by team, language and kind."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core.errors import BadInput
from guildhall.people.models import Staff, Team, TeamMembership
from guildhall.work.duty import actions, queries
from guildhall.work.duty.actions import NewShift
from guildhall.work.models import Cover, Leave, Shift

BY = "staff:1"
DAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


def person(name: str, team: Team, language: str = "en") -> Staff:
    staff = Staff.objects.create(email=f"{name}@example.org", name=name, language=language)
    TeamMembership.objects.create(team=team, staff=staff)
    return staff


@pytest.fixture
def desk(db: None) -> Team:
    return Team.objects.create(slug="desk", name="Desk")


@pytest.fixture
def mei(desk: Team) -> Staff:
    return person("mei", desk, "zh-hans")


@pytest.fixture
def tom(desk: Team) -> Staff:
    return person("tom", desk)


def put(desk: Team, *rows: tuple[Staff | None, float, float], kind: str = "shift") -> list[Shift]:
    new = [
        NewShift(desk.pk, who.pk if who else None, at(a), at(b), key=f"{kind}{n}:{a}", kind=kind)
        for n, (who, a, b) in enumerate(rows)
    ]
    made = actions.put_shifts(new, by=BY, source="roster:1").made
    return [Shift.objects.get(pk=one) for one in made]


def names(moment: datetime, **asked: object) -> list[int]:
    return [one.staff_id for one in queries.on_duty(moment, **asked)]


def test_a_shift_counts_from_its_first_moment_to_before_its_last(desk: Team, mei: Staff) -> None:
    put(desk, (mei, 9, 17))
    assert names(at(9)) == [mei.pk]
    assert names(at(17)) == []
    assert names(at(8.99)) == []


def test_whoever_works_comes_before_whoever_is_on_call(desk: Team, mei: Staff, tom: Staff) -> None:
    put(desk, (tom, 0, 24), kind="on_call")
    put(desk, (mei, 9, 17))
    assert names(at(10)) == [mei.pk, tom.pk]
    assert names(at(10), kind="on_call") == [tom.pk]
    assert names(at(10), languages=["zh-TW"]) == [mei.pk]
    assert names(at(10), team="desk") == [mei.pk, tom.pk]
    assert names(at(10), team="other") == []
    assert names(at(10), vendor_team="other") == []


def test_a_cover_takes_a_part_and_leave_leaves_nobody(desk: Team, mei: Staff, tom: Staff) -> None:
    (shift,) = put(desk, (mei, 9, 17))
    Cover.objects.create(shift=shift, staff=tom, starts_at=at(12), ends_at=at(14), made_by=BY)
    Leave.objects.create(
        staff=mei, starts_at=at(15), ends_at=at(48), state="approved", asked_by=BY, decided_by=BY
    )
    parts = [(p.staff_id, p.starts_at, p.away_id) for p in queries.shifts(at(0), at(24))]
    assert parts == [
        (mei.pk, at(9), None), (tom.pk, at(12), None), (mei.pk, at(14), None), (None, at(15), mei.pk),
    ]  # fmt: skip
    assert queries.shift_end(tom.pk, at(13)) == at(14)
    assert queries.shift_end(mei.pk, at(13)) is None


def test_the_end_of_duty_is_that_of_the_shifts_that_follow_one_another(desk: Team, mei: Staff) -> None:
    put(desk, (mei, 9, 13), (mei, 13, 17), (mei, 18, 20))
    assert queries.shift_end(mei.pk, at(10)) == at(17)
    coming = queries.next_on(at(10), mei)
    assert coming is not None
    assert coming.starts_at == at(13)


def test_whoever_left_is_on_duty_nowhere(desk: Team, mei: Staff) -> None:
    put(desk, (mei, 9, 17))
    Staff.objects.filter(pk=mei.pk).update(is_active=False)
    assert names(at(10)) == []


def test_the_same_shifts_written_again_change_nothing_and_missing_ones_go(desk: Team, mei: Staff) -> None:
    rows = [NewShift(desk.pk, mei.pk, at(h), at(h + 2), key=str(h)) for h in (0, 4, 8)]
    assert len(actions.put_shifts(rows, by=BY, source="roster:7").made) == 3
    again = actions.put_shifts(rows[:2], by=BY, source="roster:7", replace=(at(0), at(24)))
    assert (again.made, again.changed, again.same, again.cancelled) == ((), (), 2, 1)
    assert names(at(9)) == []
    back = actions.put_shifts(rows, by=BY, source="roster:7", replace=(at(0), at(24)))
    assert len(back.changed) == 1
    assert names(at(9)) == [mei.pk]


@pytest.mark.parametrize("wrong", [{"staff_id": 999_999}, {"team_id": 0}, {"zone": "Mars"}, {"kind": "nap"}])
def test_a_shift_that_makes_no_sense_is_refused_with_its_row(desk: Team, mei: Staff, wrong: dict) -> None:
    right = {"team_id": desk.pk, "staff_id": mei.pk, "starts_at": at(0), "ends_at": at(1)}
    with pytest.raises(BadInput):
        actions.put_shifts([NewShift(**right), NewShift(**(right | wrong))], by=BY, source="x")
    assert not Shift.objects.exists()
