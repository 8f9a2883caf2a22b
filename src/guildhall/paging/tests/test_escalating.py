"""Who is tried when, and when somebody may sleep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.core.errors import BadInput
from guildhall.paging.escalating import Course, Step, after, course_of, quiet_until

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TWO = Course((Step(("role:moderator",)), Step(("role:owner",), 10)), again_min=15, rounds=2)


def test_the_next_people_are_told_after_their_minutes_and_then_it_begins_again() -> None:
    assert after(TWO, 0, 0) == (1, 0, timedelta(minutes=10))
    assert after(TWO, 1, 0) == (0, 1, timedelta(minutes=15))
    assert after(TWO, 0, 1) == (1, 1, timedelta(minutes=10))
    assert after(TWO, 1, 1) is None


@given(st.integers(1, 6), st.integers(1, 5))
def test_everybody_is_told_in_every_round_and_it_ends(steps: int, rounds: int) -> None:
    course = Course(tuple(Step((f"staff:{n}",), n) for n in range(steps)), rounds=rounds)
    told, at = [(0, 0)], (0, 0)
    while (following := after(course, *at)) is not None:
        at = following[:2]
        told.append(at)
    assert told == [(step, round_) for round_ in range(rounds) for step in range(steps)]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "steps"), ({"steps": []}, "steps"), ({"steps": [{"who": []}]}, "steps"),
        ({"steps": [{"who": ["everybody"]}]}, "steps"), ({"steps": [{"who": ["staff:1"], "after_min": -1}]}, "steps"),
        ({"steps": [{"who": ["staff:1"]}], "rounds": 0}, "rounds"),
        ({"steps": [{"who": ["staff:1"]}], "again_min": True}, "again_min"),
        ({"steps": ["role:owner"]}, "steps"),
    ],
)  # fmt: skip
def test_a_plan_that_tells_nobody_is_refused_by_name(data: dict[str, object], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        course_of(data)
    assert caught.value.field == field


def test_a_plan_survives_being_kept() -> None:
    assert course_of(TWO.to_json()) == TWO


def test_a_night_over_midnight_ends_in_the_morning_of_the_wall() -> None:
    night = (22 * 60, 7 * 60, "Asia/Singapore")
    late = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # 23:00 there
    assert quiet_until(late, *night, "warning") == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    early = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 04:00 there
    assert quiet_until(early, *night, "warning") == datetime(2026, 11, 23, 23, 0, tzinfo=UTC)
    assert quiet_until(NOON, *night, "warning") is None


def test_what_is_critical_wakes_everybody_and_equal_times_are_never_quiet() -> None:
    assert quiet_until(NOON, 0, 24 * 60, "UTC", "critical") is None
    assert quiet_until(NOON, 0, 24 * 60, "UTC", "warning") == datetime(2026, 11, 24, tzinfo=UTC)
    assert quiet_until(NOON, 600, 600, "UTC", "info") is None


def test_the_night_of_a_clock_change_ends_when_the_wall_says_so() -> None:
    before = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)  # midnight in Berlin; at two it becomes three
    assert quiet_until(before, 22 * 60, 7 * 60, "Europe/Berlin", "info") == datetime(
        2026, 3, 29, 5, 0, tzinfo=UTC
    )


@given(
    st.integers(0, 365 * 1440), st.integers(0, 1440), st.integers(0, 1440),
    st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York", "Asia/Kathmandu", "Europe/Berlin"]),
)  # fmt: skip
def test_quiet_hours_always_end_within_a_day_and_are_over_then(
    minute: int, start: int, end: int, zone: str
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    until = quiet_until(now, start, end, zone, "warning")
    if until is not None:
        assert now < until <= now + timedelta(hours=25)
