"""SET-20 and up: what further terms of a deal make of settled trades. One engine: these steps start from the
amounts of SET-7 and only ever say by how much an accrual changes, and why.

SET-20 CPA after qualification, SET-21 CPA and share, SET-22 caps, SET-23 negative carry-over, SET-24 holds.
All of it in the order of `executed_at`, then of the trades; whole numbers of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from guildhall.partners.engine.bindings import Bindings
from guildhall.partners.engine.instants import DAY_US, INT64_MAX, Ints, day_of_month, month_of_day
from guildhall.partners.engine.judging import Judge, Reason
from guildhall.partners.engine.qualifying import CPA, Qualified, qualify
from guildhall.partners.engine.terms import Cap, Deal
from guildhall.partners.engine.watching import AMOUNTS, Watched

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
    """The trades in order of time, and the commission each is left with."""

    judge: Judge
    bindings: Bindings
    rows: Watched
    order: list[int]
    left: list[int]
    changed: list[tuple[int, str, int, int]] = field(default_factory=list)

    def deal(self, place: int) -> Deal | None:
        slots = self.judge.timeline.slots
        which = int(slots.deal[self.rows.slot[place]])
        return None if which < 0 else slots.deals[which]

    def set(self, place: int, rule: str, after: int) -> None:
        before = self.left[place]
        if after != before:
            self.changed.append((place, rule, before, after))
            self.left[place] = after

    def paying(self) -> Iterator[tuple[int, Deal]]:
        """Places of trades that still pay commission, with their deal, in order of time."""
        deals = [self.deal_of(slot) for slot in range(len(self.judge.timeline.slots.deal))]
        slots = self.rows.slot.tolist()
        for place in self.order:
            deal = deals[slots[place]]
            if deal is not None and self.left[place] > 0:
                yield place, deal

    def deal_of(self, slot: int) -> Deal | None:
        which = int(self.judge.timeline.slots.deal[slot])
        return None if which < 0 else self.judge.timeline.slots.deals[which]


def take_steps(judge: Judge, bindings: Bindings, rows: Watched, held: Ints, steps: Steps) -> Stepped:
    """All steps over the watched trades. `held`: places of pairs under review."""
    order = np.lexsort((rows.row, rows.at)).tolist()
    run = _Run(judge, bindings, rows, order, rows.commission.tolist())
    out = Stepped()
    qualified = qualify(judge, bindings, rows, steps.deposits)
    out.cpa = qualified.table
    _share_with_cpa(run, qualified)
    _cap(run)
    out.carried = _carry(run, out)
    _adjust(run, out)
    _hold(run, out, set(held.tolist()))
    _pay_cpa(run, out, qualified, set(held.tolist()))
    out.changes = _changes(run)
    return out


def _share_with_cpa(run: _Run, qualified: Qualified) -> None:
    """SET-21: on a binding under a CPA deal the share is paid beside it, beyond it, or not at all."""
    owed: dict[int, int] = {one.binding: one.terms.units for one in qualified.paid if one.at is not None}
    since = {one.binding: one.at for one in qualified.paid if one.at is not None}
    binding, at = run.rows.binding.tolist(), run.rows.at.tolist()
    assets, asset = run.judge.assets.words, run.rows.asset.tolist()
    for place, _deal in run.paying():
        terms = qualified.terms.get(binding[place])
        if terms is None or terms.share == "with":
            continue
        if terms.share == "none":
            run.set(place, "SET-21", 0)
            continue
        begins = since.get(binding[place])
        if begins is None or at[place] < begins or assets[asset[place]] != terms.asset:
            continue
        taken = min(run.left[place], owed[binding[place]])
        owed[binding[place]] -= taken
        run.set(place, "SET-21", run.left[place] - taken)


def _cap(run: _Run) -> None:
    """SET-22: a cap clamps; what trades of all versions were paid in its period counts against it."""
    counted: dict[str, set[tuple[str, str, str]]] = {}
    for deal in run.judge.timeline.slots.deals:
        for cap in deal.caps:
            if cap.of != "trade":
                counted.setdefault(deal.partner, set()).add((cap.of, cap.per, cap.asset))
    if not counted and not any(deal.caps for deal in run.judge.timeline.slots.deals):
        return
    spent: dict[tuple[object, ...], int] = {}
    calendar, assets = run.judge.calendar, run.judge.assets.words
    day, asset, pair = run.rows.day.tolist(), run.rows.asset.tolist(), run.rows.pair.tolist()

    def key(place: int, partner: str, of: str, per: str) -> tuple[object, ...]:
        number = calendar.days[day[place]]
        period = {"day": number, "month": month_of_day(number)}.get(per, 0)
        return (partner, asset[place], of, per, period, pair[place] if of == "account" else -1)

    for place, deal in run.paying():
        word = assets[asset[place]]
        room = min(
            (_room(cap, place, deal, key, spent) for cap in deal.caps if cap.asset == word), default=INT64_MAX
        )
        run.set(place, "SET-22", min(run.left[place], max(0, room)))
        for of, per, which in counted.get(deal.partner, ()):
            if which == word:
                one = key(place, deal.partner, of, per)
                spent[one] = spent.get(one, 0) + run.left[place]


def _room(
    cap: Cap,
    place: int,
    deal: Deal,
    key: Callable[[int, str, str, str], tuple[object, ...]],
    spent: dict[tuple[object, ...], int],
) -> int:
    if cap.of == "trade":
        return cap.units
    return cap.units - spent.get(key(place, deal.partner, cap.of, cap.per), 0)


def _carry(run: _Run, out: Stepped) -> pa.Table:
    """SET-23: in a month, what a partner would have earned on rebates is taken off what fees earned."""
    earned: dict[tuple[str, str, str], dict[int, list[int]]] = {}
    last: dict[tuple[str, str, str, int], Deal] = {}
    venues, assets, calendar = run.judge.venues.words, run.judge.assets.words, run.judge.calendar
    rows = run.rows
    state, fee, rate = rows.state.tolist(), rows.fee.tolist(), rows.rate.tolist()
    for place in run.order if any(deal.carry != "none" for deal in run.judge.timeline.slots.deals) else ():
        deal = run.deal(place)
        if deal is None or deal.carry == "none" or state[place] not in (Reason.PAID, Reason.FEE_NOT_POSITIVE):
            continue
        month = month_of_day(calendar.days[rows.day[place]])
        key = (deal.partner, venues[rows.venue[place]], assets[rows.asset[place]])
        sums = earned.setdefault(key, {}).setdefault(month, [0, 0])
        last[*key, month] = deal
        if state[place] == Reason.PAID:
            sums[0] += run.left[place]
        elif fee[place] < 0:
            pool = -fee[place] * rate[place] // 1_000_000
            sums[1] += pool - pool * deal.kickback_ppm // 1_000_000
    said = []
    for key, months in sorted(earned.items()):
        carried = 0
        for month, (commission, debt) in sorted(months.items()):
            deal = last[*key, month]
            deducted = min(commission, carried + debt)
            rest = carried + debt - deducted
            left = rest if deal.carry == "forward" else 0
            partner, venue, asset = key
            day = day_of_month(month + 1) - 1
            out.add((partner, day, asset, "carry", venue, partner, deal.version), -deducted)
            name = f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"
            said.append((*key, name, deal.version, commission, carried, debt, deducted, left))
            carried = left
    return _table(CARRIED, said)


def _adjust(run: _Run, out: Stepped) -> None:
    """What SET-21 and SET-22 took from the accruals of SET-9."""
    given = run.rows.commission.tolist()
    for place in sorted({place for place, *_rest in run.changed}):
        out.add(_key(run, place, "commission"), run.left[place] - given[place])


def _hold(run: _Run, out: Stepped, held: set[int]) -> None:
    """SET-24: amounts of flagged trades and of accounts under review wait under a kind of their own."""
    rows = run.rows
    wait = rows.is_flagged | np.isin(rows.pair, np.array(sorted(held), np.int64))
    for place in np.flatnonzero(wait & (rows.state == Reason.PAID)).tolist():
        amounts = (run.left[place], int(rows.kickback[place]), int(rows.override[place]))
        for kind, units in zip(AMOUNTS, amounts, strict=True):
            out.add(_key(run, place, kind), -units)
            out.add(_key(run, place, HELD + kind), units)


def _pay_cpa(run: _Run, out: Stepped, qualified: Qualified, held: set[int]) -> None:
    """SET-20: the amount, on the UTC day of qualifying."""
    for one in qualified.paid:
        if one.at is None:
            continue
        kind = HELD + "cpa" if one.pair in held else "cpa"
        day = one.at // DAY_US
        out.add(
            (one.deal.partner, day, one.terms.asset, kind, one.venue, one.deal.partner, one.deal.version),
            one.terms.units,
        )


def _key(run: _Run, place: int, kind: str) -> Key:
    rows, judge = run.rows, run.judge
    deal = run.deal(place)
    assert deal is not None
    is_override = kind.removeprefix(HELD) == "override" and deal.override is not None
    return (
        deal.override.parent if is_override and deal.override else deal.partner,
        judge.calendar.days[rows.day[place]],
        judge.assets.words[rows.asset[place]],
        kind,
        judge.venues.words[rows.venue[place]],
        deal.partner,
        deal.version,
    )


def _changes(run: _Run) -> pa.Table:
    rows, venues = run.rows, run.judge.venues.words
    ordered = sorted(run.changed, key=lambda one: (int(rows.row[one[0]]), one[1]))
    ids = rows.trade_id.take(pa.array([place for place, *_rest in ordered], pa.int64())).to_pylist()
    said = []
    for trade_id, (place, rule, before, after) in zip(ids, ordered, strict=True):
        deal = run.deal(place)
        partner = deal.partner if deal is not None else ""
        said.append((int(rows.row[place]), trade_id, venues[rows.venue[place]], partner, rule, before, after))
    return _table(CHANGES, said)


def _table(schema: pa.Schema, rows: Sequence[tuple[object, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    return pa.table(
        [pa.array(column, one.type) for column, one in zip(columns, schema, strict=True)], schema=schema
    )
