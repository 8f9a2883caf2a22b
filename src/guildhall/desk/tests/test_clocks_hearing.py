"""A message that changes no clock reckons none: what stands afterwards is what reckoning everything gives."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from guildhall.core import clock
from guildhall.desk import clocking
from guildhall.desk.actions import tickets
from guildhall.desk.clocking import hearing, noting
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.models import Clock, Ticket, TimelineEvent
from guildhall.desk.testing import promising

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
_SHOWN = (
    "metric", "instance", "started_at", "state", "target_seconds", "calendar", "policy_version", "due_at",
    "warn_at", "warn_share", "met_at", "breached_at",
)  # fmt: skip


def opened() -> Ticket:
    return tickets.open_many([tickets.Draft("api", text="Where is it?")], by="token:1", at=clock.now())[0]


def say(ticket: Ticket, *times: datetime) -> None:
    tickets.add_customer_messages([(ticket.pk, "", "still nothing", at) for at in times])


def tell(ticket: Ticket, kind: str, value: str = "") -> None:
    with transaction.atomic():
        if kind == "status":
            Ticket.objects.filter(pk=ticket.pk).update(status=value)
        if kind == "priority":
            Ticket.objects.filter(pk=ticket.pk).update(priority=value)
        clocking.note(
            [(Ticket.objects.get(pk=ticket.pk), [Event(ticket.pk, clock.now(), kind, value)])], at=clock.now()
        )


def stands(ticket: Ticket) -> tuple[Any, ...]:
    """The ticket's timeline, its clocks, and what its row says of them."""
    ticket.refresh_from_db()
    return (
        list(TimelineEvent.objects.filter(ticket=ticket).order_by("id").values_list("at", "type", "value")),
        list(Clock.objects.filter(ticket=ticket).order_by("metric", "instance").values_list(*_SHOWN)),
        (ticket.status, ticket.next_due_at, ticket.breached, ticket.policy_version),
    )


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many tickets were reckoned anew, call by call."""
    calls: list[int] = []
    note = noting.note

    def counting(given: Any, *, at: datetime) -> None:
        calls.append(len(given))
        note(given, at=at)

    monkeypatch.setattr(noting, "note", counting)
    return calls


def test_more_of_the_same_question_reckons_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    promising.promise(promising.content(first_response=3600, next_response=3600, resolution=86400))
    with clock.freeze(NOON) as now:
        ticket = opened()
        tell(ticket, "agent_reply")
        now.advance(60)
        calls = counted(monkeypatch)
        say(ticket, clock.now())
        assert calls == [1], "the first message after an answer starts a clock"
        now.advance(60)
        say(ticket, clock.now(), clock.now() - timedelta(minutes=30))
        assert calls == [1]
        times = TimelineEvent.objects.filter(ticket=ticket, type="customer_message").order_by("id")
        assert [one.at for one in times] == [NOON + timedelta(minutes=n) for n in (1, 2, 2)]
        tell(ticket, "status", "pending")
        say(ticket, clock.now())
        assert calls == [1, 1], "a ticket that waited is opened again"
        promising.promise(promising.content(first_response=60, next_response=60), order=1)
        say(ticket, clock.now())
        assert calls == [1, 1, 1], "another policy holds"


@pytest.mark.parametrize("seed", range(12))
def test_what_stands_is_what_reckoning_everything_gives(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    promising.promise(
        promising.content(first_response=rng.choice((90, 900)), next_response=300, resolution=rng.choice((400, 9000)))
        | {"warn": [50]}
    )  # fmt: skip
    quick = hearing._changes_nothing
    with clock.freeze(NOON + timedelta(microseconds=rng.randrange(10**6))) as now:
        one, twin = opened(), opened()
        for _ in range(30):
            now.advance(rng.choice((0, 0.4, 1, 30, 120, 300)))
            deed = rng.choice(("say", "say", "say", "say", "agent_reply", "status", "priority", "judge"))
            late = [
                timedelta(seconds=rng.choice((-200, -2, 0, 0, 0, 5))) for _ in range(rng.choice((1, 1, 3)))
            ]
            value = rng.choice(("open", "pending", "solved", "closed"))
            for ticket, way in ((one, quick), (twin, lambda *_: False)):
                monkeypatch.setattr(hearing, "_changes_nothing", way)
                if deed == "say":
                    say(ticket, *(clock.now() + away for away in late))
                elif deed == "status":
                    tell(ticket, deed, value)
                elif deed != "judge":
                    tell(ticket, deed, "high" if deed == "priority" else "")
            if deed == "judge":
                clocking.judge(clock.now())
        now.advance(2)
        clocking.judge(clock.now())
        assert stands(one) == stands(twin)
