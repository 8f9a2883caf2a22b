"""SET-1 and SET-3 to SET-9 of the settlement, by examples computed by hand, through the command."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from guildhall.cli.tests.settle_command import Override, Tier, binding, deal, settle, trade
from guildhall.partners.testing.oracle import Explained

INT64_MAX = 2**63 - 1


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def reasons(rows: list[Explained]) -> list[str]:
    return [row.reason for row in rows]


def test_set_1_a_binding_holds_from_its_first_instant_up_to_not_including_its_last(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [
            trade(1, "2026-01-09T23:59:59.999999Z"),
            trade(2, "2026-01-10T00:00:00Z"),
            trade(3, "2026-01-19T23:59:59.999999Z"),
            trade(4, "2026-01-20T00:00:00Z"),
            trade(5, "2026-01-25T00:00:00Z"),
            trade(6, "2026-01-10T00:00:00Z", venue="bybit"),
        ],
        [
            binding("q", "2026-01-20T00:00:00Z", "2026-01-25T00:00:00Z"),
            binding("p", "2026-01-10T00:00:00Z", "2026-01-20T00:00:00Z"),
        ],
        [deal("p"), deal("q")],
    )
    assert [row.partner for row in found.explained] == [None, "p", "p", "q", None, None]


def test_set_1_the_deal_is_the_version_in_force_when_the_trade_was_executed(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [
            trade(1, "2026-01-14T23:59:59.999999Z"),
            trade(2, "2026-01-15T08:00:00+08:00"),
            trade(3, "2026-02-01T00:00:00Z"),
        ],
        [binding()],
        [
            deal(version=7, since="2026-01-15T00:00:00Z", until="2026-02-01T00:00:00Z"),
            deal(version=3, until="2026-01-15T00:00:00Z"),
        ],
    )
    assert [(row.deal_version, row.reason) for row in found.explained] == [
        (3, "paid"),
        (7, "paid"),
        (None, "no_deal"),
    ]


def test_set_3_volume_counts_what_earns_nothing_but_not_what_is_excluded(tmp_path: Path) -> None:
    """Past the term: 40; no fee: 30; rebate: 20; together 90 of the 90 needed. Not: flagged, other month."""
    needed = deal(
        tiers=(Tier(90, 500_000),), exclude_flags=("wash",), term_months=1, since="2026-01-01T00:00:00Z"
    )
    trades = [
        trade(1, "2026-02-20T00:00:00Z", volume=40, account="old"),
        trade(2, "2026-02-02T00:00:00Z", volume=30, fee=0),
        trade(3, "2026-02-03T00:00:00Z", volume=20, fee=-5),
        trade(4, "2026-02-04T00:00:00Z", volume=1_000, flags=("wash",)),
        trade(5, "2026-01-31T23:59:59.999999Z", volume=1_000),
        trade(6, "2026-02-05T00:00:00Z", volume=1_000, account="nobody's"),
        trade(7, "2026-02-06T00:00:00Z", volume=0),
    ]
    bindings = [binding(since="2026-01-20T00:00:00Z"), binding(since="2026-01-01T00:00:00Z", account="old")]
    found = settle(tmp_path / "enough", trades, bindings, [needed])
    assert reasons(found.explained) == [
        "term_over",
        "fee_not_positive",
        "fee_not_positive",
        "excluded:wash",
        "paid",
        "unbound",
        "paid",
    ]
    one_more = needed._replace(tiers=(Tier(91, 500_000),))
    found = settle(tmp_path / "short", trades, bindings, [one_more])
    assert found.explained[6].reason == "below_first_tier"


def test_set_3_all_versions_of_a_partner_share_one_months_volume(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [
            trade(1, "2026-01-05T00:00:00Z", volume=60),
            trade(2, "2026-01-20T00:00:00Z", volume=40, venue="bybit", account="b"),
        ],
        [binding(), binding(venue="bybit", account="b")],
        [
            deal(version=1, until="2026-01-10T00:00:00Z", tiers=(Tier(0, 100_000), Tier(100, 300_000))),
            deal(version=2, since="2026-01-10T00:00:00Z", tiers=(Tier(0, 200_000), Tier(100, 400_000))),
        ],
    )
    assert [row.rate_ppm for row in found.explained] == [300_000, 400_000]


def test_set_3_volumes_past_64_bits_still_reach_their_tier(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [trade(number, "2026-01-05T00:00:00Z", volume=INT64_MAX) for number in range(3)]
        + [trade(9, "2026-01-06T00:00:00Z", volume=-INT64_MAX - 1)],
        [binding()],
        [deal(tiers=(Tier(0, 1), Tier(INT64_MAX, 2)))],
    )
    assert [row.rate_ppm for row in found.explained] == [2, 2, 2, 2]


def test_set_4_the_whole_current_month_counts_trades_still_to_come_included(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [
            trade(1, "2026-01-01T00:00:00Z", volume=1),
            trade(2, "2026-01-31T23:59:59.999999Z", volume=99),
            trade(3, "2026-02-01T00:00:00Z", volume=1),
        ],
        [binding()],
        [deal(tiers=(Tier(100, 300_000), Tier(0, 100_000)))],
    )
    assert [row.rate_ppm for row in found.explained] == [300_000, 300_000, 100_000]


def test_set_4_the_previous_month_is_zero_where_nothing_was_traded(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [
            trade(1, "2025-12-15T00:00:00Z", volume=100),
            trade(2, "2026-01-15T00:00:00Z", volume=5),
            trade(3, "2026-03-15T00:00:00Z", volume=5),
        ],
        [binding(since="2025-01-01T00:00:00Z")],
        [deal(tier_basis="previous_month", tiers=(Tier(100, 300_000), Tier(1, 100_000)))],
    )
    assert [row.rate_ppm for row in found.explained] == [0, 300_000, 0]
    assert [row.reason for row in found.explained] == ["below_first_tier", "paid", "below_first_tier"]


def test_set_4_the_largest_reached_tier_applies_in_whatever_order_they_are_listed(tmp_path: Path) -> None:
    tiers = (Tier(50, 300_000), Tier(10, 500_000), Tier(51, 900_000), Tier(20, 100_000))
    found = settle(tmp_path, [trade(1, "2026-01-01T00:00:00Z", volume=50)], [binding()], [deal(tiers=tiers)])
    assert found.explained[0].rate_ppm == 300_000


@pytest.mark.parametrize(
    ("since", "months", "last"),
    [
        ("2026-01-31T10:00:00Z", 1, "2026-02-28T10:00:00Z"),
        ("2024-01-31T10:00:00Z", 1, "2024-02-29T10:00:00Z"),
        ("2024-02-29T10:00:00.000001Z", 12, "2025-02-28T10:00:00.000001Z"),
        ("2024-02-29T10:00:00Z", 48, "2028-02-29T10:00:00Z"),
        ("2026-08-31T23:59:59.999999Z", 6, "2027-02-28T23:59:59.999999Z"),
        ("2026-12-15T00:00:00Z", 1, "2027-01-15T00:00:00Z"),
    ],
)
def test_set_5_the_term_ends_after_calendar_months_clipped_to_the_months_end(
    since: str, months: int, last: str, tmp_path: Path
) -> None:
    end = trade(2, last)
    found = settle(
        tmp_path,
        [end._replace(trade_id="1", executed_at=end.executed_at - 1), end],
        [binding(since=since)],
        [deal(term_months=months)],
    )
    assert reasons(found.explained) == ["paid", "term_over"]
    assert found.explained[1].rate_ppm is None


def test_set_5_a_later_row_of_the_same_account_starts_a_new_term(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [
            trade(1, "2026-02-10T00:00:00Z"),
            trade(2, "2026-02-20T00:00:00Z"),
            trade(3, "2026-03-15T00:00:00Z"),
        ],
        [
            binding(since="2026-01-01T00:00:00Z", until="2026-02-15T00:00:00Z"),
            binding(since="2026-02-15T00:00:00Z"),
        ],
        [deal(term_months=1)],
    )
    assert reasons(found.explained) == ["term_over", "paid", "term_over"]


def test_set_6_the_first_reason_that_holds_is_given(tmp_path: Path) -> None:
    everything_wrong = {"fee": 0, "flags": ("b", "a")}
    found = settle(
        tmp_path,
        [
            trade(1, "2026-06-01T00:00:00Z", account="free", **everything_wrong),
            trade(2, "2025-12-01T00:00:00Z", **everything_wrong),
            trade(3, "2026-06-01T00:00:00Z", **everything_wrong),
            trade(4, "2026-06-01T00:00:00Z", fee=0),
            trade(5, "2026-01-15T00:00:00Z", fee=0, volume=-1),
            trade(6, "2026-02-15T00:00:00Z", fee=0),
            trade(7, "2026-02-16T00:00:00Z", fee=1),
            trade(8, "2026-02-17T00:00:00Z", fee=100, flags=()),
        ],
        [binding(since="2025-01-01T00:00:00Z", until="2026-01-01T00:00:00Z"), binding()],
        [
            deal(
                since="2026-01-01T00:00:00Z",
                exclude_flags=("a", "b"),
                term_months=2,
                tiers=(Tier(0, 300_000),),
            )
        ],
    )
    assert reasons(found.explained) == [
        "unbound",
        "no_deal",
        "excluded:a",
        "term_over",
        "below_first_tier",
        "fee_not_positive",
        "paid",
        "paid",
    ]
    assert [row.rate_ppm for row in found.explained] == [None, None, None, None, 0, 300_000, 300_000, 300_000]
    assert [row.deal_version for row in found.explained] == [None, None, 1, 1, 1, 1, 1, 1]
    assert [row.pool for row in found.explained] == [0, 0, 0, 0, 0, 0, 0, 30]


def test_set_6_a_rate_of_nothing_is_paid_nothing(tmp_path: Path) -> None:
    found = settle(tmp_path, [trade(1, "2026-01-15T00:00:00Z")], [binding()], [deal(tiers=(Tier(0, 0),))])
    assert found.explained == [Explained("1", "p", 1, 0, 0, 0, 0, 0, "paid")]
    assert found.accrued == []


def test_set_7_every_amount_is_rounded_down_from_exact_integers(tmp_path: Path) -> None:
    """fee 1,000,003: pool 419,001.257 -> 419,001; kickback 51,728.6... -> 51,728; override 8,380.02 -> 8,380."""
    terms = {"tiers": (Tier(0, 419_000),), "kickback_ppm": 123_457}
    for funded_by, commission in (("house", 367_273), ("partner", 358_893)):
        found = settle(
            tmp_path / funded_by,
            [trade(1, "2026-01-15T00:00:00Z", fee=1_000_003)],
            [binding()],
            [deal(override=Override("above", 20_000, funded_by), **terms)],
        )
        assert found.explained == [
            Explained("1", "p", 1, 419_000, 419_001, 51_728, commission, 8_380, "paid")
        ]
        assert found.accrued == [
            ("above", day("2026-01-15"), "USDT", "override", 8_380),
            ("p", day("2026-01-15"), "USDT", "commission", commission),
            ("p", day("2026-01-15"), "USDT", "kickback", 51_728),
        ]


def test_set_7_an_override_the_partner_pays_never_takes_more_than_the_commission(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [trade(1, "2026-01-15T00:00:00Z", fee=1_000)],
        [binding()],
        [deal(tiers=(Tier(0, 500_000),), kickback_ppm=900_000, override=Override("q", 200_000, "partner"))],
    )
    assert found.explained == [Explained("1", "p", 1, 500_000, 500, 450, 0, 50, "paid")]


def test_set_7_the_largest_fee_at_the_whole_rate_loses_no_unit(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [trade(1, "2026-01-15T00:00:00Z", fee=INT64_MAX), trade(2, "2026-01-16T00:00:00Z", fee=INT64_MAX)],
        [binding()],
        [deal(tiers=(Tier(0, 999_999),), kickback_ppm=333_333)],
    )
    pool = INT64_MAX * 999_999 // 1_000_000
    kickback = pool * 333_333 // 1_000_000
    assert [row[4:8] for row in found.explained] == [(pool, kickback, pool - kickback, 0)] * 2


def test_set_7_a_days_sum_past_64_bits_is_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [trade(number, "2026-01-15T00:00:00Z", fee=INT64_MAX) for number in range(2)],
        [binding()],
        [deal(tiers=(Tier(0, 1_000_000),))],
    )
    assert found.status == 1
    assert not (found.out / "explain.parquet").exists()
    assert not (found.out / "accruals.parquet").exists()


def test_set_8_there_is_one_row_for_each_trade_in_their_order(tmp_path: Path) -> None:
    ids = ["9", "10", "b", "a", "9007199254740993", " 9", "令"]
    found = settle(
        tmp_path,
        [trade(name, f"2026-01-{28 - at:02d}T00:00:00Z") for at, name in enumerate(ids)],
        [binding()],
        [deal()],
    )
    assert [row.trade_id for row in found.explained] == ids


def test_set_8_the_same_id_at_two_venues_is_two_trades(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [trade(1, "2026-01-15T00:00:00Z"), trade(1, "2026-01-15T00:00:00Z", venue="bybit")],
        [binding()],
        [deal()],
    )
    assert reasons(found.explained) == ["paid", "unbound"]


def test_set_9_accruals_are_by_partner_utc_day_asset_and_kind(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        [
            trade(1, "2026-01-15T23:59:59.999999Z", fee=100),
            trade(2, "2026-01-16T00:00:00Z", fee=100),
            trade(3, "2026-01-16T07:59:59+08:00", fee=100),
            trade(4, "2026-01-15T12:00:00Z", fee=100, asset="BTC"),
            trade(5, "2026-01-15T12:00:00Z", fee=100, account="b"),
        ],
        [binding("p"), binding("Q", account="b")],
        [
            deal("p", kickback_ppm=250_000, override=Override("Q", 100_000, "house")),
            deal("Q", kickback_ppm=1_000_000),
        ],
    )
    first, second = day("2026-01-15"), day("2026-01-16")
    assert found.accrued == [
        ("Q", first, "BTC", "override", 4),
        ("Q", first, "USDT", "kickback", 40),
        ("Q", first, "USDT", "override", 8),
        ("Q", second, "USDT", "override", 4),
        ("p", first, "BTC", "commission", 30),
        ("p", first, "BTC", "kickback", 10),
        ("p", first, "USDT", "commission", 60),
        ("p", first, "USDT", "kickback", 20),
        ("p", second, "USDT", "commission", 30),
        ("p", second, "USDT", "kickback", 10),
    ]


def test_set_9_nothing_traded_gives_two_empty_files(tmp_path: Path) -> None:
    found = settle(tmp_path, [], [], [])
    assert (found.status, found.explained, found.accrued) == (0, [], [])
    assert len(pq.read_table(found.out / "explain.parquet")) == 0
