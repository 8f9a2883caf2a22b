"""Duty in every zone of the world, on every night from 2024 to 2030 on which its clocks change, in slots of
half an hour: no gap, no overlap, real lengths, and every typed time found again or refused.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from guildhall.core.errors import BadInput
from guildhall.work.duty.tests.every_zone import nights
from guildhall.work.duty.tests.test_clocks_change import around_the_clock
from guildhall.work.duty.wall import day_bounds, instant, typed

pytestmark = pytest.mark.proof
DAY = timedelta(days=1)


def test_no_zone_on_no_night_leaves_a_gap_or_an_overlap() -> None:
    seen = 0
    for zone, day in nights(every=True):
        spans = around_the_clock(zone, day, 30)
        first, last = day_bounds(day - DAY, zone)[0], day_bounds(day + DAY, zone)[1]
        assert (spans[0][0], spans[-1][1]) == (first, last), (zone, day)
        assert all(one[1] == other[0] for one, other in pairwise(spans)), (zone, day)
        assert sum((b - a for a, b in spans), timedelta()) == last - first, (zone, day)
        seen += 1
    assert seen > 1500


def test_the_wall_never_runs_backwards_and_typed_times_are_found_again_or_refused() -> None:
    refused = twice = 0
    for zone, day in nights(every=True):
        tz, before = ZoneInfo(zone), datetime(1, 1, 1, tzinfo=UTC)
        for minutes in range(0, 48 * 60, 15):
            made = instant(day - DAY, minutes, zone)
            assert made >= before, (zone, day, minutes)
            before = made
            wall = datetime.combine(day - DAY, datetime.min.time()) + timedelta(minutes=minutes)
            try:
                first, second = (typed(wall, zone, later=later) for later in (False, True))
            except BadInput:
                refused += 1
                continue
            assert {one.astimezone(tz).replace(tzinfo=None) for one in (first, second)} == {wall}
            assert made == first <= second
            twice += first != second
    assert refused > 1000
    assert twice > 1000
