"""What came of a what-if as a page shows it: by asset, by partner, with the interval and the assumption."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from guildhall.console import partner_words as words
from guildhall.ui import amounts, charts

Result = dict[str, Any]
_DRAWN = 12
_MOST_PARTNERS = 200


@dataclass(frozen=True, slots=True)
class Economy:
    """One asset as a whole; base units of it, None where nothing can be said."""

    asset: str
    fee: int
    cost_before: int
    cost_after: int
    net_before: int
    net_after: int
    roi_ppm: int | None
    break_even: int | None
    payback: str
    incrementality_ppm: int
    low: int | None
    middle: int | None
    high: int | None
    draws: int
    accounts: int

    @property
    def cost_difference(self) -> int:
        return self.cost_after - self.cost_before

    @property
    def net_difference(self) -> int:
        return self.net_after - self.net_before


def shown(result: Result) -> dict[str, Any]:
    """Everything the page draws and lists of a result."""
    intervals = {one["asset"]: one for one in result.get("interval", ())}
    economies = [_economy(one, intervals.get(one["asset"], {})) for one in result.get("economics", ())]
    rows = _rows(result)
    return {
        "economies": economies,
        "rows": rows[:_MOST_PARTNERS],
        "more_rows": max(0, len(rows) - _MOST_PARTNERS),
        "drawings": _drawings(rows),
        "spans": _spans(economies),
    }


def _economy(one: Result, interval: Result) -> Economy:
    return Economy(
        asset=one["asset"],
        fee=int(one["fee"]),
        cost_before=int(one["cost_before"]),
        cost_after=int(one["cost_after"]),
        net_before=int(one["net_before"]),
        net_after=int(one["net_after"]),
        roi_ppm=_whole(one.get("roi_ppm")),
        break_even=_whole(one.get("break_even_volume")),
        payback=str(one.get("payback_day") or ""),
        incrementality_ppm=int(one["incrementality_ppm"]),
        low=_whole(interval.get("low")),
        middle=_whole(interval.get("middle")),
        high=_whole(interval.get("high")),
        draws=int(interval.get("draws") or 0),
        accounts=int(interval.get("accounts") or 0),
    )


def _rows(result: Result) -> list[dict[str, Any]]:
    """A row for each partner and asset, what changes most first."""
    names = words.names(one["partner"] for one in result.get("partners", ()))
    rows = [
        {
            "partner": one["partner"],
            "name": names[one["partner"]],
            "asset": one["asset"],
            "fee": int(one["fee"]),
            "before": _own(one["before"]),
            "after": _own(one["after"]),
            "kickback_before": int(one["before"].get("kickback", 0)),
            "kickback_after": int(one["after"].get("kickback", 0)),
            "difference": _own(one["after"]) - _own(one["before"]),
        }
        for one in result.get("partners", ())
    ]
    rows.sort(key=lambda row: (-abs(row["difference"]), row["name"], row["asset"]))
    return rows


def _drawings(rows: list[dict[str, Any]]) -> list[tuple[str, charts.Chart]]:
    """For each asset the partners for whom it changes most."""
    by_asset: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["difference"]:
            by_asset[row["asset"]].append({"name": row["name"][:40], "units": row["difference"]})
    labels = {"units": _("Difference"), "name": _("Partner")}
    drawn = []
    for asset, found in sorted(by_asset.items())[:3]:
        height = max(130, 30 * min(_DRAWN, len(found)))
        bars = charts.bars(found[:_DRAWN], x="units", y="name", labels=labels, height=height)
        drawn.append((asset, charts.in_units(bars, "x", amounts.SCALE)))
    return drawn


def _spans(economies: list[Economy]) -> list[tuple[Economy, charts.Chart]]:
    """For each asset where the true difference may lie."""
    drawn = []
    labels = {"value": _("estimate"), "low": _("from"), "high": _("to"), "name": _("what")}
    for one in economies:
        if one.low is None or one.middle is None or one.high is None:
            continue
        rows = [{"name": one.asset, "value": one.middle, "low": one.low, "high": one.high}]
        drawing = charts.intervals(
            rows, x="value", low="low", high="high", y="name", labels=labels, height=110
        )
        drawn.append((one, charts.in_units(drawing, "x", amounts.SCALE)))
    return drawn


def _own(side: Result) -> int:
    """What is the partner's own of one side."""
    return sum(int(units) for kind, units in side.items() if kind.removeprefix(words.HELD) != "kickback")


def _whole(value: Any) -> int | None:
    return None if value in (None, "") else int(value)
