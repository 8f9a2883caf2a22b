"""The rules CLK-1 to CLK-9, CLK-12 and CLK-13 of docs/clocks.md, each by its number, through the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from guildhall.cli.tests.clocks_command import Desk
from guildhall.desk.tests.clock_cases import OFFICE, line, policy

HOUR = 3600


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def promise(seconds: int = HOUR, metric: str = "resolution", calendar: str = "always", **more: Any) -> Any:
    return policy((metric, "*", seconds, calendar), **more)


@pytest.mark.parametrize(
    ("answered", "breached"),
    [("2026-01-12T09:30:00-06:00", None), ("2026-01-12T09:30:01-06:00", "2026-01-12T15:30:00Z")],
)
def test_the_worked_case_of_a_question_on_friday_afternoon(
    desk: Desk, answered: str, breached: str | None
) -> None:
    terms = promise(metric="first_response", calendar="office")
    begun = [
        line("2026-01-09T16:30:00-06:00", "opened", "normal"),
        line("2026-01-09T16:45:00-06:00", "status", "pending"),
    ]
    waiting = desk.clock(terms, *begun, metric="first_response")
    assert (waiting["due_at"], waiting["state"]) == ("2026-01-12T15:30:00Z", "running")
    row = desk.clock(terms, *begun, line(answered, "agent_reply"), metric="first_response")
    assert (row["state"], row["breached_at"]) == ("met", breached)
    assert row["elapsed_seconds"] == (3600 if breached is None else 3601)


def test_clk_1_the_order_of_lines_counts_within_one_instant(desk: Desk) -> None:
    answered_first = [
        line("10:00:00", "opened"),
        line("10:00:00", "agent_reply"),
        line("10:00:00", "customer_message"),
    ]
    rows = desk.rows(promise(), answered_first)
    assert [(r["metric"], r["state"]) for r in rows] == [
        ("first_response", "met"), ("next_response", "running"), ("resolution", "running")
    ]  # fmt: skip
    asked_first = [
        line("10:00:00", "opened"),
        line("10:00:00", "customer_message"),
        line("10:00:00", "agent_reply"),
    ]
    assert len(desk.rows(promise(), asked_first)) == 2


def test_clk_1_what_happens_at_the_instant_of_a_breach_comes_before_it(desk: Desk) -> None:
    opened = line("10:00:00", "opened")
    for event in (line("11:00:00", "status", "solved"), line("11:00:00", "status", "pending")):
        assert desk.clock(promise(), opened, event)["breached_at"] is None
    passing = desk.clock(
        promise(), opened, line("11:00:00", "status", "pending"), line("11:00:00", "status", "open")
    )
    assert passing["breached_at"] == "2026-03-02T11:00:00Z"
    harmless = desk.clock(promise(), opened, line("11:00:00", "customer_message"))
    assert harmless["breached_at"] == "2026-03-02T11:00:00Z"


def test_clk_1_now_is_the_latest_line_of_any_ticket_ignored_ones_too(desk: Desk) -> None:
    lines = [
        line("10:00:00", "opened", ticket="a"),
        line("10:00:00", "opened", ticket="b"),
        line("10:10:00", "merged", "a", ticket="b"),
        line("11:00:00", "agent_reply", ticket="b"),
        line("10:30:00", "customer_message", ticket="a"),
    ]
    row = next(r for r in desk.rows(promise(), lines) if (r["ticket"], r["metric"]) == ("a", "resolution"))
    assert (row["elapsed_seconds"], row["breached_at"], row["due_at"]) == (3600, "2026-03-02T11:00:00Z", None)


def test_clk_1_two_offsets_of_one_instant_are_one_instant(desk: Desk) -> None:
    row = desk.clock(
        promise(), line("10:00:00", "opened"), line("2026-03-02T19:00:00+08:00", "status", "solved")
    )
    assert (row["met_at"], row["breached_at"]) == ("2026-03-02T11:00:00Z", None)


def test_clk_2_clocks_start_with_the_ticket_whether_or_not_they_have_a_target(desk: Desk) -> None:
    rows = desk.rows(policy(), [line("10:00:00", "opened", "low"), line("12:00:00", "status", "open")])
    assert [(r["metric"], r["instance"], r["state"], r["elapsed_seconds"], r["due_at"]) for r in rows] == [
        ("first_response", 1, "running", 0, None),
        ("resolution", 1, "running", 0, None),
    ]


def test_clk_3_only_the_first_message_after_an_answer_starts_a_clock(desk: Desk) -> None:
    terms = promise(metric="next_response", seconds=600)
    lines = [
        line("10:00:00", "opened"),
        line("10:01:00", "customer_message"),  # nobody has answered yet
        line("10:02:00", "agent_reply"),
        line("10:03:00", "agent_reply"),
        line("10:04:00", "customer_message"),
        line("10:05:00", "customer_message"),
        line("10:06:00", "agent_reply"),
        line("10:20:00", "customer_message"),
        line("10:30:01", "agent_reply"),
        line("10:31:00", "customer_message"),
    ]
    rows = [r for r in desk.rows(terms, lines) if r["metric"] == "next_response"]
    assert [(r["instance"], r["started_at"][11:19], r["met_at"] and r["met_at"][11:19]) for r in rows] == [
        (1, "10:04:00", "10:06:00"),
        (2, "10:20:00", "10:30:01"),
        (3, "10:31:00", None),
    ]
    assert [r["breached_at"] for r in rows] == [None, "2026-03-02T10:30:00Z", None]


def test_clk_3_an_answer_meets_a_paused_clock_and_leaves_the_status(desk: Desk) -> None:
    terms = promise(metric="first_response", pause={"first_response": ["pending"], "resolution": ["pending"]})
    lines = [
        line("10:00:00", "opened"),
        line("10:10:00", "status", "pending"),
        line("12:00:00", "agent_reply"),
        line("12:30:00", "priority", "low"),
    ]
    first, resolution = desk.rows(terms, lines)
    assert (first["state"], first["elapsed_seconds"], first["breached_at"]) == ("met", 600, None)
    assert resolution["state"] == "paused"


@pytest.mark.parametrize("status", ["pending", "solved", "closed"])
def test_clk_4_a_message_opens_a_ticket_that_was_not_open(desk: Desk, status: str) -> None:
    row = desk.clock(
        promise(),
        line("10:00:00", "opened"),
        line("10:20:00", "status", status),
        line("10:50:00", "customer_message"),
    )
    assert (row["state"], row["elapsed_seconds"], row["due_at"]) == ("running", 1200, "2026-03-02T11:30:00Z")


def test_clk_4_solved_and_closed_are_one_and_a_reopening_keeps_what_elapsed(desk: Desk) -> None:
    lines = [
        line("10:00:00", "opened"),
        line("10:20:00", "status", "solved"),
        line("10:30:00", "status", "closed"),
        line("10:40:00", "status", "solved"),
    ]
    solved = desk.clock(promise(), *lines)
    assert (solved["state"], solved["met_at"], solved["elapsed_seconds"]) == (
        "met",
        "2026-03-02T10:20:00Z",
        1200,
    )
    pending = desk.clock(promise(), *lines, line("10:45:00", "status", "pending"))
    assert (pending["state"], pending["met_at"], pending["elapsed_seconds"]) == ("paused", None, 1200)
    again = desk.clock(
        promise(), *lines, line("10:45:00", "status", "open"), line("11:25:00", "status", "closed")
    )
    assert (again["state"], again["met_at"], again["breached_at"]) == ("met", "2026-03-02T11:25:00Z", None)
    late = desk.clock(
        promise(), *lines, line("10:45:00", "status", "open"), line("11:25:01", "status", "closed")
    )
    assert (late["elapsed_seconds"], late["breached_at"]) == (3601, "2026-03-02T11:25:00Z")


def test_clk_5_every_clock_stands_still_while_the_ticket_is_solved(desk: Desk) -> None:
    terms = policy(("first_response", "*", HOUR, "always"), ("next_response", "*", HOUR, "always"), pause={})
    lines = [
        line("09:00:00", "opened"),
        line("09:30:00", "status", "solved"),
        line("15:00:00", "status", "open"),
        line("15:30:00", "agent_reply"),
        line("15:40:00", "customer_message"),
        line("15:50:00", "status", "closed"),
        line("23:00:00", "status", "closed"),
    ]
    rows = {r["metric"]: r for r in desk.rows(terms, lines)}
    assert (rows["first_response"]["elapsed_seconds"], rows["first_response"]["breached_at"]) == (3600, None)
    assert (rows["next_response"]["state"], rows["next_response"]["elapsed_seconds"]) == ("paused", 600)
    assert rows["resolution"]["state"] == "met"


def test_clk_5_a_clock_may_stand_still_while_open_and_run_while_pending(desk: Desk) -> None:
    terms = promise(pause={"resolution": ["open", "solved"]})
    row = desk.clock(
        terms,
        line("10:00:00", "opened"),
        line("12:00:00", "status", "pending"),
        line("12:10:00", "priority", "x"),
    )
    assert (row["state"], row["elapsed_seconds"], row["due_at"]) == ("running", 600, "2026-03-02T13:00:00Z")


def test_clk_6_what_elapses_goes_on_after_a_breach(desk: Desk) -> None:
    row = desk.clock(promise(), line("10:00:00", "opened"), line("13:00:00", "status", "solved"))
    assert (row["elapsed_seconds"], row["breached_at"], row["state"]) == (
        10800,
        "2026-03-02T11:00:00Z",
        "met",
    )


def test_clk_7_a_priority_of_its_own_comes_before_any_priority(desk: Desk) -> None:
    terms = policy(("resolution", "*", 7200, "always"), ("resolution", "urgent", 600, "always"))
    assert desk.clock(terms, line("10:00:00", "opened", "urgent"))["due_at"] == "2026-03-02T10:10:00Z"
    assert desk.clock(terms, line("10:00:00", "opened", "low"))["due_at"] == "2026-03-02T12:00:00Z"


def test_clk_7_without_a_target_nothing_counts_and_what_elapsed_is_kept(desk: Desk) -> None:
    terms = policy(("resolution", "high", HOUR, "always"))
    lines = [
        line("10:00:00", "opened", "high"),
        line("10:30:00", "priority", "low"),
        line("15:00:00", "priority", "low"),
    ]
    none = desk.clock(terms, *lines)
    assert (none["state"], none["elapsed_seconds"], none["due_at"]) == ("running", 1800, None)
    again = desk.clock(terms, *lines, line("16:00:00", "priority", "high"))
    assert (again["elapsed_seconds"], again["due_at"]) == (1800, "2026-03-02T16:30:00Z")


def test_clk_7_another_priority_counts_by_another_calendar_from_then_on(desk: Desk) -> None:
    terms = policy(("resolution", "low", 7200, "office"), ("resolution", "high", 7200, "always"))
    row = desk.clock(
        terms,
        line("2026-03-02T16:30:00-06:00", "opened", "low"),
        line("2026-03-02T18:00:00-06:00", "priority", "high"),
        line("2026-03-02T18:30:00-06:00", "priority", "low"),
    )
    assert (row["elapsed_seconds"], row["due_at"]) == (3600, "2026-03-03T16:00:00Z")


def test_clk_8_a_shorter_promise_is_broken_at_once_even_while_the_calendar_is_shut(desk: Desk) -> None:
    terms = policy(("resolution", "low", 28800, "office"), ("resolution", "high", 1800, "office"))
    opened = line("2026-03-02T16:00:00-06:00", "opened", "low")
    shut = line("2026-03-02T20:00:00-06:00", "priority", "high")
    assert desk.clock(terms, opened, shut)["breached_at"] == "2026-03-03T02:00:00Z"
    taken_back = line("2026-03-02T20:00:00-06:00", "priority", "low")
    assert desk.clock(terms, opened, shut, taken_back)["breached_at"] is None


def test_clk_8_a_paused_clock_breaks_its_promise_when_it_runs_again(desk: Desk) -> None:
    terms = policy(("resolution", "low", 7200, "always"), ("resolution", "high", 600, "always"))
    lines = [
        line("10:00:00", "opened", "low"),
        line("10:30:00", "status", "pending"),
        line("11:00:00", "priority", "high"),
    ]
    assert desk.clock(terms, *lines)["breached_at"] is None
    assert (
        desk.clock(terms, *lines, line("12:00:00", "status", "open"))["breached_at"] == "2026-03-02T12:00:00Z"
    )
    assert desk.clock(terms, *lines, line("12:00:00", "status", "solved"))["breached_at"] is None


def test_clk_8_a_recorded_breach_stays(desk: Desk) -> None:
    terms = policy(("resolution", "low", 600, "always"), ("resolution", "high", 86400, "always"))
    lines = [
        line("10:00:00", "opened", "low"),
        line("10:20:00", "priority", "high"),
        line("10:30:00", "status", "solved"),
        line("10:40:00", "status", "open"),
        line("10:50:00", "priority", "none"),
    ]
    row = desk.clock(terms, *lines)
    assert (row["breached_at"], row["due_at"], row["state"]) == ("2026-03-02T10:10:00Z", None, "running")


def test_clk_8_a_target_of_no_seconds_is_broken_where_it_starts_unless_met_there(desk: Desk) -> None:
    terms = promise(0, "first_response", "office")
    opened = line("2026-03-01T12:00:00Z", "opened")
    assert desk.clock(terms, opened, metric="first_response")["breached_at"] == "2026-03-01T12:00:00Z"
    met = desk.clock(terms, opened, line("2026-03-01T12:00:00Z", "agent_reply"), metric="first_response")
    assert (met["state"], met["breached_at"]) == ("met", None)


def test_clk_9_merging_ends_what_is_not_met_and_nothing_breaks_at_that_instant(desk: Desk) -> None:
    terms = policy(("first_response", "*", 600, "always"), ("resolution", "*", HOUR, "always"))
    lines = [
        line("10:00:00", "opened"),
        line("11:00:00", "merged", "nobody"),
        line("11:00:00", "agent_reply"),
        line("12:00:00", "status", "solved"),
    ]
    first, resolution = desk.rows(terms, lines)
    assert (first["state"], first["breached_at"], first["met_at"]) == ("merged", "2026-03-02T10:10:00Z", None)
    assert (resolution["state"], resolution["elapsed_seconds"], resolution["breached_at"]) == (
        "merged",
        3600,
        None,
    )
    assert resolution["due_at"] is None


def test_clk_9_met_clocks_stay_met_and_earlier_lines_of_the_instant_apply(desk: Desk) -> None:
    lines = [
        line("10:00:00", "opened"),
        line("10:30:00", "agent_reply"),
        line("10:40:00", "customer_message"),
        line("11:00:00", "status", "solved"),
        line("11:00:00", "merged", "u"),
    ]
    rows = desk.rows(promise(), lines)
    assert [(r["metric"], r["state"]) for r in rows] == [
        ("first_response", "met"), ("next_response", "merged"), ("resolution", "met")
    ]  # fmt: skip
    assert rows[2]["met_at"] == "2026-03-02T11:00:00Z"


def test_clk_9_the_ticket_merged_into_goes_on_as_it_was(desk: Desk) -> None:
    lines = [
        line("10:00:00", "opened", ticket="a"),
        line("10:00:00", "opened", ticket="b"),
        line("10:30:00", "merged", "a", ticket="b"),
    ]
    rows = desk.rows(promise(), lines)
    assert [r["state"] for r in rows] == ["running", "running", "merged", "merged"]
    assert rows[1]["due_at"] == "2026-03-02T11:00:00Z"


def test_clk_9_what_a_ticket_is_merged_into_need_not_be_said(desk: Desk) -> None:
    lines = [line("10:00:00", "opened"), {"ticket": "t", "at": "2026-03-02T10:01:00Z", "type": "merged"}]
    assert {r["state"] for r in desk.rows(promise(), lines)} == {"merged"}


def test_clk_12_a_due_time_is_looked_for_400_days_ahead_and_no_second_more(desk: Desk) -> None:
    limit = 400 * 86400
    assert desk.clock(promise(limit), line("10:00:00", "opened"))["due_at"] == "2027-04-06T10:00:00Z"
    assert desk.clock(promise(limit + 1), line("10:00:00", "opened"))["due_at"] is None
    once = {"tz": "UTC", "weekly": {"mon": [["10:00", "10:01"]]}}
    rare = policy(("resolution", "*", 59 * 60, "rare"), rare=once)
    assert desk.clock(rare, line("09:00:00", "opened"))["due_at"] is None
    rare["targets"][0]["seconds"] = 58 * 60
    assert desk.clock(rare, line("09:00:00", "opened"))["due_at"] == "2027-04-05T10:01:00Z"


def test_clk_12_nothing_is_due_where_no_window_ever_opens(desk: Desk) -> None:
    terms = policy(("resolution", "*", 1, "never"), never={"tz": "UTC", "weekly": {}, "holidays": []})
    row = desk.clock(terms, line("10:00:00", "opened"), line("2027-03-02T10:00:00Z", "status", "open"))
    assert (row["state"], row["elapsed_seconds"], row["due_at"], row["breached_at"]) == (
        "running",
        0,
        None,
        None,
    )


def test_clk_12_a_due_time_after_the_year_9999_is_none(desk: Desk) -> None:
    assert desk.clock(promise(86400), line("9999-12-31T20:00:00Z", "opened"))["due_at"] is None


def test_clk_13_every_row_has_every_key_in_the_order_of_first_appearance(desk: Desk) -> None:
    lines = [
        line("10:00:00", "opened", ticket="z"),
        line("09:00:00", "opened", ticket="a"),
        line("10:01:00", "agent_reply", ticket="z"),
        line("10:02:00", "customer_message", ticket="z"),
        line("10:03:00", "agent_reply", ticket="z"),
        line("10:04:00", "customer_message", ticket="z"),
    ]
    rows = desk.rows(policy(), lines)
    assert [(r["ticket"], r["metric"], r["instance"]) for r in rows] == [
        ("z", "first_response", 1),
        ("z", "next_response", 1),
        ("z", "next_response", 2),
        ("z", "resolution", 1),
        ("a", "first_response", 1),
        ("a", "resolution", 1),
    ]
    keys = "ticket metric instance started_at state elapsed_seconds due_at met_at breached_at"
    assert all(" ".join(row) == keys for row in rows)


def test_the_office_of_these_tests_keeps_the_hours_it_says(desk: Desk) -> None:
    assert OFFICE["tz"] == "America/Chicago"
    row = desk.clock(promise(calendar="office"), line("2026-03-07T12:00:00Z", "opened"))
    assert row["due_at"] == "2026-03-09T15:00:00Z"  # summer time began on the Sunday
