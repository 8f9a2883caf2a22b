"""Shifts on the nights the clocks change: they meet without gap or overlap and are as long as they really are,
in every zone; typed times that never come or come twice are asked about.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from guildhall.core.errors import BadInput
from guildhall.work.duty import wall
from guildhall.work.duty.coverage import Present, Wanted, gaps
from guildhall.work.duty.patterns import Line, Repeat, Slot, check, expand, in_turns, on_off, weekly
from guildhall.work.duty.rest import problems, shortest_rest
from guildhall.work.duty.tests.every_zone import nights
from guildhall.work.duty.wall import comes_twice, day_bounds, instant, typed


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def naive(text: str) -> datetime:
    return datetime.fromisoformat(text)


def around_the_clock(zone: str, day: date, minutes: int) -> list[tuple[datetime, datetime]]:
    """The shifts of three days of slots that follow one another, one person a slot."""
    starts = range(0, 24 * 60, minutes)
    slots = tuple(Slot(0, at, at + minutes) for at in starts)
    repeat = Repeat(zone, day - timedelta(days=2), 1, slots, (Line(1),))
    check(repeat)
    first, last = day_bounds(day - timedelta(days=1), zone)[0], day_bounds(day + timedelta(days=1), zone)[1]
    found = [one for one in expand(repeat, first, last) if first <= one.starts_at and one.ends_at <= last]
    assert len({one.key for one in found}) == len(found)
    return [(one.starts_at, one.ends_at) for one in found]


def test_shifts_around_the_clock_leave_no_gap_and_no_overlap_in_any_zone() -> None:
    seen = 0
    for zone, day in nights(every=False):
        spans = around_the_clock(zone, day, 90)
        first, last = (
            day_bounds(day - timedelta(days=1), zone)[0],
            day_bounds(day + timedelta(days=1), zone)[1],
        )
        assert spans[0][0] == first, (zone, day)
        assert spans[-1][1] == last, (zone, day)
        assert all(one[1] == other[0] for one, other in pairwise(spans)), (zone, day)
        assert sum(((b - a) for a, b in spans), timedelta()) == last - first
        seen += 1
    assert seen > 400


def test_the_night_shift_is_as_long_as_the_night() -> None:
    def night(day: date) -> timedelta:
        return instant(day, 30 * 60, "Europe/London") - instant(day, 22 * 60, "Europe/London")

    assert night(date(2026, 3, 28)) == timedelta(hours=7)
    assert night(date(2026, 10, 24)) == timedelta(hours=9)
    assert night(date(2026, 6, 1)) == timedelta(hours=8)


def test_half_an_hour_on_lord_howe_and_a_date_that_never_was_in_apia() -> None:
    lord_howe = "Australia/Lord_Howe"
    assert instant(date(2026, 10, 4), 135, lord_howe) == utc("2026-10-03T15:30:00")  # 02:15 never comes
    assert instant(date(2026, 10, 4), 150, lord_howe) == utc("2026-10-03T15:30:00")
    assert comes_twice(utc("2026-04-04T14:45:00"), lord_howe) == 1
    assert comes_twice(utc("2026-04-04T15:15:00"), lord_howe) == 2
    repeat = Repeat("Pacific/Apia", date(2011, 12, 28), 1, (Slot(0, 540, 1020),), (Line(1),))
    found = expand(repeat, utc("2011-12-28T00:00:00"), utc("2012-01-01T12:00:00"))
    assert [one.key.split(":")[1] for one in found] == [
        "2011-12-28",
        "2011-12-29",
        "2011-12-31",
        "2012-01-01",
    ]
    assert [one.ends_at - one.starts_at for one in found] == [timedelta(hours=8)] * 4


def test_a_typed_time_that_never_comes_is_refused_and_one_that_comes_twice_asked_about() -> None:
    zone = "Europe/Berlin"
    with pytest.raises(BadInput) as caught:
        typed(naive("2026-03-29T02:30"), zone, field="start")
    assert (caught.value.code, caught.value.field) == ("no_such_time", "start")
    with pytest.raises(BadInput) as caught:
        typed(naive("2026-10-25T02:30"), zone)
    assert caught.value.code == "which_time"
    first, second = (typed(naive("2026-10-25T02:30"), zone, later=one) for one in (False, True))
    assert second - first == timedelta(hours=1)
    assert typed(naive("2026-10-25T03:00"), zone, later=True) == utc("2026-10-25T02:00:00")
    with pytest.raises(BadInput):
        wall.zone_of("Mars/Olympus")


def test_rest_is_counted_in_real_hours() -> None:
    zone = "Europe/London"
    late = (instant(date(2026, 3, 28), 14 * 60, zone), instant(date(2026, 3, 28), 22 * 60, zone))
    early = (instant(date(2026, 3, 29), 9 * 60, zone), instant(date(2026, 3, 29), 17 * 60, zone))
    assert shortest_rest([early], [late]) == timedelta(hours=10)
    winter = [
        (instant(date(2026, 1, 10), 14 * 60, zone), instant(date(2026, 1, 10), 22 * 60, zone)),
        (instant(date(2026, 1, 11), 9 * 60, zone), instant(date(2026, 1, 11), 17 * 60, zone)),
    ]
    assert shortest_rest(winter[1:], winter[:1]) is None


def test_a_day_in_two_halves_is_no_lack_of_rest_and_a_second_duty_forbids() -> None:
    def span(day: int, start: int, end: int) -> tuple[datetime, datetime]:
        return utc(f"2026-06-{day:02}T{start:02}:00:00"), utc(f"2026-06-{day:02}T{end:02}:00:00")

    assert problems([span(2, 14, 18)], [span(2, 9, 13)], []) == []
    assert [(p.code, p.blocks) for p in problems([span(2, 12, 20)], [span(2, 9, 13)], [])] == [
        ("overlap", True)
    ]
    assert [p.code for p in problems([span(3, 6, 14)], [span(2, 14, 22)], [])] == ["rest"]
    assert problems([span(3, 6, 14)], [span(2, 14, 22)], [], works=False) == []
    assert [p.code for p in problems([span(3, 6, 14)], [], [span(3, 0, 7)])] == ["leave"]


def test_following_the_sun_shows_the_hole_of_the_weeks_between_two_changes() -> None:
    """London 8-16, Chicago 10-18, Shanghai 8-16 cover winter days and leave an hour uncovered in between."""
    zones = (("Europe/London", 480, 960), ("America/Chicago", 600, 1080), ("Asia/Shanghai", 480, 960))
    need = Wanted("n", 1, "shift", "", tuple(range(7)), 0, 1440, "UTC", 1)

    def uncovered(day: date) -> int:
        there = []
        for number, (zone, start, end) in enumerate(zones):
            cycle, slots = weekly(range(7), start, end)
            repeat = Repeat(zone, date(2026, 1, 5), cycle, slots, (Line(number),))
            there += [
                Present(one.staff, 1, "shift", (), one.starts_at, one.ends_at)
                for one in expand(repeat, *day_bounds(day, "UTC"))
            ]
        return sum(gap.seconds for gap in gaps([need], there, *day_bounds(day, "UTC"))) // 60

    assert [uncovered(date(2026, *day)) for day in ((1, 14), (11, 11))] == [0, 0]
    assert [uncovered(date(2026, *day)) for day in ((3, 11), (4, 15), (10, 28))] == [60, 60, 60]


def test_turns_go_round_and_days_on_and_off_are_staggered() -> None:
    cycle, slots, lines = in_turns([7, 8, 9], 7, 540, 540)
    repeat = Repeat("Europe/Berlin", date(2026, 3, 23), cycle, slots, tuple(lines))
    check(repeat)
    found = expand(repeat, utc("2026-03-23T08:00:00"), utc("2026-04-13T06:00:00"))
    assert [one.staff for one in found] == [7, 8, 9]
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found))
    assert found[0].ends_at - found[0].starts_at == timedelta(days=7) - timedelta(hours=1)
    cycle, slots = on_off(4, 2, 480, 960)
    four_on = Repeat("UTC", date(2026, 1, 1), cycle, slots, (Line(1), Line(2, 2), Line(3, 4)))
    days = expand(four_on, utc("2026-02-01T00:00:00"), utc("2026-03-01T00:00:00"))
    assert {day: sum(one.starts_at.day == day for one in days) for day in range(1, 29)} == dict.fromkeys(
        range(1, 29), 2
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"slots": (Slot(0, 540, 540),)},
        {"slots": (Slot(7, 540, 600),)},
        {"slots": (Slot(0, 540, 700), Slot(0, 600, 800))},
        {"slots": (Slot(6, 1320, 1320 + 600), Slot(0, 300, 400))},
        {"slots": ()},
        {"zone": "Mars"},
        {"cycle": 0},
        {"people": ()},
        {"people": (Line(1), Line(1, 2))},
        {"until": date(2025, 1, 1)},
    ],
)
def test_a_pattern_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    right = {
        "zone": "UTC",
        "anchor": date(2026, 1, 5),
        "cycle": 7,
        "slots": (Slot(0, 540, 1020),),
        "people": (Line(1),),
    }
    check(Repeat(**right))  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        check(Repeat(**(right | wrong)))  # type: ignore[arg-type]
