"""SET-2: what is wrong is refused with rows, or partner and versions, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from guildhall.core.errors import BadInput
from guildhall.partners.engine.files import settle_files
from guildhall.partners.engine.tests.world import INSTANT, bindings_table, bound, deal, trade, trades_table


def run(folder: Path, trades: pa.Table, bindings: pa.Table, deals: Any) -> str:
    """Settle from files; the message of what was refused, '' when nothing was."""
    pq.write_table(trades, folder / "t.parquet")
    pq.write_table(bindings, folder / "b.parquet")
    (folder / "d.json").write_text(deals if isinstance(deals, str) else json.dumps(deals), encoding="utf-8")
    out = folder / "some" / "out"
    refused = None
    try:
        settle_files(folder / "t.parquet", folder / "b.parquet", folder / "d.json", out)
    except BadInput as error:
        refused = error.text
    if refused is None:
        assert sorted(path.name for path in out.iterdir()) == ["accruals.parquet", "explain.parquet"]
        return ""
    assert refused.en != refused.zh
    assert sorted(path.name for path in folder.iterdir()) == ["b.parquet", "d.json", "t.parquet"]
    return refused.en


TRADES = trades_table([trade(), trade(account="bob"), trade()])
BINDINGS = bindings_table([bound()])


def instead(name: str, column: pa.Array) -> pa.Table:
    return TRADES.set_column(TRADES.schema.get_field_index(name), name, column)


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        ([bound(), bound("2026-02-01", "2026-02-02", partner="Q"), bound(account="z")], "1 / 2"),
        (
            [bound("2026-03-01"), bound(account="z"), bound("2026-01-01", "2026-03-01T00:00:00.000001")],
            "1 / 3",
        ),
        ([bound(), bound("2026-02-01", "2026-02-02"), bound("2026-03-01", "2026-03-02")], "1 / 2; 1 / 3"),
        ([bound(account="z"), bound("2026-02-01", "2026-02-01")], "row 2"),
        ([bound(account="z"), bound("2026-02-01", "2026-01-01")], "row 2"),
        ([bound(account="z"), bound() | {"valid_from": None}], "row 2"),
    ],
)
def test_set_2_bindings_that_clash_or_end_before_they_begin_are_named_by_row(
    tmp_path: Path, rows: list[dict[str, Any]], named: str
) -> None:
    assert named in run(tmp_path, TRADES, bindings_table(rows), [deal()])


def test_set_2_bindings_that_only_touch_are_fine(tmp_path: Path) -> None:
    rows = [bound("2026-03-01"), bound("2026-01-01", "2026-03-01", partner="Q"), bound(venue="south")]
    assert run(tmp_path, TRADES, bindings_table(rows), [deal()]) == ""


def test_set_2_a_trade_given_twice_is_named_by_all_its_rows(tmp_path: Path) -> None:
    rows = [
        trade(trade_id="x"),
        trade(),
        trade(trade_id="x"),
        trade(trade_id="x", venue="south"),
        trade(trade_id="x"),
    ]
    assert "north x (1, 3, 5)" in run(tmp_path, trades_table(rows), BINDINGS, [deal()])


_FROM, _TO = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"


@pytest.mark.parametrize(
    ("deals", "named"),
    [
        ([deal(version=3), deal(version=1, valid_from=_FROM, valid_to=_TO)], ("'P'", "3 / 1")),
        ([deal(version=7, valid_from=_FROM, valid_to=_FROM)], ("'P', version 7", "valid_to")),
        ([deal(version=7, tiers=[{"min_volume": 5, "rate_ppm": 1}] * 2)], ("'P', version 7", "5")),
        ([deal(version=7, tiers=[{"min_volume": 5, "rate_ppm": 1_000_001}])], ("'P', version 7", "1000001")),
        ([deal(version=7, kickback_ppm=-1)], ("'P', version 7", "kickback_ppm", "-1")),
        (
            [deal(version=7, override={"parent": "Q", "ppm": 1_000_001, "funded_by": "house"})],
            ("'P', version 7", "override", "1000001"),
        ),
        ([deal(version=7, kickback_ppm=0.5)], ("'P', version 7", "kickback_ppm", "0.5")),
        ([deal(version=7, kickback_ppm=True)], ("'P', version 7", "kickback_ppm")),
        ([deal(version=7, tier_basis="week")], ("'P', version 7", "tier_basis")),
        ([deal(version=7, valid_from="2026-01-01T00:00:00")], ("'P', version 7", "valid_from", "zone")),
        ([deal(version=7, valid_from="2026-02-29T00:00:00Z")], ("'P', version 7", "valid_from")),
        ([{"partner": "P"}], ("version",)),
        ({}, ("list",)),
        ("[{]", ("not JSON",)),
        ('[{"partner": "P", "partner": "Q"}]', ("twice", "partner")),
    ],
)  # fmt: skip
def test_set_2_a_deal_that_is_wrong_is_named_by_partner_and_version(
    tmp_path: Path, deals: Any, named: tuple[str, ...]
) -> None:
    said = run(tmp_path, TRADES, BINDINGS, deals)
    assert all(word in said for word in named), said


@pytest.mark.parametrize(
    ("name", "column", "named"),
    [
        ("trade_id", pa.array(["a", None, "b"]), "row 2"),
        ("account", pa.array(["a", None, "b"]), "row 2"),
        ("account", pa.array(["a", None, "b"]).dictionary_encode(), "row 2"),
        ("fee", pa.array([1, 2, None]), "row 3"),
        ("executed_at", pa.array([1, 2, None], INSTANT), "row 3"),
        ("asset", pa.array(["a", None, None]), "row 2, 3"),
        ("fee", pa.array([1.0, 2.0, 3.0]), "whole numbers"),
        ("fee", pa.array([1, 2**64 - 1, 3], pa.uint64()), "row 2"),
        ("executed_at", pa.array([1, 2, 3], pa.timestamp("us")), "zone"),
        ("executed_at", pa.array([1_000, 2_000, 3_001], pa.timestamp("ns", "UTC")), "row 3"),
        ("flags", pa.array(["a", "b", "c"]), "lists of texts"),
    ],
)
def test_a_column_that_cannot_be_read_exactly_is_refused(
    tmp_path: Path, name: str, column: pa.Array, named: str
) -> None:
    said = run(tmp_path, instead(name, column), BINDINGS, [deal()])
    assert name in said
    assert named in said


def test_a_missing_column_and_a_file_that_is_not_parquet_are_refused(tmp_path: Path) -> None:
    assert "volume" in run(tmp_path, TRADES.drop_columns(["volume"]), BINDINGS, [deal()])
    (tmp_path / "t.parquet").write_bytes(b"trade_id,fee")
    with pytest.raises(BadInput, match="Parquet"):
        settle_files(tmp_path / "t.parquet", tmp_path / "b.parquet", tmp_path / "d.json", tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("trade_id", pa.array(["t1", "t2", "t3"], pa.large_string())),
        ("trade_id", pa.array(["t1", "t2", "t3"]).dictionary_encode()),
        ("account", pa.array(["ann", "bob", "ann"], pa.large_string())),
        ("account", pa.array(["ann", "bob", "ann"]).dictionary_encode()),
        ("fee", pa.array([1_000_000] * 3, pa.int32())),
        ("executed_at", pa.array([row.value // 1_000 for row in TRADES.column("executed_at")], pa.timestamp("ms", "Asia/Tokyo"))),
        ("flags", pa.nulls(3)),
        ("flags", pa.array([None, ["x"], []], pa.large_list(pa.large_string()))),
    ],
)  # fmt: skip
def test_other_encodings_of_the_same_values_settle_the_same(
    tmp_path: Path, name: str, column: pa.Array
) -> None:
    deals = [deal(exclude_flags=["y"])]
    assert run(tmp_path, TRADES, BINDINGS, deals) == ""
    before = pq.read_table(tmp_path / "some" / "out" / "explain.parquet")
    for path in (tmp_path / "some" / "out").iterdir():
        path.unlink()
    assert run(tmp_path, instead(name, column), BINDINGS, deals) == ""
    after = pq.read_table(tmp_path / "some" / "out" / "explain.parquet")
    assert after.equals(before)
    assert after.schema.field("trade_id").type == pa.string()


def test_amounts_past_int64_are_an_error_and_nothing_is_written(tmp_path: Path) -> None:
    rows = [trade(fee=2**63 - 1), trade(fee=2**63 - 1)]
    deals = [deal(tiers=[{"min_volume": 0, "rate_ppm": 1_000_000}])]
    assert "past int64" in run(tmp_path, trades_table(rows), BINDINGS, deals)


def test_nothing_at_all_settles_to_empty_files_of_the_right_columns(tmp_path: Path) -> None:
    assert run(tmp_path, TRADES.slice(0, 0), bindings_table([]), []) == ""
    explain = pq.read_table(tmp_path / "some" / "out" / "explain.parquet")
    accruals = pq.read_table(tmp_path / "some" / "out" / "accruals.parquet")
    assert [str(field.type) for field in explain.schema] == ["string"] * 2 + ["int64"] * 6 + ["string"]
    assert [str(field.type) for field in accruals.schema] == [
        "string",
        "date32[day]",
        "string",
        "string",
        "int64",
    ]


def test_where_one_of_the_two_files_cannot_stand_neither_is_written(tmp_path: Path) -> None:
    run(tmp_path, TRADES, BINDINGS, [deal()])
    given, out = [tmp_path / name for name in ("t.parquet", "b.parquet", "d.json")], tmp_path / "taken"
    (out / "explain.parquet").mkdir(parents=True)
    (out / "accruals.parquet").write_text("before")
    with pytest.raises(BadInput, match=r"explain\.parquet"):
        settle_files(*given, out)
    assert (out / "accruals.parquet").read_text() == "before"


def test_a_file_that_is_read_is_not_written_over(tmp_path: Path) -> None:
    run(tmp_path, TRADES, BINDINGS, [deal()])
    before = (tmp_path / "t.parquet").rename(tmp_path / "explain.parquet").read_bytes()
    with pytest.raises(BadInput, match="written over"):
        settle_files(tmp_path / "explain.parquet", tmp_path / "b.parquet", tmp_path / "d.json", tmp_path)
    assert (tmp_path / "explain.parquet").read_bytes() == before
