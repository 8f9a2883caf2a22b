"""Deals tried on what really happened: the same engine, the same trades, once as things are and once changed.

Nothing is written. Only trades of accounts ever bound to the partners concerned are read: no other partner's
amounts depend on a deal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.exchange.facts import DEPOSITS
from guildhall.facts import reading
from guildhall.partners import deals as deal_rules
from guildhall.partners.engine import TableTrades, Trades, settle
from guildhall.partners.engine.instants import days_of
from guildhall.partners.engine.steps import Steps
from guildhall.partners.engine.sums import Sums
from guildhall.partners.engine.terms import Deal, deals_from_json
from guildhall.partners.settlement import months as calendar
from guildhall.partners.settlement import pins
from guildhall.partners.settlement.inforce import COLUMNS, InForce, month_numbers

HELD_IN_MEMORY = 3_000_000
"""So many trades are read once and kept; more are read again for every pass."""
AMOUNTS = ("fee", "kickback", "commission", "override")
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """Sums of one settling, in 1e-8 of each asset. `by_account`: asset → account, numbered alike in every
    trial of one past, → what was given for its trades before later steps; `fees`: (partner, asset) → fees of
    the trades bound to them; `by_day`: (asset, days since
    1970) → fees, and all that is owed for it.
    """

    by_account: Mapping[str, Mapping[int, int]]
    fees: Mapping[tuple[str, str], int]
    by_day: Mapping[tuple[str, int], tuple[int, int]]
    by_partner: Mapping[tuple[str, str, str], int]
    """(partner credited, asset, kind) → units."""
    volumes: Mapping[str, int]
    """Asset → Σ volume of the bound trades whose fee is in it."""
    reasons: Mapping[str, int]
    rows: int


@dataclass(frozen=True, slots=True)
class History:
    """What is tried on: facts at these versions, of these months, of the accounts concerned."""

    versions: Mapping[str, int]
    months: tuple[str, ...]
    bindings: pa.Table
    """Only bindings of the partners concerned and of whoever else ever had their accounts."""
    partners: tuple[str, ...]
    """The partners concerned."""
    trades: Trades
    steps: Steps


def history(
    versions: Mapping[str, int],
    wanted: Sequence[str],
    bindings: pa.Table,
    partners: Sequence[str],
    *,
    tried: Sequence[Sequence[Mapping[str, Any]]],
) -> History:
    """Read what concerns some partners in some months. `bindings`: all there are; `tried`: the lists of deals
    that will be tried, because some look back further than a month.
    """
    own = pc.is_in(bindings.column("partner"), value_set=pa.array(list(partners), pa.string()))
    accounts = pc.unique(bindings.filter(own).column("account"))
    theirs = bindings.filter(pc.is_in(bindings.column("account"), value_set=accounts))
    months: Sequence[str] = calendar.with_the_month_before(wanted)
    steps = Steps(None, pins.reviewed_now())
    concerned = [deal for deals in tried for deal in _read(deals, partners)]
    if any(deal.changes_amounts for deal in concerned):
        months = [month for month in InForce(versions).survey() if month <= max(wanted)]
        steps = Steps(pins.deposits_at(reading.version(DEPOSITS.name)), steps.held)
    trades = InForce(versions, months=months, accounts=accounts)
    return History(versions, tuple(wanted), theirs, tuple(partners), _held(trades), steps)


def changed(
    deals: Sequence[Mapping[str, Any]], changes: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The deals as they would be had these terms (partner → whole terms) been put in force."""
    kept = [dict(deal) for deal in deals if deal["partner"] not in changes]
    for partner, terms in changes.items():
        standing = {int(deal["version"]): dict(deal) for deal in deals if deal["partner"] == partner}
        version = max(standing, default=0) + 1
        new = deal_rules.checked(terms, partner, version)
        spans = [
            deal_rules.Span(number, _time(deal["valid_from"]), deal_rules.time_of(deal["valid_to"]))
            for number, deal in standing.items()
        ]
        ends = deal_rules.time_of(new["valid_to"])
        for cut in deal_rules.cut(spans, deal_rules.Span(version, _time(new["valid_from"]), ends)):
            if cut.span is None:
                del standing[cut.version]
            else:
                standing[cut.version]["valid_from"] = deal_rules.written(cut.span.valid_from)
                standing[cut.version]["valid_to"] = deal_rules.written(cut.span.valid_to)
        kept += [*standing.values(), new]
    return kept


def attempt(
    past: History,
    deals: Sequence[Mapping[str, Any]],
    *,
    directory: Path | None = None,
    progress: Progress | None = None,
    see: Callable[[pa.RecordBatch], None] | None = None,
) -> Trial:
    """Settle the past by these deals, of the partners concerned only. `see` is given every explained batch of
    the months asked for.

    Raises BadInput when the deals contradict themselves.
    """
    summing = _Summing(past, progress, see)
    settled = settle(
        past.trades,
        past.bindings,
        _read(deals, past.partners),
        explain=summing.take,
        directory=directory,
        also=_ALSO,
        as_dictionaries=True,
        steps=past.steps,
    )
    return summing.trial(settled.by_deal)


_ALSO = ("venue", "account", "executed_at", "asset", "fee", "volume")


_EPOCH = date(1970, 1, 1)


@dataclass(slots=True)
class _OfAsset:
    """Sums of one asset: what was given by account, fees by partner and by day, volume in all."""

    given: Sums = field(default_factory=lambda: Sums(len(AMOUNTS) - 1))
    fees: Sums = field(default_factory=lambda: Sums(1))
    days: Sums = field(default_factory=lambda: Sums(1))
    volume: Sums = field(default_factory=lambda: Sums(1))


@dataclass(slots=True)
class _Words:
    """Texts and their places, in order of appearance."""

    places: dict[str, int] = field(default_factory=dict)

    def of(self, column: pa.Array) -> npt.NDArray[np.int64]:
        encoded = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
        words = encoded.dictionary.to_pylist()
        known = np.array([self.places.setdefault(word, len(self.places)) for word in words], np.int64)
        return known[encoded.indices.to_numpy(zero_copy_only=False)]

    def said(self) -> list[str]:
        return list(self.places)


class _Summing:
    def __init__(
        self, past: History, progress: Progress | None, see: Callable[[pa.RecordBatch], None] | None
    ) -> None:
        self._months = np.array(past.months, "datetime64[M]")
        self._concerned = pa.array(past.partners, pa.string())
        self._wanted = set(past.months)
        self._progress, self._see = progress, see
        self._accounts, self._partners, self._assets = _Words(), _Words(), _Words()
        self._sums: dict[int, _OfAsset] = {}
        self._reasons: dict[str, int] = {}
        self._seen = self._rows = 0

    def take(self, explains: pa.RecordBatch) -> None:
        self._seen += explains.num_rows
        keep = np.isin(month_numbers(explains.column("executed_at")), self._months)
        inside = explains if keep.all() else explains.filter(pa.array(keep))
        if inside.num_rows:
            self._add(inside)
        if self._progress is not None:
            self._progress(self._seen)

    def _add(self, rows: pa.RecordBatch) -> None:
        self._rows += rows.num_rows
        if self._see is not None:
            self._see(rows)
        for counted in rows.column("reason").value_counts().to_pylist():
            self._reasons[counted["values"]] = self._reasons.get(counted["values"], 0) + counted["counts"]
        bound = rows.filter(pc.is_in(rows.column("partner"), value_set=self._concerned))
        if not bound.num_rows:
            return
        asset = self._assets.of(bound.column("asset"))
        account, partner = (
            self._accounts.of(bound.column("account")),
            self._partners.of(bound.column("partner")),
        )
        day = days_of(bound.column("executed_at").cast(pa.int64()).to_numpy(zero_copy_only=False))
        volume = bound.column("volume").to_numpy(zero_copy_only=False)
        fee, *given = (bound.column(name).to_numpy(zero_copy_only=False) for name in AMOUNTS)
        for one in np.flatnonzero(np.bincount(asset)).tolist():
            mine = np.flatnonzero(asset == one)
            sums = self._sums.setdefault(one, _OfAsset())
            sums.given.add(account[mine], *(units[mine] for units in given))
            sums.fees.add(partner[mine], fee[mine])
            sums.days.add(day[mine], fee[mine])
            sums.volume.add(np.zeros(len(mine), np.int64), volume[mine])

    def trial(self, by_deal: pa.Table) -> Trial:
        assets, partners = self._assets.said(), self._partners.said()
        by_partner: dict[tuple[str, str, str], int] = {}
        costs: dict[tuple[str, int], int] = {}
        for row in by_deal.select(["partner", "asset", "kind", "day", "units"]).to_pylist():
            if f"{row['day']:%Y-%m}" in self._wanted:
                owed = (row["partner"], row["asset"], row["kind"])
                by_partner[owed] = by_partner.get(owed, 0) + row["units"]
                when = (row["asset"], (row["day"] - _EPOCH).days)
                costs[when] = costs.get(when, 0) + row["units"]
        earned = {
            (assets[one], day): units for one, sums in self._sums.items() for day, (units,) in _of(sums.days)
        }
        return Trial(
            by_account={
                assets[one]: {account: sum(given) for account, given in _of(sums.given)}
                for one, sums in self._sums.items()
            },
            fees={
                (partners[who], assets[one]): units
                for one, sums in self._sums.items()
                for who, (units,) in _of(sums.fees)
            },
            by_day={when: (earned.get(when, 0), costs.get(when, 0)) for when in sorted({*earned, *costs})},
            by_partner=by_partner,
            volumes={
                assets[one]: units for one, sums in self._sums.items() for _, (units,) in _of(sums.volume)
            },
            reasons=self._reasons,
            rows=self._rows,
        )


def _of(sums: Sums) -> Iterator[tuple[int, tuple[int, ...]]]:
    groups, columns = sums.result()
    yield from zip(groups.tolist(), zip(*(column.tolist() for column in columns), strict=True), strict=True)


def _read(deals: Sequence[Mapping[str, Any]], partners: Sequence[str]) -> tuple[Deal, ...]:
    return deals_from_json([dict(deal) for deal in deals if deal["partner"] in partners])


def _held(trades: InForce) -> Trades:
    """The trades, in memory when they are few enough to be."""
    held: list[pa.RecordBatch] = []
    rows = 0
    for batch in trades.batches(COLUMNS):
        held.append(batch)
        rows += batch.num_rows
        if rows > HELD_IN_MEMORY:
            return trades
    if not held:
        return trades
    return TableTrades(pa.Table.from_batches(held))


def _time(text: str) -> datetime:
    at = deal_rules.time_of(text)
    assert at is not None
    return at
