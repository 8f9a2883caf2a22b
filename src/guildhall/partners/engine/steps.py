"""SET-20 and up: what further terms of a deal make of settled trades. One engine: these steps start from the
amounts of SET-7 and only ever say by how much an accrual changes, and why.

SET-20 CPA after qualification, SET-21 CPA and share, SET-22 caps, SET-23 negative carry-over, SET-24 holds.
All of it in the order of `executed_at`, then of the trades; whole numbers of any size.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.core.money import PPM
from guildhall.partners.engine.bindings import Bindings
from guildhall.partners.engine.columns import reported
from guildhall.partners.engine.instants import DAY_US, Ints, day_of_month
from guildhall.partners.engine.judging import Judge, Reason
from guildhall.partners.engine.qualifying import CPA, Qualified, qualify
from guildhall.partners.engine.sums import Sums, numbered
from guildhall.partners.engine.terms import Deal
from guildhall.partners.engine.watching import Watched

CHANGES = pa.schema(
    [
        ("row", pa.int64()),
        ("trade_id", pa.string()),
        ("venue", pa.string()),
        ("partner", pa.string()),
        ("rule", pa.string()),
        ("before", pa.int64()),
        ("after", pa.int64()),
    ]
)
CARRIED = pa.schema(
    [
        ("partner", pa.string()),
        ("venue", pa.string()),
        ("asset", pa.string()),
        ("month", pa.string()),
        ("deal_version", pa.int64()),
        ("commission", pa.int64()),
        ("carried_in", pa.int64()),
        ("debt", pa.int64()),
        ("deducted", pa.int64()),
        ("carried_out", pa.int64()),
    ]
)
HELD = "held_"


@dataclass(frozen=True, slots=True)
class Steps:
    """What later steps need beside trades. `deposits`: venue, account, at (timestamp), asset, amount int64 of
    1e-8, those in force only; `held`: (venue, account) under review, whose amounts wait.
    """

    deposits: pa.Table | None = None
    held: frozenset[tuple[str, str]] = frozenset()


Key = tuple[str, int, str, str, str, str, int]
"""partner, day since 1970, asset, kind, venue, deal partner, deal version"""


@dataclass(slots=True)
class Stepped:
    """`adjustments`: units to add to accruals. `changes` (`CHANGES`): each trade whose commission a step
    changed, step by step. `cpa` (`CPA`): every binding under a CPA deal and how far it came. `carried`
    (`CARRIED`): each month of a deal with carry-over.
    """

    adjustments: dict[Key, int] = field(default_factory=dict)
    changes: pa.Table = field(default_factory=lambda: CHANGES.empty_table())
    cpa: pa.Table = field(default_factory=lambda: CPA.empty_table())
    carried: pa.Table = field(default_factory=lambda: CARRIED.empty_table())

    def add(self, key: Key, units: int) -> None:
        if units:
            self.adjustments[key] = self.adjustments.get(key, 0) + units


@dataclass(slots=True)
class _Run:
    """The trades in order of time, and the commission each is left with (`left`)."""

    judge: Judge
    bindings: Bindings
    rows: Watched
    order: Ints
    left: Ints
    changed: list[tuple[str, Ints, Ints, Ints]] = field(default_factory=list)

    @property
    def deals(self) -> tuple[Deal, ...]:
        return self.judge.timeline.slots.deals

    @property
    def deal(self) -> Ints:
        """The place of the deal of each trade, -1 where none was in force."""
        return self.judge.timeline.slots.deal[self.rows.slot]

    def paying(self, among: npt.NDArray[np.bool_]) -> Ints:
        """Places, in order of time, of those among the trades that still pay commission."""
        return self.order[(among & (self.left > 0))[self.order]]

    def set(self, rule: str, places: Ints, after: Ints) -> None:
        """Leave these trades with so much."""
        differ = np.flatnonzero(self.left[places] != after)
        places, after = places[differ], after[differ]
        self.changed.append((rule, places, self.left[places], after))
        self.left[places] = after


def take_steps(judge: Judge, bindings: Bindings, rows: Watched, held: Ints, steps: Steps) -> Stepped:
    """All steps over the watched trades. `held`: places of pairs under review."""
    run = _Run(judge, bindings, rows, np.lexsort((rows.row, rows.at)), rows.commission.copy())
    out = Stepped()
    qualified = qualify(judge, bindings, rows, steps.deposits)
    out.cpa = qualified.table
    _share_with_cpa(run, qualified)
    _cap(run)
    out.carried = _carry(run, out)
    _add(out, run, "commission", np.arange(len(rows)), run.left - rows.commission)
    _hold(run, out, held)
    _pay_cpa(out, qualified, set(held.tolist()))
    out.changes = _changes(run)
    return out


def _share_with_cpa(run: _Run, qualified: Qualified) -> None:
    """SET-21: on a binding under a CPA deal the share is paid beside it, beyond it, or not at all."""
    never = [row for row, terms in qualified.terms.items() if terms.share == "none"]
    unpaid = run.paying(np.isin(run.rows.binding, np.array(never, np.int64)))
    run.set("SET-21", unpaid, unpaid * 0)
    recovering = {one.binding: one for one in qualified.paid if one.terms.share == "after_recovered"}
    owed = {row: one.terms.units for row, one in recovering.items()}
    places = run.paying(np.isin(run.rows.binding, np.array(list(recovering), np.int64)))
    asset_place = run.judge.assets.places
    after = run.left[places].tolist()
    columns = (run.rows.binding[places], run.rows.at[places], run.rows.asset[places])
    for i, (row, at, asset) in enumerate(zip(*(column.tolist() for column in columns), strict=True)):
        one = recovering[row]
        if owed[row] and at >= one.at and asset == asset_place.get(one.terms.asset, -1):
            taken = min(after[i], owed[row])
            owed[row] -= taken
            after[i] -= taken
    run.set("SET-21", places, np.array(after, np.int64))


def _cap(run: _Run) -> None:
    """SET-22: a cap clamps; what trades of all versions were paid in its period counts against it."""
    capped = {deal.partner for deal in run.deals if deal.caps}
    if not capped:
        return
    rows, calendar = run.rows, run.judge.calendar
    is_capped = np.array([deal.partner in capped for deal in run.deals] + [False], np.bool_)
    places = run.paying(is_capped[run.deal])
    deal, day, asset = run.deal[places], rows.day[places], rows.asset[places]
    partner = run.judge.timeline.slots.partner[rows.slot[places]]
    month = np.asarray(calendar.month_places, np.int64)[day] if len(day) else day
    kinds = sorted({(cap.of, cap.per) for one in run.deals for cap in one.caps if cap.of != "trade"})
    counters: list[list[int]] = []
    for of, per in kinds:
        period = {"day": day, "month": month}.get(per, day * 0)
        whose = rows.pair[places] if of == "account" else day * 0 - 1
        counters.append(numbered(partner, asset, period, whose)[1].tolist())
    spent = [[0] * (max(one, default=-1) + 1) for one in counters]
    limits: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for i, one in enumerate(run.deals):
        for cap in one.caps:
            kind = -1 if cap.of == "trade" else kinds.index((cap.of, cap.per))
            place = run.judge.assets.places.get(cap.asset, -1)
            limits.setdefault((i, place), []).append((kind, cap.units))
    after = run.left[places].tolist()
    for i, key in enumerate(zip(deal.tolist(), asset.tolist(), strict=True)):
        paid = after[i]
        for kind, units in limits.get(key, ()):
            room = units if kind < 0 else units - spent[kind][counters[kind][i]]
            if room < paid:
                paid = max(0, room)
        after[i] = paid
        for kind, counter in enumerate(counters):
            spent[kind][counter[i]] += paid
    run.set("SET-22", places, np.array(after, np.int64))


def _carry(run: _Run, out: Stepped) -> pa.Table:
    """SET-23: in a month, what a partner would have earned on rebates is taken off what fees earned."""
    carrying = np.array([deal.carry != "none" for deal in run.deals] + [False], np.bool_)
    rows, judge = run.rows, run.judge
    is_paid, is_rebate = rows.state == Reason.PAID, (rows.state == Reason.FEE_NOT_POSITIVE) & (rows.fee < 0)
    counts = carrying[run.deal] & (is_paid | (rows.state == Reason.FEE_NOT_POSITIVE))
    places = run.order[counts[run.order]]
    if not len(places):
        return CARRIED.empty_table()
    month = np.asarray(judge.calendar.month_places, np.int64)[rows.day[places]]
    partner = judge.timeline.slots.partner[rows.slot[places]]
    keys, group = numbered(partner, rows.venue[places], rows.asset[places], month)
    last = np.zeros(len(keys[0]), np.int64)
    last[group] = run.deal[places]  # in order of time: the last one stays
    sums = Sums(2)
    debts = np.zeros(len(places), np.int64)
    rebates = np.flatnonzero(is_rebate[places])
    debts[rebates] = [_debt(run, place) for place in places[rebates].tolist()]
    sums.add(group, np.where(is_paid[places], run.left[places], 0), debts)
    groups, (commissions, owed) = sums.result()
    months = list(judge.calendar.months)
    found: dict[tuple[str, str, str], list[tuple[int, Deal, int, int]]] = {}
    for cell, commission, debt in zip(groups.tolist(), commissions.tolist(), owed.tolist(), strict=True):
        deal = run.deals[int(last[cell])]
        venue, asset = judge.venues.words[keys[1][cell]], judge.assets.words[keys[2][cell]]
        line = (months[keys[3][cell]], deal, commission, debt)
        found.setdefault((deal.partner, venue, asset), []).append(line)
    said = []
    for (name, venue, asset), lines in sorted(found.items()):
        carried = 0
        for at, deal, commission, debt in sorted(lines, key=lambda line: line[0]):
            deducted = min(commission, carried + debt)
            left = carried + debt - deducted if deal.carry == "forward" else 0
            last_day = day_of_month(at + 1) - 1
            out.add((name, last_day, asset, "carry", venue, name, deal.version), -deducted)
            month_name = f"{1970 + at // 12:04d}-{at % 12 + 1:02d}"
            said.append(
                (name, venue, asset, month_name, deal.version, commission, carried, debt, deducted, left)
            )
            carried = left
    return reported(CARRIED, said)


def _debt(run: _Run, place: int) -> int:
    deal = run.deals[int(run.judge.timeline.slots.deal[run.rows.slot[place]])]
    pool = -int(run.rows.fee[place]) * int(run.rows.rate[place]) // PPM
    return pool - pool * deal.kickback_ppm // PPM


def _hold(run: _Run, out: Stepped, held: Ints) -> None:
    """SET-24: amounts of flagged trades and of accounts under review wait under a kind of their own."""
    rows = run.rows
    wait = np.flatnonzero((rows.is_flagged | np.isin(rows.pair, held)) & (rows.state == Reason.PAID))
    amounts = {"commission": run.left[wait], "kickback": rows.kickback[wait], "override": rows.override[wait]}
    for kind, units in amounts.items():
        _add(out, run, kind, wait, -units)
        _add(out, run, HELD + kind, wait, units)


def _pay_cpa(out: Stepped, qualified: Qualified, held: set[int]) -> None:
    """SET-20: the amount, on the UTC day of qualifying."""
    for one in qualified.paid:
        kind = HELD + "cpa" if one.pair in held else "cpa"
        partner, day = one.deal.partner, one.at // DAY_US
        out.add((partner, day, one.terms.asset, kind, one.venue, partner, one.deal.version), one.terms.units)


def _add(out: Stepped, run: _Run, kind: str, places: Ints, units: Ints) -> None:
    """Units of trades to the accruals they belong to."""
    some = np.flatnonzero(units)
    places, units = places[some], units[some]
    rows, judge = run.rows, run.judge
    keys, group = numbered(run.deal[places], rows.day[places], rows.asset[places], rows.venue[places])
    sums = Sums(1)
    sums.add(group, units)
    groups, (added,) = sums.result()
    assets, venues = judge.assets.words, judge.venues.words
    for (deal_place, day, asset, venue), more in zip(
        zip(*(key[groups].tolist() for key in keys), strict=True), added.tolist(), strict=True
    ):
        deal = run.deals[deal_place]
        is_override = kind.removeprefix(HELD) == "override" and deal.override is not None
        whose = deal.override.parent if is_override and deal.override else deal.partner
        key = (
            whose,
            judge.calendar.days[day],
            assets[asset],
            kind,
            venues[venue],
            deal.partner,
            deal.version,
        )
        out.add(key, more)


def _changes(run: _Run) -> pa.Table:
    rules = np.concatenate(
        [np.full(len(one[1]), i) for i, one in enumerate(run.changed)] or [np.empty(0, int)]
    )
    places, before, after = (
        np.concatenate([one[i] for one in run.changed] or [np.empty(0, np.int64)]) for i in (1, 2, 3)
    )
    order = np.lexsort((rules, run.rows.row[places]))
    places, before, after, rules = places[order], before[order], after[order], rules[order]
    slots = run.judge.timeline.slots
    arrays = [
        pa.array(run.rows.row[places]),
        run.rows.trade_id.take(pa.array(places)),
        pa.array(run.judge.venues.words, pa.string()).take(pa.array(run.rows.venue[places])),
        pa.array(slots.partners, pa.string()).take(pa.array(slots.partner[run.rows.slot[places]])),
        pa.array([one[0] for one in run.changed], pa.string()).take(pa.array(rules)),
        pa.array(before),
        pa.array(after),
    ]
    return pa.Table.from_arrays(arrays, schema=CHANGES)
