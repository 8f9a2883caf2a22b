"""What a changed deal would have meant: differences by partner, what the house keeps, how sure that is.

Pure and exact: whole units (1e-8 of the asset) and fractions, no float. `incrementality` is the share of the
fees that came only because of the partner. Nobody measured it: an assumption, called so wherever it shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

import numpy as np

from guildhall.core.errors import BadInput
from guildhall.core.money import PPM
from guildhall.core.text import Text

ALL: Final = "all"
UNMEASURED: Final = "unmeasured"
MOST_DRAWS: Final = 2_000
_PICKS = 100_000_000
"""Accounts drawn in all, at most: many accounts get fewer draws."""
_EPOCH = date(1970, 1, 1)
_LOW = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be tried. `changes`: partner (or "all") → terms laid over those in force; `fixed`: (asset,
    units) spent beside the deal; `incrementality_ppm`: see above.
    """

    changes: Mapping[str, Mapping[str, Any]]
    months: tuple[str, ...]
    incrementality_ppm: int = PPM
    fixed: tuple[str, int] | None = None
    seed: int = 1
    draws: int = 1_000

    def to_json(self) -> dict[str, Any]:
        return {
            "changes": [{"partner": who, "terms": dict(terms)} for who, terms in self.changes.items()],
            "months": list(self.months),
            "incrementality_ppm": self.incrementality_ppm,
            "fixed_cost": self.fixed and {"asset": self.fixed[0], "units": str(self.fixed[1])},
            "seed": self.seed,
            "draws": self.draws,
        }


@dataclass(frozen=True, slots=True)
class Sums:
    """Of one asset: net fees of the trades (rebates taken off), and what the house gave of them."""

    fee: int
    cost: int


@dataclass(frozen=True, slots=True)
class Economics:
    """What the house keeps of one asset under a deal.

    net: fees·i − cost − fixed, rounded down. roi_ppm: (fees·i − cost − fixed) / (cost + fixed), rounded down;
    None without any cost. break_even_volume: volume (1e-8 of the reference asset) at which what is kept of
    each unit of volume covers the fixed cost, rounded up; None when nothing is kept. payback: the first UTC
    day by whose end the fixed cost was covered; None when it never was.
    """

    asset: str
    fee: int
    cost: int
    fixed: int
    net: int
    roi_ppm: int | None
    break_even_volume: int | None
    payback: date | None


@dataclass(frozen=True, slots=True)
class Interval:
    """The difference in cost if other accounts like these had come: 95 of 100 draws lie within."""

    asset: str
    low: int
    middle: int
    high: int
    draws: int
    accounts: int


def parse_asked(data: Mapping[str, Any]) -> Asked:
    """What somebody asks, read from JSON. Raises BadInput naming the field."""
    changes: dict[str, Mapping[str, Any]] = {}
    given = data.get("changes")
    if not isinstance(given, list) or not given:
        raise BadInput(
            Text("Say which deal is changed, and how.", "请说明要调整的合作条款及内容。"), field="changes"
        )
    for one in given:
        who, terms = (one.get("partner"), one.get("terms")) if isinstance(one, Mapping) else (None, None)
        if not isinstance(who, str) or not isinstance(terms, Mapping) or who in changes:
            raise BadInput(
                Text(
                    "Each change names a partner once, and terms.",
                    "每项调整须注明一位合作伙伴（不可重复）及条款。",
                ),
                field="changes",
            )
        changes[who] = terms
    if ALL in changes and len(changes) > 1:
        raise BadInput(Text("Either all partners or some.", "请选择全部或部分合作伙伴。"), field="changes")
    months = data.get("months") or []
    return Asked(
        changes=changes,
        months=tuple(sorted({str(month) for month in months})),
        incrementality_ppm=_whole(data, "incrementality_ppm", PPM, PPM),
        fixed=_fixed(data.get("fixed_cost")),
        seed=_whole(data, "seed", 1, 2**63 - 1),
        draws=max(1, _whole(data, "draws", 1_000, MOST_DRAWS)),
    )


def economics(
    asset: str,
    total: Sums,
    by_day: Mapping[int, Sums],
    *,
    volume: int,
    fixed: int,
    incrementality_ppm: int,
) -> Economics:
    """The house's side of one asset. `by_day`: days since 1970 → sums; `volume` as in `Economics`."""
    share = Fraction(incrementality_ppm, PPM)
    kept = total.fee * share - total.cost
    spent = total.cost + fixed
    return Economics(
        asset=asset,
        fee=total.fee,
        cost=total.cost,
        fixed=fixed,
        net=_floor(kept - fixed),
        roi_ppm=_floor((kept - fixed) * PPM / spent) if spent > 0 else None,
        break_even_volume=_break_even(kept, volume, fixed),
        payback=_payback(by_day, share, fixed),
    )


def interval(asset: str, differences: Sequence[int], accounts: int, *, draws: int, seed: int) -> Interval:
    """How the sum of `differences` (of the accounts that have one) spreads when as many accounts are drawn
    with replacement from all `accounts`. The same seed gives the same interval.
    """
    units = [one for one in differences if one]
    if not units:
        return Interval(asset, 0, 0, 0, draws, accounts)
    draws = max(100, min(draws, _PICKS // max(1, accounts)))
    high = np.array([one >> 32 for one in units], np.int64)
    low = np.array([one & _LOW for one in units], np.int64)
    chance = np.random.default_rng(seed)
    totals = []
    for _ in range(draws):
        picked = chance.integers(0, accounts, size=accounts)
        counts = np.bincount(picked[picked < len(units)], minlength=len(units)).astype(np.int64)
        totals.append((int(counts @ high) << 32) + int(counts @ low))
    totals.sort()
    cut = draws // 40
    return Interval(asset, totals[cut], totals[draws // 2], totals[draws - 1 - cut], draws, accounts)


def _break_even(kept: Fraction, volume: int, fixed: int) -> int | None:
    if fixed <= 0:
        return 0
    if kept <= 0 or volume <= 0:
        return None
    return -_floor(-Fraction(fixed) * volume / kept)


def _payback(by_day: Mapping[int, Sums], share: Fraction, fixed: int) -> date | None:
    kept = Fraction(0)
    for day in sorted(by_day):
        kept += by_day[day].fee * share - by_day[day].cost
        if kept >= fixed:
            return _EPOCH + timedelta(days=day)
    return None


def _floor(exact: Fraction) -> int:
    return exact.numerator // exact.denominator


def _whole(data: Mapping[str, Any], name: str, default: int, most: int) -> int:
    value = data.get(name, default)
    if type(value) is not int or not 0 <= value <= most:
        raise BadInput(
            Text(f"{name} must be a whole number from 0 to {most}.", f"{name} 必须是 0 到 {most} 的整数。"),
            field=name,
        )
    return value


def _fixed(data: Any) -> tuple[str, int] | None:
    if not data:
        return None
    try:
        asset, units = str(data["asset"]), int(str(data["units"]))
    except (KeyError, TypeError, ValueError) as error:
        raise BadInput(
            Text("A fixed cost is an asset and whole units.", "固定成本须写明资产和整数金额单位。"),
            field="fixed_cost",
        ) from error
    if not asset or not 0 <= units < 2**63:
        raise BadInput(Text("A fixed cost is zero or more.", "固定成本不能为负。"), field="fixed_cost")
    return asset, units
