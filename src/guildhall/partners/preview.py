"""A deal tried before it is signed: on the partner's own latest trades, and on their last full month.

Bounded: only the accounts bound to this partner are read, of at most two months. Nothing is written.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from guildhall.core import clock
from guildhall.partners import deals as deal_rules
from guildhall.partners import queries
from guildhall.partners.settlement import pins, trying
from guildhall.partners.settlement.inforce import InForce, pinned
from guildhall.partners.settlement.trying import History, Trial
from guildhall.partners.why import ExplainRow


@dataclass(frozen=True, slots=True)
class Both:
    """One trade under the deal in force and under the one tried."""

    now: ExplainRow
    then: ExplainRow


@dataclass(frozen=True, slots=True)
class Preview:
    """`month`: the one both totals are of, '' without trades; `now` and `then`: (asset, kind) → units, 1e-8,
    under what is in force and under the terms tried; `trades`: the latest of it, the newest first.
    """

    month: str
    trades: tuple[Both, ...]
    now: Mapping[tuple[str, str], int]
    then: Mapping[tuple[str, str], int]
    trades_in_month: int = 0


def preview(partner_id: str, terms: Mapping[str, Any], *, limit: int = 20) -> Preview:
    """Try terms on real trades, as if they had held for the whole month. Raises NotFound, BadInput naming the
    term.
    """
    partner = queries.partner(partner_id)
    deals = [deal for deal in pins.deals_now() if deal["partner"] == partner.pk]
    month = _month(partner.pk)
    first = datetime.fromisoformat(f"{month or f'{clock.now():%Y-%m}'}-01").replace(tzinfo=UTC)
    tried = trying.changed(
        deals, {partner.pk: {**terms, "valid_from": deal_rules.written(first), "valid_to": None}}
    )
    if not month:
        return Preview("", (), {}, {})
    past = trying.history(pinned(), [month], pins.bindings_now(), [partner.pk], tried=[deals, tried])
    now, rows_now = _attempt(past, deals, limit)
    then, rows_then = _attempt(past, tried, limit)
    return Preview(
        month=month,
        trades=tuple(Both(a, b) for a, b in zip(rows_now, rows_then, strict=True)),
        now=_totals(now),
        then=_totals(then),
        trades_in_month=now.rows,
    )


def _month(partner_id: str) -> str:
    """The last full month with trades of this partner's accounts; else the latest with any."""
    bindings = pins.bindings_now()
    mine = pc.equal(bindings.column("partner"), partner_id)
    accounts = pc.unique(bindings.filter(mine).column("account"))
    if not len(accounts):
        return ""
    full = queries.last_full_month(clock.now())
    versions = pinned()
    months = sorted(InForce(versions).survey(), reverse=True)
    for month in [full, *(one for one in months if one != full)][:4]:
        if month in months and InForce(versions, months=[month], accounts=accounts).rows:
            return month
    return ""


def _attempt(past: History, deals: list[dict[str, Any]], limit: int) -> tuple[Trial, list[ExplainRow]]:
    latest = _Latest(limit, past.partners[0])
    trial = trying.attempt(past, deals, see=latest.see)
    return trial, latest.rows()


class _Latest:
    """Keeps the newest trades of what goes by."""

    def __init__(self, most: int, partner: str) -> None:
        self._most, self._partner = most, partner
        self._kept: list[tuple[datetime, str, str, dict[str, Any]]] = []

    def see(self, rows: pa.RecordBatch) -> None:
        mine = rows.filter(pc.equal(rows.column("partner"), self._partner))
        if not mine.num_rows:
            return
        newest = pc.select_k_unstable(
            mine,
            k=min(self._most, mine.num_rows),
            sort_keys=[("executed_at", "descending"), ("trade_id", "descending")],
        )
        for row in mine.take(newest).to_pylist():
            self._kept.append((row["executed_at"], row["venue"], row["trade_id"], row))
        self._kept = heapq.nlargest(self._most, self._kept, key=lambda one: one[:3])

    def rows(self) -> list[ExplainRow]:
        names = ExplainRow.__dataclass_fields__
        return [
            ExplainRow(**{name: value for name, value in row.items() if name in names})
            for *_, row in self._kept
        ]


def _totals(trial: Trial) -> dict[tuple[str, str], int]:
    sums: dict[tuple[str, str], int] = {}
    for (_who, asset, kind), units in sorted(trial.by_partner.items()):
        sums[asset, kind] = sums.get((asset, kind), 0) + units
    return sums
