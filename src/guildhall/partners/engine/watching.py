"""The trades that later steps look at one by one: those of partners with such terms, kept while the two
passes go by. Memory grows with these trades only (about 100 bytes each, and
while the steps are taken up to 500).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.partners.engine.instants import Ints
from guildhall.partners.engine.terms import Deal
from guildhall.partners.engine.timeline import Timeline

AMOUNTS = ("commission", "kickback", "override")


@dataclass(frozen=True, slots=True)
class Watched:
    """One row for each watched trade, in the order of the trades.

    `row` counts all trades from 0; `pair`, `binding` and `slot` are those of the timeline; `state` is the
    reason of SET-6 as a number; `day`, `asset` and `venue` are places in the lists of the run.
    """

    row: Ints
    pair: Ints
    at: Ints
    volume: Ints
    binding: Ints
    slot: Ints
    is_flagged: npt.NDArray[np.bool_]
    state: Ints
    rate: Ints
    fee: Ints
    day: Ints
    asset: Ints
    venue: Ints
    commission: Ints
    kickback: Ints
    override: Ints
    trade_id: pa.Array

    def __len__(self) -> int:
        return len(self.row)


@dataclass(slots=True)
class Watch:
    """Which trades to keep, and what was kept. `held`: places of (venue, account) pairs under review."""

    slots: npt.NDArray[np.bool_]
    held: npt.NDArray[np.bool_]
    _first: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    _second: dict[str, list[npt.NDArray[Any]]] = field(default_factory=dict)
    _ids: list[pa.Array] = field(default_factory=list)
    _rows: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @classmethod
    def of(cls, timeline: Timeline, deals: Sequence[Deal], held: npt.NDArray[np.bool_]) -> Watch:
        """Every version of a partner counts as soon as one of them has such a term."""
        stepping = {deal.partner for deal in deals if deal.changes_amounts}
        slots = timeline.slots
        is_stepping = np.array([partner in stepping for partner in slots.partners] + [False], np.bool_)
        return cls(is_stepping[slots.partner], held)

    def first(
        self,
        before: int,
        pair: npt.NDArray[np.int32],
        slot: npt.NDArray[np.int32],
        columns: Mapping[str, npt.NDArray[Any]],
    ) -> None:
        """The first pass, a batch: keep what is known of the trades to watch."""
        is_held = (pair >= 0) & self.held[pair] if len(self.held) else np.zeros(len(pair), np.bool_)
        some: Ints = np.flatnonzero(self.slots[slot] | (is_held & (slot > 0)))
        known: dict[str, npt.NDArray[Any]] = {"row": some + before, "pair": pair[some], "slot": slot[some]}
        for name, column in columns.items():
            known[name] = column[some]
        for name, column in known.items():
            self._first.setdefault(name, []).append(column)

    def between(self) -> None:
        """After the first pass."""
        self._rows = _whole(self._first.get("row", []))

    def second(
        self, before: int, rows: int, columns: Mapping[str, npt.NDArray[Any]], trade_id: pa.Array
    ) -> None:
        """The second pass, a batch of other boundaries, perhaps: add the amounts."""
        begin, end = np.searchsorted(self._rows, [before, before + rows])
        some = self._rows[begin:end] - before
        for name, column in columns.items():
            self._second.setdefault(name, []).append(column[some])
        self._ids.append(trade_id.take(pa.array(some)))

    def watched(self) -> Watched:
        """All of it, put together."""
        columns: dict[str, npt.NDArray[Any]] = {}
        for kept in (self._first, self._second):
            for name in list(kept):
                columns[name] = _whole(kept.pop(name))
        ids = [part.cast(pa.string()) for part in self._ids]
        flagged = columns.pop("is_flagged", np.empty(0, np.int64)).astype(np.bool_)
        names = set(Watched.__dataclass_fields__) - {"trade_id", "is_flagged"}
        full = {name: columns.get(name, np.empty(0, np.int64)) for name in names}
        return Watched(
            **full, is_flagged=flagged, trade_id=pa.concat_arrays(ids) if ids else pa.array([], pa.string())
        )


def _whole(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
