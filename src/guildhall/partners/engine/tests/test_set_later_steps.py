"""SET-20 and up by their numbers: what later terms make of settled trades."""

from __future__ import annotations

from typing import Any

import pytest

from guildhall.core.errors import BadInput
from guildhall.partners.engine.terms import deal_to_json, deals_from_json
from guildhall.partners.engine.tests.world import bound, deal, deposit, owed, settled, steps, trade

FULL = [{"min_volume": 0, "rate_ppm": 1_000_000}]
"""The whole fee is commission: amounts are easy to follow."""


def cpa(**given: Any) -> dict[str, Any]:
    return {"units": 500, "asset": "USDT", "within_days": 30} | given


def paying(**given: Any) -> dict[str, Any]:
    return deal(tiers=FULL, **given)


def test_set_20_a_cpa_is_paid_on_the_day_the_last_condition_is_met() -> None:
    terms = cpa(min_deposit=100, deposit_asset="USDT", min_volume=10, active_days=2)
    trades = [trade("2026-01-05", fee=1, volume=4), trade("2026-01-06T09:00:00", fee=1, volume=6)]
    deposits = [
        deposit("2026-01-02", 60),
        deposit("2026-01-06T10:00:00", 40),
        deposit("2026-01-03", 99, asset="BTC"),
    ]
    _, found = settled(trades, [bound()], [paying(cpa=terms)], steps(deposits))
    assert owed(found)["P", "2026-01-06", "cpa"] == 500
    (row,) = found.stepped.cpa.to_pylist()
    assert (row["state"], row["deposited"], row["volume"], row["active_days"]) == ("qualified", 100, 10, 2)
    assert row["qualified_at"].isoformat() == "2026-01-06T10:00:00+00:00"
    assert "cpa" not in found.accruals.column("kind").to_pylist()


@pytest.mark.parametrize(
    ("terms", "trades", "deposits"),
    [
        (cpa(min_volume=10, within_days=5), [trade("2026-01-06", volume=10)], []),
        (cpa(min_volume=10), [trade("2026-01-05", volume=10, flags=["wash"])], []),
        (cpa(min_volume=10), [trade("2026-01-05", volume=10, account="bob")], []),
        (cpa(active_days=2), [trade("2026-01-05"), trade("2026-01-05T23:59:59")], []),
        (cpa(min_deposit=1, deposit_asset="USDT"), [], [deposit("2025-12-31T23:59:59.999999", 1)]),
        (cpa(min_deposit=1, deposit_asset="USDT"), [], [deposit("2026-01-31", 1)]),
        (cpa(min_deposit=1, deposit_asset="USDT"), [], [deposit("2026-01-05", 5), deposit("2026-01-05", -5)]),
    ],
    ids=["late", "excluded", "another account", "one day", "before", "at the end", "taken back at once"],
)
def test_set_20_an_account_that_falls_short_earns_no_cpa(
    terms: dict[str, Any], trades: list[dict[str, Any]], deposits: list[dict[str, Any]]
) -> None:
    deals = [paying(cpa=terms, exclude_flags=["wash"])]
    _, found = settled(trades, [bound()], deals, steps(deposits))
    assert "cpa" not in {kind for _partner, _day, kind in owed(found)}
    assert found.stepped.cpa.column("state").to_pylist() == ["short"]


def test_set_20_an_account_qualifies_once_and_under_the_deal_in_force_when_it_was_bound() -> None:
    deals = [
        paying(version=1, valid_to="2026-02-01T00:00:00Z", cpa=cpa(min_volume=1)),
        paying(version=2, valid_from="2026-02-01T00:00:00Z", cpa=cpa(units=9, min_volume=1)),
    ]
    bindings = [bound("2026-01-20", "2026-03-01"), bound("2026-03-01"), bound("2026-02-01", account="bob")]
    trades = [trade("2026-02-02", fee=0, volume=1), trade("2026-03-02", fee=0, volume=1),
              trade("2026-02-03", fee=0, volume=1, account="bob")]  # fmt: skip
    _, found = settled(trades, bindings, deals, steps())
    assert owed(found) == {("P", "2026-02-02", "cpa"): 500, ("P", "2026-02-03", "cpa"): 9}
    assert found.stepped.cpa.column("state").to_pylist() == ["qualified", "once", "qualified"]


def test_set_21_a_share_after_recovery_begins_where_the_cpa_is_earned_back() -> None:
    deals = [paying(cpa=cpa(min_volume=1, share="after_recovered"))]
    trades = [
        trade("2026-01-03", fee=70),
        trade("2026-01-04", fee=0, volume=1),
        trade("2026-01-06", fee=300),
        trade("2026-01-05", fee=400),
        trade("2026-01-07", fee=50, asset="BTC"),
    ]
    _, found = settled(trades, [bound()], deals, steps())
    assert owed(found) == {
        ("P", "2026-01-03", "commission"): 70,
        ("P", "2026-01-04", "cpa"): 500,
        ("P", "2026-01-06", "commission"): 200,
        ("P", "2026-01-07", "commission"): 50,
    }
    changes = [
        (row["trade_id"], row["rule"], row["before"], row["after"])
        for row in found.stepped.changes.to_pylist()
    ]
    assert changes == [("t3", "SET-21", 300, 200), ("t4", "SET-21", 400, 0)]


def test_set_21_a_deal_of_cpa_alone_pays_no_share_and_one_with_both_pays_both() -> None:
    trades = [trade("2026-01-04", fee=70, volume=1)]
    _, alone = settled(trades, [bound()], [paying(cpa=cpa(min_volume=1, share="none"))], steps())
    assert owed(alone) == {("P", "2026-01-04", "cpa"): 500}
    _, both = settled(trades, [bound()], [paying(cpa=cpa(min_volume=1))], steps())
    assert owed(both) == {("P", "2026-01-04", "cpa"): 500, ("P", "2026-01-04", "commission"): 70}


def test_set_22_caps_clamp_in_the_order_of_time_and_the_tightest_holds() -> None:
    caps = [
        {"units": 60, "asset": "USDT", "of": "trade", "per": "trade"},
        {"units": 100, "asset": "USDT", "of": "account", "per": "day"},
        {"units": 150, "asset": "USDT", "of": "partner", "per": "month"},
    ]
    trades = [
        trade("2026-01-05T12:00:00", fee=50),
        trade("2026-01-05T10:00:00", fee=70),
        trade("2026-01-06", fee=30, account="bob"),
        trade("2026-01-07", fee=30),
        trade("2026-02-01", fee=30),
        trade("2026-01-05", fee=1_000, asset="BTC"),
    ]
    _, found = settled(trades, [bound(), bound(account="bob")], [paying(caps=caps)], steps())
    after = {row["trade_id"]: row["after"] for row in found.stepped.changes.to_pylist()}
    assert after == {"t1": 40, "t2": 60, "t4": 20}
    assert owed(found)["P", "2026-02-01", "commission"] == 30
    assert owed(found)["P", "2026-01-05", "commission"] == 1_100


def test_set_22_a_new_version_does_not_open_a_cap_again() -> None:
    cap = [{"units": 100, "asset": "USDT", "of": "partner", "per": "lifetime"}]
    deals = [
        paying(version=1, valid_to="2026-01-10T00:00:00Z"),
        paying(version=2, valid_from="2026-01-10T00:00:00Z", caps=cap),
    ]
    trades = [trade("2026-01-09", fee=90), trade("2026-01-10", fee=90), trade("2026-01-11", fee=90)]
    _, found = settled(trades, [bound()], deals, steps())
    assert owed(found) == {("P", "2026-01-09", "commission"): 90, ("P", "2026-01-10", "commission"): 10}


@pytest.mark.parametrize(("carry", "february"), [("forward", -80), ("month", -50)])
def test_set_23_rebates_are_taken_off_the_month_and_the_rest_is_carried_or_forgotten(
    carry: str, february: int
) -> None:
    deals = [paying(carry=carry, kickback_ppm=500_000)]
    trades = [
        trade("2026-01-05", fee=100), trade("2026-01-06", fee=-160),
        trade("2026-02-05", fee=400), trade("2026-02-06", fee=-100),
    ]  # fmt: skip
    _, found = settled(trades, [bound()], deals, steps())
    money = owed(found)
    assert money["P", "2026-01-31", "carry"] == -50
    assert money["P", "2026-02-28", "carry"] == february
    assert money["P", "2026-01-05", "commission"] == 50
    first = found.stepped.carried.to_pylist()[0]
    assert (first["commission"], first["debt"], first["deducted"]) == (50, 80, 50)
    assert first["carried_out"] == (30 if carry == "forward" else 0)


def test_set_24_amounts_wait_for_their_days_and_flagged_ones_for_a_person() -> None:
    deals = [paying(hold_days=30, hold_flags=["review"], kickback_ppm=100_000)]
    trades = [trade("2026-01-05", fee=100), trade("2026-01-05", fee=10, flags=["x", "review"]),
              trade("2026-01-05", fee=1_000, account="bob")]  # fmt: skip
    bindings = [bound(), bound(account="bob", partner="B")]
    later = steps(held=[("north", "bob"), ("north", "nobody")])
    _, found = settled(trades, bindings, [*deals, paying(partner="B")], later)
    assert owed(found) == {
        ("P", "2026-01-05", "commission"): 90, ("P", "2026-01-05", "kickback"): 10,
        ("P", "2026-01-05", "held_commission"): 9, ("P", "2026-01-05", "held_kickback"): 1,
        ("B", "2026-01-05", "held_commission"): 1_000,
    }  # fmt: skip
    payable = {(row["partner"], row["kind"]): row["payable_on"] for row in found.by_deal.to_pylist()}
    assert str(payable["P", "commission"]) == "2026-02-04"
    assert payable["P", "held_commission"] is None


def test_terms_of_later_steps_change_nothing_in_set_1_to_9() -> None:
    later = {"cpa": cpa(min_volume=1), "carry": "forward", "hold_days": 3, "hold_flags": ["x"],
             "caps": [{"units": 1, "asset": "USDT", "of": "trade", "per": "trade"}]}  # fmt: skip
    trades = [trade(fee=100, flags=["x"], volume=1), trade(fee=-5)]
    plain_rows, plain = settled(trades, [bound()], [paying()])
    rows, found = settled(trades, [bound()], [paying(**later)], steps())
    assert rows == plain_rows
    assert found.accruals.equals(plain.accruals)
    assert owed(settled(trades, [bound()], [paying(**later)])[1]) == owed(plain)
    (read,) = deals_from_json([paying(**later)])
    assert deals_from_json([deal_to_json(read)]) == (read,)


def test_a_term_that_no_rule_reads_or_that_makes_no_sense_is_refused() -> None:
    for wrong in (
        {"hold_day": 3},
        {"cpa": cpa(unit=3)},
        {"cpa": cpa(min_deposit=3)},
        {"caps": [{"units": 1, "asset": "USDT", "of": "trade", "per": "day"}]},
        {"carry": "always"},
        {"hold_days": -1},
    ):
        with pytest.raises(BadInput, match="version 1"):
            deals_from_json([paying(**wrong)])
