"""SET-9: what is owed, by partner, UTC day, asset and kind."""

from __future__ import annotations

from collections.abc import Sequence
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
        ("deal_partner", pa.string()),
        ("deal_version", pa.int64()),
        ("units", pa.int64()),
    ]
)
KINDS = ("commission", "kickback", "override")


class Accrued:
    """Adds up paid trades. `days` and `assets` are the lists that places point into."""

    def __init__(self, deals: Sequence[Deal], days: Sequence[int], assets: Sequence[str]) -> None:
        self._deals, self._days, self._assets = deals, days, assets
        self._sums = Sums(len(KINDS))

    def add(
        self,
        deal: npt.NDArray[np.int32],
        day: npt.NDArray[np.int32],
        asset: npt.NDArray[np.int32],
        units: tuple[Ints, ...],
    ) -> None:
        """Amounts in the order of KINDS for trades of these deals, days and assets."""
        cell = (asset.astype(np.int64) * len(self._days) + day) * len(self._deals) + deal
        self._sums.add(cell, *units)

    def tables(self) -> tuple[pa.Table, pa.Table]:
        """(`ACCRUALS`, `BY_DEAL`). Raises BadInput when a sum is past int64."""
        groups, sums = self._sums.result()
        deals = max(1, len(self._deals))
        deal, cell = groups % deals, groups // deals
        day, asset = cell % max(1, len(self._days)), cell // max(1, len(self._days))
        names, own, parent, asset_ranks = self._ranked()
        parts = []
        for kind, units in enumerate(sums):
            some = np.flatnonzero(units != 0)
            credited = parent if KINDS[kind] == "override" else own
            parts.append(
                (credited[deal[some]], day[some], asset[some], some * 0 + kind, deal[some], units[some])
            )
        partner, day, asset, kinds, deal, units = (
            np.concatenate([part[i] for part in parts]) for i in range(6)
        )
        days = np.array(self._days, np.int64)[day] if len(day) else day
        versions = np.array([one.version for one in self._deals], np.int64)[deal] if len(deal) else deal
        own_rank = own[deal] if len(deal) else deal
        asset_rank = asset_ranks[asset] if len(asset) else asset
        order = np.lexsort((versions, own_rank, kinds, asset_rank, days, partner))
        keys = [column[order] for column in (partner, days, asset_rank, kinds, own_rank, versions)]
        units = units[order]
        asset_words = sorted(self._assets)
        detailed = _summed(keys, units)
        merged = _summed(keys[:4], units)
        return (
            _table(ACCRUALS, merged, names, asset_words),
            _table(BY_DEAL, detailed, names, asset_words),
        )

    def _ranked(self) -> tuple[list[str], Ints, Ints, Ints]:
        """Names in order; the place of each deal's partner and of its parent; the place of each asset."""
        parents = [deal.override.parent if deal.override else deal.partner for deal in self._deals]
        names = sorted({deal.partner for deal in self._deals} | set(parents))
        place = {name: i for i, name in enumerate(names)}
        asset_place = {name: i for i, name in enumerate(sorted(self._assets))}
        return (
            names,
            np.array([place[deal.partner] for deal in self._deals], np.int64),
            np.array([place[parent] for parent in parents], np.int64),
            np.array([asset_place[asset] for asset in self._assets], np.int64),
        )


def _summed(keys: list[Ints], units: npt.NDArray[Any]) -> tuple[list[Ints], npt.NDArray[Any]]:
    """Rows with equal keys, which stand together, made one."""
    if not len(units):
        return keys, units
    differs = np.zeros(len(units), np.bool_)
    differs[0] = True
    for key in keys:
        differs[1:] |= key[1:] != key[:-1]
    begins = np.flatnonzero(differs)
    return [key[begins] for key in keys], np.add.reduceat(units, begins)


def _table(
    schema: pa.Schema, rows: tuple[list[Ints], npt.NDArray[Any]], names: Sequence[str], assets: Sequence[str]
) -> pa.Table:
    keys, units = rows
    if len(units) and int(units.max()) > INT64_MAX:
        at = int(np.flatnonzero(units > INT64_MAX)[0])
        partner, asset, kind = names[int(keys[0][at])], assets[int(keys[2][at])], KINDS[int(keys[3][at])]
        raise wrong(
            f"The {kind} of partner {partner!r} in {asset} is past int64: {units[at]}.",
            f"合作伙伴 {partner!r} 的 {asset} {kind} 超出 int64：{units[at]}。",
            "SET-9",
        )
    words = {"partner": names, "deal_partner": names, "asset": assets, "kind": KINDS}
    sources = dict(
        zip(("partner", "day", "asset", "kind", "deal_partner", "deal_version"), keys, strict=False)
    )
    arrays = []
    for one in schema:
        if one.name == "units":
            arrays.append(pa.array(units.astype(np.int64)))
        elif one.name == "day":
            arrays.append(pa.array(sources["day"].astype(np.int32)).cast(pa.date32()))
        elif one.name == "deal_version":
            arrays.append(pa.array(sources["deal_version"]))
        else:
            arrays.append(_said(sources[one.name], words[one.name]))
    return pa.Table.from_arrays(arrays, schema=schema)


def _said(places: Ints, words: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(list(words), pa.string())).cast(
        pa.string()
    )
