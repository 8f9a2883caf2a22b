"""SET-2: what cannot be settled is refused by name, with exit status 1, and nothing is written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guildhall.cli.tests.settle_command import (
    Answer,
    Override,
    Tier,
    binding,
    deal,
    run,
    settle,
    trade,
    wrote_nothing,
)
from guildhall.partners.testing import oracle_files as files
from guildhall.partners.testing.oracle import Binding, Deal, Trade

TRADES = [trade(1, "2026-01-15T00:00:00Z"), trade(2, "2026-01-16T00:00:00Z")]


def refuse(
    directory: Path,
    names: tuple[object, ...],
    trades: list[Trade],
    bindings: list[Binding],
    deals: list[Deal],
) -> Answer:
    found = settle(directory, trades, bindings, deals)
    assert found.status == 1, found.said
    for name in names:
        assert re.search(rf"(?<![\w.]){re.escape(str(name))}(?![\w])", found.said), (name, found.said)
    assert wrote_nothing(found.out)
    return found


def test_set_2_overlapping_bindings_of_one_partner_name_their_rows(tmp_path: Path) -> None:
    refuse(
        tmp_path,
        (2, 4),
        TRADES,
        [
            binding(account="b"),
            binding(since="2026-01-01T00:00:00Z", until="2026-02-01T00:00:00Z"),
            binding(venue="bybit"),
            binding(since="2026-01-31T23:59:59.999999Z"),
        ],
        [deal()],
    )


def test_set_2_overlapping_bindings_to_two_partners_name_their_rows(tmp_path: Path) -> None:
    refuse(
        tmp_path,
        (1, 2),
        TRADES,
        [binding("q"), binding("p", since="2025-01-01T00:00:00Z", until="2026-01-01T00:00:00.000001Z")],
        [deal()],
    )


def test_set_2_bindings_that_touch_do_not_overlap(tmp_path: Path) -> None:
    found = settle(
        tmp_path,
        TRADES,
        [binding("q"), binding("p", since="2025-01-01T00:00:00Z", until="2026-01-01T00:00:00Z")],
        [deal()],
    )
    assert found.status == 0, found.said


def test_set_2_a_short_binding_inside_a_long_one_overlaps_it(tmp_path: Path) -> None:
    refuse(
        tmp_path,
        (1, 3),
        [],
        [
            binding(since="2026-01-01T00:00:00Z", until="2026-12-01T00:00:00Z"),
            binding(since="2026-12-01T00:00:00Z", until="2026-12-02T00:00:00Z"),
            binding(since="2026-11-01T00:00:00Z", until="2026-11-02T00:00:00Z"),
        ],
        [],
    )


@pytest.mark.parametrize("until", ["2026-01-01T00:00:00Z", "2025-12-31T23:59:59.999999Z"])
def test_set_2_a_binding_that_ends_where_it_begins_or_before_is_named(until: str, tmp_path: Path) -> None:
    refuse(tmp_path, (2,), TRADES, [binding(account="b"), binding(until=until)], [deal()])


def test_set_2_overlapping_versions_name_the_partner_and_the_versions(tmp_path: Path) -> None:
    refuse(
        tmp_path,
        ("kol-7", 3, 11),
        TRADES,
        [binding("kol-7")],
        [
            deal("p", version=3),
            deal("kol-7", version=11, since="2026-01-01T00:00:00Z"),
            deal("kol-7", version=3, until="2026-01-01T00:00:00.000001Z"),
        ],
    )


def test_set_2_two_versions_open_at_both_ends_overlap(tmp_path: Path) -> None:
    refuse(tmp_path, ("p", 1, 2), TRADES, [binding()], [deal(version=1), deal(version=2)])


def test_set_2_a_deal_that_ends_where_it_begins_is_named(tmp_path: Path) -> None:
    refuse(
        tmp_path,
        ("kol-7", 5),
        TRADES,
        [],
        [deal("kol-7", version=5, since="2026-01-01T00:00:00Z", until="2026-01-01T08:00:00+08:00")],
    )


def test_set_2_a_repeated_trade_names_both_rows(tmp_path: Path) -> None:
    trades = [trade(name, "2026-01-15T00:00:00Z") for name in ("x", "same", "y", "z", "same")]
    refuse(tmp_path, (2, 5), trades, [binding()], [deal()])


def test_set_2_a_repeated_trade_is_refused_though_every_other_column_differs(tmp_path: Path) -> None:
    trades = [
        trade("1", "2026-01-15T00:00:00Z"),
        trade("1", "2027-01-15T00:00:00Z", fee=-1, volume=9, account="nobody", asset="BTC", flags=("x",)),
    ]
    refuse(tmp_path, (1, 2), trades, [], [])


def test_set_2_equal_thresholds_in_one_deal_name_it(tmp_path: Path) -> None:
    tiers = (Tier(5, 1), Tier(0, 2), Tier(5, 1))
    refuse(tmp_path, ("kol-7", 4), TRADES, [], [deal("kol-7", version=4, tiers=tiers)])


@pytest.mark.parametrize("ppm", [-1, 1_000_001])
@pytest.mark.parametrize("where", ["rate", "kickback", "override"])
def test_set_2_a_rate_outside_nothing_and_all_names_the_deal(where: str, ppm: int, tmp_path: Path) -> None:
    terms: dict[str, Any] = {
        "rate": {"tiers": (Tier(0, 1), Tier(1, ppm))},
        "kickback": {"kickback_ppm": ppm},
        "override": {"override": Override("q", ppm, "house")},
    }[where]
    refuse(tmp_path, ("kol-7", 6), TRADES, [], [deal("p"), deal("kol-7", version=6, **terms)])


def test_set_2_rates_of_nothing_and_of_all_are_allowed(tmp_path: Path) -> None:
    terms = {"kickback_ppm": 1_000_000, "override": Override("q", 1_000_000, "house")}
    found = settle(tmp_path, TRADES, [binding()], [deal(tiers=(Tier(0, 0), Tier(1, 1_000_000)), **terms)])
    assert found.status == 0, found.said


def test_set_2_what_an_earlier_settlement_wrote_is_left_as_it_was(tmp_path: Path) -> None:
    good = settle(tmp_path, TRADES, [binding()], [deal()])
    before = {path.name: path.read_bytes() for path in good.out.iterdir()}
    assert set(before) == {"explain.parquet", "accruals.parquet"}
    bad = settle(tmp_path, [*TRADES, TRADES[0]], [binding()], [deal()])
    assert bad.status == 1
    assert {path.name: path.read_bytes() for path in good.out.iterdir()} == before


def _without(column: str) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.drop_columns([column])


def _as(column: str, kind: pa.DataType) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(table.schema.names.index(column), column, table[column].cast(kind))

    return change


def _null(column: str) -> Callable[[pa.Table], pa.Table]:
    def change(table: pa.Table) -> pa.Table:
        values = [None, *table[column].to_pylist()[1:]]
        kind = table.schema.field(column).type
        return table.set_column(table.schema.names.index(column), column, pa.array(values, kind))

    return change


@pytest.mark.parametrize(
    ("file", "change", "named"),
    [
        ("trades", _without("volume"), "volume"),
        ("trades", _as("fee", pa.float64()), "fee"),
        ("trades", _as("trade_id", pa.int64()), "trade_id"),
        ("trades", _as("executed_at", pa.timestamp("us")), "executed_at"),
        ("trades", _null("fee"), "fee"),
        ("trades", _null("account"), "account"),
        ("trades", _null("executed_at"), "executed_at"),
        ("bindings", _without("valid_to"), "valid_to"),
        ("bindings", _null("valid_from"), "valid_from"),
        ("bindings", _null("partner"), "partner"),
    ],
)
def test_a_file_with_other_columns_is_refused_by_the_columns_name(
    file: str, change: Callable[[pa.Table], pa.Table], named: str, tmp_path: Path
) -> None:
    arguments = files.write(tmp_path, TRADES, [binding()], [deal()])
    path = tmp_path / f"{file}.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    status, said = run(arguments)
    assert status == 1
    assert named in said
    assert wrote_nothing(tmp_path / "out")


@pytest.mark.parametrize(
    "change",
    [
        lambda deals: deals[0].pop("tiers"),
        lambda deals: deals[0].update(tier_basis="last_week"),
        lambda deals: deals[0].update(valid_from="2026-01-01"),
        lambda deals: deals[0].update(valid_from="2026-01-01T00:00:00"),
        lambda deals: deals[0].update(version="1"),
        lambda deals: deals[0].update(kickback_ppm=0.5),
        lambda deals: deals[0].update(kickback_ppm=True),
        lambda deals: deals[0]["tiers"][0].update(min_volume=1.0),
        lambda deals: deals[0].update(override={"parent": "q", "ppm": 1, "funded_by": "nobody"}),
        lambda deals: deals[0].update(exclude_flags="wash"),
        lambda deals: deals.insert(0, "a deal"),
    ],
)
def test_a_deal_that_cannot_be_read_is_refused(change: Callable[[list[Any]], Any], tmp_path: Path) -> None:
    arguments = files.write(tmp_path, TRADES, [binding()], [deal()])
    deals = json.loads((tmp_path / "deals.json").read_text())
    change(deals)
    (tmp_path / "deals.json").write_text(json.dumps(deals))
    status, said = run(arguments)
    assert status == 1, said
    assert said.strip()
    assert wrote_nothing(tmp_path / "out")


@pytest.mark.parametrize("text", ["", "{}", "[{", '[{"partner": NaN}]'])
def test_deals_that_are_no_list_of_json_are_refused(text: str, tmp_path: Path) -> None:
    arguments = files.write(tmp_path, TRADES, [binding()], [deal()])
    (tmp_path / "deals.json").write_text(text)
    status, said = run(arguments)
    assert status == 1, said
    assert wrote_nothing(tmp_path / "out")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    arguments = files.write(tmp_path, TRADES, [binding()], [deal()])
    (tmp_path / "trades.parquet").unlink()
    status, said = run(arguments)
    assert status != 0
    assert "trades.parquet" in said.replace("\n", "")
