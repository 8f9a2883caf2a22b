"""SET-9: what is owed, by partner, UTC day, asset and kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from guildhall.partners.engine.instants import INT64_MAX, Ints
from guildhall.partners.engine.shapes import wrong
from guildhall.partners.engine.sums import Sums
from guildhall.partners.engine.terms import Deal

ACCRUALS = pa.schema(
    [
        ("partner", pa.string()),
        ("day", pa.date32()),
        ("asset", pa.string()),
        ("kind", pa.string()),
        ("units", pa.int64()),
    ]
)
BY_DEAL = pa.schema(
    [
        ("partner", pa.string()),
        ("day", pa.date32()),
        ("asset", pa.string()),
        ("kind", pa.string()),
        ("venue", pa.string()),
        ("deal_partner", pa.string()),
        ("deal_version", pa.int64()),
        ("units", pa.int64()),
    ]
)
KINDS = ("commission", "kickback", "override")


class Accrued:
    """Adds up paid trades. `days`, `assets` and `venues` are the lists that places point into."""

    def __init__(
        self, deals: Sequence[Deal], days: Sequence[int], assets: Sequence[str], venues: Sequence[str]
    ) -> None:
        self._deals, self._days, self._assets, self._venues = deals, days, assets, venues
        self._sums = Sums(len(KINDS))

    def add(
        self,
        deal: npt.NDArray[np.int32],
        day: npt.NDArray[np.int32],
        asset: npt.NDArray[np.int32],
        venue: npt.NDArray[np.int32],
        units: tuple[Ints, ...],
    ) -> None:
        """Amounts in the order of KINDS for trades of these deals, days, assets and venues."""
        place = asset.astype(np.int64) * len(self._venues) + venue
        self._sums.add((place * len(self._days) + day) * len(self._deals) + deal, *units)

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """(`ACCRUALS`, `BY_DEAL`). Raises BadInput when a sum is past int64."""
        groups, sums = self._sums.result()
        cell, deal = np.divmod(groups, max(1, len(self._deals)))
        cell, day = np.divmod(cell, max(1, len(self._days)))
        asset, venue = np.divmod(cell, max(1, len(self._venues)))
        parents = [one.override.parent if one.override else one.partner for one in self._deals]
        names, (own, parent) = _ranked([one.partner for one in self._deals], parents)
        days, (day_of,) = _ranked(self._days)
        assets, (asset_of,) = _ranked(self._assets)
        venues, (venue_of,) = _ranked(self._venues)
        versions = [one.version for one in self._deals]
        _, (deal_of,) = _ranked(list(zip(own.tolist(), versions, range(len(versions)), strict=True)))
        columns: list[list[Ints]] = []
        amounts = []
        for kind, units in enumerate(sums):
            some = np.flatnonzero(units != 0)
            which = deal[some]
            credited = parent if KINDS[kind] == "override" else own
            columns.append(
                [credited[which], day_of[day[some]], asset_of[asset[some]], np.full(len(some), kind),
                 venue_of[venue[some]], deal_of[which], which]
            )  # fmt: skip
            amounts.append(units[some])
        keys = [np.concatenate(parts) for parts in zip(*columns, strict=True)]
        sizes = [len(words) for words in (names, days, assets, KINDS, venues, self._deals)]
        order = _order(keys[:6], sizes)
        keys, units = [key[order] for key in keys], np.concatenate(amounts)[order]
        words = {"partner": names, "asset": assets, "kind": KINDS, "venue": venues, "deal_partner": names}
        named = ("partner", "day", "asset", "kind", "venue")
        tables = []
        for schema, depth in ((ACCRUALS, 4), (BY_DEAL, 6)):
            begins, summed = _summed(keys[:depth], units)
            places = {name: keys[i][begins] for i, name in enumerate(named)}
            which = keys[6][begins]
            places["day"] = np.array(days, np.int64)[places["day"]] if len(begins) else begins
            places["deal_partner"] = own[which] if len(begins) else begins
            places["deal_version"] = np.array(versions, np.int64)[which] if len(begins) else begins
            tables.append(_table(schema, places, summed, words))
        return tables[0], tables[1]


def _ranked(*lists: Sequence[Any]) -> tuple[list[Any], list[Ints]]:
    """The different values of all lists in order, and for each list where its values stand."""
    ordered = sorted({value for values in lists for value in values})
    place = {value: i for i, value in enumerate(ordered)}
    return ordered, [np.array([place[value] for value in values], np.int64) for values in lists]


def _order(keys: Sequence[Ints], sizes: Sequence[int]) -> Ints:
    """The order of rows by several keys, each from 0 to below its size."""
    if prod(sizes) > INT64_MAX:
        return np.lexsort(tuple(reversed(keys)))
    whole = keys[0]
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        whole = whole * size + key
    return np.argsort(whole, kind="stable")


def _summed(keys: Sequence[Ints], units: npt.NDArray[Any]) -> tuple[Ints, npt.NDArray[Any]]:
    """Where rows with equal keys, which stand together, begin, and their sums."""
    if not len(units):
        return np.empty(0, np.int64), units
    differs = np.zeros(len(units), np.bool_)
    differs[0] = True
    for key in keys:
        differs[1:] |= key[1:] != key[:-1]
    begins = np.flatnonzero(differs)
    return begins, np.add.reduceat(units, begins)


def _table(
    schema: pa.Schema, places: Mapping[str, Ints], units: npt.NDArray[Any], words: Mapping[str, Sequence[str]]
) -> pa.Table:
    if len(units) and int(units.max()) > INT64_MAX:
        at = int(np.flatnonzero(units > INT64_MAX)[0])
        partner, asset, kind = (words[name][int(places[name][at])] for name in ("partner", "asset", "kind"))
        raise wrong(
            f"The {kind} of partner {partner!r} in {asset} is past int64: {units[at]}.",
            f"合作伙伴 {partner!r} 的 {asset} {kind} 超出 int64：{units[at]}。",
            "SET-9",
        )
    arrays = []
    for one in schema:
        if one.name == "units":
            arrays.append(pa.array(units.astype(np.int64)))
        elif one.name == "day":
            arrays.append(pa.array(places["day"].astype(np.int32)).cast(pa.date32()))
        elif one.name == "deal_version":
            arrays.append(pa.array(places["deal_version"]))
        else:
            arrays.append(_said(places[one.name], words[one.name]))
    return pa.Table.from_arrays(arrays, schema=schema)


def _said(places: Ints, words: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(list(words), pa.string())).cast(
        pa.string()
    )
