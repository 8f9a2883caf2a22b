"""SET-9: what is owed, by partner, UTC day, asset and kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
        ("payable_on", pa.date32()),
    ]
)
_DAYS = pa.int32()
_WIDE = pa.decimal128(38, 0)
KINDS = ("commission", "kickback", "override")


class Accrued:
    """Adds up paid trades. `days`, `assets` and `venues` are the lists that places point into."""

    def __init__(
        self, deals: Sequence[Deal], days: Sequence[int], assets: Sequence[str], venues: Sequence[str]
    ) -> None:
        self.deals, self._days, self._assets, self._venues = deals, days, assets, venues
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
        self._sums.add((place * len(self._days) + day) * len(self.deals) + deal, *units)

    def accruals(self) -> pa.Table:
        """`ACCRUALS`. Raises BadInput when a sum is past int64."""
        return self._table(ACCRUALS)

    def by_deal(self) -> pa.Table:
        """`BY_DEAL`, payable `hold_days` after the day (SET-24). Raises BadInput when a sum is past int64."""
        return self._table(BY_DEAL)

    def _table(self, schema: pa.Schema) -> pa.Table:
        groups, sums = self._sums.result()
        cell, deal = np.divmod(groups, max(1, len(self.deals)))
        cell, day = np.divmod(cell, max(1, len(self._days)))
        asset, venue = np.divmod(cell, max(1, len(self._venues)))
        parents = [one.override.parent if one.override else one.partner for one in self.deals]
        names, (own, parent) = _ranked([one.partner for one in self.deals], parents)
        days, (day_of,) = _ranked(self._days)
        assets, (asset_of,) = _ranked(self._assets)
        venues, (venue_of,) = _ranked(self._venues)
        versions = [one.version for one in self.deals]
        ordered, (deal_of,) = _ranked(list(zip(own.tolist(), versions, range(len(versions)), strict=True)))
        packed, amounts = [], []
        sizes = [len(names), len(days), len(assets), len(KINDS)]
        sizes += [len(venues), len(ordered)] if schema is BY_DEAL else []
        for kind, units in enumerate(sums):
            some = np.flatnonzero(units != 0)
            which = deal[some]
            credited = parent if KINDS[kind] == "override" else own
            keys = [credited[which], day_of[day[some]], asset_of[asset[some]], some * 0 + kind]
            keys += [venue_of[venue[some]], deal_of[which]] if schema is BY_DEAL else []
            packed.append(_packed(keys, sizes))
            amounts.append(units[some])
        key, units = _summed(np.concatenate(packed), np.concatenate(amounts))
        del packed, amounts
        columns = dict(
            zip(("partner", "day", "asset", "kind", "venue", "deal"), _unpacked(key, sizes), strict=False)
        )
        said = {
            "partner": _said(columns["partner"], names),
            "day": pa.array(np.array(days, np.int32)[columns["day"]]).cast(pa.date32()),
            "asset": _said(columns["asset"], assets),
            "kind": _said(columns["kind"], KINDS),
        }
        _refuse_past_int64(units, said)
        said["units"] = pa.array(units.astype(np.int64))
        if schema is BY_DEAL:
            owner = np.array([one[0] for one in ordered], np.int64)
            version = np.array([one[1] for one in ordered], np.int64)
            said["venue"] = _said(columns["venue"], venues)
            said["deal_partner"] = _said(owner[columns["deal"]], names)
            said["deal_version"] = pa.array(version[columns["deal"]])
            wait = np.array([self.deals[one[2]].hold_days for one in ordered], np.int64)
            payable = np.array(days, np.int64)[columns["day"]] + wait[columns["deal"]]
            said["payable_on"] = pa.array(payable.astype(np.int32)).cast(pa.date32())
        return pa.Table.from_arrays([said[name] for name in schema.names], schema=schema)


def adjusted(
    table: pa.Table,
    adjustments: Mapping[tuple[str, int, str, str, str, str, int], int],
    deals: Sequence[Deal],
) -> pa.Table:
    """`BY_DEAL` with units added to some of its rows, or to new ones; what becomes 0 is left out.

    Raises BadInput when a sum is past int64.
    """
    if not adjustments:
        return table
    names = ["partner", "day", "asset", "kind", "venue", "deal_partner", "deal_version"]
    wait = {(deal.partner, deal.version): deal.hold_days for deal in deals}
    columns = dict(zip(names, zip(*adjustments, strict=True), strict=True))
    arrays = {
        name: pa.array(columns[name], _DAYS if name == "day" else BY_DEAL.field(name).type) for name in names
    }
    payable = [None if key[3].startswith("held_") else key[1] + wait[key[5], key[6]] for key in adjustments]
    arrays["units"] = pa.array(list(adjustments.values()), _WIDE)
    arrays["payable_on"] = pa.array(payable, _DAYS)
    wide = BY_DEAL.set(BY_DEAL.get_field_index("units"), pa.field("units", _WIDE))
    more = pa.table({name: arrays[name] for name in BY_DEAL.names}).cast(wide)
    both = pa.concat_tables([table.cast(wide), more]).group_by(names)
    summed = both.aggregate([("units", "sum"), ("payable_on", "max")])
    summed = summed.rename_columns([*names, "units", "payable_on"]).select(BY_DEAL.names)
    summed = summed.filter(pc.not_equal(summed.column("units"), pa.scalar(0, _WIDE)))
    past = summed.filter(pc.greater(summed.column("units"), pa.scalar(INT64_MAX, _WIDE)))
    _refuse_past_int64(
        np.array([int(units) for units in past.column("units").to_pylist()], object),
        {name: past.column(name) for name in ("partner", "day", "asset", "kind")},
    )
    return summed.cast(BY_DEAL).sort_by([(name, "ascending") for name in names])


def _ranked(*lists: Sequence[Any]) -> tuple[list[Any], list[Ints]]:
    """The different values of all lists in order, and for each list where its values stand."""
    ordered = sorted({value for values in lists for value in values})
    place = {value: i for i, value in enumerate(ordered)}
    return ordered, [np.array([place[value] for value in values], np.int64) for values in lists]


def _packed(keys: Sequence[Ints], sizes: Sequence[int]) -> npt.NDArray[Any]:
    """Several keys, each from 0 to below its size, as one number that sorts like them."""
    whole: npt.NDArray[Any] = keys[0] if prod(sizes) <= INT64_MAX else keys[0].astype(object)
    for key, size in zip(keys[1:], sizes[1:], strict=True):
        whole = whole * size + key
    return whole


def _unpacked(whole: npt.NDArray[Any], sizes: Sequence[int]) -> list[Ints]:
    keys = []
    for size in reversed(sizes[1:]):
        whole, key = np.divmod(whole, max(1, size))
        keys.append(key.astype(np.int64))
    return [whole.astype(np.int64), *reversed(keys)]


def _summed(key: npt.NDArray[Any], units: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """One row for each key, ascending, with the sum of its units."""
    if not len(key):
        return key, units
    order = np.argsort(key, kind="stable")
    key, units = key[order], units[order]
    begins = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    return key[begins], np.add.reduceat(units, begins)


def _refuse_past_int64(units: npt.NDArray[Any], said: Mapping[str, pa.Array]) -> None:
    if not len(units) or int(units.max()) <= INT64_MAX:
        return
    at = int(np.flatnonzero(units > INT64_MAX)[0])
    partner, day, asset, kind = (said[name][at].as_py() for name in ("partner", "day", "asset", "kind"))
    raise wrong(
        f"The {kind} of partner {partner!r} in {asset} on {day} is past int64: {units[at]}.",
        f"合作伙伴 {partner!r} 在 {day} 的 {asset} {kind} 超出 int64：{units[at]}。",
        "SET-9",
    )


def _said(places: Ints, words: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(places), pa.array(list(words), pa.string())).cast(
        pa.string()
    )
