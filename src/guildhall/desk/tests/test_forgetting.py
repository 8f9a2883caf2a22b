"""What tickets hold about a person goes when they are erased, is handed out when they ask, and ages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from guildhall.core import clock
from guildhall.core.settings import settings
from guildhall.desk import finding, queries
from guildhall.desk.actions import erasing, later, tickets
from guildhall.desk.models import Attachment, Ticket, TicketDoc
from guildhall.desk.tests.counter import NOON, asked, asker, colleague, opened
from guildhall.people.actions import members
from guildhall.people.models import Member

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
