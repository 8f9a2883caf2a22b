"""Whatever covers and leave a shift has, its parts fill it without gap or overlap, and the right person stands
in each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.work.duty.pieces import Taken, pieces

DAY = datetime(2026, 10, 24, 20, tzinfo=UTC)
minutes = st.integers(-60, 660)
person = st.one_of(st.none(), st.integers(1, 4))


def at(minute: int) -> datetime:
    return DAY + timedelta(minutes=minute)


def span(a: int, b: int) -> tuple[datetime, datetime]:
    return at(min(a, b)), at(max(a, b) + 1)


@given(
    person,
    st.lists(st.tuples(person, st.one_of(st.none(), minutes), st.one_of(st.none(), minutes)), max_size=5),
    st.dictionaries(st.integers(1, 4), st.lists(st.tuples(minutes, minutes), max_size=3), max_size=4),
    st.integers(0, 599),
)
@settings(max_examples=150, deadline=None)
def test_the_parts_fill_the_shift_and_each_minute_has_whoever_it_should(staff, covers, leave, minute) -> None:
    taken = [Taken(w, None if a is None else at(a), None if b is None else at(b)) for w, a, b in covers]
    away = {who: [span(a, b) for a, b in spans] for who, spans in leave.items()}
    found = pieces(staff, at(0), at(600), taken, away)
    assert (found[0].starts_at, found[-1].ends_at) == (at(0), at(600))
    assert all(one.ends_at == other.starts_at for one, other in pairwise(found))
    assert all(one.starts_at < one.ends_at for one in found)
    moment = at(minute)
    expected = staff
    for one in taken:
        start, end = max(at(0), one.starts_at or at(0)), min(at(600), one.ends_at or at(600))
        if start <= moment < end:
            expected = one.staff
    if expected is not None and any(a <= moment < b for a, b in away.get(expected, [])):
        expected = None
    (here,) = [one for one in found if one.starts_at <= moment < one.ends_at]
    assert here.staff == expected


def test_a_cover_of_the_whole_shift_goes_along_when_the_shift_moves() -> None:
    (moved,) = pieces(1, at(120), at(700), [Taken(2)], {})
    assert (moved.staff, moved.starts_at, moved.ends_at, moved.instead_of) == (2, at(120), at(700), 1)
