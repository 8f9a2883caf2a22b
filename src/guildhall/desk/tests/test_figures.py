"""Figures of the desk: what is counted, how fast, which promises were kept; made anew when tickets change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.desk import clocking
from guildhall.desk.actions import policies as sla
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.figures import collecting, reading, summary, targets
from guildhall.desk.figures.columns import Columns
from guildhall.desk.figures.summary import Share
from guildhall.desk.models import FigureDay, Ticket
from guildhall.guard import freshness

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
DAY = date(2026, 11, 20)
_numbers = iter(range(1, 10_000))


def ticket(at: datetime, *events: tuple[float, str, str], **said: Any) -> Ticket:
    """A ticket with a life: events as (minutes after it was opened, type, value)."""
    one = Ticket.objects.create(number=next(_numbers), subject="x", way="api", opened_at=at, **said)
    life = [Event(one.pk, at, "opened", one.priority)]
    life += [Event(one.pk, at + timedelta(minutes=m), kind, value) for m, kind, value in events]
    with transaction.atomic():
        clocking.note([(one, life)], at=life[-1].at)
    over = [event for event in life if event.value in ("solved", "closed")]
    one.replies = sum(event.type == "agent_reply" for event in life)
    if over:
        one.status, one.solved_at = "solved", over[-1].at
    one.changed_at = life[-1].at
    one.save()
    return one


@pytest.fixture(autouse=True)
def _policy() -> None:
    freshness.forget()
    sla.install_shipped("system:test")  # normal: first response 2 h, next 4 h, resolution 48 h


def test_times_shares_and_counts_are_those_of_the_tickets() -> None:
    ticket(NOON, (10, "agent_reply", ""), (30, "status", "solved"), language="en", rating=5)
    ticket(
        NOON, (180, "agent_reply", ""), (200, "customer_message", ""), (210, "agent_reply", ""), language="zh"
    )
    ticket(
        NOON,
        (20, "agent_reply", ""),
        (30, "agent_reply", ""),
        (60, "status", "solved"),
        language="zh",
        rating=2,
    )
    ticket(NOON, is_spam=True)
    collecting.refresh(NOON + timedelta(hours=12))
    found = summary.overall(reading.read(DAY, DAY))
    assert (found.opened, found.solved) == (3, 2)
    assert found.times["first"] == summary.Times(3, 1200, 10_800, 1200, 10_800)
    assert found.times["next"].median == 600
    assert (found.kept["first"], found.kept["resolution"]) == (Share(2, 3), Share(2, 2))
    assert (found.good, found.rating, found.at_once) == (Share(1, 2), 3.5, Share(1, 2))
    by = summary.by_word(reading.read(DAY, DAY), "language")
    assert {word: one.opened for word, one in by.items()} == {"en": 1, "zh": 2}
    assert by["zh"].times["next"].count == 1
    only = reading.read(DAY, DAY, {"language": "zh"})
    assert (len(only), summary.overall(only).times["next"].median) == (2, 600)


def test_what_the_calendar_counted_and_what_passed_are_told_apart() -> None:
    office = {"tz": "UTC", "weekly": {"fri": [["09:00", "12:30"]], "mon": [["09:00", "17:00"]]}}
    target = {"metric": "first_response", "priority": "*", "seconds": 7200, "calendar": "office"}
    draft = sla.create(
        sla.NAME, {"tiers": ["vip"]}, {"calendars": {"office": office}, "targets": [target]}, by="staff:1"
    )
    sla.put_in_force(draft.pk, by="staff:1")
    ticket(NOON, (3 * 1440 - 120, "agent_reply", ""), tier="vip")  # Friday noon to Monday 10:00
    collecting.refresh(NOON + timedelta(days=4))
    first = summary.overall(reading.read(DAY, DAY)).times["first"]
    assert (first.median, first.passed_median) == (5400, 70 * 3600)


def test_the_backlog_counts_tickets_of_earlier_days_too() -> None:
    ticket(NOON - timedelta(days=5))
    ticket(NOON - timedelta(days=4), (3 * 1440, "status", "solved"))
    ticket(NOON, (60, "status", "solved"))
    ticket(NOON)
    collecting.refresh(NOON + timedelta(days=1))
    first = DAY - timedelta(days=2)
    days = reading.course(reading.read(first, DAY), first, DAY)
    assert [(one.opened, one.solved, one.backlog) for one in days] == [(0, 0, 2), (0, 1, 1), (2, 1, 2)]


def test_only_days_on_which_something_changed_are_made_anew() -> None:
    with clock.freeze(NOON + timedelta(hours=1)) as now:
        one = ticket(NOON)
        ticket(NOON - timedelta(days=3))
        assert collecting.refresh() == 2
        now.advance(600)
        assert collecting.refresh() == 0
        one.rating, one.changed_at = 5, clock.now()
        one.save()
        assert collecting.refresh() == 1
        assert summary.overall(reading.read(DAY, DAY)).good == Share(1, 1)
        Ticket.objects.filter(pk=one.pk).update(is_spam=True, changed_at=clock.now())
        collecting.refresh()
        assert FigureDay.objects.get(day=DAY).tickets == 0


def test_a_breach_alone_makes_a_day_anew() -> None:
    with clock.freeze(NOON) as now:
        ticket(NOON)
        collecting.refresh()
        now.advance(7201)
        clocking.judge(clock.now())
        collecting.refresh()
        assert summary.overall(reading.read(DAY, DAY)).kept["first"] == Share(0, 1)


def test_a_reopened_ticket_counts_against_first_contact() -> None:
    ticket(NOON, (10, "agent_reply", ""), (20, "status", "solved"), reopened=1)
    ticket(NOON, (10, "agent_reply", ""), reopened=1)
    ticket(NOON, (10, "agent_reply", ""), (20, "status", "solved"))
    collecting.refresh(NOON + timedelta(hours=1))
    found = summary.overall(reading.read(DAY, DAY))
    assert (found.at_once, found.reopened) == (Share(1, 2), Share(2, 3))


def test_columns_come_back_as_they_were_packed() -> None:
    columns = Columns()
    columns.add({"language": "zh"}, {"opened": 1, "rating": 5}, [(10, 20, True), (None, None, None)])
    columns.add({"language": "en"}, {"opened": 2}, [(7, 8, False)])
    again = Columns.unpack(columns.pack())
    assert again == columns
    again.extend(columns)
    assert again.nexts["row"] == [0, 0, 1, 2, 2, 3]
    assert again.kept({"language": "en"}).nexts == {
        "row": [0, 1], "counted": [7, 7], "passed": [8, 8], "kept": [False, False]
    }  # fmt: skip


def test_percentiles_are_values_that_occurred() -> None:
    assert [summary.percentile([1, 2, 3, 4], p) for p in (50, 90, 100)] == [2, 4, 4]
    assert summary.percentile([], 50) is None
    assert summary.overall(Columns()).opened == 0


def test_targets_are_set_within_reason() -> None:
    assert targets.targets()["first_kept"] == 90
    targets.set_targets({"first_kept": 95}, by="staff:1")
    assert targets.targets()["first_kept"] == 95
    with pytest.raises(BadInput):
        targets.set_targets({"first_kept": 101}, by="staff:1")
    with pytest.raises(BadInput):
        targets.set_targets({"happiness": 50}, by="staff:1")
