"""Clocks of tickets as they run: due times, breaches told once with their exact instant, warnings, policies that
change under way.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from guildhall.core import clock
from guildhall.core.models import AuditEntry
from guildhall.desk import clocking
from guildhall.desk.actions import tickets
from guildhall.desk.clocking import look_again
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.models import Clock, Entry, Ticket, TimelineEvent
from guildhall.desk.testing import promising, timelines
from guildhall.desk.testing.oracle import Oracle, seconds_of, text_of
from guildhall.effects import testing, webhooks
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> Iterator[Any]:
    with clock.freeze(NOON) as held:
        yield held


def opened(**said: Any) -> Ticket:
    return tickets.open_many(
        [tickets.Draft("api", text="Where is it?", **said)], by="token:1", at=clock.now()
    )[0]


def only(ticket: Ticket, metric: str = "first_response", instance: int = 1) -> Clock:
    return Clock.objects.get(ticket=ticket, metric=metric, instance=instance)


def tell(ticket: Ticket, kind: str, value: str = "", *, at: datetime | None = None) -> None:
    with transaction.atomic():
        clocking.note([(ticket, [Event(ticket.pk, at or clock.now(), kind, value)])], at=clock.now())


def test_a_ticket_says_when_its_first_clock_is_due(now: Any) -> None:
    promising.promise(promising.content(first_response=3600, resolution=86400))
    ticket = opened()
    assert [(one.metric, one.due_at) for one in clocking.of(ticket)] == [
        ("first_response", NOON + HOUR),
        ("resolution", NOON + 24 * HOUR),
    ]
    ticket.refresh_from_db()
    assert (ticket.next_due_at, ticket.breached) == (NOON + HOUR, False)


def test_a_breach_is_told_once_when_its_second_is_over(now: Any) -> None:
    promising.promise(promising.content(first_response=3600))
    ticket = opened()
    now.advance(3600.9)
    assert clocking.judge(clock.now()).breaches == 0
    now.advance(0.2)
    assert clocking.judge(clock.now()).breaches == 1
    assert clocking.judge(clock.now()).breaches == 0
    row = only(ticket)
    assert (row.breached_at, row.due_at, row.announced_at) == (NOON + HOUR, None, clock.now())
    ticket.refresh_from_db()
    assert (ticket.breached, ticket.next_due_at) == (True, NOON + HOUR)
    assert Entry.objects.filter(ticket=ticket, data__what="clock_breached").count() == 1
    assert AuditEntry.objects.filter(verb="ticket.clock_breached").count() == 1


def test_a_broken_promise_does_not_sink_below_those_in_time(now: Any) -> None:
    promising.promise(promising.content(first_response=3600, resolution=86400))
    ticket = opened()
    now.advance(3602)
    clocking.judge(clock.now())
    ticket.refresh_from_db()
    assert (ticket.breached, ticket.next_due_at) == (True, NOON + HOUR)
    tell(ticket, "priority", "high")
    assert Ticket.objects.get(pk=ticket.pk).next_due_at == NOON + HOUR
    now.advance(60)
    tell(ticket, "agent_reply")
    assert Ticket.objects.get(pk=ticket.pk).next_due_at == NOON + 24 * HOUR


def test_an_answer_in_the_due_second_is_in_time_even_after_somebody_looked(now: Any) -> None:
    promising.promise(promising.content(first_response=3600))
    ticket = opened()
    now.advance(3600.2)
    tell(ticket, "priority", "high")
    clocking.judge(clock.now())
    now.advance(0.5)
    tell(ticket, "agent_reply")
    now.advance(60)
    assert clocking.judge(clock.now()).breaches == 0
    assert (only(ticket).state, only(ticket).breached_at) == ("met", None)


def test_what_was_answered_too_late_between_two_looks_is_told_as_a_breach(now: Any) -> None:
    promising.promise(promising.content(first_response=3600))
    ticket = opened()
    now.advance(3700)
    tell(ticket, "agent_reply")
    assert clocking.judge(clock.now()).breaches == 1
    row = only(ticket)
    assert (row.state, row.breached_at) == ("met", NOON + HOUR)
    assert row.announced_at is not None


def test_nothing_is_missed_after_the_ticker_was_away_for_hours(now: Any) -> None:
    promising.promise(promising.content(first_response=600, resolution=7200))
    some = [opened() for _ in range(3)]
    now.advance(5 * 3600)
    assert clocking.judge(clock.now()).breaches == 6
    breached = Clock.objects.filter(ticket__in=some).values_list("metric", "breached_at").distinct()
    assert set(breached) == {
        ("first_response", NOON + timedelta(seconds=600)),
        ("resolution", NOON + timedelta(seconds=7200)),
    }


def test_an_answer_that_can_still_be_taken_back_holds_the_breach_back(now: Any) -> None:
    promising.promise(promising.content(first_response=60))
    answered, withdrawn = opened(), opened()
    now.advance(55)
    tickets.reply(answered.pk, by="system:desk", text="It came.", where="private", undo_s=10)
    entry = tickets.reply(withdrawn.pk, by="system:desk", text="It came.", where="private", undo_s=10)
    now.advance(7)
    assert clocking.judge(clock.now()).breaches == 0
    tickets.unsend(entry.pk, "system:desk")
    assert clocking.judge(clock.now()).breaches == 1
    now.advance(4)
    testing.drain()
    now.advance(60)
    assert clocking.judge(clock.now()).breaches == 0
    assert only(answered).met_at == NOON + timedelta(seconds=55)
    assert only(withdrawn).breached_at == NOON + timedelta(seconds=60)


def test_what_was_judged_stays_judged_when_news_come_late(now: Any) -> None:
    promising.promise(promising.content(first_response=60))
    ticket = opened()
    now.advance(90)
    clocking.judge(clock.now())
    tell(ticket, "agent_reply", at=NOON + timedelta(seconds=30))
    row = only(ticket)
    assert (row.breached_at, row.met_at) == (NOON + timedelta(seconds=60), NOON + timedelta(seconds=61))


def test_a_reply_written_before_the_askers_next_words_starts_the_next_clock_with_them(now: Any) -> None:
    promising.promise(promising.content(next_response=600))
    ticket = opened()
    written = clock.now() + timedelta(seconds=5)
    now.advance(8)
    tell(ticket, "customer_message")
    now.advance(7)
    tell(ticket, "agent_reply", at=written)
    row = only(ticket, "next_response")
    assert (row.state, row.started_at) == ("running", NOON + timedelta(seconds=8))
    assert only(ticket).met_at == written


def test_warnings_come_once_each_and_mention_who_has_the_ticket(now: Any) -> None:
    owner = make_staff(Role.SUPPORT_AGENT)
    promising.promise(promising.content(first_response=1000) | {"warn": [50, 75]})
    ticket = opened()
    Ticket.objects.filter(pk=ticket.pk).update(assignee=owner)
    told = []
    for _ in range(11):
        now.advance(100)
        told.append(clocking.judge(clock.now() + timedelta(seconds=1)).warnings)
    assert told == [0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0]
    entries = Entry.objects.filter(data__what="clock_short").order_by("id")
    assert [one.data["share"] for one in entries] == [50, 75]
    assert list(entries[0].mentions.all()) == [owner]
    assert only(ticket).breached_at == NOON + timedelta(seconds=1000)


def test_a_priority_raised_late_warns_and_breaks_by_the_new_target_with_what_elapsed(now: Any) -> None:
    wanted = promising.content(first_response=3600) | {"warn": [75]}
    wanted["targets"].append(
        {"metric": "first_response", "priority": "urgent", "seconds": 900, "calendar": "always"}
    )
    promising.promise(wanted)
    ticket = opened()
    now.advance(800)
    tell(ticket, "priority", "urgent")
    assert only(ticket).due_at == NOON + timedelta(seconds=900)
    now.advance(1)
    judged = clocking.judge(clock.now())
    assert (judged.breaches, judged.warnings) == (0, 1)


def test_a_new_version_counts_from_when_it_is_in_force_and_elapsed_is_kept(now: Any) -> None:
    version = promising.promise(promising.content(first_response=3600))
    ticket = opened()
    now.advance(600)
    second = promising.change(version.policy, promising.content(first_response=1800))
    assert look_again.at_open_tickets() == 1
    row = only(ticket)
    assert (row.due_at, row.elapsed_seconds, row.policy_version) == (
        NOON + timedelta(seconds=1800),
        600,
        second.pk,
    )
    changes = TimelineEvent.objects.filter(ticket=ticket, type="policy").order_by("id")
    assert [one.value for one in changes] == [str(version.pk), str(second.pk)]
    spells = [one for one in clocking.history(ticket) if one.metric == "first_response"]
    assert sum((one.end - one.start).seconds for one in spells if one.is_counted) == 600


def test_a_ticket_that_moves_to_another_tier_runs_by_the_policy_for_it(now: Any) -> None:
    promising.promise(promising.content(first_response=3600))
    promising.promise(promising.content(first_response=300), order=1, match={"tiers": ["vip"]}, name="VIP")
    ticket = opened()
    now.advance(60)
    tickets.set_tier(ticket.pk, "vip", "system:desk")
    assert only(ticket).due_at == NOON + timedelta(seconds=300)


def test_a_due_time_beyond_the_horizon_comes_by_itself(now: Any) -> None:
    promising.promise(promising.content(resolution=500 * 86400))
    ticket = opened()
    assert only(ticket, "resolution").due_at is None
    now.advance(timedelta(days=120))
    assert look_again.at_far_clocks() == 1
    assert only(ticket, "resolution").due_at == NOON + timedelta(days=500)


def test_others_hear_of_a_breach_by_number_only(now: Any) -> None:
    promising.promise(promising.content(first_response=60))
    heard: list[tuple[str, dict[str, Any]]] = []

    def hear(event: str, payload: Any) -> None:
        heard.append((event, dict(payload)))

    opened()
    now.advance(120)
    webhooks.on_announce(hear)
    try:
        clocking.judge(clock.now())
    finally:
        webhooks._listeners.pop(f"{hear.__module__}.{hear.__qualname__}")
    ((event, payload),) = heard
    assert event == "ticket.breached"
    assert set(payload) == {"ticket", "number", "metric", "instance", "breached_at"}


@pytest.mark.parametrize("seed", range(12))
def test_live_clocks_are_those_of_the_second_reading_whenever_the_ticker_looks(seed: int) -> None:
    policy, lines = timelines.a_batch(seed * 7, 12)
    lines.sort(key=lambda line: seconds_of(line["at"]))
    promising.promise({**policy, "warn": [80], "chain": ""})
    rng = random.Random(seed)
    known: dict[str, Ticket] = {}
    with clock.freeze(datetime.fromtimestamp(seconds_of(lines[0]["at"]), UTC)) as held:
        for number, line in enumerate(lines):
            at = datetime.fromtimestamp(seconds_of(line["at"]), UTC)
            while held.at + timedelta(seconds=2) < at and rng.random() < 0.3:
                held.at += (at - held.at) * rng.random()
                clocking.judge(clock.now())
            held.at = max(held.at, at + timedelta(seconds=rng.random()))
            if line["type"] == "opened":
                known[line["ticket"]] = Ticket.objects.create(number=number + 1, subject="?", way="api")
            ticket = known[line["ticket"]]
            value = line.get("to") or line.get("into") or line.get("priority") or ""
            tell(ticket, line["type"], value, at=at)
        held.at = held.at.replace(microsecond=0)
        with transaction.atomic():
            clocking.note([(ticket, ()) for ticket in known.values()], at=held.at)
        clocking.judge(held.at + timedelta(seconds=1))
    names = {ticket.pk: name for name, ticket in known.items()}
    ours = {
        (names[row.ticket_id], row.metric, row.instance): (
            text_of(round(row.started_at.timestamp())),
            row.state,
            row.elapsed_seconds,
            row.breached_at and text_of(round(row.breached_at.timestamp())),
            row.met_at and text_of(round(row.met_at.timestamp())),
            row.due_at and text_of(round(row.due_at.timestamp())),
        )
        for row in Clock.objects.all()
    }
    theirs = {
        (row["ticket"], row["metric"], row["instance"]): (
            row["started_at"],
            row["state"],
            row["elapsed_seconds"],
            row["breached_at"],
            row["met_at"],
            row["due_at"],
        )
        for row in Oracle(policy).rows(lines)
    }
    assert ours == theirs
    assert not Clock.objects.filter(breached_at__isnull=False, announced_at__isnull=True).exists()
