"""From what a venue tells to what happened on each day: totals become differences, a decrease takes back the
latest days first, a day told anew replaces what stood. Pure.

A row in force is never changed: each change is a new `Row` with the next revision. Amounts are whole 1e-8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Row:
    """What an account did on a UTC day, as it is in force. A reversed row keeps the amounts it took back."""

    day: date
    notional: int = 0
    fee: int = 0
    volume: int = 0
    trades: int | None = None
    revision: int = 0
    is_reversed: bool = False

    @property
    def counts(self) -> tuple[int, int, int]:
        """Notional, fee and volume as they count now."""
        return (0, 0, 0) if self.is_reversed else (self.notional, self.fee, self.volume)


@dataclass(frozen=True, slots=True)
class Change:
    """`rows`: new revisions, by day. `missing`: how much of a decrease found no day to take it back from."""

    rows: tuple[Row, ...] = ()
    missing_fee: int = 0
    missing_volume: int = 0

    @property
    def took_back(self) -> bool:
        return any(row.is_reversed or row.revision for row in self.rows)


class Trust(StrEnum):
    """How well a difference of rolling windows is known."""

    EXACT = "exact"
    AT_LEAST = "at_least"


@dataclass(frozen=True, slots=True)
class Windows:
    """What a venue tells of the last 30 and the last 365 days, seen on `day` (UTC)."""

    day: date
    last_30: int
    last_365: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What was added since; `trust` says whether more may have been."""

    amount: int
    trust: Trust


def between(before: Windows, now: Windows, joined: date | None, ours: Mapping[date, int]) -> Difference:
    """How much was added between two looks at rolling windows. `ours`: what we booked, by day, gapless from
    the first day on; a day that is not in it and not before the first counts as 0.

    An account younger than the long window has lost nothing from it: exact. Else the short window, once all
    that left it is known to us: exact. Else what the long one grew by: at least that.
    """
    if joined is not None and joined > now.day - timedelta(days=365):
        return Difference(now.last_365 - before.last_365, Trust.EXACT)
    left = [before.day - timedelta(days=29) + timedelta(days=n) for n in range((now.day - before.day).days)]
    if (now.day - before.day).days < 30 and ours and all(day >= min(ours) for day in left):
        fallen = sum(ours.get(day, 0) for day in left)
        return Difference(now.last_30 - before.last_30 + fallen, Trust.EXACT)
    return Difference(max(0, now.last_365 - before.last_365), Trust.AT_LEAST)


def booked(rows: Sequence[Row], day: date, fee: int, volume: int) -> Change:
    """Book what totals grew or shrank by. Growth goes to `day`; shrinking takes back from the latest days,
    fee and volume each for itself. rows: in force, of one account, asset and source.
    """
    found = {row.day: row for row in rows}
    fees, short_fee = _spread({row.day: row.counts[1] for row in rows}, day, fee)
    volumes, short_volume = _spread({row.day: row.counts[2] for row in rows}, day, volume)
    changed: list[Row] = []
    for at in sorted(fees.keys() | volumes.keys()):
        old = found.get(at)
        was_fee, was_volume = (old.counts[1], old.counts[2]) if old else (0, 0)
        new = Row(at, volumes.get(at, was_volume), fees.get(at, was_fee), volumes.get(at, was_volume))
        changed.extend(_revised(old, new))
    return Change(tuple(changed), short_fee, short_volume)


def told(rows: Iterable[Row], said: Mapping[date, Row], since: date, until: date) -> tuple[Row, ...]:
    """New revisions that make the days from `since` to `until` (both in) what a venue says of them now.

    A day it no longer speaks of is reversed. rows: in force, of one account, asset and source.
    """
    found = {row.day: row for row in rows if since <= row.day <= until}
    changed: list[Row] = []
    for at in sorted(found.keys() | said.keys()):
        changed.extend(_revised(found.get(at), said.get(at, Row(at))))
    return tuple(changed)


def _spread(amounts: dict[date, int], day: date, change: int) -> tuple[dict[date, int], int]:
    """The new amounts of the days that change, and what of a decrease is left over."""
    if change > 0:
        return {day: amounts.get(day, 0) + change}, 0
    left, new = -change, {}
    for at in sorted(amounts, reverse=True):
        taken = min(left, amounts[at])
        if taken > 0:
            new[at] = amounts[at] - taken
            left -= taken
    return new, left


def _revised(old: Row | None, new: Row) -> tuple[Row, ...]:
    """The revision that puts `new` in the place of `old`; none when it says the same."""
    if old is None:
        return (replace(new, revision=0),) if any(new.counts) or new.trades else ()
    if new.counts == old.counts and (old.is_reversed or new.trades == old.trades):
        return ()
    if any(new.counts):
        return (replace(new, revision=old.revision + 1),)
    return (replace(old, revision=old.revision + 1, is_reversed=True),)
