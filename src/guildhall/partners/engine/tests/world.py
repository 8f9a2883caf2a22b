"""Small worlds for the engine's tests: rows said briefly, settled, and read back as Python values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from guildhall.partners.engine import Settled, Steps, TableTrades, deals_from_json, settle
from guildhall.partners.engine.bindings import bindings_from_table
from guildhall.partners.engine.instants import from_rfc3339

INSTANT = pa.timestamp("us", "UTC")
TRADES = pa.schema(
    [
        ("trade_id", pa.string()),
        ("venue", pa.string()),
        ("account", pa.string()),
        ("executed_at", INSTANT),
        ("symbol", pa.string()),
        ("liquidity", pa.string()),
        ("notional", pa.int64()),
        ("fee", pa.int64()),
        ("volume", pa.int64()),
        ("asset", pa.string()),
        ("flags", pa.list_(pa.string())),
    ]
)
BINDINGS = pa.schema(
    [
        ("venue", pa.string()),
        ("account", pa.string()),
        ("partner", pa.string()),
        ("valid_from", INSTANT),
        ("valid_to", INSTANT),
    ]
)


def at(text: str) -> int:
    """`2026-01-31` or `2026-01-31T10:00:00.5`, in UTC, as microseconds."""
    return from_rfc3339((text if "T" in text else f"{text}T00:00:00") + "Z")


def trade(when: str = "2026-03-10", **given: Any) -> dict[str, Any]:
    row = {
        "venue": "north", "account": "ann", "executed_at": at(when), "symbol": "BTCUSDT",
        "liquidity": "taker", "notional": 0, "fee": 1_000_000, "volume": 0, "asset": "USDT", "flags": None,
    }  # fmt: skip
    return row | given


def bound(since: str = "2026-01-01", until: str | None = None, **given: Any) -> dict[str, Any]:
    row = {"venue": "north", "account": "ann", "partner": "P"}
    return row | {"valid_from": at(since), "valid_to": None if until is None else at(until)} | given


def deal(**given: Any) -> dict[str, Any]:
    row = {
        "partner": "P", "version": 1, "valid_from": None, "valid_to": None, "tier_basis": "current_month",
        "tiers": [{"min_volume": 0, "rate_ppm": 300_000}], "kickback_ppm": 0, "override": None,
        "exclude_flags": [], "term_months": None,
    }  # fmt: skip
    return row | given


def trades_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    numbered = [{"trade_id": f"t{i}"} | row for i, row in enumerate(rows, start=1)]
    columns = {name: [row[name] for row in numbered] for name in TRADES.names}
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in TRADES})


def bindings_table(rows: Sequence[dict[str, Any]]) -> pa.Table:
    return pa.table({f.name: pa.array([row[f.name] for row in rows], f.type) for f in BINDINGS})


def deposit(when: str, amount: int, **given: Any) -> dict[str, Any]:
    return {"venue": "north", "account": "ann", "at": at(when), "asset": "USDT", "amount": amount} | given


def steps(deposits: Sequence[dict[str, Any]] = (), held: Sequence[tuple[str, str]] = ()) -> Steps:
    names = ("venue", "account", "at", "asset", "amount")
    kinds = (pa.string(), pa.string(), INSTANT, pa.string(), pa.int64())
    columns = [
        pa.array([row[name] for row in deposits], kind) for name, kind in zip(names, kinds, strict=True)
    ]
    return Steps(pa.table(columns, names=list(names)), frozenset(held))


def owed(found: Settled) -> dict[tuple[str, str, str], int]:
    """Units by (partner, day, kind) of `by_deal`."""
    rows = found.by_deal.to_pylist()
    assert len(
        {tuple(row[name] for name in row if name not in ("units", "payable_on")) for row in rows}
    ) == len(rows)
    sums: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = (row["partner"], str(row["day"]), row["kind"])
        sums[key] = sums.get(key, 0) + row["units"]
    return sums


def settled(
    trades: Sequence[dict[str, Any]],
    bindings: Sequence[dict[str, Any]],
    deals: Sequence[dict[str, Any]],
    later: Steps | None = None,
) -> tuple[list[dict[str, Any]], Settled]:
    """The explain rows as dictionaries, and what else the settlement found."""
    explained: list[dict[str, Any]] = []
    found = settle(
        TableTrades(trades_table(trades)),
        bindings_from_table(bindings_table(bindings)),
        deals_from_json(list(deals)),
        explain=lambda batch: explained.extend(batch.to_pylist()),
        steps=later,
    )
    return explained, found


def reasons(
    trades: Sequence[dict[str, Any]], bindings: Sequence[dict[str, Any]], deals: Sequence[dict[str, Any]]
) -> list[str]:
    return [row["reason"] for row in settled(trades, bindings, deals)[0]]
