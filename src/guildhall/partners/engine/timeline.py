"""What holds for an account at an instant, laid out once so that a trade needs a single look-up.

Every (venue, account) gets its instants of change in order: bound without a deal, bound under a version,
past its term, unbound again (SET-1, SET-5). Between two changes everything is constant; a trade at exactly
a change belongs to what begins there, which is what half-open means.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.partners.engine.bindings import Bindings
from guildhall.partners.engine.instants import INT64_MAX, INT64_MIN, Ints, months_later_many
from guildhall.partners.engine.terms import Deal

_DENSE_PAIRS = 20_000_000


@dataclass(frozen=True, slots=True)
class Slots:
    """The states an account can be in: 0 unbound; one for each partner without a deal; one for each deal.

    `partner` is a place in `partners` (-1 for unbound), `deal` a place in `deals` (-1 where none).
    """

    deals: tuple[Deal, ...]
    partners: tuple[str, ...]
    partner: Ints
    deal: Ints
    first_deal: int

    @classmethod
    def of(cls, bindings: Bindings, deals: Sequence[Deal]) -> Slots:
        """Deals of partners to whom nobody is bound take no part."""
        place = {partner: i for i, partner in enumerate(bindings.partners)}
        used = tuple(deal for deal in deals if deal.partner in place)
        many = len(bindings.partners)
        partner = np.concatenate(
            [[-1], np.arange(many), [place[deal.partner] for deal in used]], dtype=np.int64, casting="unsafe"
        )
        deal = np.concatenate([np.full(many + 1, -1), np.arange(len(used))], dtype=np.int64)
        return cls(used, bindings.partners, partner, deal, many + 1)


@dataclass(slots=True)
class Timeline:
    """Changes of every bound account in order: pair i owns `at[first[i]:first[i + 1]]`.

    `slot[k]` holds from `at[k]` on; `is_over[k]` says that the term of the binding has ended; `binding[k]` is
    the row of the binding (-1 when unbound). The first change of a pair lies before all time: unbound.
    """

    slots: Slots
    venues: pa.Array
    accounts: pa.Array
    first: Ints
    at: Ints
    slot: npt.NDArray[np.int32]
    is_over: npt.NDArray[np.bool_]
    binding: npt.NDArray[np.int32]
    _pair_keys: Ints
    _dense: npt.NDArray[np.int32] | None = field(default=None)

    def pairs_of(
        self, venues: Sequence[tuple[Ints, pa.Array]], accounts: Sequence[tuple[Ints, pa.Array]]
    ) -> list[npt.NDArray[np.int32]]:
        """The pair of each trade, batch by batch: -1 where nobody ever bound that account.

        Venues and accounts come as places in a list of words, for each batch its own.
        """
        stride = len(self.venues) + 1
        found = []
        for venue, account in zip(
            _looked_up(venues, self.venues), _looked_up(accounts, self.accounts), strict=True
        ):
            key = account * stride + venue
            if self._dense is not None:
                found.append(self._dense[key])
                continue
            if not len(self._pair_keys):
                found.append(np.full(len(key), -1, np.int32))
                continue
            near = np.minimum(np.searchsorted(self._pair_keys, key), len(self._pair_keys) - 1)
            found.append(np.where(self._pair_keys[near] == key, near, -1).astype(np.int32))
        return found

    def places_of(self, accounts: Collection[tuple[str, str]]) -> Ints:
        """The pairs of these (venue, account) that were ever bound."""
        named = sorted(accounts)
        if not named:
            return np.empty(0, np.int64)
        every = np.arange(len(named))
        venues = (every, pa.array([venue for venue, _account in named], pa.string()))
        accounts_named = (every, pa.array([account for _venue, account in named], pa.string()))
        pairs = self.pairs_of([venues], [accounts_named])[0]
        return pairs[pairs >= 0].astype(np.int64)

    def look_up(self, pair: npt.NDArray[np.int32], at: Ints) -> npt.NDArray[np.int32]:
        """The change in force for each trade: a place in `at`, -1 where `pair` is -1."""
        bound = np.flatnonzero(pair >= 0)
        low = self.first[pair[bound]].astype(np.int64)
        high = self.first[pair[bound] + 1] - 1
        when = at[bound]
        most = int((high - low).max(initial=0))
        for _ in range(most.bit_length()):
            middle = (low + high + 1) >> 1
            is_past = self.at[middle] <= when
            low = np.where(is_past, middle, low)
            high = np.where(is_past, high, middle - 1)
        found = np.full(len(pair), -1, np.int32)
        found[bound] = low
        return found


def _looked_up(columns: Sequence[tuple[Ints, pa.Array]], among: pa.Array) -> list[Ints]:
    """For each row of each batch where its word stands among others; one past their end where it does not."""
    every = pa.concat_arrays([words for _places, words in columns])
    places = pc.fill_null(pc.index_in(every, value_set=among), len(among))
    known = places.to_numpy(zero_copy_only=False).astype(np.int64)
    found, start = [], 0
    for rows, words in columns:
        found.append(known[start : start + len(words)][rows])
        start += len(words)
    return found


def lay_out(bindings: Bindings, deals: Sequence[Deal]) -> Timeline:
    """The timeline of every bound account under these deals, which have been checked (SET-2)."""
    slots = Slots.of(bindings, deals)
    stride = len(bindings.venues) + 1
    keys = bindings.account * stride + bindings.venue
    pair_keys, pair_of = np.unique(keys, return_inverse=True)
    parts = [_bound(bindings, pair_of), *_under_deals(bindings, slots, pair_of), _unbound(bindings, pair_of)]
    every = np.arange(len(pair_keys))
    parts.append(_Changes(every, np.full(len(every), INT64_MIN), every * 0, every * 0, every * 0 - 1, -1))
    pair, at, slot, over, row = (np.concatenate([part.arrays[i] for part in parts]) for i in range(5))
    rank = np.concatenate([np.full(len(part.pair), part.rank) for part in parts])
    order = np.lexsort((rank, at, pair))
    pair, at = pair[order], at[order]
    is_last = np.ones(len(pair), np.bool_)
    is_last[:-1] = (pair[1:] != pair[:-1]) | (at[1:] != at[:-1])
    order, pair = order[is_last], pair[is_last]
    dense = None
    cells = (len(bindings.accounts) + 1) * stride
    if cells <= _DENSE_PAIRS:
        dense = np.full(cells, -1, np.int32)
        dense[pair_keys] = np.arange(len(pair_keys))
    return Timeline(
        slots=slots,
        venues=bindings.venues,
        accounts=bindings.accounts,
        first=np.searchsorted(pair, np.arange(len(pair_keys) + 1)),
        at=at[is_last],
        slot=slot[order].astype(np.int32),
        is_over=over[order].astype(np.bool_),
        binding=row[order].astype(np.int32),
        _pair_keys=pair_keys,
        _dense=dense,
    )


@dataclass(frozen=True, slots=True)
class _Changes:
    """Changes of one sort; of two at one instant for one pair, the one of higher rank holds."""

    pair: Ints
    at: Ints
    slot: Ints
    over: Ints
    row: Ints
    rank: int

    @property
    def arrays(self) -> tuple[Ints, ...]:
        return self.pair, self.at, self.slot, self.over, self.row


def _unbound(bindings: Bindings, pair_of: Ints) -> _Changes:
    rows = np.flatnonzero(~bindings.is_open)
    nothing = rows * 0
    return _Changes(pair_of[rows], bindings.valid_to[rows], nothing, nothing, nothing - 1, 0)


def _bound(bindings: Bindings, pair_of: Ints) -> _Changes:
    rows = np.arange(len(bindings))
    return _Changes(pair_of, bindings.valid_from, bindings.partner + 1, rows * 0, rows, 1)


def _under_deals(bindings: Bindings, slots: Slots, pair_of: Ints) -> list[_Changes]:
    """Each version of the partner's deals that is in force during a binding: its start, term end and end."""
    deal_partner = slots.partner[slots.first_deal :]
    order = np.argsort(deal_partner, kind="stable")
    many = np.bincount(deal_partner, minlength=len(slots.partners)).astype(np.int64)
    starts = np.concatenate([[0], np.cumsum(many)])
    times = many[bindings.partner]
    row = np.repeat(np.arange(len(bindings)), times)
    within = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times)
    deal = order[starts[bindings.partner[row]] + within] if len(row) else row
    deal_from = np.array([_or(d.valid_from, INT64_MIN) for d in slots.deals], np.int64)[deal]
    deal_to = np.array([_or(d.valid_to, INT64_MAX) for d in slots.deals], np.int64)[deal]
    ends = np.array([d.valid_to is not None for d in slots.deals], np.bool_)[deal]
    term = np.array([min(_or(d.term_months, -1), INT64_MAX) for d in slots.deals], np.int64)[deal]
    begin = np.maximum(deal_from, bindings.valid_from[row])
    end = np.minimum(deal_to, bindings.valid_to[row])
    meets = (begin < end) | ((begin == end) & ~ends & bindings.is_open[row])
    row, deal, term, begin, end = row[meets], deal[meets], term[meets], begin[meets], end[meets]
    does_end = ends[meets] & (bindings.is_open[row] | (deal_to[meets] < bindings.valid_to[row]))
    slot = deal + slots.first_deal
    over_at = np.full(len(row), INT64_MAX)
    timed = np.flatnonzero(term >= 0)
    over_at[timed] = np.maximum(months_later_many(bindings.valid_from[row[timed]], term[timed]), begin[timed])
    is_over = (term >= 0) & (over_at < INT64_MAX) & ((over_at < end) | (end == INT64_MAX))
    over, gone = np.flatnonzero(is_over), np.flatnonzero(does_end)
    return [
        _Changes(pair_of[row], begin, slot, row * 0, row, 2),
        _Changes(pair_of[row[over]], over_at[over], slot[over], over * 0 + 1, row[over], 3),
        _Changes(pair_of[row[gone]], end[gone], bindings.partner[row[gone]] + 1, gone * 0, row[gone], 1),
    ]


def _or(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
