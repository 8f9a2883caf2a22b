"""SET-1 … SET-9: from trades, bindings and deals to an explanation of every trade and what is owed.

Two passes. The first finds for every trade who is bound under which deal, and sums each partner's months,
because a tier may depend on trades still to come (SET-4). The second computes the amounts, explains and adds
up. All arithmetic is on integers, vectorised over batches; nothing here knows files, clocks or databases.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.core.money import PPM
from guildhall.partners.engine.accruals import ACCRUALS, Accrued, adjusted
from guildhall.partners.engine.bindings import Bindings, bindings_from_table
from guildhall.partners.engine.columns import refuse_nulls
from guildhall.partners.engine.instants import INT64_MAX, Ints
from guildhall.partners.engine.judging import Judge, Reason
from guildhall.partners.engine.kept import Judged, Kept
from guildhall.partners.engine.repeats import Repeats, hashes_of, refuse_repeated
from guildhall.partners.engine.steps import Stepped, Steps, take_steps
from guildhall.partners.engine.terms import Deal, check_deals
from guildhall.partners.engine.trades import EXPLAIN, Trades
from guildhall.partners.engine.watching import AMOUNTS, Watch

__all__ = ["ACCRUALS", "Settled", "Steps", "settle"]

Explain = Callable[[pa.RecordBatch], None]
_NO_RATE = -2
_BELOW = -1


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement found.

    `accruals`: SET-9 (`ACCRUALS`). `by_deal`: what is owed apart by venue and by the deal that granted it
    (`BY_DEAL`): for an override `partner` is the parent, `deal_partner` whose deal it is. With `steps` it has
    what SET-20 and up changed, and `stepped` says why; without, it adds up to `accruals`.
    `reasons`: trades by reason. `volumes`: (partner, "2026-01") to the volume of SET-3, exact.
    """

    accruals: pa.Table
    reasons: dict[str, int]
    rows: int
    volumes: dict[tuple[str, str], int] = field(repr=False)
    stepped: Stepped = field(repr=False)
    _accrued: Accrued = field(repr=False)

    @property
    def by_deal(self) -> pa.Table:
        """Units by partner, day, asset, kind, venue and deal, none of them 0; made anew at every call.

        Kinds beside those of SET-9, from later steps: `cpa`, `carry` (negative), and `held_` before the kind
        of what waits, which has no `payable_on`.
        """
        return adjusted(self._accrued.by_deal(), self.stepped.adjustments, self._accrued.deals)


def settle(
    trades: Trades,
    bindings: pa.Table | Bindings,
    deals: Sequence[Deal],
    *,
    explain: Explain | None = None,
    directory: Path | None = None,
    also: Sequence[str] = (),
    as_dictionaries: bool = False,
    steps: Steps | None = None,
) -> Settled:
    """Settle all trades; give each explained batch, in the order of the trades, to `explain`.

    Explained batches have the columns of `EXPLAIN`, then those of the trades named in `also`; with
    `as_dictionaries` partner and reason stay dictionary-encoded, which is faster to write. `directory` takes
    temporary files when trades are many. Raises BadInput for every error of SET-2 and for amounts past int64;
    `explain` may have been called before that, so keep what it was given aside until this returns. With
    `steps` the terms of SET-20 and up are applied too; give all trades since the first binding then.
    """
    check_deals(deals)
    bound = bindings if isinstance(bindings, Bindings) else bindings_from_table(bindings)
    judge = Judge.of(bound, deals)
    held = np.empty(0, np.int64)
    if steps is not None and (steps.held or any(deal.changes_amounts for deal in judge.timeline.slots.deals)):
        held = judge.timeline.places_of(steps.held)
        is_held = np.zeros(len(judge.timeline.first), np.bool_)
        is_held[held] = True
        judge.watch = Watch.of(judge.timeline, judge.timeline.slots.deals, is_held)
    read = _Rows(trades, ["trade_id", *also])
    with Kept(directory) as kept, Repeats(directory) as repeats, closing(read) as rows:
        judge.read(trades, kept)
        paying = _Paying(judge)
        done = 0
        for batch in kept:
            given = rows.take(len(batch))
            refuse_nulls(given[0], "trade_id", done + 1, "Trades", "成交")
            done += len(batch)
            repeats.add(hashes_of(batch.venue, given[0]))
            columns = paying.pay(batch)
            if judge.watch is not None:
                judge.watch.second(done - len(batch), len(batch), _watched(batch, columns), given[0])
            if explain is not None:
                explain(paying.explained(given, columns, also, as_dictionaries))
        suspects = repeats.repeated()
        if len(suspects):
            refuse_repeated(trades, judge.venues.places, suspects)
        accruals = paying.accrued.accruals()
    stepped = Stepped()
    if judge.watch is not None and steps is not None:
        stepped = take_steps(judge, bound, judge.watch.watched(), held, steps)
    return Settled(
        accruals=accruals,
        reasons=paying.reasons(),
        rows=judge.rows,
        volumes=judge.volumes_said(),
        stepped=stepped,
        _accrued=paying.accrued,
    )


def _watched(batch: Judged, columns: dict[str, npt.NDArray[Any]]) -> dict[str, Ints]:
    return {
        "state": columns["reason"],
        "rate": columns["rate_ppm"],
        "fee": batch.fee,
        "day": batch.day,
        "asset": batch.asset,
        "venue": batch.venue,
        **{name: columns[name] for name in AMOUNTS},
    }


class _Rows:
    """Columns of the trades again, cut to the batches of the first pass. To be closed: only then
    is what reads them let go.
    """

    def __init__(self, trades: Trades, names: Sequence[str]) -> None:
        self._names = list(names)
        self._batches = self._read(trades)
        self._left: pa.RecordBatch | None = None

    def close(self) -> None:
        self._batches.close()

    def _read(self, trades: Trades) -> Generator[pa.RecordBatch, None, None]:
        for batch in trades.batches(self._names):
            if batch.num_rows:
                yield batch

    def take(self, rows: int) -> list[pa.Array]:
        taken: list[pa.RecordBatch] = []
        missing = rows
        while missing:
            batch = self._left if self._left is not None else next(self._batches)
            part = batch.slice(0, missing)
            self._left = batch.slice(missing) if batch.num_rows > missing else None
            taken.append(part)
            missing -= part.num_rows
        if len(taken) == 1:
            return [taken[0].column(name) for name in self._names]
        return [_joined([part.column(name) for part in taken]) for name in self._names]


def _joined(parts: list[pa.Array]) -> pa.Array:
    if pa.types.is_dictionary(parts[0].type):
        parts = [part.cast(part.type.value_type) for part in parts]
    return pa.concat_arrays(parts)


class _Paying:
    """The second pass: rates, amounts, reasons and sums of one batch after the other."""

    def __init__(self, judge: Judge) -> None:
        slots = judge.timeline.slots
        deals = slots.deals
        self._first = slots.first_deal
        self._months = max(1, len(judge.calendar.months))
        self._rates = _rates(judge)
        self._month_of = np.asarray(judge.calendar.month_places, np.int32)
        self._kickback = np.array([deal.kickback_ppm for deal in deals], np.int64)
        self._override = np.array([deal.override.ppm if deal.override else 0 for deal in deals], np.int64)
        self._is_reducing = np.array(
            [deal.override is not None and deal.override.funded_by == "partner" for deal in deals], np.bool_
        )
        self._versions = np.concatenate(
            [np.zeros(self._first, np.int64), np.array([deal.version for deal in deals], np.int64)]
        )
        self._partner_words = pa.array(slots.partners, pa.string())
        self._reason_words = pa.array(judge.reason_words(), pa.string())
        self._partner_of = slots.partner.astype(np.int32)
        self._counts = np.zeros(len(self._reason_words), np.int64)
        self.accrued = Accrued(deals, judge.calendar.days, judge.assets.words, judge.venues.words)

    def pay(self, batch: Judged) -> dict[str, npt.NDArray[Any]]:
        """SET-4, SET-6, SET-7 for a batch: final reason, rate and the four amounts."""
        rows = len(batch)
        reason = batch.state.copy()
        rate = np.full(rows, _NO_RATE, np.int64)
        may = np.flatnonzero(batch.state == Reason.PAID)
        deal = batch.slot[may] - self._first
        rate_may = self._rates[deal.astype(np.int64) * self._months + self._month_of[batch.day[may]]]
        rate[may] = np.maximum(rate_may, 0)
        fee_may = batch.fee[may]
        is_below, is_paid = rate_may == _BELOW, fee_may > 0
        reason[may] = np.where(
            is_below, Reason.BELOW_FIRST_TIER, np.where(is_paid, Reason.PAID, Reason.FEE_NOT_POSITIVE)
        )
        among = np.flatnonzero(is_paid & ~is_below)
        paid, deal, fee = may[among], deal[among], fee_may[among]
        pool = share(fee, rate_may[among])
        kickback = share(pool, self._kickback[deal])
        commission = pool - kickback
        override = share(pool, self._override[deal])
        reduced = np.minimum(override, commission)
        is_reducing = self._is_reducing[deal]
        override = np.where(is_reducing, reduced, override)
        commission = np.where(is_reducing, commission - reduced, commission)
        self._counts += np.bincount(reason, minlength=len(self._counts))
        self.accrued.add(
            deal, batch.day[paid], batch.asset[paid], batch.venue[paid], (commission, kickback, override)
        )
        amounts = {"pool": pool, "kickback": kickback, "commission": commission, "override": override}
        columns: dict[str, npt.NDArray[Any]] = {"slot": batch.slot, "reason": reason, "rate_ppm": rate}
        for name, amount in amounts.items():
            whole = np.zeros(rows, np.int64)
            whole[paid] = amount
            columns[name] = whole
        return columns

    def explained(
        self, given: list[pa.Array], columns: dict[str, npt.NDArray[Any]], also: Sequence[str], encoded: bool
    ) -> pa.RecordBatch:
        """SET-8, and the columns asked for beside it."""
        slot, reason, rate = columns["slot"], columns["reason"], columns["rate_ppm"]
        partner = pa.DictionaryArray.from_arrays(
            pa.array(self._partner_of[slot], mask=slot == 0), self._partner_words, safe=False
        )
        reason_said = pa.DictionaryArray.from_arrays(pa.array(reason), self._reason_words, safe=False)
        if not encoded:
            partner, reason_said = partner.cast(pa.string()), reason_said.cast(pa.string())
        trade_id = given[0] if pa.types.is_string(given[0].type) else given[0].cast(pa.string())
        arrays = [
            trade_id,
            partner,
            pa.array(self._versions[slot], mask=slot < self._first),
            pa.array(rate, mask=rate == _NO_RATE),
            *(pa.array(columns[name]) for name in ("pool", "kickback", "commission", "override")),
            reason_said,
            *given[1:],
        ]
        return pa.RecordBatch.from_arrays(arrays, names=[*EXPLAIN.names, *also])

    def reasons(self) -> dict[str, int]:
        """Trades by reason, only those that occur."""
        counts = self._counts.tolist()
        return {word: n for word, n in zip(self._reason_words.to_pylist(), counts, strict=True) if n}


def share(amount: Ints, ppm: Ints) -> Ints:
    """⌊amount · ppm / 10⁶⌋, exact, for amounts and shares that are not negative and ppm up to 10⁶."""
    if not len(amount):
        return amount
    if int(amount.max()) <= INT64_MAX // PPM:
        product: Ints = amount * ppm
        product //= PPM
        return product
    whole, rest = np.divmod(amount, PPM)
    return whole * ppm + rest * ppm // PPM


def _rates(judge: Judge) -> npt.NDArray[np.int32]:
    """SET-4: the rate of each deal in each month that occurs, in one row of months per deal."""
    slots, calendar = judge.timeline.slots, judge.calendar
    months = max(1, len(calendar.months))
    rates = np.full(max(1, len(slots.deals)) * months, _BELOW, np.int32)
    of_partner: dict[int, list[int]] = {}
    for deal_place in range(len(slots.deals)):
        of_partner.setdefault(int(slots.partner[slots.first_deal + deal_place]), []).append(deal_place)
    for partner, month in judge.volumes:
        place = calendar.months[month]
        for deal_place in of_partner[partner]:
            deal = slots.deals[deal_place]
            basis = month if deal.tier_basis == "current_month" else month - 1
            rate = deal.rate_at(judge.volumes.get((partner, basis), 0))
            rates[deal_place * months + place] = _BELOW if rate is None else rate
    return rates
