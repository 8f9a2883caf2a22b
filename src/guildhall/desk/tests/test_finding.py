"""Tickets are found by what was said in them, in both languages, and only by those who may read them."""

from __future__ import annotations

import pytest

from guildhall.desk import finding, queries
from guildhall.desk.actions import tickets
from guildhall.desk.models import TicketDoc
from guildhall.desk.tests.counter import colleague, opened, vendor

pytestmark = pytest.mark.django_db


def found(words: str, staff: object) -> list[int]:
    return sorted(queries.search(words, staff).values_list("number", flat=True))  # type: ignore[arg-type]


def test_a_ticket_is_found_by_all_that_was_said_in_it() -> None:
    dana = colleague()
    first = opened(text="My USDT withdrawal is stuck", subject="提现未到账")
    second = opened(text="提現一直沒有到帳", category="withdrawal")
    tickets.note(first.pk, dana, "Asked finance about batch 7781")
    tickets.set_fields(second.pk, {"uid": "88120034"}, dana)
    finding.index_for_a_while()
    assert found("withdrawals stuck", dana) == [first.number]
    assert found("提现", dana) == [first.number, second.number]
    assert found("finance 7781", dana) == [first.number]
    assert found("88120034", dana) == [second.number]
    assert found(f"#{second.number}", dana) == [second.number]
    assert found("nowhere", dana) == found("!!", dana) == []


def test_what_is_said_later_is_found_after_the_next_turn_of_the_index() -> None:
    dana, ticket = colleague(), opened()
    assert finding.index_pending() == 1
    assert finding.index_pending() == 0
    tickets.note(ticket.pk, dana, "escalated to risk")
    assert found("risk", dana) == []
    finding.index_pending()
    assert found("risk", dana) == [ticket.number]
    assert TicketDoc.objects.count() == 1


def test_a_vendor_finds_nothing_beyond_its_queue_and_nothing_by_an_address() -> None:
    dana, (harbour, agent) = colleague(), vendor()
    first, second = opened(text="Refund to alice@example.com please"), opened(text="Refund please")
    tickets.move_to_vendor(first.pk, harbour.pk, dana)
    finding.index_for_a_while()
    assert found("refund", dana) == [first.number, second.number]
    assert found("refund", agent) == [first.number]
    assert found("alice@example.com", dana) == [first.number]
    assert found("alice@example.com", agent) == []


def test_views_hold_what_they_say() -> None:
    dana = colleague()
    mine, free, done, late = opened(), opened(), opened(), opened()
    tickets.assign(mine.pk, dana.pk, dana)
    tickets.set_status(done.pk, "solved", dana)
    type(late).objects.filter(pk=late.pk).update(breached=True)
    assert list(queries.view("mine", dana)) == [mine]
    assert set(queries.view("unassigned", dana)) == {free, late}
    assert list(queries.view("solved", dana)) == [done]
    assert list(queries.view("breached", dana)) == [late]
    assert set(queries.view("open", dana)) == {mine, free, late}
    assert queries.counts(dana) == {
        "mine": 1, "unassigned": 2, "at_risk": queries.view("at_risk", dana).count(), "breached": 1,
        "mentions": 0, "snoozed": 0, "open": 3,
    }  # fmt: skip
    assert {key: queries.view(key, dana).count() for key in queries.VIEWS}["all"] == 4
