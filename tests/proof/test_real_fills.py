"""A real export of fills that went through a spreadsheet, given by
`FILLS_CSV=…/hyperliquid_fills_15629.csv`: its damaged ids are refused row by row, the rest can be taken.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from guildhall.exchange.reading import formats, mapping, rows

FILLS = os.environ.get("FILLS_CSV", "")
pytestmark = [pytest.mark.proof, pytest.mark.skipif(not FILLS, reason="needs FILLS_CSV")]
FIELDS = {
    "uid": "Account", "symbol": "Coin", "notional": "Size USD", "fee": "Fee", "asset": {"value": "USDC"},
    "executed_at": {"column": "Timestamp IST", "format": "%d-%m-%Y %H:%M", "zone": "Asia/Kolkata"},
    "liquidity": {"column": "Crossed", "values": {"TRUE": "taker", "FALSE": "maker"}},
    "volume": {"is_at_par": True},
}  # fmt: skip


def read(trade_id: object) -> tuple[list[str], set[tuple[str, str]], int]:
    """Ids that were taken, what was said of the others, and how many these were."""
    path = Path(FILLS)
    said = {
        "table": "trades",
        "fields": {**FIELDS, "trade_id": trade_id},
        "at_par": ["USDC"],
        "assets": ["USDC"],
    }
    one, shape, now = mapping.from_json(said), formats.look(path), datetime.now(UTC)
    good: list[str] = []
    bad = []
    for stretch in formats.stretches(path, shape, one.kinds()):
        done = rows.convert(stretch, one, "hyperliquid", now)
        good += done.good.column("trade_id").to_pylist()
        bad += done.bad
    return good, {(row.field, row.reason.en.partition(" is ")[2][:26]) for row in bad}, len(bad)


def test_damaged_ids_are_refused_row_by_row_and_the_rest_is_taken() -> None:
    good, why, count = read("Trade ID")
    assert (good, count) == (["0", "3739256352"], 15_627)
    assert why == {("trade_id", "an id in scientific notati")}


def test_columns_that_are_whole_make_an_id_where_the_mapping_says_so() -> None:
    good, _why, count = read({"columns": ["Transaction Hash", "Order ID", "Start Position", "Size Tokens"]})
    assert (len(good), len(set(good)), count) == (15_621, 15_621, 8)
