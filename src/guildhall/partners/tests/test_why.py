"""Any trade answers why, with rule, version and amounts; so does a partner's day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from guildhall.core.errors import NotFound
from guildhall.partners import actions
from guildhall.partners.tests.houses import BY, COIN, OCTOBER, partner, settle, ship, ship_days, trade
from guildhall.partners.why import why, why_day

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
DAY = date(2026, 10, 5)


def test_a_paid_trade_tells_binding_version_tier_and_every_amount() -> None:
    lin = partner()
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship([trade(1)])
    run = settle()
    found = why("okx", "t1")
    assert found.explain is not None
    assert found.run == run
    assert (found.explain.reason, found.explain.rate_ppm, found.explain.deal_version) == ("paid", 400_000, 1)
    assert [step.rule for step in found.steps] == ["SET-1", "SET-1", "SET-4", "SET-7", "SET-7", "SET-7"]
    assert "1,000" in found.steps[2].text.en
    assert [step.after for step in found.steps[3:]] == [COIN * 40 // 100, COIN * 4 // 100, COIN * 36 // 100]
    assert found.steps[0].text.en == "Bound to Lin since 2026-10-01T00:00:00Z."
    assert "Lin" in found.steps[0].text.zh
    assert {line.kind: line.units for line in found.posted} == {
        "commission": COIN * 36 // 100,
        "kickback": COIN * 4 // 100,
    }


@pytest.mark.parametrize(
    ("row", "terms", "reason", "rule"),
    [
        ({"account": "stranger"}, {}, "unbound", "SET-1"),
        ({}, {"valid_from": "2026-11-01T00:00:00Z"}, "no_deal", "SET-1"),
        ({"flags": ["internal"]}, {}, "excluded:internal", "SET-6"),
        ({"executed_at": datetime(2026, 11, 1, tzinfo=UTC)}, {"term_months": 1}, "term_over", "SET-5"),
        ({}, {"tiers": [{"min_volume": 10**15, "rate_ppm": 1}]}, "below_first_tier", "SET-4"),
        ({"fee": 0}, {}, "fee_not_positive", "SET-6"),
    ],
)
def test_a_trade_that_earned_nothing_says_why_not(
    row: dict[str, object], terms: dict[str, object], reason: str, rule: str
) -> None:
    lin = partner(**terms)
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship([trade(1, **row)])
    settle()
    found = why("okx", "t1")
    assert found.explain is not None
    assert found.explain.reason == reason
    assert found.steps[-1].rule == rule
    assert found.told.zh != found.told.en
    assert not found.posted


def test_a_corrected_trade_shows_both_rows_and_what_earlier_settlements_made_of_it() -> None:
    lin = partner()
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship([trade(1)])
    settle()
    ship([trade(1, revision=1, fee=3 * COIN)], "corrected")
    waiting = why("okx", "t1")
    assert waiting.trade.fee == 3 * COIN
    assert [row.revision for row in waiting.revisions] == [0, 1]
    settle()
    found = why("okx", "t1")
    assert found.explain is not None
    assert found.explain.fee == 3 * COIN
    assert [row.fee for row in found.history] == [COIN]


def test_what_is_not_settled_or_was_taken_back_says_so() -> None:
    partner()
    ship([trade(1), trade(2, revision=0, state="live")])
    assert why("okx", "t1").told.en == "Its month is not settled yet."
    ship([trade(2, revision=1, state="reversed")], "back")
    assert "took this trade back" in why("okx", "t2").told.en
    settle()
    ship([trade(3)], "late")
    assert "next settlement" in why("okx", "t3").told.en
    with pytest.raises(NotFound):
        why("okx", "t4")


def test_a_day_adds_up_to_its_trades_and_to_the_ledger() -> None:
    lin = partner(override={"parent": (parent := actions.create_partner("Wu", "wu", by=BY)).pk,
                            "ppm": 100_000, "funded_by": "house"})  # fmt: skip
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship([trade(1), trade(2, fee=2 * COIN), trade(3, fee=0), trade(4, account="stranger")])
    settle()
    day = why_day(lin.pk, DAY, limit=2)
    (usdt,) = day.assets
    assert (usdt.trades, usdt.paid_trades, usdt.fee, usdt.pool) == (3, 2, 3 * COIN, 3 * COIN * 40 // 100)
    assert usdt.commission == sum(one.units for one in usdt.posted if one.kind == "commission")
    assert day.reasons == {"fee_not_positive": 1, "paid": 2}
    assert [row.trade_id for row in day.trades] == ["t2", "t1"]
    assert [row.trade_id for row in why_day(lin.pk, DAY, offset=2, limit=2).trades] == ["t3"]
    (of_parent,) = why_day(parent.pk, DAY).assets
    assert of_parent.other == {"override": usdt.override}


def test_a_day_told_as_a_sum_answers_too() -> None:
    lin = partner()
    actions.bind(lin.pk, "okx", "amber", by=BY, valid_from=OCTOBER)
    ship_days([{**trade(1), "day": DAY, "source": "rebates", "trades": None}])
    settle()
    (row,) = why_day(lin.pk, DAY).trades
    assert row.trade_id == "daily:amber:2026-10-05:USDT:rebates"
    assert why("okx", row.trade_id).explain is not None
