"""What the tests of the partners room share: a partner with a deal in force, bound accounts, trades in facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from guildhall.core import approvals
from guildhall.effects.testing import drain
from guildhall.exchange.facts import DAILY_USER, DEPOSITS, TRADES
from guildhall.facts import shipping
from guildhall.partners import actions
from guildhall.partners.models import DealVersion, Partner, Run

BY, OTHER = "staff:1", "staff:2"
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
COIN = 10**8

TERMS: Mapping[str, Any] = {
    "valid_from": "2026-09-01T00:00:00Z",
    "valid_to": None,
    "tier_basis": "current_month",
    "tiers": [{"min_volume": 0, "rate_ppm": 400_000}],
    "kickback_ppm": 100_000,
    "override": None,
    "exclude_flags": ["internal"],
    "term_months": None,
}


def partner(handle: str = "lin", **terms: Any) -> Partner:
    """A partner with a deal in force: 40 % of the fee, a tenth of it back to the trader."""
    one = actions.create_partner(handle.title(), handle, by=BY)
    in_force(one.pk, **terms)
    return one


def in_force(partner_id: str, **terms: Any) -> DealVersion:
    """A version written by one person and approved by another."""
    version = actions.save_draft(partner_id, {**TERMS, **terms}, by=BY)
    proposal = actions.propose_deal(partner_id, version.version, by=BY)
    approvals.approve(proposal.pk, OTHER, proposal.content_hash)
    version.refresh_from_db()
    return version


def trade(number: int | str, account: str = "amber", **said: Any) -> dict[str, Any]:
    """A row of facts: a taker's trade of 1,000 USDT on 5 October with a fee of 1 USDT."""
    return {
        "venue": "okx",
        "trade_id": f"t{number}",
        "revision": 0,
        "account": account,
        "executed_at": datetime(2026, 10, 5, 8, tzinfo=UTC),
        "symbol": "BTC-USDT",
        "liquidity": "taker",
        "notional": 1_000 * COIN,
        "fee": COIN,
        "volume": 1_000 * COIN,
        "asset": "USDT",
        "flags": None,
        "state": "live",
        "received_at": NOON,
        **said,
    }


def ship(rows: Sequence[Mapping[str, Any]], batch: str = "first") -> None:
    """Trades into facts."""
    _ship(TRADES, rows, batch)


def ship_days(rows: Sequence[Mapping[str, Any]], batch: str = "days") -> None:
    """Rows of a day into facts."""
    _ship(DAILY_USER, rows, batch)


def ship_deposits(rows: Sequence[Mapping[str, Any]], batch: str = "deposits") -> None:
    """Deposits into facts."""
    _ship(DEPOSITS, rows, batch)


def settle(**asked: Any) -> Run:
    """A settlement, carried out to its end."""
    run = actions.start_run(by=BY, **asked)
    drain()
    run.refresh_from_db()
    return run


def _ship(table: Any, rows: Sequence[Mapping[str, Any]], batch: str) -> None:
    columns = {name: [row.get(name) for row in rows] for name in table.names}
    shipping.ship(
        table.name,
        pa.table(
            {name: pa.array(values, table.schema.field(name).type) for name, values in columns.items()},
            schema=table.schema,
        ),
        batch_id=batch,
        source="test",
    )
