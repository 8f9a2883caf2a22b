"""The rules CLK-10 and CLK-11 of docs/clocks.md: windows, holidays, and days on which the wall clock jumps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guildhall.desk.clocks.calendars import ALWAYS, WEEKDAYS, Calendar, Window, instant
from guildhall.desk.clocks.policy import read_calendar, write_calendar


def calendar(
    tz: str, *windows: tuple[str, str], days: str = " ".join(WEEKDAYS), holidays: Any = ()
) -> Calendar:
    weekly = {day: [list(one) for one in windows] for day in days.split()}
    return read_calendar({"tz": tz, "weekly": weekly, "holidays": list(holidays)}, "calendar")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def hours(one: Calendar, start: str, end: str) -> float:
    return one.open_seconds(at(start), at(end)) / 3600


def spans(one: Calendar, start: str, end: str) -> list[str]:
    found: list[list[int]] = []
    for opens, shuts in one.intervals(int(at(start).timestamp()), int(at(end).timestamp())):
        if found and found[-1][1] == opens:
            found[-1][1] = shuts
        else:
            found.append([opens, shuts])
    return [" ".join(f"{datetime.fromtimestamp(x, UTC):%dT%H:%M}" for x in span) for span in found]


def test_clk_10_a_split_day_counts_both_parts() -> None:
    office = calendar("Asia/Shanghai", ("09:00", "12:30"), ("13:30", "18:00"))
    assert hours(office, "2026-03-02T00:00", "2026-03-03T00:00") == 8
    assert office.add_open(at("2026-03-02T04:00"), 3600, at("2026-04-01")) == at("2026-03-02T06:00")


def test_clk_10_a_window_that_ends_before_it_starts_runs_past_midnight() -> None:
    night = calendar("Asia/Shanghai", ("22:00", "02:00"), days="fri")
    assert spans(night, "2026-03-02T00:00", "2026-03-09T00:00") == ["06T14:00 06T18:00"]


def test_clk_10_equal_times_mean_until_the_same_time_next_day() -> None:
    assert spans(calendar("UTC", ("09:00", "09:00"), days="mon"), "2026-03-01T00:00", "2026-03-08T00:00") == [
        "02T09:00 03T09:00"
    ]
    assert hours(calendar("UTC", ("00:00", "00:00")), "2026-03-01T00:00", "2026-03-08T00:00") == 168


def test_clk_10_a_window_may_end_at_24_00() -> None:
    late = calendar("UTC", ("00:00", "24:00"), days="tue")
    assert spans(late, "2026-03-01T00:00", "2026-03-08T00:00") == ["03T00:00 04T00:00"]


def test_clk_10_windows_that_overlap_count_once() -> None:
    twice = calendar("UTC", ("09:00", "12:00"), ("11:00", "13:00"), ("09:00", "12:00"), ("23:00", "10:00"))
    assert spans(twice, "2026-03-02T00:00", "2026-03-03T00:00") == ["02T00:00 02T13:00", "02T23:00 03T00:00"]
    assert (
        hours(calendar("UTC", ("09:00", "09:00"), ("08:00", "08:00")), "2026-03-02T00:00", "2026-03-04T00:00")
        == 48
    )


def test_clk_10_a_holiday_removes_the_windows_that_start_on_it_and_no_others() -> None:
    night = calendar("Asia/Shanghai", ("09:00", "10:00"), ("22:00", "02:00"), holidays=["2026-10-01"])
    assert spans(night, "2026-09-30T10:00", "2026-10-02T16:00") == [
        "30T14:00 30T18:00",  # starts the evening before, ends on the holiday
        "02T01:00 02T02:00",
        "02T14:00 02T16:00",
    ]


def test_clk_10_a_holiday_is_a_date_of_the_calendars_zone() -> None:
    office = calendar("Pacific/Auckland", ("00:00", "24:00"), holidays=["2026-07-10"])
    assert spans(office, "2026-07-09T00:00", "2026-07-11T00:00") == ["09T00:00 09T12:00", "10T12:00 11T00:00"]


def test_clk_11_an_ambiguous_start_takes_the_earlier_reading_and_an_end_the_later() -> None:
    day = ("2026-11-01T00:00", "2026-11-02T00:00")  # New York: 01:00 to 02:00 comes twice
    assert spans(calendar("America/New_York", ("01:30", "03:00")), *day) == ["01T05:30 01T08:00"]
    assert spans(calendar("America/New_York", ("00:00", "01:30")), *day) == ["01T04:00 01T06:30"]
    assert spans(calendar("America/New_York", ("01:15", "01:45")), *day) == ["01T05:15 01T06:45"]
    assert spans(calendar("America/New_York", ("01:00", "02:00")), *day) == ["01T05:00 01T07:00"]


def test_clk_11_a_time_that_does_not_exist_moves_to_the_first_valid_instant() -> None:
    day = ("2026-03-08T00:00", "2026-03-09T00:00")  # New York: 02:00 to 03:00 is left out
    assert spans(calendar("America/New_York", ("02:30", "04:00")), *day) == ["08T07:00 08T08:00"]
    assert spans(calendar("America/New_York", ("01:00", "02:30")), *day) == ["08T06:00 08T07:00"]
    assert spans(calendar("America/New_York", ("02:00", "03:00")), *day) == []
    assert spans(calendar("America/New_York", ("02:15", "02:45")), *day) == []
    assert spans(calendar("America/New_York", ("02:45", "03:15")), *day) == ["08T07:00 08T07:15"]


def test_clk_11_an_end_before_its_start_is_judged_on_the_wall_clock() -> None:
    day = ("2026-03-08T00:00", "2026-03-10T00:00")
    overnight = calendar("America/New_York", ("03:00", "02:30"), days="sun")
    assert spans(overnight, *day) == ["08T07:00 09T06:30"]
    until_gap = calendar("America/New_York", ("22:00", "02:30"), days="sat")
    assert spans(until_gap, *day) == ["08T03:00 08T07:00"]


def test_clk_11_a_gap_at_midnight_and_a_change_of_half_an_hour() -> None:
    sao_paulo = calendar("America/Sao_Paulo", ("00:00", "02:00"), days="sun")
    assert spans(sao_paulo, "2018-11-04T00:00", "2018-11-05T00:00") == ["04T03:00 04T04:00"]
    howe = calendar("Australia/Lord_Howe", ("01:40", "02:20"), days="sun")
    assert spans(howe, "2026-04-04T00:00", "2026-04-06T00:00") == ["04T14:40 04T15:50"]
    assert spans(howe, "2026-10-03T00:00", "2026-10-05T00:00") == ["03T15:10 03T15:30"]


def test_clk_11_a_date_that_was_skipped_is_treated_like_any_other() -> None:
    """Pacific/Apia went from Thursday 2011-12-29 24:00 to Saturday 2011-12-31 00:00, which is 10:00 UTC."""
    around = ("2011-12-29T12:00", "2012-01-01T00:00")
    assert spans(calendar("Pacific/Apia", ("09:00", "17:00"), days="fri"), *around) == []
    night = calendar("Pacific/Apia", ("22:00", "02:00"), days="fri")
    assert spans(night, *around) == ["30T10:00 30T12:00"]
    assert spans(calendar("Pacific/Apia", ("22:00", "02:00"), days="thu"), *around) == ["30T08:00 30T10:00"]
    assert spans(calendar("Pacific/Apia", ("09:00", "09:00"), days="fri"), *around) == ["30T10:00 30T19:00"]
    holiday = calendar("Pacific/Apia", ("22:00", "02:00"), days="fri", holidays=["2011-12-30"])
    assert spans(holiday, *around) == []
    whole = calendar("Pacific/Apia", ("00:00", "24:00"))
    assert hours(whole, *around) == 60


def test_clk_11_a_zone_may_change_twice_within_weeks() -> None:
    """Morocco leaves summer time for Ramadan: 2026-02-15 03:00 back, 2026-03-22 02:00 forward."""
    ramadan = calendar("Africa/Casablanca", ("02:15", "03:15"), days="sun")
    assert spans(ramadan, "2026-02-15T00:00", "2026-02-16T00:00") == ["15T01:15 15T03:15"]
    assert spans(ramadan, "2026-03-22T00:00", "2026-03-23T00:00") == ["22T02:00 22T02:15"]


def test_a_calendar_reads_back_as_it_was_written() -> None:
    weekly = {
        "mon": [["09:00", "12:30"], ["22:00", "02:00"]],
        "sun": [["00:00", "24:00"], ["07:00", "07:00"]],
    }
    data = {"tz": "Asia/Shanghai", "weekly": weekly, "holidays": ["2026-10-01", "2026-10-02"]}
    read = read_calendar(data, "x")
    assert write_calendar(read) == data
    assert read == read_calendar(write_calendar(read), "x")
    assert hash(read) == hash(read_calendar(data, "x"))


def test_far_dates_are_counted_without_an_error() -> None:
    office = calendar("Europe/London", ("09:00", "17:00"))
    assert hours(office, "0001-01-10T00:00", "0001-01-12T00:00") == 16
    assert hours(office, "9999-12-20T00:00", "9999-12-22T00:00") == 16
    assert hours(office, "9999-12-31T00:00", "9999-12-31T23:59") == 0


ZONES = (
    "Asia/Shanghai",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Pacific/Apia",
    "America/St_Johns",
)
minute = st.integers(0, 1439)
window = st.builds(lambda a, b: Window(a, b if b > a else b + 1440), minute, minute)
weeks = st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(window, min_size=1, max_size=3), min_size=1)
moments = st.integers(int(at("2011-11-01").timestamp()), int(at("2027-01-01").timestamp()))


@given(st.sampled_from(ZONES), weeks, moments, st.integers(0, 40 * 86400), st.integers(0, 40 * 86400))
def test_what_is_counted_in_two_parts_is_what_is_counted_in_one(
    zone: str, weekly: dict[str, list[Window]], start: int, first: int, second: int
) -> None:
    one = Calendar(ZoneInfo(zone), weekly)
    middle, end = start + first, start + first + second
    assert one.open_between(start, end) == one.open_between(start, middle) + one.open_between(middle, end)
    assert one.open_between(start, end) == sum(b - a for a, b in one.intervals(start, end))


@given(st.sampled_from(ZONES), weeks, moments, st.integers(1, 100_000))
def test_the_instant_reached_is_the_first_at_which_so_much_was_open(
    zone: str, weekly: dict[str, list[Window]], start: int, seconds: int
) -> None:
    one = Calendar(ZoneInfo(zone), weekly)
    reached = one.reached(start, seconds, start + 400 * 86400)
    if reached is not None:
        assert one.open_between(start, reached) == seconds
        assert one.open_between(start, reached - 1) == seconds - 1
        assert one.reached(start, seconds, reached) == reached
        assert one.reached(start, seconds, reached - 1) is None


@pytest.mark.parametrize("zone", ZONES)
def test_every_wall_time_is_read_as_the_zone_shows_it(zone: str) -> None:
    tz = ZoneInfo(zone)
    for day in range(0, 370, 3):
        for hour in range(0, 24, 5):
            wall = datetime.fromordinal(739_617) + timedelta(days=day, hours=hour, minutes=7)
            for is_end in (False, True):
                shown = datetime.fromtimestamp(instant(wall, tz, is_end=is_end), tz).replace(tzinfo=None)
                assert shown == wall or shown > wall


def test_always_is_open_at_every_second() -> None:
    assert ALWAYS.open_seconds(at("2026-01-01"), at("2026-01-02")) == 86400
    assert ALWAYS.open_seconds(at("2026-01-02"), at("2026-01-01")) == 0
    assert ALWAYS.add_open(at("2026-01-01"), 60, at("2026-01-02")) == at("2026-01-01T00:01")
    assert ALWAYS.add_open(at("2026-01-01"), 90_000, at("2026-01-02")) is None
    assert ALWAYS.is_open(at("2026-01-01"))


def test_a_calendar_says_whether_a_second_counts() -> None:
    office = calendar("UTC", ("09:00", "17:00"))
    assert [office.is_open(at(f"2026-03-02T{t}")) for t in ("08:59:59", "09:00:00", "16:59:59", "17:00:00")] == [
        False, True, True, False
    ]  # fmt: skip
    assert date(2026, 3, 2).weekday() == 0
