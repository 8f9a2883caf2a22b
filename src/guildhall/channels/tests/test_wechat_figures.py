"""Figures of counts by hand: nothing is made up for days that nobody counted."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from guildhall.channels.wecom.assisted.figures import Counted, Day, summed

TODAY = date(2026, 11, 23)
SINCE = TODAY - timedelta(days=6)


def test_nothing_counted_is_nothing_known() -> None:
    assert summed([], SINCE, TODAY) == Counted(None, None, None, None, None, 0)


def test_the_change_is_against_the_last_count_before_the_span() -> None:
    days = [
        Day(SINCE - timedelta(days=20), heads=400), Day(SINCE - timedelta(days=1), heads=470),
        Day(SINCE, heads=480, joined=3), Day(TODAY, heads=486, joined=4, messages=10),
    ]  # fmt: skip
    assert summed(days, SINCE, TODAY) == Counted(486, 16, 7, None, 10, 2)


def test_one_count_alone_says_how_many_and_not_how_they_changed() -> None:
    assert summed([Day(TODAY, heads=5)], SINCE, TODAY) == Counted(5, None, None, None, None, 1)


numbers = st.none() | st.integers(0, 500)


@given(st.lists(st.tuples(st.integers(-30, 0), numbers, numbers), unique_by=lambda row: row[0]))
def test_sums_never_count_what_was_not_entered(rows: list[tuple[int, int | None, int | None]]) -> None:
    days = [Day(TODAY + timedelta(days=back), heads, joined=came) for back, heads, came in sorted(rows)]
    found = summed(days, SINCE, TODAY)
    within = [day for day in days if day.day >= SINCE]
    assert found.days == len(within)
    assert found.came == (
        sum(day.joined or 0 for day in within) if any(day.joined is not None for day in within) else None
    )
    heads = [day.heads for day in days if day.heads is not None]
    assert found.heads == (heads[-1] if heads else None)
