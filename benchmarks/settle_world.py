"""Trades, bindings and deals for measuring settlement, the same for the same seed; made batch by batch.

Accounts by Zipf over two venues, log-normal sizes, few zero and negative fees, rebinding, monthly tiers
of 30 to 50 %, kickback, a tenth of the partners with a parent: as when engines were first compared.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

START_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z
DAY_US = 86_400_000_000
_BATCH = 1_000_000
_INSTANT = pa.timestamp("us", "UTC")
_SYMBOLS = [f"{coin}USDT" for coin in ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "TON", "LTC")]


@dataclass(frozen=True, slots=True)
class Files:
    trades: Path
    bindings: Path
    deals: Path


def make(
    folder: Path, trades: int, *, accounts: int = 200_000, partners: int = 2_000, days: int = 181
) -> Files:
    """Write the three files of a settlement."""
    random = np.random.default_rng(20_261_123)
    files = Files(folder / "trades.parquet", folder / "bindings.parquet", folder / "deals.json")
    _deals(files.deals, partners, random)
    _bindings(files.bindings, accounts, partners, days, random)
    _trades(files.trades, trades, accounts, days, random)
    return files


def _names(prefix: str, count: int) -> pa.Array:
    return pa.array([f"{prefix}{i:09d}" for i in range(count)], pa.string())


def _deals(path: Path, partners: int, random: np.random.Generator) -> None:
    deals = []
    for i in range(partners):
        tiers = [{"min_volume": 10**13 * step, "rate_ppm": 300_000 + 50_000 * step} for step in range(5)]
        parent = f"partner-{int(random.integers(0, partners)):09d}"
        deal = {
            "partner": f"partner-{i:09d}", "version": 1, "valid_from": None, "valid_to": None,
            "tier_basis": "current_month" if i % 2 else "previous_month", "tiers": tiers,
            "kickback_ppm": int(random.integers(0, 5)) * 50_000,
            "override": None if i % 10 else
            {"parent": parent, "ppm": 100_000, "funded_by": "house" if i % 4 else "partner"},
            "exclude_flags": [] if i % 3 else ["wash", "rebate_card"],
            "term_months": None if i % 7 else 4,
        }  # fmt: skip
        if i % 2:
            change = "2026-04-01T00:00:00Z"
            deals.append({**deal, "valid_to": change})
            deal = {**deal, "version": 2, "valid_from": change, "kickback_ppm": 100_000}
        deals.append(deal)
    path.write_text(json.dumps(deals))


def _bindings(path: Path, accounts: int, partners: int, days: int, random: np.random.Generator) -> None:
    bound = np.flatnonzero(random.random(accounts) < 0.7)
    again = bound[random.random(len(bound)) < 0.15]
    row = np.concatenate([bound, again])
    begin = START_US + random.integers(-60, days // 2, len(row)) * DAY_US
    middle = START_US + (days // 2 + 10) * DAY_US
    begin[len(bound) :] = middle
    is_ended = np.isin(np.arange(len(row)), np.searchsorted(bound, again))
    table = {
        "venue": pa.array(np.where(row % 2, "north", "south"), pa.string()),
        "account": _names("u", accounts).take(pa.array(row)),
        "partner": _names("partner-", partners).take(pa.array(random.integers(0, partners, len(row)))),
        "valid_from": pa.array(begin, _INSTANT),
        "valid_to": pa.array(np.full(len(row), middle), _INSTANT, mask=~is_ended),
    }
    pq.write_table(pa.table(table), path)


def _trades(path: Path, trades: int, accounts: int, days: int, random: np.random.Generator) -> None:
    weight = 1 / np.arange(1, accounts + 1)
    edges = np.cumsum(weight / weight.sum())
    who = random.permutation(accounts)
    names = _names("u", accounts)
    flags = pa.array([None, [], ["wash"], ["api", "rebate_card"]], pa.list_(pa.string()))
    writer = None
    for start in range(0, trades, _BATCH):
        rows = min(_BATCH, trades - start)
        account = who[np.minimum(np.searchsorted(edges, random.random(rows)), accounts - 1)]
        size = np.exp(random.normal(7.7, 2.0, rows)).clip(1, 4e6)
        notional = (size * 1e8).astype(np.int64)
        is_taker = random.random(rows) < 0.65
        fee = notional * np.where(is_taker, 230, 96) // 1_000_000
        luck = random.random(rows)
        fee[luck < 0.03] = 0
        fee[luck > 0.99] *= -1
        span = days * DAY_US
        at = START_US + (start + np.arange(rows)) * (span // trades) + random.integers(0, DAY_US, rows)
        ids = np.char.add("77", (9_007_199_254_740_993 + start + np.arange(rows)).astype("U20"))
        batch = pa.table(
            {
                "trade_id": pa.array(ids, pa.string()),
                "venue": pa.array(np.where(account % 2, "north", "south"), pa.string()),
                "account": names.take(pa.array(account)),
                "executed_at": pa.array(at, _INSTANT),
                "symbol": pa.array(_SYMBOLS).take(pa.array(random.integers(0, len(_SYMBOLS), rows))),
                "liquidity": pa.array(np.where(is_taker, "taker", "maker"), pa.string()),
                "notional": pa.array(notional),
                "fee": pa.array(fee),
                "volume": pa.array(notional),
                "asset": pa.array(np.where(random.random(rows) < 0.9, "USDT", "USDC"), pa.string()),
                "flags": flags.take(pa.array(np.minimum(random.geometric(0.97, rows) - 1, 3))),
            }
        )
        writer = writer or pq.ParquetWriter(path, batch.schema)
        writer.write_table(batch)
    if writer is not None:
        writer.close()
