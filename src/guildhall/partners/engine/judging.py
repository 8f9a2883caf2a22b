"""The first pass: who each trade is bound to, under which deal, what excludes it, and the partners' months.

Rules SET-1, SET-3, SET-5 and the reasons of SET-6 that need no tier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.partners.engine.bindings import Bindings
from guildhall.partners.engine.columns import encoded, instants, plain_text, whole_numbers
from guildhall.partners.engine.instants import Ints, days_of, month_of_day
from guildhall.partners.engine.kept import Judged, Kept
from guildhall.partners.engine.sums import Sums
from guildhall.partners.engine.terms import Deal
from guildhall.partners.engine.timeline import Timeline, lay_out
from guildhall.partners.engine.trades import Trades
from guildhall.partners.engine.watching import Watch

_EN, _ZH = "Trades", "成交"
_GROUP_ROWS = 1_000_000
Encoded = tuple[Ints, pa.Array]


class Reason(IntEnum):
    """SET-6 as numbers; from EXCLUDED on, one for each flag that some deal excludes."""

    UNBOUND = 0
    NO_DEAL = 1
    TERM_OVER = 2
    BELOW_FIRST_TIER = 3
    FEE_NOT_POSITIVE = 4
    PAID = 5


EXCLUDED = 6


class Words:
    """Different texts in order of appearance, across batches."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    @property
    def words(self) -> list[str]:
        return list(self.places)

    def of(self, column: Encoded) -> npt.NDArray[np.int32]:
        """The place of each row's text among all texts so far."""
        known = [self.places.setdefault(word, len(self.places)) for word in column[1].to_pylist()]
        return np.array(known, np.int32)[column[0]]


class Calendar:
    """The days and months that occur, in order of appearance."""

    def __init__(self) -> None:
        self.days: list[int] = []
        self.months: dict[int, int] = {}
        self.month_places: list[int] = []
        self._places: dict[int, int] = {}

    def places(self, days: Ints) -> npt.NDArray[np.int32]:
        """The place of each day in `days` (of all trades so far)."""
        if not len(days):
            return np.empty(0, np.int32)
        first, last = int(days.min()), int(days.max())
        if last - first < 1_000_000:
            within = days - first
            found = np.flatnonzero(np.bincount(within)) + first
            table = np.zeros(last - first + 1, np.int32)
            table[found - first] = [self._place(day) for day in found.tolist()]
            return table[within]
        different, which = np.unique(days, return_inverse=True)
        return np.array([self._place(day) for day in different.tolist()], np.int32)[which]

    def _place(self, day: int) -> int:
        place = self._places.get(day)
        if place is None:
            place = self._places[day] = len(self.days)
            month = month_of_day(day)
            self.days.append(day)
            self.month_places.append(self.months.setdefault(month, len(self.months)))
        return place


@dataclass(slots=True)
class Judge:
    """Reads trades batch by batch; afterwards `volumes` holds SET-3 by (partner place, month since 1970)."""

    timeline: Timeline
    flags: tuple[str, ...]
    calendar: Calendar = field(default_factory=Calendar)
    assets: Words = field(default_factory=Words)
    venues: Words = field(default_factory=Words)
    volumes: dict[tuple[int, int], int] = field(default_factory=dict)
    rows: int = 0
    watch: Watch | None = None
    _ranks: npt.NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))
    _holds: npt.NDArray[np.bool_] = field(default_factory=lambda: np.empty((0, 0), np.bool_))
    _state: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    _slot: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    _sums: Sums = field(default_factory=lambda: Sums(1))

    @classmethod
    def of(cls, bindings: Bindings, deals: Sequence[Deal]) -> Judge:
        timeline = lay_out(bindings, deals)
        slots = timeline.slots
        flags = tuple(
            dict.fromkeys(flag for deal in slots.deals for flag in (*deal.exclude_flags, *deal.hold_flags))
        )
        judge = cls(timeline, flags)
        judge._ranks = _ranks(slots.deals, flags)
        judge._holds = np.array(
            [[flag in deal.hold_flags for flag in flags] for deal in slots.deals], np.bool_
        )
        state = np.where(timeline.slot == 0, Reason.UNBOUND, Reason.PAID)
        state = np.where((timeline.slot > 0) & (timeline.slot < slots.first_deal), Reason.NO_DEAL, state)
        state = np.where(timeline.is_over, Reason.TERM_OVER, state)
        judge._state = np.append(state, Reason.UNBOUND).astype(np.int32)
        judge._slot = np.append(timeline.slot, 0).astype(np.int32)
        return judge

    def reason_words(self) -> list[str]:
        """The words of SET-6 in the order of `Reason`, then `excluded:FLAG` for each flag."""
        return [*(reason.name.lower() for reason in Reason), *(f"excluded:{flag}" for flag in self.flags)]

    def volumes_said(self) -> dict[tuple[str, str], int]:
        """SET-3 by (partner, "2026-01")."""
        partners = self.timeline.slots.partners
        return {
            (partners[partner], f"{1970 + month // 12:04d}-{month % 12 + 1:02d}"): volume
            for (partner, month), volume in self.volumes.items()
        }

    def read(self, trades: Trades, kept: Kept) -> None:
        """The whole first pass."""
        names = ["venue", "account", "executed_at", "fee", "volume", "asset"]
        names += ["flags"] if self.flags else []
        group: list[pa.RecordBatch] = []
        for batch in trades.batches(names):
            if batch.num_rows:
                group.append(batch)
            if sum(part.num_rows for part in group) >= _GROUP_ROWS:
                self._judge_all(group, kept)
                group = []
        self._judge_all(group, kept)
        partners = max(1, len(self.timeline.slots.partners))
        months = list(self.calendar.months)
        if self.watch is not None:
            self.watch.between()
        groups, (sums,) = self._sums.result()
        for cell, volume in zip(groups.tolist(), sums.tolist(), strict=True):
            self.volumes[cell % partners, months[cell // partners]] = volume

    def _judge_all(self, group: list[pa.RecordBatch], kept: Kept) -> None:
        """Several batches, so that looking up their accounts is paid for once."""
        before = self.rows
        venues, accounts = [], []
        for batch in group:
            venues.append(encoded(batch.column("venue"), "venue", before + 1, _EN, _ZH))
            accounts.append(encoded(batch.column("account"), "account", before + 1, _EN, _ZH))
            before += batch.num_rows
        pairs = self.timeline.pairs_of(venues, accounts) if group else []
        for batch, venue, pair in zip(group, venues, pairs, strict=True):
            kept.put(self._judge(batch, self.venues.of(venue), pair))
            self.rows += batch.num_rows

    def _judge(
        self, batch: pa.RecordBatch, venue: npt.NDArray[np.int32], pair: npt.NDArray[np.int32]
    ) -> Judged:
        first = self.rows + 1
        at = instants(batch.column("executed_at"), "executed_at", first, _EN, _ZH)
        volume = whole_numbers(batch.column("volume"), "volume", first, _EN, _ZH)
        asset = encoded(batch.column("asset"), "asset", first, _EN, _ZH)
        change = self.timeline.look_up(pair, at)
        slot, state = self._slot[change], self._state[change]
        is_flagged = np.zeros(len(slot), np.bool_)
        if self.flags:
            self._flag(batch.column("flags"), slot, state, is_flagged)
        day = self.calendar.places(days_of(at))
        counted = np.flatnonzero((state == Reason.PAID) | (state == Reason.TERM_OVER))
        partner = self.timeline.slots.partner[slot[counted]]
        month = np.asarray(self.calendar.month_places, np.int64)[day[counted]]
        partners = max(1, len(self.timeline.slots.partners))
        self._sums.add(month * partners + partner, volume[counted])
        if self.watch is not None:
            binding = self.timeline.binding[change] if len(self.timeline.binding) else change
            known: dict[str, npt.NDArray[Any]] = {
                "at": at,
                "volume": volume,
                "binding": binding,
                "is_flagged": is_flagged,
            }
            self.watch.first(self.rows, pair, slot, known)
        fee = whole_numbers(batch.column("fee"), "fee", first, _EN, _ZH)
        return Judged(slot, state, day, self.assets.of(asset), venue, fee)

    def _flag(
        self,
        flags: pa.Array,
        slot: npt.NDArray[np.int32],
        state: npt.NDArray[np.int32],
        is_flagged: npt.NDArray[np.bool_],
    ) -> None:
        """SET-6 `excluded:FLAG`: of the flags a trade carries, the first in the list of its deal; and whether
        it carries one that holds (SET-24).
        """
        if pa.types.is_null(flags.type):
            return
        code = pc.index_in(plain_text(pc.list_flatten(flags)), value_set=pa.array(self.flags, pa.string()))
        rows = pc.list_parent_indices(flags)
        if code.null_count:
            known = code.is_valid()
            code, rows = code.filter(known), rows.filter(known)
        row = rows.to_numpy(zero_copy_only=False).astype(np.int64)
        flag = code.to_numpy(zero_copy_only=False).astype(np.int64)
        deal = slot[row].astype(np.int64) - self.timeline.slots.first_deal
        under = np.flatnonzero(deal >= 0)
        row, flag, deal = row[under], flag[under], deal[under]
        is_flagged[row[self._holds[deal, flag]]] = True
        rank = self._ranks[deal, flag]
        listed = np.flatnonzero(rank < len(self.flags))
        row, key = row[listed], rank[listed] * len(self.flags) + flag[listed]
        if not len(row):
            return
        begins = np.flatnonzero(np.concatenate([[True], row[1:] != row[:-1]]))
        state[row[begins]] = EXCLUDED + np.minimum.reduceat(key, begins) % len(self.flags)


def _ranks(deals: Sequence[Deal], flags: Sequence[str]) -> npt.NDArray[np.int64]:
    """Where each flag stands in the list of each deal; the number of flags where it does not."""
    place = {flag: i for i, flag in enumerate(flags)}
    ranks = np.full((len(deals), len(flags)), len(flags), np.int64)
    for i, deal in enumerate(deals):
        for rank, flag in enumerate(dict.fromkeys(deal.exclude_flags)):
            ranks[i, place[flag]] = rank
    return ranks
