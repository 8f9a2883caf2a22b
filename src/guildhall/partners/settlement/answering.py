"""Two trials set side by side: by partner, in all, what the house keeps, how sure the difference is.

Pure. Amounts are texts of whole units (1e-8 of the asset), because JSON numbers are not safe past 53 bits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from guildhall.partners import whatif
from guildhall.partners.settlement.trying import Trial
from guildhall.partners.whatif import Asked, Economics, Sums

_MOST_PARTNERS = 5_000
"""Told one by one; the rest is in the totals only."""


def answer(asked: Asked, months: Sequence[str], before: Trial, after: Trial) -> dict[str, Any]:
    """`months`, `trades`, and lists of rows by asset: `partners` (the largest difference first), `totals`,
    `economics` (before and after, with the assumption they rest on), `interval` of the difference in cost.
    """
    return {
        "months": list(months),
        "trades": after.rows,
        "reasons": {"before": dict(before.reasons), "after": dict(after.reasons)},
        "partners": _partners(before, after),
        "totals": _totals(before, after),
        "economics": [_economics(asset, asked, before, after) for asset in _assets(before, after)],
        "interval": [_interval(asset, asked, before, after) for asset in _assets(before, after)],
    }


def _assets(before: Trial, after: Trial) -> list[str]:
    return sorted({asset for asset, _day in (*before.by_day, *after.by_day)})


def _partners(before: Trial, after: Trial) -> list[dict[str, Any]]:
    fees = after.fees
    then, now = _kinds(before.by_partner), _kinds(after.by_partner)
    rows = [
        {
            "partner": who,
            "asset": asset,
            "fee": str(fees.get((who, asset), 0)),
            **_sides(then.get((who, asset), {}), now.get((who, asset), {})),
        }
        for who, asset in sorted({*then, *now, *fees})
    ]
    rows.sort(key=lambda row: -abs(int(row["difference"])))
    return rows[:_MOST_PARTNERS]


def _totals(before: Trial, after: Trial) -> list[dict[str, Any]]:
    then, now = _kinds(before.by_partner, whole=True), _kinds(after.by_partner, whole=True)
    return [
        {
            "asset": asset,
            "fee": str(sum(sums[0] for (of, _), sums in after.by_day.items() if of == asset)),
            **_sides(then.get(("", asset), {}), now.get(("", asset), {})),
        }
        for asset in sorted({asset for _, asset in (*then, *now)} | set(_assets(before, after)))
    ]


def _kinds(
    by_partner: Mapping[tuple[str, str, str], int], *, whole: bool = False
) -> dict[tuple[str, str], dict[str, int]]:
    """(partner, asset) → kind → units; all partners under '' when `whole`."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for (who, asset, kind), units in by_partner.items():
        kinds = found.setdefault(("" if whole else who, asset), {})
        kinds[kind] = kinds.get(kind, 0) + units
    return found


def _sides(then: Mapping[str, int], now: Mapping[str, int]) -> dict[str, Any]:
    return {
        "before": {kind: str(units) for kind, units in sorted(then.items())},
        "after": {kind: str(units) for kind, units in sorted(now.items())},
        "difference": str(sum(now.values()) - sum(then.values())),
    }


def _economics(asset: str, asked: Asked, before: Trial, after: Trial) -> dict[str, Any]:
    fixed = asked.fixed[1] if asked.fixed and asked.fixed[0] == asset else 0

    def side(trial: Trial, beside: int) -> Economics:
        days = {day: Sums(*sums) for (of, day), sums in trial.by_day.items() if of == asset}
        total = Sums(sum(one.fee for one in days.values()), sum(one.cost for one in days.values()))
        volume = trial.volumes.get(asset, 0)
        return whatif.economics(
            asset, total, days, volume=volume, fixed=beside, incrementality_ppm=asked.incrementality_ppm
        )

    then, now = side(before, 0), side(after, fixed)
    return {
        "asset": asset,
        "fee": str(now.fee),
        "fixed": str(fixed),
        "volume": str(after.volumes.get(asset, 0)),
        "cost_before": str(then.cost),
        "cost_after": str(now.cost),
        "net_before": str(then.net),
        "net_after": str(now.net),
        "roi_before_ppm": then.roi_ppm,
        "roi_ppm": now.roi_ppm,
        "break_even_volume": None if now.break_even_volume is None else str(now.break_even_volume),
        "payback_day": now.payback.isoformat() if now.payback else None,
        "incrementality_ppm": asked.incrementality_ppm,
        "incrementality": whatif.UNMEASURED,
    }


def _interval(asset: str, asked: Asked, before: Trial, after: Trial) -> dict[str, Any]:
    then, now = before.by_account.get(asset, {}), after.by_account.get(asset, {})
    accounts = then.keys() | now.keys()
    found = whatif.interval(
        asset,
        [now.get(account, 0) - then.get(account, 0) for account in sorted(accounts)],
        len(accounts),
        draws=asked.draws,
        seed=asked.seed,
    )
    return {
        "asset": asset,
        "low": str(found.low),
        "middle": str(found.middle),
        "high": str(found.high),
        "draws": found.draws,
        "accounts": found.accounts,
    }
