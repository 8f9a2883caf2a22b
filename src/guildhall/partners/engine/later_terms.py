"""The terms of the later steps: CPA after qualification, caps, negative carry-over, holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, cast

from guildhall.partners.engine.shapes import Fields

Share = Literal["with", "after_recovered", "none"]
CapOf = Literal["trade", "account", "partner"]
CapPer = Literal["trade", "day", "month", "lifetime"]
Carry = Literal["none", "month", "forward"]


@dataclass(frozen=True, slots=True)
class Cpa:
    """A fixed amount (base units of `asset`), once for each account that qualifies within `within_days`.

    Qualified is an account whose deposits (1e-8 of `deposit_asset`), counted volume (1e-8 of the reference
    asset) and days with a counted trade all reach their least. `share` says what becomes of the commission on
    the same account: paid beside it (`with`), only beyond the amount (`after_recovered`), or never (`none`).
    """

    units: int
    asset: str
    within_days: int
    min_deposit: int = 0
    deposit_asset: str = ""
    min_volume: int = 0
    active_days: int = 0
    share: Share = "with"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `units` of commission in `asset`, for each trade, account or the partner, per UTC period."""

    units: int
    asset: str
    of: CapOf
    per: CapPer


class Later(TypedDict):
    cpa: Cpa | None
    caps: tuple[Cap, ...]
    carry: Carry
    hold_days: int
    hold_flags: tuple[str, ...]


def later_from_json(fields: Fields) -> Later:
    """The later terms of a deal; all are optional."""
    carry = fields.one_of("carry", ("none", "month", "forward")) if fields.has("carry") else "none"
    return {
        "cpa": _cpa(fields.object("cpa")) if fields.has("cpa") else None,
        "caps": tuple(_cap(cap) for cap in fields.objects("caps")) if fields.has("caps") else (),
        "carry": cast(Carry, carry),
        "hold_days": fields.whole("hold_days", least=0, most=3_660) if fields.has("hold_days") else 0,
        "hold_flags": fields.texts("hold_flags"),
    }


def later_to_json(
    cpa: Cpa | None, caps: Sequence[Cap], carry: Carry, hold_days: int, hold_flags: Sequence[str]
) -> dict[str, Any]:
    """Only the terms that are set: a deal without later steps looks as docs/settlement.md shows it."""
    said: dict[str, Any] = {}
    if cpa is not None:
        said["cpa"] = {
            "units": cpa.units,
            "asset": cpa.asset,
            "within_days": cpa.within_days,
            "min_deposit": cpa.min_deposit,
            "deposit_asset": cpa.deposit_asset,
            "min_volume": cpa.min_volume,
            "active_days": cpa.active_days,
            "share": cpa.share,
        }
    if caps:
        said["caps"] = [
            {"units": cap.units, "asset": cap.asset, "of": cap.of, "per": cap.per} for cap in caps
        ]
    if carry != "none":
        said["carry"] = carry
    if hold_days:
        said["hold_days"] = hold_days
    if hold_flags:
        said["hold_flags"] = list(hold_flags)
    return said


def _cpa(fields: Fields) -> Cpa:
    fields.only(
        (
            "units",
            "asset",
            "within_days",
            "min_deposit",
            "deposit_asset",
            "min_volume",
            "active_days",
            "share",
        )
    )
    least_deposit = fields.whole("min_deposit", least=0) if fields.has("min_deposit") else 0
    if least_deposit and not fields.has("deposit_asset"):
        raise fields.refuse("min_deposit needs a deposit_asset.", "min_deposit 需要 deposit_asset。")
    share = fields.one_of("share", ("with", "after_recovered", "none")) if fields.has("share") else "with"
    return Cpa(
        units=fields.whole("units", least=1, most=2**63 - 1),
        asset=fields.text("asset"),
        within_days=fields.whole("within_days", least=1, most=3_660),
        min_deposit=least_deposit,
        deposit_asset=fields.text("deposit_asset") if fields.has("deposit_asset") else "",
        min_volume=fields.whole("min_volume", least=0) if fields.has("min_volume") else 0,
        active_days=fields.whole("active_days", least=0) if fields.has("active_days") else 0,
        share=cast(Share, share),
    )


def _cap(fields: Fields) -> Cap:
    fields.only(("units", "asset", "of", "per"))
    of, per = (
        fields.one_of("of", ("trade", "account", "partner")),
        fields.one_of("per", ("trade", "day", "month", "lifetime")),
    )
    if (of == "trade") != (per == "trade"):
        raise fields.refuse("a cap of a trade is per trade.", "对单笔成交的上限只能按笔计算。")
    return Cap(
        fields.whole("units", least=0, most=2**63 - 1),
        fields.text("asset"),
        cast(CapOf, of),
        cast(CapPer, per),
    )
