"""What people get of a ticket: opened once, answered with seconds to take it back, worked on, joined."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from guildhall.core import clock
from guildhall.desk.actions import tickets
from guildhall.desk.models import Entry, Ticket
from guildhall.effects import testing

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


def opened(**said: str) -> Ticket:
    return tickets.open_many(
        [tickets.Draft("api", text="Where is my deposit?", **said)], by="token:1", at=clock.now()
    )[0]


def test_the_same_question_again_is_the_same_ticket() -> None:
    first, second = opened(external_key="a"), opened(external_key="a")
    assert first.pk == second.pk
    assert Ticket.objects.count() == 1


def test_an_answer_leaves_when_its_seconds_are_over() -> None:
    with clock.freeze(NOON) as now:
        ticket = opened()
        entry = tickets.reply(ticket.pk, by="system:desk", text="It arrived.", where="private")
        testing.drain()
        assert Entry.objects.get(pk=entry.pk).state == "held"
        now.advance(11)
        testing.drain()
        assert Entry.objects.get(pk=entry.pk).state == "sent"
        ticket.refresh_from_db()
        assert ticket.replies == 1
        assert ticket.waiting_since is None
