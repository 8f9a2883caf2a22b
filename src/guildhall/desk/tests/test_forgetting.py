"""What tickets hold about a person goes when they are erased, is handed out when they ask, and ages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from guildhall.core import clock
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.desk import finding, queries
from guildhall.desk.actions import erasing, escalations, later, tickets
from guildhall.desk.models import (
    Attachment,
    Entry,
    Escalation,
    EscalationStep,
    Handover,
    HandoverAction,
    HandoverLine,
    Ticket,
    TicketDoc,
)
from guildhall.desk.tests.counter import NOON, asked, asker, colleague, opened
from guildhall.people.actions import members
from guildhall.people.models import Member
from guildhall.work.models import Task

pytestmark = pytest.mark.django_db


def test_an_erased_member_leaves_nothing_they_said_in_any_ticket() -> None:
    one, dana = asker(), colleague()
    ticket = asked(
        one, category="deposit", text="I am Alice, hash 0xabc", external_key="mail:alice@example.com"
    )
    tickets.set_fields(ticket.pk, {"uid": "88120034"}, dana)
    entry = tickets.note(ticket.pk, dana, "Alice called again")
    tickets.set_priority(ticket.pk, "urgent", dana, why="Alice is upset")
    Attachment.objects.create(entry=entry, name="alice.png", mime="image/png", size=1, digest="x", body=b"1")
    finding.index_for_a_while()
    erasing.erase(one.account.member_id)
    erasing.erase(one.account.member_id)
    ticket.refresh_from_db()
    kept = json.dumps(
        [list(ticket.entries.values("text", "data")), ticket.subject, ticket.fields], default=str
    )
    assert "lice" not in kept
    assert "lice" not in str(ticket.external_key)
    assert (ticket.category_id, Attachment.objects.count(), TicketDoc.objects.count()) == ("deposit", 0, 0)
    assert list(queries.search("Alice", dana)) == []


def test_an_erased_member_leaves_nothing_with_the_teams_that_were_asked_nor_in_handovers() -> None:
    one, dana = asker(), colleague()
    mine, other = asked(one), opened()
    name = Text("Finance", "财务")
    escalations.save_team("finance", name, None, hours={}, seconds={"*": 3600}, by="system:test")
    shared = [("Name", "Alice")]
    question = escalations.escalate(mine.pk, "finance", "Alice asks", by=dana.actor, shared=shared)
    escalations.ask_back(question.pk, "which Alice?", by=dana.actor)
    escalations.supply(question.pk, "Alice of Singapore", by=dana.actor)
    escalations.answer(question.pk, "Alice was paid", by=dana.actor)
    note = Handover.objects.create(
        staff=dana,
        ends_at=NOON,
        watches=[
            {"if": "Alice writes", "then": "call Alice", "ticket": mine.pk},
            {"if": "a", "then": "b", "ticket": other.pk},
        ],
    )
    HandoverLine.objects.create(handover=note, ticket=mine, note="Alice waits")
    HandoverAction.objects.create(handover=note, ticket=mine, text="call Alice", due_at=NOON)
    erasing.erase(one.account.member_id)
    erasing.erase(one.account.member_id)
    rows = [
        list(table.objects.values())
        for table in (Escalation, EscalationStep, Task, Handover, HandoverLine, HandoverAction, Entry)
    ]
    assert "Alice" not in json.dumps(rows, default=str)
    note.refresh_from_db()
    assert note.watches[1]["if"] == "a"


def test_a_member_who_asks_gets_what_was_said() -> None:
    one = asker()
    ticket = asked(one)
    told = members.export_member(one.account.member_id, by="system:test")["tickets"]
    assert (told[0]["number"], told[0]["entries"][0]["text"]) == (ticket.number, "Where is my deposit?")


def test_tickets_follow_a_member_who_turned_out_to_be_another() -> None:
    one, other = asker(), Member.objects.create(display_name="Alice B")
    ticket = asked(one)
    erasing.merge_members(other.pk, one.account.member_id)
    assert Ticket.objects.get(pk=ticket.pk).member_id == other.pk


def test_words_of_tickets_that_were_over_for_long_are_wiped_where_the_house_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with clock.freeze(NOON) as now:
        ticket, lasting = opened(text="Where is it?"), opened()
        tickets.set_status(ticket.pk, "solved", "system:desk")
        now.advance(timedelta(days=4))
        later.close_solved()
        now.advance(timedelta(days=40))
        assert erasing.forget_old() == 0
        monkeypatch.setattr(erasing, "settings", replace(settings, tickets_keep_days=30))
        assert erasing.forget_old() == 1
        assert erasing.forget_old() == 0
        ticket.refresh_from_db()
        assert (ticket.entries.get(kind="customer").text, ticket.status) == ("", "closed")
        assert lasting.entries.get(kind="customer").text
