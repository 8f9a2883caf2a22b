"""SET-20: which accounts qualify for a CPA, and when.

A binding stands under the CPA of the deal in force when it began. Within `within_days` (of 24 hours) from
there, and while it holds, deposits, counted volume (SET-3) and days with a counted trade must reach their
least; the instant of the last one needed is the qualification. An account qualifies once, whoever brings it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from guildhall.partners.engine.bindings import Bindings
from guildhall.partners.engine.columns import (
    Kind,
    check_schema,
    encoded,
    instants,
    plain_text,
    reported,
    whole_numbers,
)
from guildhall.partners.engine.instants import DAY_US, INT64_MAX, Ints
from guildhall.partners.engine.judging import Judge, Reason
from guildhall.partners.engine.later_terms import Cpa
from guildhall.partners.engine.terms import Deal
from guildhall.partners.engine.watching import Watched

CPA = pa.schema(
    [
        ("venue", pa.string()),
        ("account", pa.string()),
        ("partner", pa.string()),
        ("deal_version", pa.int64()),
        ("bound_from", pa.timestamp("us", "UTC")),
        ("window_end", pa.timestamp("us", "UTC")),
        ("qualified_at", pa.timestamp("us", "UTC")),
        ("deposited", pa.int64()),
        ("volume", pa.int64()),
        ("active_days", pa.int64()),
        ("asset", pa.string()),
        ("units", pa.int64()),
        ("state", pa.string()),
    ]
)
"""`state`: qualified, short (of something, so far or for good), once (the account had qualified before).
Figures are those reached at the qualification, or by the end of the window."""
DEPOSIT_KINDS: dict[str, Kind] = {
    "venue": "text", "account": "text", "at": "instant", "asset": "text", "amount": "whole",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Qualification:
    """A binding that qualified, at an instant in microseconds since 1970 UTC."""

    binding: int
    pair: int
    venue: str
    deal: Deal
    terms: Cpa
    at: int


@dataclass(frozen=True, slots=True)
class Qualified:
    """`terms`: binding → the CPA it stands under; `paid`: the bindings that qualified."""

    terms: dict[int, Cpa]
    paid: list[Qualification]
    table: pa.Table


def qualify(judge: Judge, bindings: Bindings, rows: Watched, deposits: pa.Table | None) -> Qualified:
    """Every binding under a CPA deal. Raises BadInput for deposits that cannot be read."""
    timeline = judge.timeline
    if not any(deal.cpa for deal in timeline.slots.deals):
        return Qualified({}, [], CPA.empty_table())
    pair = timeline.pairs_of([(bindings.venue, bindings.venues)], [(bindings.account, bindings.accounts)])[0]
    slot = timeline.slot[timeline.look_up(pair, bindings.valid_from)]
    deal_of = [timeline.slots.deal[one] for one in slot.tolist()]
    candidates = [
        row for row, deal in enumerate(deal_of) if deal >= 0 and timeline.slots.deals[deal].cpa is not None
    ]
    candidates.sort(key=lambda row: (int(pair[row]), int(bindings.valid_from[row])))
    trades, paid_in = _Trades(rows, len(bindings)), _Deposits(judge, deposits)
    terms: dict[int, Cpa] = {}
    paid: list[Qualification] = []
    done: set[int] = set()
    said: list[tuple[Any, ...]] = []
    for row in candidates:
        deal = timeline.slots.deals[deal_of[row]]
        assert deal.cpa is not None
        terms[row] = deal.cpa
        begin = int(bindings.valid_from[row])
        end = min(begin + deal.cpa.within_days * DAY_US, int(bindings.valid_to[row]), INT64_MAX)
        at, figures = None, (0, 0, 0)
        is_again = int(pair[row]) in done
        if not is_again:
            events = trades.of(row, end) + paid_in.of(int(pair[row]), deal.cpa.deposit_asset, begin, end)
            at, figures = _reached(deal.cpa, begin, sorted(events))
        venue = bindings.venues[int(bindings.venue[row])].as_py()
        if at is not None:
            done.add(int(pair[row]))
            paid.append(Qualification(row, int(pair[row]), venue, deal, deal.cpa, at))
        account = bindings.accounts[int(bindings.account[row])].as_py()
        state = "once" if is_again else "short" if at is None else "qualified"
        units = 0 if at is None else deal.cpa.units
        said.append(
            (
                venue,
                account,
                deal.partner,
                deal.version,
                begin,
                end,
                at,
                *figures,
                deal.cpa.asset,
                units,
                state,
            )
        )
    return Qualified(terms, paid, reported(CPA, said))


def _reached(
    terms: Cpa, begin: int, events: list[tuple[int, int, int]]
) -> tuple[int | None, tuple[int, int, int]]:
    """When all three are reached, and the figures then; an event is (at, amount, is_trade)."""
    deposited = volume = 0
    days: set[int] = set()

    def is_reached() -> bool:
        return (
            deposited >= terms.min_deposit and volume >= terms.min_volume and len(days) >= terms.active_days
        )

    if is_reached():
        return begin, (0, 0, 0)
    for i, (at, amount, is_trade) in enumerate(events):
        if is_trade:
            volume += amount
            days.add(at // DAY_US)
        else:
            deposited += amount
        is_last_of_instant = i + 1 == len(events) or events[i + 1][0] > at
        if is_last_of_instant and is_reached():
            return at, (deposited, volume, len(days))
    return None, (deposited, volume, len(days))


class _Trades:
    """Counted trades (SET-3) by binding, as events in order of time."""

    def __init__(self, rows: Watched, bindings: int) -> None:
        counted = np.flatnonzero((rows.state >= Reason.TERM_OVER) & (rows.state <= Reason.PAID))
        places = counted[np.lexsort((rows.at[counted], rows.binding[counted]))]
        self._first = np.searchsorted(rows.binding[places], np.arange(bindings + 1)).tolist()
        self._at, self._volume = rows.at[places], rows.volume[places]

    def of(self, binding: int, end: int) -> list[tuple[int, int, int]]:
        begin, after = self._first[binding], self._first[binding + 1]
        if begin == after:
            return []
        at = self._at[begin:after]
        inside = int(np.searchsorted(at, end))
        volumes = self._volume[begin : begin + inside].tolist()
        return [(one, amount, 1) for one, amount in zip(at[:inside].tolist(), volumes, strict=True)]


class _Deposits:
    """Deposits by account and asset, as events."""

    def __init__(self, judge: Judge, deposits: pa.Table | None) -> None:
        self._assets: list[str] = []
        self._pair: Ints = np.empty(0, np.int64)
        if deposits is None or not deposits.num_rows:
            return
        check_schema(deposits.schema, DEPOSIT_KINDS, "Deposits", "充值")
        batches = deposits.select(list(DEPOSIT_KINDS)).combine_chunks().to_batches()
        batch = batches[0] if len(batches) == 1 else pa.concat_batches(batches)
        named = {
            name: encoded(plain_text(batch.column(name)), name, 1, "Deposits", "充值")
            for name in ("venue", "account", "asset")
        }
        pair = judge.timeline.pairs_of([named["venue"]], [named["account"]])[0]
        at = instants(batch.column("at"), "at", 1, "Deposits", "充值")
        order = np.lexsort((at, pair))
        self._pair, self._at = pair[order].astype(np.int64), at[order]
        self._amount = whole_numbers(batch.column("amount"), "amount", 1, "Deposits", "充值")[order]
        self._asset = named["asset"][0][order]
        self._assets = named["asset"][1].to_pylist()

    def of(self, pair: int, asset: str, begin: int, end: int) -> list[tuple[int, int, int]]:
        if asset not in self._assets:
            return []
        first, last = np.searchsorted(self._pair, [pair, pair + 1])
        at = self._at[first:last]
        which = self._asset[first:last] == self._assets.index(asset)
        inside = np.flatnonzero((at >= begin) & (at < end) & which)
        amounts = self._amount[first:last][inside].tolist()
        return [(one, amount, 0) for one, amount in zip(at[inside].tolist(), amounts, strict=True)]
