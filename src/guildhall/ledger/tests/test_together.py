"""Several who post at once: the same key stands once, and numbers stay without gaps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection

from guildhall.core.errors import Conflict
from guildhall.ledger import actions, proof, queries
from guildhall.ledger.actions import Draft
from guildhall.ledger.models import Posting

pytestmark = pytest.mark.django_db(transaction=True)
DAY = datetime.now(UTC).date()


def posting(key: str, units: int, day: date = DAY) -> Draft:
    return Draft(key, "prize", "USDT", (("house:prizes", -units), ("partner:7:payable", units)), day)


def at_once(*deeds: Callable[[], object]) -> list[object]:
    """What each deed gave or raised, all begun together."""
    gate, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def run(n: int) -> None:
        try:
            gate.wait()
            results[n] = deeds[n]()
        except Conflict as error:
            results[n] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def test_the_same_postings_by_two_at_once_stand_once():
    actions.open_asset("USDT", 8)
    same = [posting(f"k{n}", n + 1) for n in range(40)]
    results = at_once(
        lambda: actions.post_many(same),
        lambda: actions.post_many(same[::-1]),
        lambda: actions.post_many([posting(f"o{n}", 5) for n in range(40)]),
    )
    assert sum(result.new for result in results) == 80
    assert sum(result.same for result in results) == 40
    assert Posting.objects.order_by("-id").values_list("id", flat=True).first() == 80
    assert proof.verify().breaks == []


def test_of_two_bodies_under_one_key_one_stands_and_the_other_is_refused():
    actions.open_asset("USDT", 8)
    results = at_once(
        *(lambda n=n: actions.post_many([posting("k", n), posting(f"o{n}", 1)]) for n in (1, 2, 3))
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "Posted"]
    assert Posting.objects.count() == 2
    assert queries.balance("house:prizes", "USDT") == -Posting.objects.get(key="k").legs.last().units - 1


def test_a_payment_asked_for_by_two_at_once_is_made_once():
    actions.open_asset("USDT", 8)
    actions.post_many([posting("k", 10)])
    results = at_once(
        *(lambda: actions.pay("partner:7", "USDT", 10, key="pay:1", by="staff:1") for _ in range(3))
    )
    assert sorted(result.new for result in results) == [0, 0, 1]
    assert queries.balance("partner:7:paid", "USDT") == 10
