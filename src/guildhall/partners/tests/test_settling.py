"""What a settlement posts, and that nothing is ever posted twice, whatever comes late, changes or breaks."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from guildhall.ledger import queries as balances
from guildhall.ledger.models import Posting
from guildhall.partners import actions
from guildhall.partners.models import Run
from guildhall.partners.tests.houses import (
    BY,
    COIN,
    OCTOBER,
    partner,
    settle,
    ship,
    trade,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("house")]


def pending(one: Any) -> int:
    return balances.balance(f"partner:{one.pk}:pending", "USDT")


def lin_with_trades(*rows: Any, **terms: Any) -> Any:
    one = partner(**terms)
    actions.bind(one.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship(rows or [trade(1), trade(2)])
    return one


def test_two_trades_become_commission_and_kickback_of_their_day() -> None:
    lin = lin_with_trades()
    run = settle()
    assert run.state == Run.State.FINISHED, run.error
    assert run.months == ["2026-10"]
    assert pending(lin) == 2 * COIN * 36 // 100
    assert balances.balance(f"invitees:{lin.pk}:pending", "USDT") == 2 * COIN * 4 // 100
    assert balances.balance("house:commission:okx", "USDT") == -2 * COIN * 36 // 100
    assert {one.effective_on for one in Posting.objects.all()} == {date(2026, 10, 5)}
    assert {one.pin for one in Posting.objects.all()} == {f"deal:{lin.pk}:v1"}
    assert run.reasons == {"paid": 2}


def test_a_second_settlement_posts_nothing() -> None:
    lin_with_trades()
    settle()
    before = Posting.objects.count()
    again = settle(everything=True)
    assert (again.posted_new, again.posted_changed, again.posted_reversed, again.posted_same) == (0, 0, 0, 2)
    assert Posting.objects.count() == before
    assert settle().months == []
