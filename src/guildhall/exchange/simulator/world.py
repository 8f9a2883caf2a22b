"""A whole made-up exchange: its accounts, what they did, whom they belong to and on what terms.

Small things are tables; trades come a day at a time, so a hundred million of them need no more memory than
one day's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa

from guildhall.exchange.simulator import people, programme, trading
from guildhall.exchange.simulator.reports import Report, in_force, reports
from guildhall.exchange.simulator.shape import Shape


@dataclass
class World:
    """What `simulate` made. `account` everywhere is the UID at the venue: a feed carries UIDs, and whoever
    takes it in gives them pseudonyms.
    """

    shape: Shape
    accounts: people.Accounts
    partner: Any = field(repr=False)
    """The partner each account came by, counted from 0; -1 is none."""

    @cached_property
    def registrations(self) -> pa.Table:
        return people.registrations(self.shape, self.accounts, programme.codes(self.partner))

    @cached_property
    def kyc(self) -> pa.Table:
        return people.identity_checks(self.shape, self.accounts)

    @cached_property
    def deposits(self) -> pa.Table:
        return people.movements(self.shape, self.accounts, "deposit")

    @cached_property
    def withdrawals(self) -> pa.Table:
        return people.movements(self.shape, self.accounts, "withdrawal")

    @cached_property
    def bindings(self) -> pa.Table:
        """venue, account, partner, valid_from, valid_to: as `guildhall partners settle` reads them."""
        return programme.bindings(self.shape, self.accounts, self.partner)

    @cached_property
    def deals(self) -> list[dict[str, Any]]:
        """As `guildhall partners settle` reads them."""
        return programme.deals(self.shape)

    def days(self) -> Iterator[pa.RecordBatch]:
        """The trades of each day, before anything went wrong, in the order they were executed: trade_id,
        venue, account, executed_at, symbol, liquidity, notional, fee, volume, asset, flags.
        """
        tiers, of_month = None, -1
        for day, count in enumerate(trading.trades_per_day(self.shape)):
            on = self.shape.start + timedelta(days=day)
            month = on.year * 12 + on.month - 1
            if tiers is None or month != of_month:
                tiers, of_month = people.tiers_in(self.shape, self.accounts, month), month
            yield trading.trades_of(self.shape, self.accounts, tiers, day, count)

    def in_force(self) -> Iterator[pa.RecordBatch]:
        """The trades of each day as they stand when everything was reported: the last revision of each, none
        that was taken back.
        """
        for day, trades in enumerate(self.days()):
            yield in_force(self.shape, day, trades)

    def trades(self) -> pa.Table:
        """All trades of `days` in one table: for worlds that fit into memory."""
        return pa.Table.from_batches(self.days())

    def reports(self) -> Iterator[Report]:
        """What each venue hands over on each day: rows of the facts table `trades`, with what comes late,
        twice, corrected and reversed.
        """
        return reports(self.shape, self.days())


def simulate(
    seed: int,
    accounts: int = 2_000,
    partners: int = 20,
    venues: tuple[str, ...] = ("house", "okx"),
    days: int = 31,
    trades: int = 50_000,
    start: date = date(2026, 10, 1),
    **more: int,
) -> World:
    """A made-up exchange, the same for the same arguments. `more`: the shares of Shape.

    Raises ValueError for sizes that make no exchange.
    """
    shape = Shape(seed, accounts, partners, tuple(venues), days, trades, start, **more)
    made = people.make_accounts(shape)
    return World(shape, made, programme.partner_of(shape, made))
