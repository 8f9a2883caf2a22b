"""Schedules fire when a person reading the wall clock expects them to, also when the clock is turned."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from guildhall.effects import cron

BERLIN_FORWARD = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 02:00 CET becomes 03:00 CEST
BERLIN_BACK = datetime(2026, 10, 25, 1, tzinfo=UTC)  # 03:00 CEST becomes 02:00 CET
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Shanghai",
    "America/Sao_Paulo",
)


def ticks(expression, zone, since, until):
    found, at = [], cron.next_after(expression, zone, since)
    while at <= until:
        found.append(at)
        at = cron.next_after(expression, zone, at)
    return found


def test_a_daily_tick_in_the_skipped_hour_fires_once_right_after_it():
    found = ticks(
        "30 2 * * *",
        "Europe/Berlin",
        BERLIN_FORWARD - timedelta(hours=12),
        BERLIN_FORWARD + timedelta(hours=12),
    )
    assert found == [BERLIN_FORWARD]


def test_a_daily_tick_in_the_doubled_hour_fires_the_first_time_only():
    found = ticks(
        "30 2 * * *", "Europe/Berlin", BERLIN_BACK - timedelta(hours=12), BERLIN_BACK + timedelta(hours=12)
    )
    assert found == [BERLIN_BACK - timedelta(minutes=30)]


def test_a_daily_tick_keeps_to_the_wall_clock_across_the_turn():
    found = ticks(
        "0 9 * * *", "Europe/Berlin", BERLIN_FORWARD - timedelta(days=1), BERLIN_FORWARD + timedelta(days=1)
    )
    assert [t.astimezone(ZoneInfo("Europe/Berlin")).hour for t in found] == [9, 9]


def test_a_quarter_hourly_tick_follows_real_time_through_the_doubled_hour():
    found = ticks(
        "*/15 * * * *", "Europe/Berlin", BERLIN_BACK - timedelta(hours=2), BERLIN_BACK + timedelta(hours=2)
    )
    assert len(found) == 16
    assert {b - a for a, b in zip(found, found[1:], strict=False)} == {timedelta(minutes=15)}


def test_asking_again_inside_the_doubled_hour_does_not_fire_a_second_time():
    inside = BERLIN_BACK + timedelta(minutes=10)
    assert cron.next_after("30 2 * * *", "Europe/Berlin", inside) == BERLIN_BACK + timedelta(
        days=1, minutes=30
    )


def test_missed_ticks_collapse_into_the_latest():
    now = datetime(2026, 11, 23, 12, 0, 30, tzinfo=UTC)
    assert cron.latest_due("* * * * *", "UTC", now - timedelta(days=400), now) == now.replace(second=0)
    assert cron.latest_due("0 3 * * 1", "UTC", now - timedelta(days=60), now) == datetime(
        2026, 11, 23, 3, tzinfo=UTC
    )
    assert cron.latest_due("0 3 1 1 *", "UTC", now - timedelta(days=3), now) is None


@pytest.mark.parametrize(
    "wrong", ["", "* * * *", "61 * * * *", "0 0 31 2 *", "* * * * * *", "@daily", "a b c d e"]
)
def test_a_wrong_expression_is_refused(wrong):
    with pytest.raises(cron.NotACron):
        cron.check(wrong, "UTC")


def test_a_wrong_zone_is_refused():
    with pytest.raises(cron.NotACron):
        cron.check("0 * * * *", "Europe/Atlantis")


def brute(expression, zone, since, until):
    """Every tick by trying each minute: the definition the quick way is held against."""
    place = ZoneInfo(zone)
    every_hour = expression.split()[1].startswith("*")
    found, seen = set(), set()
    at = since.replace(second=0, microsecond=0) - timedelta(days=1)
    last = at.astimezone(place).replace(tzinfo=None) - timedelta(minutes=1)
    while at <= until:
        wall = at.astimezone(place).replace(tzinfo=None)
        if not every_hour and wall - last > timedelta(minutes=1):
            skipped = last + timedelta(minutes=1)
            while skipped < wall:
                if croniter.match(expression, skipped):
                    found.add(at)
                skipped += timedelta(minutes=1)
        if croniter.match(expression, wall) and (every_hour or wall not in seen):
            found.add(at)
        seen.add(wall)
        last, at = wall, at + timedelta(minutes=1)
    return sorted(t for t in found if since < t <= until)


fields = st.tuples(
    st.sampled_from(["0", "30", "*/20", "15,45", "59"]),
    st.sampled_from(["*", "*/2", "0", "1", "2", "3", "1,2,3", "0-4", "23"]),
    st.sampled_from(["*", "1-15"]),
    st.just("*"),
    st.sampled_from(["*", "0", "6"]),
)
turns = st.sampled_from(
    [
        BERLIN_FORWARD, BERLIN_BACK,
        datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC),
        datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
        datetime(2018, 2, 18, 2, tzinfo=UTC), datetime(2018, 11, 4, 3, tzinfo=UTC),
    ]
)  # fmt: skip


@settings(max_examples=15, deadline=None)
@given(fields, st.sampled_from(ZONES), turns, st.integers(-200, 200))
def test_ticks_are_those_found_by_trying_every_minute(parts, zone, turn, minutes):
    expression = " ".join(parts)
    since = turn + timedelta(minutes=minutes)
    until = since + timedelta(hours=10)
    assert ticks(expression, zone, since, until) == brute(expression, zone, since, until)


@settings(max_examples=15, deadline=None)
@given(fields, st.sampled_from(ZONES), turns, st.integers(0, 5000))
def test_the_latest_due_is_the_last_of_all_ticks(parts, zone, turn, minutes):
    expression = " ".join(parts)
    since, now = turn - timedelta(minutes=minutes), turn + timedelta(minutes=77)
    every = ticks(expression, zone, since, now)
    assert cron.latest_due(expression, zone, since, now) == (every[-1] if every else None)
