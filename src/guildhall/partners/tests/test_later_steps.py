"""CPA, caps, carry-over and holds in a house's settlements: posted, told, taken back when facts change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from guildhall.core import clock
from guildhall.core.errors import Conflict
from guildhall.ledger import actions as ledger
from guildhall.ledger import queries as balances
from guildhall.partners import actions
from guildhall.partners.actions import whatif
from guildhall.partners.models import Posted, Review
from guildhall.partners.tests.houses import (
    BY,
    COIN,
    NOON,
    OCTOBER,
    partner,
    settle,
    ship,
    ship_deposits,
    trade,
)
from guildhall.partners.why import why

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
CPA = {
    "units": 50 * COIN, "asset": "USDT", "within_days": 30, "min_deposit": 100 * COIN, "deposit_asset": "USDT",
    "min_volume": 1_500 * COIN, "active_days": 0, "share": "with",
}  # fmt: skip


def pending(one: Any, asset: str = "USDT") -> int:
    return balances.balance(f"partner:{one.pk}:pending", asset)


def bound(**terms: Any) -> Any:
    one = partner(kickback_ppm=0, **terms)
    actions.bind(one.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    return one


def deposit(units: int, **said: Any) -> dict[str, Any]:
    return {
        "venue": "okx", "deposit_id": "d1", "revision": 0, "account": "amber", "asset": "USDT", "amount": units,
        "at": datetime(2026, 10, 2, tzinfo=UTC), "value": units, "state": "live", "received_at": NOON, **said,
    }  # fmt: skip


def kinds(one: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, units in Posted.objects.filter(partner=one).exclude(units=0).values_list("kind", "units"):
        found[kind] = found.get(kind, 0) + units
    return found


def test_a_cpa_is_posted_when_the_account_qualifies_and_taken_back_with_the_deposit() -> None:
    lin = bound(cpa=CPA)
    ship([trade(1), trade(2, executed_at=datetime(2026, 10, 7, tzinfo=UTC))])
    settle()
    assert kinds(lin) == {"commission": 2 * COIN * 40 // 100}
    ship_deposits([deposit(100 * COIN)])
    settle()
    assert kinds(lin) == {"commission": 2 * COIN * 40 // 100, "cpa": 50 * COIN}
    assert Posted.objects.get(kind="cpa").day == date(2026, 10, 7)
    ship_deposits([deposit(100 * COIN, revision=1, state="reversed")], "taken back")
    settle()
    assert pending(lin) == 2 * COIN * 40 // 100


def test_a_cap_of_a_lifetime_reaches_over_months_and_the_trade_says_so() -> None:
    november = datetime(2026, 11, 2, tzinfo=UTC)
    lin = bound(caps=[{"units": COIN // 2, "asset": "USDT", "of": "partner", "per": "lifetime"}])
    ship([trade(1)])
    settle()
    ship([trade(2, executed_at=november)], "november")
    assert settle().months == ["2026-11"]
    assert pending(lin) == COIN // 2
    steps = why("okx", "t2").steps
    assert (steps[-1].rule, steps[-1].after) == ("SET-22", COIN // 10)
    ship([trade(3, fee=10 * COIN)], "late october")
    assert settle().months == ["2026-10", "2026-11"]
    assert pending(lin) == COIN // 2
    assert why("okx", "t2").steps[-1].after == 0


def test_a_carry_of_a_month_that_runs_is_posted_when_the_month_is_over() -> None:
    lin = bound(carry="month")
    ship([trade(1, executed_at=datetime(2026, 11, 3, tzinfo=UTC)),
          trade(2, executed_at=datetime(2026, 11, 4, tzinfo=UTC), fee=-COIN // 2)])  # fmt: skip
    settle()
    assert kinds(lin) == {"commission": COIN * 40 // 100}
    assert settle().months == []
    with clock.freeze(NOON + timedelta(days=8)):
        run = settle()
        assert run.months == ["2026-11"]
        assert kinds(lin) == {"commission": COIN * 40 // 100, "carry": -COIN * 20 // 100}
        assert run.carried[0]["deducted"] == str(COIN * 20 // 100)
        assert settle().months == []


def test_what_an_account_under_review_earns_waits_until_the_review_ends() -> None:
    lin = bound()
    ship([trade(1)])
    settle()
    review = actions.hold_account("okx", "amber", reason="looks like wash trading", by=BY)
    with pytest.raises(Conflict):
        actions.hold_account("okx", "amber", reason="again", by=BY)
    settle()
    assert kinds(lin) == {"held_commission": COIN * 40 // 100}
    ledger.mature(NOON.date())
    assert balances.balance(f"partner:{lin.pk}:payable", "USDT") == 0
    actions.release_account(review.pk, reason="it was not", by=BY)
    settle()
    assert kinds(lin) == {"commission": COIN * 40 // 100}
    ledger.mature(NOON.date())
    assert balances.balance(f"partner:{lin.pk}:payable", "USDT") == COIN * 40 // 100


def test_what_turns_out_to_be_the_partners_own_account_waits_until_somebody_decides() -> None:
    lin = bound()
    ship([trade(1)])
    settle()
    assert kinds(lin) == {"commission": COIN * 40 // 100}
    actions.own_account(lin.pk, "okx", "amber", by=BY)
    settle()
    assert kinds(lin) == {"held_commission": COIN * 40 // 100}
    review = Review.objects.get()
    assert review.evidence["why"] == "self_referral"
    actions.release_account(review.pk, reason="a sub-account of the desk, agreed", by=BY)
    settle()
    assert kinds(lin) == {"commission": COIN * 40 // 100}
    assert Review.objects.count() == 1


def test_a_what_if_of_a_cpa_counts_it_as_cost() -> None:
    lin = bound()
    ship([trade(1), trade(2)])
    ship_deposits([deposit(100 * COIN)])
    one = actions.start_what_if(
        {"changes": [{"partner": lin.pk, "terms": {"valid_from": "2026-09-01T00:00:00Z", "cpa": CPA}}],
         "months": ["2026-10"]}, by=BY,
    )  # fmt: skip
    whatif.perform(one.pk)
    one.refresh_from_db()
    (row,) = one.result["partners"]
    assert row["difference"] == str(50 * COIN)
    (usdt,) = one.result["economics"]
    assert int(usdt["cost_after"]) - int(usdt["cost_before"]) == 50 * COIN
