"""Who is bound to whom, when: the bindings read from a table and checked (SET-1, SET-2)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from guildhall.partners.engine.columns import (
    Kind,
    check_schema,
    encoded,
    instants,
    plain_text,
    refuse_nulls,
    rows_said,
)
from guildhall.partners.engine.instants import INT64_MAX, Ints
from guildhall.partners.engine.shapes import wrong

BINDING_KINDS: dict[str, Kind] = {
    "venue": "text",
    "account": "text",
    "partner": "text",
    "valid_from": "instant",
    "valid_to": "instant",
}
_EN, _ZH = "Bindings", "归属关系"


@dataclass(frozen=True, slots=True)
class Bindings:
    """Bindings as arrays, in the order of the rows; places point into the three lists of texts.

    Times are microseconds since 1970 UTC, half-open; where `is_open` there is no end.
    """

    venue: Ints
    account: Ints
    partner: Ints
    valid_from: Ints
    valid_to: Ints
    is_open: npt.NDArray[np.bool_]
    venues: pa.Array
    accounts: pa.Array
    partners: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.venue)

    @property
    def pair(self) -> Ints:
        """One number for each (account, venue)."""
        return self.account.astype(np.int64) * max(1, len(self.venues)) + self.venue


def bindings_from_table(table: pa.Table) -> Bindings:
    """Read and check bindings. Raises BadInput naming the rows (1-based) that are wrong (SET-2)."""
    check_schema(table.schema, BINDING_KINDS, _EN, _ZH)
    columns = {name: _one(table.column(name)) for name in BINDING_KINDS}
    venue, venues = _distinct(columns["venue"], "venue")
    account, accounts = _distinct(columns["account"], "account")
    partner, partners = _distinct(columns["partner"], "partner")
    ends = columns["valid_to"]
    is_open = np.asarray(pc.is_null(ends).to_numpy(zero_copy_only=False))
    if pa.types.is_null(ends.type):
        ends = ends.cast(pa.timestamp("us", "UTC"))
    refuse_nulls(columns["valid_from"], "valid_from", 1, _EN, _ZH)
    bindings = Bindings(
        venue=venue,
        account=account,
        partner=partner,
        valid_from=instants(columns["valid_from"], "valid_from", 1, _EN, _ZH),
        valid_to=np.where(is_open, INT64_MAX, instants(pc.fill_null(ends, 0), "valid_to", 1, _EN, _ZH)),
        is_open=is_open,
        venues=venues,
        accounts=accounts,
        partners=tuple(partners.to_pylist()),
    )
    _check_ends(bindings)
    _check_overlaps(bindings)
    return bindings


def _one(column: pa.ChunkedArray) -> pa.Array:
    whole = column.unify_dictionaries().combine_chunks()
    return whole if isinstance(whole, pa.Array) else pa.concat_arrays(whole.chunks)


def _distinct(column: pa.Array, name: str) -> tuple[Ints, pa.Array]:
    """Places and texts; the same text never stands twice in the texts."""
    if pa.types.is_dictionary(column.type):
        column = plain_text(column)
    places, words = encoded(column, name, 1, _EN, _ZH)
    return places.astype(np.int64), words


def _check_ends(bindings: Bindings) -> None:
    rows = np.flatnonzero(~bindings.is_open & (bindings.valid_to <= bindings.valid_from))
    if len(rows):
        shown = rows_said(rows + 1)
        raise wrong(
            f"{_EN}: valid_to is not after valid_from in row {shown}.",
            f"{_ZH}：第 {shown} 行的 valid_to 不晚于 valid_from。",
            "SET-2",
        )


def _check_overlaps(bindings: Bindings) -> None:
    pair = bindings.pair
    order = np.lexsort((bindings.valid_from, pair))
    pair, starts = pair[order], bindings.valid_from[order]
    ends = np.where(bindings.is_open, INT64_MAX, bindings.valid_to)[order]
    same = pair[1:] == pair[:-1]
    clash = same & ((ends[:-1] > starts[1:]) | bindings.is_open[order][:-1])
    if not clash.any():
        return
    suspects = np.isin(pair, np.unique(pair[1:][clash]))
    clashes: list[tuple[int, int]] = []
    longest = -1
    for place in np.flatnonzero(suspects).tolist():
        if longest < 0 or pair[longest] != pair[place]:
            longest = place
            continue
        is_open = bool(bindings.is_open[order[longest]])
        if is_open or ends[longest] > starts[place]:
            first, second = sorted((int(order[longest]) + 1, int(order[place]) + 1))
            clashes.append((first, second))
        if not is_open and (bindings.is_open[order[place]] or ends[place] > ends[longest]):
            longest = place
    clashes.sort()
    shown = "; ".join(f"{first} / {second}" for first, second in clashes[:10])
    shown += f" … ({len(clashes)})" if len(clashes) > 10 else ""
    row = clashes[0][0] - 1
    venue, account = bindings.venues[bindings.venue[row]], bindings.accounts[bindings.account[row]]
    raise wrong(
        f"{_EN}: rows that bind the same account at the same time: {shown} "
        f"(the first: venue {venue}, account {account}).",
        f"{_ZH}：以下行在同一时间绑定同一账户：{shown}（首个：交易所 {venue}，账户 {account}）。",
        "SET-2",
    )
