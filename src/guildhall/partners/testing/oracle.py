"""Settlement in plain Python integers, one trade at a time: the reference the engine is compared with.

It follows the rules SET-1 to SET-9 of `docs/settlement.md` in their own order and in the plainest words there
are: lists that are walked, integers of any length, a calendar of its own. It shares no code with
`partners.engine`, so that a mistake has to be made twice to go unseen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from guildhall.partners.testing.oracle_calendar import add_months, day_number, month_number

PPM = 1_000_000
INT64_MAX = 2**63 - 1


class Trade(NamedTuple):
    """One trade. `executed_at`: microseconds since 1970-01-01 UTC; `fee`: 1e-8 of `asset`; `volume`: 1e-8 of
    the programme's reference asset.
    """

    trade_id: str
    venue: str
    account: str
    executed_at: int
    fee: int
    volume: int
    asset: str
    flags: tuple[str, ...] = ()


class Binding(NamedTuple):
    """Who an account of a venue belongs to in [valid_from, valid_to), microseconds since 1970-01-01 UTC; no
    `valid_to`: open.
    """

    venue: str
    account: str
    partner: str
    valid_from: int
    valid_to: int | None


class Tier(NamedTuple):
    """From `min_volume` (1e-8 of the reference asset, a UTC month's sum) on, `rate_ppm` of the fee."""

    min_volume: int
    rate_ppm: int


class Override(NamedTuple):
    """What the partner above gets: `ppm` of the pool, paid by the `house` or out of the `partner`'s share."""

    parent: str
    ppm: int
    funded_by: str


class Deal(NamedTuple):
    """A version of a partner's terms, in force in [valid_from, valid_to); None is open at that end."""

    partner: str
    version: int
    valid_from: int | None
    valid_to: int | None
    tier_basis: str
    tiers: tuple[Tier, ...]
    kickback_ppm: int = 0
    override: Override | None = None
    exclude_flags: tuple[str, ...] = ()
    term_months: int | None = None


class Explained(NamedTuple):
    """What became of one trade: a row of `explain.parquet` (SET-8)."""

    trade_id: str
    partner: str | None
    deal_version: int | None
    rate_ppm: int | None
    pool: int
    kickback: int
    commission: int
    override: int
    reason: str


class Refused(Exception):
    """SET-2: nothing is settled. `kind` says why; `names`: the 1-based rows, or the partner and versions."""

    def __init__(self, kind: str, names: Iterable[object]) -> None:
        self.kind = kind
        self.names = tuple(str(name) for name in names)
        super().__init__(f"{kind}: {', '.join(self.names)}")


@dataclass(slots=True)
class Oracle:
    """Settles trades against bindings and deals: `count` every trade, then `explain` every trade.

    Raises Refused on construction when bindings or deals break SET-2, from `count` on a repeated trade and
    from `explain` when an accrual passes int64.
    """

    bindings: list[Binding]
    deals: list[Deal]
    volumes: dict[tuple[str, int], int] = field(default_factory=lambda: defaultdict(int))
    accruals: dict[tuple[str, int, str, str], int] = field(default_factory=lambda: defaultdict(int))
    _rows_seen: dict[tuple[str, str], int] = field(default_factory=dict)
    _bindings_of: dict[tuple[str, str], list[Binding]] = field(default_factory=lambda: defaultdict(list))
    _deals_of: dict[str, list[Deal]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        refuse_bad_bindings(self.bindings)
        refuse_bad_deals(self.deals)
        for binding in self.bindings:
            self._bindings_of[binding.venue, binding.account].append(binding)
        for deal in self.deals:
            self._deals_of[deal.partner].append(deal)

    def binding_of(self, trade: Trade) -> Binding | None:
        """SET-1: the binding of the account in force when the trade was executed."""
        for binding in self._bindings_of.get((trade.venue, trade.account), ()):
            if is_in_force(binding.valid_from, binding.valid_to, trade.executed_at):
                return binding
        return None

    def deal_of(self, partner: str, executed_at: int) -> Deal | None:
        """SET-1: the partner's version in force when the trade was executed."""
        for deal in self._deals_of.get(partner, ()):
            if is_in_force(deal.valid_from, deal.valid_to, executed_at):
                return deal
        return None

    def count(self, trade: Trade) -> None:
        """SET-2 and SET-3: the trade is new, and adds to its partner's month whatever it earns."""
        row = len(self._rows_seen) + 1
        first = self._rows_seen.setdefault((trade.venue, trade.trade_id), row)
        if first != row:
            raise Refused("repeated_trade", (first, row))
        binding = self.binding_of(trade)
        deal = self.deal_of(binding.partner, trade.executed_at) if binding else None
        if binding and deal and excluded_by(deal, trade) is None:
            self.volumes[binding.partner, month_number(trade.executed_at)] += trade.volume

    def tier_of(self, deal: Deal, executed_at: int) -> Tier | None:
        """SET-4: the highest tier that the volume of the deal's month reaches."""
        month = month_number(executed_at) - (1 if deal.tier_basis == "previous_month" else 0)
        volume = self.volumes.get((deal.partner, month), 0)
        reached = [tier for tier in deal.tiers if tier.min_volume <= volume]
        return max(reached, key=lambda tier: tier.min_volume) if reached else None

    def explain(self, trade: Trade) -> Explained:
        """SET-5 to SET-7: the first reason that holds, and the amounts when it is `paid`."""
        binding = self.binding_of(trade)
        if binding is None:
            return Explained(trade.trade_id, None, None, None, 0, 0, 0, 0, "unbound")
        deal = self.deal_of(binding.partner, trade.executed_at)
        if deal is None:
            return Explained(trade.trade_id, binding.partner, None, None, 0, 0, 0, 0, "no_deal")

        def unpaid(reason: str, rate_ppm: int | None) -> Explained:
            return Explained(trade.trade_id, binding.partner, deal.version, rate_ppm, 0, 0, 0, 0, reason)

        flag = excluded_by(deal, trade)
        if flag is not None:
            return unpaid(f"excluded:{flag}", None)
        months = deal.term_months
        if months is not None and trade.executed_at >= add_months(binding.valid_from, months):
            return unpaid("term_over", None)
        tier = self.tier_of(deal, trade.executed_at)
        if tier is None:
            return unpaid("below_first_tier", 0)
        if trade.fee <= 0:
            return unpaid("fee_not_positive", tier.rate_ppm)
        pool = trade.fee * tier.rate_ppm // PPM
        kickback = pool * deal.kickback_ppm // PPM
        commission = pool - kickback
        override = 0
        if deal.override is not None:
            override = pool * deal.override.ppm // PPM
            if deal.override.funded_by == "partner":
                override = min(override, commission)
                commission -= override
        self._accrue(binding.partner, trade, "commission", commission)
        self._accrue(binding.partner, trade, "kickback", kickback)
        if deal.override is not None:
            self._accrue(deal.override.parent, trade, "override", override)
        return Explained(
            trade.trade_id,
            binding.partner,
            deal.version,
            tier.rate_ppm,
            pool,
            kickback,
            commission,
            override,
            "paid",
        )

    def _accrue(self, partner: str, trade: Trade, kind: str, units: int) -> None:
        """SET-9: one row per partner, UTC day, asset and kind."""
        key = (partner, day_number(trade.executed_at), trade.asset, kind)
        self.accruals[key] += units
        if self.accruals[key] > INT64_MAX:
            raise Refused("past_int64", (partner, trade.asset, kind))

    def accrual_rows(self) -> Iterator[tuple[str, int, str, str, int]]:
        """Partner, days since 1970-01-01 UTC, asset, kind, units; sorted, and without the zeros."""
        for key in sorted(self.accruals):
            if self.accruals[key]:
                yield (*key, self.accruals[key])


def settle(
    trades: Iterable[Trade], bindings: Iterable[Binding], deals: Iterable[Deal]
) -> tuple[list[Explained], list[tuple[str, int, str, str, int]]]:
    """The explain rows in the order of the trades, and the accruals. Raises Refused (SET-2)."""
    listed = list(trades)
    oracle = Oracle(list(bindings), list(deals))
    for trade in listed:
        oracle.count(trade)
    return [oracle.explain(trade) for trade in listed], list(oracle.accrual_rows())


def is_in_force(valid_from: int | None, valid_to: int | None, at: int) -> bool:
    """SET-1: [valid_from, valid_to), None open at that end."""
    return (valid_from is None or valid_from <= at) and (valid_to is None or at < valid_to)


def excluded_by(deal: Deal, trade: Trade) -> str | None:
    """SET-6: the first of the deal's flags that the trade carries."""
    for flag in deal.exclude_flags:
        if flag in trade.flags:
            return flag
    return None


def refuse_bad_bindings(bindings: list[Binding]) -> None:
    """SET-2 for bindings: rows that end before they begin, then rows of one account that overlap."""
    for row, binding in enumerate(bindings, 1):
        if binding.valid_to is not None and binding.valid_to <= binding.valid_from:
            raise Refused("binding_ends_before_it_begins", (row,))
    rows_of: dict[tuple[str, str], list[tuple[int, Binding]]] = defaultdict(list)
    for row, binding in enumerate(bindings, 1):
        for earlier_row, earlier in rows_of[binding.venue, binding.account]:
            if overlap(earlier.valid_from, earlier.valid_to, binding.valid_from, binding.valid_to):
                raise Refused("overlapping_bindings", (earlier_row, row))
        rows_of[binding.venue, binding.account].append((row, binding))


def refuse_bad_deals(deals: list[Deal]) -> None:
    """SET-2 for deals: each by itself, then the versions of one partner against each other."""
    for deal in deals:
        name = (deal.partner, deal.version)
        if deal.valid_from is not None and deal.valid_to is not None and deal.valid_to <= deal.valid_from:
            raise Refused("deal_ends_before_it_begins", name)
        volumes = [tier.min_volume for tier in deal.tiers]
        if len(set(volumes)) != len(volumes):
            raise Refused("equal_min_volumes", name)
        rates = [tier.rate_ppm for tier in deal.tiers] + [deal.kickback_ppm]
        if deal.override is not None:
            rates.append(deal.override.ppm)
        if any(rate < 0 or rate > PPM for rate in rates):
            raise Refused("ppm_outside", name)
    for at, deal in enumerate(deals):
        for earlier in deals[:at]:
            if earlier.partner == deal.partner and overlap(
                earlier.valid_from, earlier.valid_to, deal.valid_from, deal.valid_to
            ):
                raise Refused("overlapping_deals", (deal.partner, earlier.version, deal.version))


def overlap(from_a: int | None, to_a: int | None, from_b: int | None, to_b: int | None) -> bool:
    """Whether two half-open spans share an instant; None is open at that end."""
    a_begins_before_b_ends = from_a is None or to_b is None or from_a < to_b
    b_begins_before_a_ends = from_b is None or to_a is None or from_b < to_a
    return a_begins_before_b_ends and b_begins_before_a_ends
