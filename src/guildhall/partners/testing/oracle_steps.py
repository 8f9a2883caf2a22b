"""SET-20 to SET-24 in plain Python integers, trade by trade: the reference for the later steps of the engine.

Like `oracle`, it follows the text of `docs/settlement.md` and shares no code with the engine. It starts from
the explain rows of the reference and answers what is owed after the steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from guildhall.partners.testing.oracle import PPM, Binding, Deal, Explained, Oracle, Trade, is_in_force
from guildhall.partners.testing.oracle_calendar import DAY, day_number, month_number, number_of

Version = tuple[str, int]
Key = tuple[str, int, str, str, str, str, int]
"""partner credited, day since 1970, asset, kind, venue, whose deal, its version"""


class Cpa(NamedTuple):
    """The `cpa` of a deal, as its JSON names it."""

    units: int
    asset: str
    within_days: int
    min_deposit: int = 0
    deposit_asset: str = ""
    min_volume: int = 0
    active_days: int = 0
    share: str = "with"


class Cap(NamedTuple):
    """One of the `caps` of a deal."""

    units: int
    asset: str
    of: str
    per: str


class Further(NamedTuple):
    """The terms of a version beyond those of SET-1 to SET-9."""

    cpa: Cpa | None = None
    caps: tuple[Cap, ...] = ()
    carry: str = "none"
    hold_flags: tuple[str, ...] = ()


class Deposit(NamedTuple):
    """`at`: microseconds since 1970-01-01 UTC; `amount`: 1e-8 of `asset`."""

    venue: str
    account: str
    at: int
    asset: str
    amount: int


@dataclass
class _Step:
    """A trade on its way through the steps. `left`: the commission it still pays."""

    trade: Trade
    row: Explained
    binding: Binding
    deal: Deal
    left: int

    @property
    def version(self) -> Version:
        return self.deal.partner, self.deal.version


@dataclass
class Steps:
    """All steps over settled trades. `terms`: of the versions that have any; `held`: (venue, account) under
    review.
    """

    oracle: Oracle
    terms: Mapping[Version, Further]
    deposits: Sequence[Deposit]
    held: frozenset[tuple[str, str]]
    owed: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    states: dict[tuple[str, str, int], str] = field(default_factory=dict)
    """(venue, account, valid_from) of each binding under a CPA → qualified, short or once."""
    _steps: list[_Step] = field(default_factory=list)

    def take(self, trades: Sequence[Trade], explained: Sequence[Explained]) -> dict[Key, int]:
        """What is owed, without zeros."""
        for trade, row in zip(trades, explained, strict=True):
            binding = self.oracle.binding_of(trade)
            deal = self.oracle.deal_of(binding.partner, trade.executed_at) if binding else None
            if binding and deal:
                self._steps.append(_Step(trade, row, binding, deal, row.commission))
        self._steps.sort(key=lambda step: step.trade.executed_at)  # stable: then the order of the trades
        qualified = self._qualify()
        self._share(qualified)
        self._cap()
        self._carry()
        for step in self._steps:
            self._accrue(step)
        for binding, at in qualified.items():
            cpa = self._cpa_of(binding)
            assert cpa is not None
            kind = "held_cpa" if (binding.venue, binding.account) in self.held else "cpa"
            version = self._deal_at_start(binding)
            assert version is not None
            partner = binding.partner
            key = (partner, day_number(at), cpa.asset, kind, binding.venue, partner, version.version)
            self.owed[key] += cpa.units
        return {key: units for key, units in self.owed.items() if units}

    def _further(self, deal: Deal | None) -> Further:
        return self.terms.get((deal.partner, deal.version), Further()) if deal else Further()

    def _deal_at_start(self, binding: Binding) -> Deal | None:
        return self.oracle.deal_of(binding.partner, binding.valid_from)

    def _cpa_of(self, binding: Binding) -> Cpa | None:
        """SET-20: the one of the deal in force when the binding began."""
        return self._further(self._deal_at_start(binding)).cpa

    def _qualify(self) -> dict[Binding, int]:
        """SET-20: bindings that qualified, and when; an account does once in its life."""
        found: dict[Binding, int] = {}
        done: set[tuple[str, str]] = set()
        for binding in sorted(self.oracle.bindings, key=lambda one: one.valid_from):
            cpa = self._cpa_of(binding)
            if cpa is None:
                continue
            place = (binding.venue, binding.account)
            state = "once"
            if place not in done:
                at = self._qualified_at(binding, cpa)
                state = "short" if at is None else "qualified"
                if at is not None:
                    found[binding] = at
                    done.add(place)
            self.states[(*place, binding.valid_from)] = state
        return found

    def _qualified_at(self, binding: Binding, cpa: Cpa) -> int | None:
        end = binding.valid_from + cpa.within_days * DAY
        if binding.valid_to is not None:
            end = min(end, binding.valid_to)
        trades = [
            step.trade
            for step in self._steps
            if step.binding == binding and not step.row.reason.startswith("excluded:")
        ]
        deposits = [
            one
            for one in self.deposits
            if (one.venue, one.account, one.asset) == (binding.venue, binding.account, cpa.deposit_asset)
        ]
        instants = {binding.valid_from, *(one.executed_at for one in trades), *(one.at for one in deposits)}
        for now in sorted(at for at in instants if is_in_force(binding.valid_from, end, at)):
            came = [trade for trade in trades if trade.executed_at <= now]
            paid_in = sum(one.amount for one in deposits if binding.valid_from <= one.at <= now)
            days = {day_number(trade.executed_at) for trade in came}
            if (
                paid_in >= cpa.min_deposit
                and sum(trade.volume for trade in came) >= cpa.min_volume
                and len(days) >= cpa.active_days
            ):
                return now
        return None

    def _share(self, qualified: Mapping[Binding, int]) -> None:
        """SET-21: beside the CPA, beyond it, or not at all."""
        to_earn_back: dict[Binding, int] = {}
        for step in self._steps:
            cpa = self._cpa_of(step.binding)
            if cpa is None or cpa.share == "with":
                continue
            if cpa.share == "none":
                step.left = 0
            elif (
                step.binding in qualified
                and step.trade.executed_at >= qualified[step.binding]
                and step.trade.asset == cpa.asset
            ):
                kept = min(step.left, to_earn_back.setdefault(step.binding, cpa.units))
                to_earn_back[step.binding] -= kept
                step.left -= kept

    def _cap(self) -> None:
        """SET-22: what was paid in the period under any version counts; the tightest cap holds."""
        paid: list[_Step] = []
        for step in self._steps:
            for cap in self._further(step.deal).caps:
                if cap.asset == step.trade.asset:
                    before = sum(one.left for one in paid if _counts(cap, one, step))
                    step.left = min(step.left, max(0, cap.units - before))
            paid.append(step)

    def _carry(self) -> None:
        """SET-23: debt of negative fees is taken off the month's commission, the rest carried or not."""
        books: dict[tuple[str, str, str], dict[int, list[_Step]]] = defaultdict(lambda: defaultdict(list))
        for step in self._steps:
            if self._further(step.deal).carry != "none" and step.row.reason in ("paid", "fee_not_positive"):
                key = (step.deal.partner, step.trade.venue, step.trade.asset)
                books[key][month_number(step.trade.executed_at)].append(step)
        for (partner, venue, asset), months in books.items():
            carried = 0
            for month in sorted(months):
                steps = months[month]
                debt = carried + sum(map(_debt, steps))
                taken = min(debt, sum(step.left for step in steps))
                version = steps[-1].deal
                year, of_year = divmod(month + 1, 12)
                last_day = number_of(year, of_year + 1, 1) - 1
                self.owed[partner, last_day, asset, "carry", venue, partner, version.version] -= taken
                carried = debt - taken if self._further(version).carry == "forward" else 0

    def _accrue(self, step: _Step) -> None:
        """SET-9 with SET-24: what is left, or waits under a kind of its own."""
        if step.row.reason != "paid":
            return
        flagged = set(step.trade.flags) & set(self._further(step.deal).hold_flags)
        waits = flagged or (step.trade.venue, step.trade.account) in self.held
        parent = step.deal.override.parent if step.deal.override else ""
        amounts = (
            ("commission", step.deal.partner, step.left),
            ("kickback", step.deal.partner, step.row.kickback),
            ("override", parent, step.row.override),
        )
        for kind, who, units in amounts:
            name = f"held_{kind}" if waits else kind
            day = day_number(step.trade.executed_at)
            self.owed[who, day, step.trade.asset, name, step.trade.venue, *step.version] += units


def _counts(cap: Cap, one: _Step, step: _Step) -> bool:
    """Whether an earlier trade counts against the cap of a later one."""
    if one.deal.partner != step.deal.partner or one.trade.asset != cap.asset or cap.of == "trade":
        return False
    if cap.of == "account" and (one.trade.venue, one.trade.account) != (step.trade.venue, step.trade.account):
        return False
    first, second = one.trade.executed_at, step.trade.executed_at
    if cap.per == "day":
        return day_number(first) == day_number(second)
    return cap.per != "month" or month_number(first) == month_number(second)


def _debt(step: _Step) -> int:
    """The commission a fee of that size would have earned, without override."""
    if step.row.reason != "fee_not_positive" or step.trade.fee >= 0:
        return 0
    pool = -step.trade.fee * int(step.row.rate_ppm or 0) // PPM
    return pool - pool * step.deal.kickback_ppm // PPM
