"""The place in the queue and the wait, as a member is told them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from guildhall.core import clock
from guildhall.desk import queueing
from guildhall.desk.models import Ticket
from guildhall.desk.tests import floor
from guildhall.people.roles import Role

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh() -> None:
    cache.clear()


def test_the_order_is_urgency_then_what_is_due_then_who_asked_first() -> None:
    with clock.freeze(NINE + timedelta(minutes=10)):
        late = floor.ticket(NINE + timedelta(minutes=5))
        early = floor.ticket(NINE)
        due = floor.ticket(NINE + timedelta(minutes=6), next_due_at=NINE + timedelta(hours=1))
        urgent = floor.ticket(NINE + timedelta(minutes=9), priority="urgent")
        in_order = list(queueing.in_order(queueing.waiting()))
        assert in_order == [urgent, due, early, late]
        assert [queueing.position(one).position for one in in_order] == [1, 2, 3, 4]


def test_a_queue_is_one_language_and_one_side_and_only_those_who_wait_for_us() -> None:
    vera = floor.agent("Vera", "en", role=Role.VENDOR_AGENT)
    acme = floor.vendor("Acme", vera)
    with clock.freeze(NINE):
        for said in ({"language": "zh-hans"}, {"vendor": acme}, {"waiting_since": None}, {"is_spam": True}):
            floor.ticket(NINE - timedelta(hours=1), **said)
        mine = floor.ticket(NINE, language="en-GB")
        assert queueing.position(mine).position == 1
        floor.ticket(NINE - timedelta(minutes=1), language="en")
        assert queueing.position(mine).position == 2
        Ticket.objects.filter(pk=mine.pk).update(status="pending", waiting_since=None)
        mine.refresh_from_db()
        assert queueing.position(mine) == queueing.Place(0, (0, 0))


def test_the_wait_follows_people_and_pace_and_is_not_promised_while_nobody_is_there() -> None:
    ada = floor.agent("Ada", "en")
    floor.shift(ada, NINE, NINE + timedelta(hours=8))
    with clock.freeze(NINE) as now:
        ticket = floor.ticket(NINE)
        slow = queueing.position(ticket).wait_s
        assert slow is not None
        assert slow[1] == 2 * 480 + 1, "after a quiet night the usual pace counts"
        now.advance(60)
        for _ in range(30):
            floor.ticket(NINE, status="solved", waiting_since=None, last_reply_at=now.at, changed_at=now.at)
        quick = queueing.position(ticket).wait_s
        assert quick is not None
        assert quick[1] < slow[1]
        now.advance(timedelta(hours=9))
        floor.shift(ada, now.at + timedelta(hours=3), now.at + timedelta(hours=9))
        place = queueing.position(ticket)
        assert (place.wait_s, place.opens_at) == (None, now.at + timedelta(hours=3))
