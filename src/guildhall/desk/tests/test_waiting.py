"""The wait a member is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.desk.waiting import Place, busy, expected, told, urgency

WITHIN = timedelta(hours=2)


def test_the_wait_grows_with_the_place_and_shrinks_with_people_and_pace() -> None:
    first = expected(1, people=1, answered=10, within=WITHIN)
    tenth = expected(10, people=1, answered=10, within=WITHIN)
    assert first[0] < tenth[0]
    assert first[1] < tenth[1]
    assert expected(10, people=5, answered=10, within=WITHIN)[1] < tenth[1]
    assert expected(10, people=1, answered=60, within=WITHIN)[1] < tenth[1]


def test_without_anything_known_the_usual_pace_counts_and_many_answers_replace_it() -> None:
    low, high = expected(9, people=1, answered=0, within=timedelta(0))
    assert (low, high) == (6 * 480, 12 * 480 + 1)
    low, high = expected(9, people=1, answered=720, within=WITHIN)
    assert 60 <= low < high <= 145


def test_whoever_is_not_waiting_waits_for_nothing() -> None:
    assert expected(0, people=0, answered=0, within=WITHIN) == (0, 0)
    assert told(Place(0, (0, 0))) is None


@pytest.mark.parametrize(
    ("wait", "words"),
    [
        ((10, 100), "about a minute or two"),
        ((200, 500), "about 4 to 9 minutes"),
        ((1300, 2100), "about 20 to 35 minutes"),
        ((890, 900), "about 15 minutes"),
        ((3600, 8000), "about 1 to 3 hours"),
    ],
)
def test_the_wait_is_said_in_round_numbers(wait: tuple[int, int], words: str) -> None:
    said = told(Place(3, wait))
    assert said is not None
    assert said.en == words
    assert said.zh.startswith("约")


def test_nothing_is_promised_while_nobody_is_on_duty() -> None:
    assert told(Place(3, None)) is None


def test_an_unknown_priority_counts_as_normal() -> None:
    assert [urgency(one) for one in ("urgent", "high", "odd", "normal", "low")] == [0, 1, 2, 2, 3]


def test_an_empty_queue_says_nothing_about_pace() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    minute = timedelta(minutes=1)
    spans = [(at, at + 5 * minute), (at + 3 * minute, at + 6 * minute), (at + 30 * minute, at + 31 * minute)]
    assert busy(spans, at) == 7 * minute
    assert busy(spans, at + 4 * minute) == 3 * minute
    assert busy([], at) == timedelta(0)
