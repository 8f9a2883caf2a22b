"""Deals as data: the terms a partner is paid by, version by version, and how they are read from JSON.

Reading is strict where money depends on it (whole numbers only, nothing repeated, no unknown tier basis) and
every error names partner and version. What the terms mean is decided in `settlement` (SET-1 … SET-9) and in
`steps` (SET-20 and up).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from guildhall.core.errors import BadInput
from guildhall.core.money import PPM
from guildhall.core.text import Text
from guildhall.partners.engine.instants import INT64_MAX, INT64_MIN, from_rfc3339, to_rfc3339
from guildhall.partners.engine.later_terms import Cap, Carry, Cpa, later_from_json, later_to_json
from guildhall.partners.engine.shapes import Fields, wrong

TierBasis = Literal["previous_month", "current_month"]
FundedBy = Literal["house", "partner"]

__all__ = [
    "Cap",
    "Carry",
    "Cpa",
    "Deal",
    "Override",
    "Tier",
    "check_deals",
    "deal_to_json",
    "deals_from_json",
]


@dataclass(frozen=True, slots=True)
class Tier:
    """From this monthly volume on (1e-8 of the programme's reference asset), this share of the fee (ppm)."""

    min_volume: int
    rate_ppm: int


@dataclass(frozen=True, slots=True)
class Override:
    """A share of the pool (ppm) for the partner who brought this one, on top or out of the commission."""

    parent: str
    ppm: int
    funded_by: FundedBy


@dataclass(frozen=True, slots=True)
class Deal:
    """One version of a partner's terms. Validity is half-open, in microseconds since 1970 UTC; None is open.

    `cpa`, `caps`, `carry`, `hold_days` and `hold_flags` belong to later steps (SET-20 and up) and change
    nothing in SET-1 … SET-9.
    """

    partner: str
    version: int
    valid_from: int | None
    valid_to: int | None
    tier_basis: TierBasis
    tiers: tuple[Tier, ...]
    kickback_ppm: int
    override: Override | None = None
    exclude_flags: tuple[str, ...] = ()
    term_months: int | None = None
    cpa: Cpa | None = None
    caps: tuple[Cap, ...] = ()
    carry: Carry = "none"
    hold_days: int = 0
    hold_flags: tuple[str, ...] = ()

    def rate_at(self, volume: int) -> int | None:
        """SET-4: the rate (ppm) of the tier with the largest minimum not above `volume`; None below all."""
        reached = [tier for tier in self.tiers if tier.min_volume <= volume]
        return max(reached, key=lambda tier: tier.min_volume).rate_ppm if reached else None

    @property
    def changes_amounts(self) -> bool:
        """Whether a step after SET-9 looks at this deal's trades one by one (`hold_days` alone does not)."""
        return self.cpa is not None or bool(self.caps or self.hold_flags) or self.carry != "none"


def deals_from_json(rows: object, *, only_known: bool = True) -> tuple[Deal, ...]:
    """Deals from parsed JSON (a list of objects as in docs/settlement.md), checked together (SET-2).

    Raises BadInput naming partner and version, or the place in the list. With `only_known` a field that no
    rule reads is an error too: a misspelt term must not be passed over.
    """
    if not isinstance(rows, list):
        raise BadInput(Text("The deals must be a list of objects.", "合作条款必须是由对象组成的列表。"))
    deals = tuple(_deal(row, place, only_known) for place, row in enumerate(rows, start=1))
    check_deals(deals)
    return deals


def deal_to_json(deal: Deal) -> dict[str, Any]:
    """The JSON object that `deals_from_json` reads back to an equal deal."""
    override = deal.override
    return {
        "partner": deal.partner,
        "version": deal.version,
        "valid_from": None if deal.valid_from is None else to_rfc3339(deal.valid_from),
        "valid_to": None if deal.valid_to is None else to_rfc3339(deal.valid_to),
        "tier_basis": deal.tier_basis,
        "tiers": [{"min_volume": tier.min_volume, "rate_ppm": tier.rate_ppm} for tier in deal.tiers],
        "kickback_ppm": deal.kickback_ppm,
        "override": override
        and {"parent": override.parent, "ppm": override.ppm, "funded_by": override.funded_by},
        "exclude_flags": list(deal.exclude_flags),
        "term_months": deal.term_months,
        **later_to_json(deal.cpa, deal.caps, deal.carry, deal.hold_days, deal.hold_flags),
    }


def check_deals(deals: Sequence[Deal]) -> None:
    """SET-2 for deals: shares, tiers, each validity, and no two versions of a partner at one time."""
    by_partner: dict[str, list[Deal]] = {}
    for deal in deals:
        _check_one(deal)
        by_partner.setdefault(deal.partner, []).append(deal)
    for partner, versions in by_partner.items():
        ordered = sorted(versions, key=lambda deal: INT64_MIN if deal.valid_from is None else deal.valid_from)
        clashes = []
        longest = ordered[0]
        for deal in ordered[1:]:
            if _ends(longest) > _starts(deal):
                clashes.append((longest, deal))
            longest = max(longest, deal, key=_ends)
        if clashes:
            pairs = "; ".join(f"{first.version} / {second.version}" for first, second in clashes[:10])
            raise wrong(
                f"Partner {partner!r}: versions in force at the same time: {pairs}.",
                f"合作伙伴 {partner!r}：以下版本的有效期重叠：{pairs}。",
                "SET-2",
            )


def _starts(deal: Deal) -> int:
    return INT64_MIN if deal.valid_from is None else deal.valid_from


def _ends(deal: Deal) -> int:
    return INT64_MAX + 1 if deal.valid_to is None else deal.valid_to


def _check_one(deal: Deal) -> None:
    who_en = f"Partner {deal.partner!r}, version {deal.version}"
    who_zh = f"合作伙伴 {deal.partner!r} 第 {deal.version} 版"
    if deal.valid_from is not None and deal.valid_to is not None and deal.valid_to <= deal.valid_from:
        raise wrong(
            f"{who_en}: valid_to is not after valid_from.", f"{who_zh}：valid_to 不晚于 valid_from。", "SET-2"
        )
    minima = [tier.min_volume for tier in deal.tiers]
    twice = sorted({one for one in minima if minima.count(one) > 1}) if len(set(minima)) < len(minima) else []
    if twice:
        shown = ", ".join(map(str, twice))
        raise wrong(
            f"{who_en}: more than one tier with min_volume {shown}.",
            f"{who_zh}：min_volume {shown} 出现不止一次。",
            "SET-2",
        )
    shares = [("rate_ppm", tier.rate_ppm) for tier in deal.tiers] + [("kickback_ppm", deal.kickback_ppm)]
    if deal.override is not None:
        shares.append(("override.ppm", deal.override.ppm))
    for name, ppm in shares:
        if not 0 <= ppm <= PPM:
            raise wrong(
                f"{who_en}: {name} is {ppm}; it must be from 0 to {PPM}.",
                f"{who_zh}：{name} 为 {ppm}，必须在 0 到 {PPM} 之间。",
                "SET-2",
            )


_KNOWN = (
    "partner", "version", "valid_from", "valid_to", "tier_basis", "tiers", "kickback_ppm", "override",
    "exclude_flags", "term_months", "cpa", "caps", "carry", "hold_days", "hold_flags",
)  # fmt: skip


def _deal(row: object, place: int, only_known: bool) -> Deal:
    fields = Fields.of(row, f"Deal {place}", f"第 {place} 份合作条款")
    partner = fields.text("partner")
    version = fields.whole("version", least=INT64_MIN, most=INT64_MAX)
    fields = fields.named(f"Partner {partner!r}, version {version}", f"合作伙伴 {partner!r} 第 {version} 版")
    if only_known:
        fields.only(_KNOWN)
    later = later_from_json(fields)
    return Deal(
        partner=partner,
        version=version,
        valid_from=_instant(fields, "valid_from"),
        valid_to=_instant(fields, "valid_to"),
        tier_basis=cast(TierBasis, fields.one_of("tier_basis", ("previous_month", "current_month"))),
        tiers=tuple(_tiers(fields)),
        kickback_ppm=fields.whole("kickback_ppm"),
        override=_override(fields),
        exclude_flags=fields.texts("exclude_flags"),
        term_months=fields.whole("term_months", least=0) if fields.has("term_months") else None,
        **later,
    )


def _instant(fields: Fields, name: str) -> int | None:
    if not fields.has(name):
        return None
    text = fields.text(name)
    try:
        return from_rfc3339(text)
    except ValueError as error:
        raise fields.refuse(f"{name}: {error}.", f"{name}：{text!r} 不是带时区的 RFC 3339 时间。") from error


def _tiers(fields: Fields) -> Iterable[Tier]:
    for tier in fields.objects("tiers"):
        yield Tier(tier.whole("min_volume"), tier.whole("rate_ppm"))


def _override(fields: Fields) -> Override | None:
    if not fields.has("override"):
        return None
    override = fields.object("override")
    funded_by = cast(FundedBy, override.one_of("funded_by", ("house", "partner")))
    return Override(override.text("parent"), override.whole("ppm"), funded_by)


def by_partner(deals: Iterable[Deal]) -> Mapping[str, tuple[Deal, ...]]:
    """The versions of each partner, earliest first."""
    found: dict[str, list[Deal]] = {}
    for deal in deals:
        found.setdefault(deal.partner, []).append(deal)
    return {partner: tuple(sorted(versions, key=_starts)) for partner, versions in found.items()}
