"""Clocks as the desk keeps them: event by event, under policies that change, with the history of each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from guildhall.core.errors import BadInput
from guildhall.desk.clocks.policy import Policy
from guildhall.desk.clocks.timeline import Event, Timeline, run
from guildhall.desk.tests.clock_cases import policy

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)  # Monday 09:00 in Chicago


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def terms(seconds: int = 3600, calendar: str = "office") -> Policy:
    return Policy.from_json(policy(("resolution", "*", seconds, calendar)))


def begun(timeline: Timeline) -> Timeline:
    timeline.apply(Event("t", START, "opened", "normal"))
    return timeline


def test_asking_changes_nothing_and_can_be_repeated_later() -> None:
    timeline = begun(Timeline(terms()))
    first = timeline.clocks(after(30))[1]
    assert (first.elapsed_seconds, first.due_at, first.calendar, first.target_seconds) == (
        1800, after(60), "office", 3600
    )  # fmt: skip
    assert timeline.clocks(after(90))[1].breached_at == after(60)
    assert timeline.clocks(after(30))[1] == first
    assert timeline.clocks(after(-30))[1].elapsed_seconds == 0


def test_another_policy_counts_from_then_on_and_keeps_what_elapsed() -> None:
    timeline = begun(Timeline(terms()))
    timeline.change_policy(terms(1200), after(30))
    shorter = timeline.clocks(after(31))[1]
    assert (shorter.elapsed_seconds, shorter.breached_at, shorter.target_seconds) == (1860, after(30), 1200)
    longer = begun(Timeline(terms()))
    longer.change_policy(terms(7200, "always"), after(30))
    assert longer.clocks(after(40))[1].due_at == after(120)
    with pytest.raises(BadInput):
        longer.change_policy(terms(), after(20))


def test_a_policy_whose_calendar_keeps_its_name_but_not_its_hours_counts_by_the_new_hours() -> None:
    timeline = begun(Timeline(terms()))
    night = {"tz": "America/Chicago", "weekly": {"mon": [["20:00", "21:00"]]}}
    timeline.change_policy(
        Policy.from_json(policy(("resolution", "*", 3600, "office"), office=night)), after(30)
    )
    assert timeline.clocks(after(40))[1].elapsed_seconds == 1800
    assert timeline.clocks(after(40))[1].due_at == datetime(2026, 3, 3, 2, 30, tzinfo=UTC)


def test_an_event_that_is_refused_changes_nothing() -> None:
    timeline = begun(Timeline(terms()))
    for wrong in (
        Event("t", after(-1), "agent_reply"),
        Event("t", after(1), "status", "on hold"),
        Event("t", after(1), "opened", "normal"),
        Event("t", after(1), "asleep"),
    ):
        with pytest.raises(BadInput):
            timeline.apply(wrong)
    assert (timeline.status, timeline.at) == ("open", int(START.timestamp()))


def test_the_history_says_what_counted_and_why_the_rest_did_not() -> None:
    timeline = begun(Timeline(terms(8 * 3600)))
    for event in (
        Event("t", after(60), "status", "pending"),
        Event("t", after(120), "customer_message"),
        Event("t", after(600), "status", "solved"),
        Event("t", after(660), "status", "open"),
    ):
        timeline.apply(event)
    told = [one for one in timeline.history(after(1500)) if one.metric == "resolution"]
    assert [(one.why, one.status, int((one.end - one.start).total_seconds() / 60)) for one in told] == [
        ("counted", "", 60),
        ("paused", "pending", 60),
        ("counted", "", 360),
        ("shut", "", 120),
        ("met", "", 60),
        ("shut", "", 780),
        ("counted", "", 60),
    ]
    assert [one.start for one in told[1:]] == [one.end for one in told[:-1]]
    clock = timeline.clocks(after(1500))[1]
    counted = sum((one.end - one.start for one in told if one.is_counted), timedelta())
    assert counted == timedelta(seconds=clock.elapsed_seconds)


def test_the_history_names_a_missing_target_and_a_merge() -> None:
    timeline = begun(Timeline(terms()))
    timeline.apply(Event("t", after(10), "merged", "u"))
    told = timeline.history(after(20))
    assert [(one.metric, one.why) for one in told] == [
        ("first_response", "no_target"), ("first_response", "merged"),
        ("resolution", "counted"), ("resolution", "merged"),
    ]  # fmt: skip


def test_many_tickets_are_reckoned_at_once_in_the_order_they_appear() -> None:
    events = [Event(name, START, "opened", "low") for name in ("b", "a")]
    assert [(ticket, clock.metric) for ticket, clock in run(terms(), events, after(5))] == [
        ("b", "first_response"), ("b", "resolution"), ("a", "first_response"), ("a", "resolution")
    ]  # fmt: skip


def test_a_policy_reads_back_as_it_was_written() -> None:
    one = terms()
    assert Policy.from_json(one.to_json()) == one


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInput):
        begun(Timeline(terms())).apply(Event("t", START.replace(tzinfo=None), "agent_reply"))
