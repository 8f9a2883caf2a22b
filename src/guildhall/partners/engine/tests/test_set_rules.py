"""Each rule of settlement by its number, on worlds of a few rows."""

from __future__ import annotations

from datetime import date

import pytest

from guildhall.partners.engine.tests.world import bound, deal, reasons, settled, trade


def test_set_1_a_binding_holds_from_its_first_instant_and_no_longer_at_its_end() -> None:
    bindings = [bound("2026-02-01", "2026-03-01"), bound("2026-03-01", "2026-04-01", partner="Q")]
    deals = [deal(), deal(partner="Q")]
    times = [
        "2026-01-31T23:59:59.999999", "2026-02-01", "2026-02-28T23:59:59.999999", "2026-03-01",
        "2026-03-31T23:59:59.999999", "2026-04-01",
    ]  # fmt: skip
    rows, _ = settled([trade(time) for time in times], bindings, deals)
    assert [row["partner"] for row in rows] == [None, "P", "P", "Q", "Q", None]


def test_set_1_the_same_account_on_another_venue_is_another_account() -> None:
    rows, _ = settled([trade(venue="south"), trade(venue="east"), trade()], [bound()], [deal()])
    assert [row["reason"] for row in rows] == ["unbound", "unbound", "paid"]


def test_set_1_the_version_in_force_at_the_trade_decides() -> None:
    deals = [
        deal(version=1, valid_to="2026-02-01T00:00:00Z"),
        deal(version=2, valid_from="2026-02-01T00:00:00Z", valid_to="2026-03-01T08:00:00+08:00"),
        deal(version=4, valid_from="2026-03-02T00:00:00Z"),
    ]
    times = ["2026-01-31T23:59:59.999999", "2026-02-01", "2026-03-01", "2026-03-02"]
    rows, _ = settled([trade(time) for time in times], [bound()], deals)
    assert [(row["deal_version"], row["reason"]) for row in rows] == [
        (1, "paid"), (2, "paid"), (None, "no_deal"), (4, "paid"),
    ]  # fmt: skip


def test_set_1_a_validity_finer_than_a_microsecond_is_compared_exactly() -> None:
    deals = [deal(valid_from="2026-03-10T00:00:00.0000005Z", valid_to="2026-03-10T00:00:01.0000001Z")]
    times = [
        "2026-03-10", "2026-03-10T00:00:00.000001", "2026-03-10T00:00:01", "2026-03-10T00:00:01.000001",
    ]  # fmt: skip
    assert reasons([trade(time) for time in times], [bound()], deals) == [
        "no_deal",
        "paid",
        "paid",
        "no_deal",
    ]


def test_set_3_a_month_counts_what_is_past_the_term_or_pays_no_fee_but_not_what_is_excluded() -> None:
    tiers = [{"min_volume": 0, "rate_ppm": 100_000}, {"min_volume": 60, "rate_ppm": 200_000}]
    deals = [deal(tiers=tiers, exclude_flags=["wash"], term_months=2)]
    trades = [
        trade("2026-02-28", volume=10),
        trade("2026-03-01", volume=20),
        trade("2026-02-03", volume=30, fee=-5),
        trade("2026-02-04", volume=1_000, flags=["wash"]),
        trade("2026-02-05", volume=20, account="bob"),
        trade("2026-03-05", volume=41, account="cat"),
    ]
    bindings = [bound(), bound("2026-02-05", account="bob"), bound("2026-03-05", account="cat")]
    rows, found = settled(trades, bindings, deals)
    assert found.volumes == {("P", "2026-02"): 60, ("P", "2026-03"): 61}
    assert [row["rate_ppm"] for row in rows] == [200_000, None, 200_000, None, 200_000, 200_000]


def test_set_3_all_versions_of_a_partner_share_one_sum_and_each_judges_its_own_flags() -> None:
    tiers = [{"min_volume": 0, "rate_ppm": 100_000}, {"min_volume": 7, "rate_ppm": 200_000}]
    deals = [
        deal(version=1, valid_to="2026-03-15T00:00:00Z", tiers=tiers, exclude_flags=["api"]),
        deal(version=2, valid_from="2026-03-15T00:00:00Z", tiers=tiers),
    ]
    trades = [trade("2026-03-14", volume=5, flags=["api"]), trade("2026-03-15", volume=4, flags=["api"]),
              trade("2026-03-14", volume=3)]  # fmt: skip
    rows, found = settled(trades, [bound()], deals)
    assert found.volumes == {("P", "2026-03"): 7}
    assert [row["rate_ppm"] for row in rows] == [None, 200_000, 200_000]


def test_set_3_a_volume_past_64_bits_is_summed_exactly() -> None:
    most = 2**63 - 1
    tiers = [{"min_volume": 0, "rate_ppm": 1}, {"min_volume": 3 * most, "rate_ppm": 200_000}]
    trades = [trade(volume=most), trade(volume=most), trade(volume=most)]
    assert settled(trades, [bound()], [deal(tiers=tiers)])[0][0]["rate_ppm"] == 200_000
    assert settled([*trades, trade(volume=-1)], [bound()], [deal(tiers=tiers)])[0][0]["rate_ppm"] == 1


def test_set_4_the_current_month_takes_later_trades_in_and_the_previous_is_the_whole_month_before() -> None:
    tiers = [{"min_volume": 50, "rate_ppm": 500_000}, {"min_volume": 10, "rate_ppm": 100_000}]
    trades = [trade("2026-01-31T23:59:59.999999", volume=50), trade("2026-02-01"), trade("2026-02-28", volume=10),
              trade("2026-04-01")]  # fmt: skip
    current, _ = settled(trades, [bound()], [deal(tiers=tiers)])
    assert [row["rate_ppm"] for row in current] == [500_000, 100_000, 100_000, 0]
    assert [row["reason"] for row in current] == ["paid", "paid", "paid", "below_first_tier"]
    previous, _ = settled(trades, [bound()], [deal(tiers=tiers, tier_basis="previous_month")])
    assert [row["rate_ppm"] for row in previous] == [0, 500_000, 500_000, 0]


def test_set_4_a_month_without_trades_counts_as_zero_and_negative_volumes_fall_below() -> None:
    tiers = [{"min_volume": 0, "rate_ppm": 100_000}]
    rows, _ = settled([trade()], [bound()], [deal(tiers=tiers, tier_basis="previous_month")])
    assert rows[0]["rate_ppm"] == 100_000
    rows, _ = settled([trade(volume=-1)], [bound()], [deal(tiers=tiers)])
    assert rows[0]["reason"] == "below_first_tier"
    assert settled([trade()], [bound()], [deal(tiers=[])])[0][0]["reason"] == "below_first_tier"


@pytest.mark.parametrize(
    ("since", "months", "end"),
    [
        ("2026-01-31T10:11:12.000013", 1, "2026-02-28T10:11:12.000013"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2023-12-31T23:59:59.999999", 2, "2024-02-29T23:59:59.999999"),
        ("2026-01-15", 0, "2026-01-15"),
    ],
)
def test_set_5_a_term_ends_at_the_same_clock_time_with_the_day_clipped(
    since: str, months: int, end: str
) -> None:
    deals = [deal(term_months=months)]
    from guildhall.partners.engine.tests.world import at

    at_end = trade() | {"executed_at": at(end)}
    before = trade() | {"executed_at": at(end) - 1}
    expected = "paid" if at(end) > at(since) else "unbound"
    assert reasons([before, at_end], [bound(since)], deals) == [expected, "term_over"]


def test_set_5_a_later_binding_row_starts_a_new_term_of_the_deal_in_force_at_the_trade() -> None:
    deals = [
        deal(version=1, term_months=1, valid_to="2026-04-01T00:00:00Z"),
        deal(version=2, term_months=6, valid_from="2026-04-01T00:00:00Z"),
    ]
    bindings = [bound("2026-01-01", "2026-03-01"), bound("2026-03-01")]
    times = ["2026-01-31", "2026-02-01", "2026-03-01", "2026-03-31", "2026-04-01", "2026-08-31", "2026-09-01"]
    assert reasons([trade(time) for time in times], bindings, deals) == [
        "paid", "term_over", "paid", "paid", "paid", "paid", "term_over",
    ]  # fmt: skip


def test_set_6_the_first_reason_that_holds_is_given() -> None:
    deals = [
        deal(exclude_flags=["wash", "api"], term_months=1, tiers=[{"min_volume": 5, "rate_ppm": 0}],
             valid_from="2026-01-02T00:00:00Z"),
    ]  # fmt: skip
    trades = [
        trade("2025-12-31", flags=["wash"], fee=0),
        trade("2026-01-01", flags=["wash"], fee=0),
        trade("2026-03-02", flags=["api", "x", "wash"], fee=0),
        trade("2026-03-02", flags=["x", None, "api"], fee=0),
        trade("2026-03-02", fee=0),
        trade("2026-01-30", fee=0, flags=[]),
        trade("2026-01-31", fee=0, account="bob"),
        trade("2026-01-31", fee=1, account="bob"),
    ]
    bindings = [bound(), bound(account="bob", partner="B")]
    deals.append(deal(partner="B", tiers=[{"min_volume": 0, "rate_ppm": 0}]))
    rows, found = settled(trades, bindings, deals)
    expected = ["unbound", "no_deal", "excluded:wash", "excluded:api", "term_over", "below_first_tier",
                "fee_not_positive", "paid"]  # fmt: skip
    assert [row["reason"] for row in rows] == expected
    assert [row["rate_ppm"] for row in rows] == [None, None, None, None, None, 0, 0, 0]
    assert found.reasons == dict.fromkeys(expected, 1)
    assert found.accruals.num_rows == 0


def test_set_7_shares_are_floored_and_an_override_from_the_partner_never_exceeds_the_commission() -> None:
    override = {"parent": "Q", "ppm": 900_000, "funded_by": "partner"}
    ours = deal(tiers=[{"min_volume": 0, "rate_ppm": 333_333}], kickback_ppm=300_000, override=override)
    rows, _ = settled([trade(fee=1_000_001)], [bound()], [ours])
    assert {key: rows[0][key] for key in ("pool", "kickback", "commission", "override")} == {
        "pool": 333_333, "kickback": 99_999, "commission": 0, "override": 233_334,
    }  # fmt: skip
    by_house = deal(**{**ours, "override": {**override, "funded_by": "house"}})
    rows, _ = settled([trade(fee=1_000_001)], [bound()], [by_house])
    assert (rows[0]["commission"], rows[0]["override"]) == (233_334, 299_999)


def test_set_7_a_product_past_64_bits_is_exact() -> None:
    most = 2**63 - 1
    rows, found = settled(
        [trade(fee=most), trade(fee=1)], [bound()], [deal(tiers=[{"min_volume": 0, "rate_ppm": 999_999}])]
    )
    assert rows[0]["pool"] == most * 999_999 // 1_000_000
    assert rows[0]["commission"] == rows[0]["pool"]
    assert found.accruals.to_pylist()[0]["units"] == rows[0]["pool"]


def test_set_8_rows_come_in_the_order_of_the_trades_with_nothing_where_nothing_applies() -> None:
    rows, _ = settled([trade(account="zoe"), trade(), trade("2025-01-01")], [bound()], [deal()])
    assert [row["trade_id"] for row in rows] == ["t1", "t2", "t3"]
    assert rows[0] == {
        "trade_id": "t1", "partner": None, "deal_version": None, "rate_ppm": None, "pool": 0, "kickback": 0,
        "commission": 0, "override": 0, "reason": "unbound",
    }  # fmt: skip


def test_set_9_accruals_are_by_partner_utc_day_asset_and_kind_in_that_order() -> None:
    override = {"parent": "A", "ppm": 100_000, "funded_by": "house"}
    trades = [
        trade("2026-03-11T00:00:00", fee=100),
        trade("2026-03-10T23:59:59.999999", fee=200),
        trade("2026-03-10", fee=1_000, asset="BTC"),
        trade("2026-03-10", fee=50, account="bob"),
    ]
    deals = [
        deal(kickback_ppm=500_000, override=override, tiers=[{"min_volume": 0, "rate_ppm": 1_000_000}]),
        deal(partner="A", tiers=[{"min_volume": 0, "rate_ppm": 1_000_000}]),
    ]
    _, found = settled(trades, [bound(), bound(account="bob", partner="A")], deals)
    tenth, eleventh = date(2026, 3, 10), date(2026, 3, 11)
    assert [tuple(row.values()) for row in found.accruals.to_pylist()] == [
        ("A", tenth, "BTC", "override", 100),
        ("A", tenth, "USDT", "commission", 50),
        ("A", tenth, "USDT", "override", 20),
        ("A", eleventh, "USDT", "override", 10),
        ("P", tenth, "BTC", "commission", 500),
        ("P", tenth, "BTC", "kickback", 500),
        ("P", tenth, "USDT", "commission", 100),
        ("P", tenth, "USDT", "kickback", 100),
        ("P", eleventh, "USDT", "commission", 50),
        ("P", eleventh, "USDT", "kickback", 50),
    ]
    by_deal = [tuple(row.values()) for row in found.by_deal.to_pylist()]
    assert ("A", tenth, "BTC", "override", "north", "P", 1, 100, tenth) in by_deal
    assert sum(row[-2] for row in by_deal) == sum(found.accruals.column("units").to_pylist())
