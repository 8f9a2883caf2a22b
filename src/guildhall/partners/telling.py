"""Why a trade paid what it paid, or nothing: rule by rule, in both languages, from what was recorded.

Pure: it is given an explained row (SET-8), the deal as it was pinned and what the trade said, and recomputes
nothing that the settlement decided; the amounts shown are those of the row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from guildhall.core.money import PPM
from guildhall.core.text import Text
from guildhall.partners.engine.instants import months_later, to_rfc3339
from guildhall.partners.engine.terms import Deal

_SCALE = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One rule and what it came to for this trade; `units` (1e-8 of the asset) where it is an amount."""

    rule: str
    text: Text
    units: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known of the trade. Instants are microseconds since 1970 UTC; None is unknown (or open end).

    `basis_volume` is the volume (SET-3) of the month that the deal's tier basis names, `basis_month` that
    month, as "2026-01".
    """

    executed_at: int
    fee: int
    asset: str
    bound_from: int | None = None
    bound_to: int | None = None
    basis_volume: int | None = None
    basis_month: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What a step after SET-9 made of a trade's commission."""

    rule: str
    before: int
    after: int


REASONS: Mapping[str, Text] = {
    "unbound": Text("Not bound to any partner", "未绑定任何合作伙伴"),
    "no_deal": Text("No deal in force", "没有生效的合作条款"),
    "excluded": Text("Excluded by the flag {flag}", "因标记 {flag} 被排除"),
    "term_over": Text("The term is over", "返佣期限已过"),
    "below_first_tier": Text("Below the first tier", "未达到第一档"),
    "fee_not_positive": Text("No fee above zero", "手续费不为正"),
    "paid": Text("Paid", "已计佣"),
}
STEPS: Mapping[str, Text] = {
    "SET-21": Text(
        "the CPA paid for this account is recovered from its commission", "从该账户的佣金中抵扣已付的 CPA"
    ),
    "SET-22": Text("a cap of the deal is reached", "达到合作条款约定的上限"),
}
_FUNDED = {
    "partner": Text("out of the commission", "从佣金中支付"),
    "house": Text("by the house", "由平台支付"),
}


def reason_said(reason: str) -> Text:
    """A reason of SET-6 in words."""
    name, _, flag = reason.partition(":")
    said = REASONS.get(name)
    return Text(reason, reason) if said is None else said.format(flag=flag)


def why(
    explained: Mapping[str, Any], deal: Deal | None, asked: Asked, steps: Sequence[Step] = ()
) -> tuple[Line, ...]:
    """The rules in the order they were asked, up to the one that decided.

    `explained` is a row with the columns of SET-8; `deal` the version it names, as pinned (None for `unbound`
    and `no_deal`).
    """
    reason, partner = str(explained["reason"]), explained["partner"]
    when = to_rfc3339(asked.executed_at)
    if reason == "unbound":
        return (
            Line(
                "SET-1",
                Text(
                    f"At {when} no binding of this account was in force.", f"{when} 时该账户没有生效的绑定。"
                ),
            ),
        )
    lines = [_bound(str(partner), asked)]
    if deal is None:
        lines.append(
            Line("SET-1", Text(f"At {when} no version of the deal of {partner} was in force.",
                               f"{when} 时 {partner} 没有生效的合作条款版本。"))
        )  # fmt: skip
        return tuple(lines)
    lines.append(
        Line(
            "SET-1",
            Text(
                f"Version {deal.version} of the deal was in force.", f"生效的是合作条款第 {deal.version} 版。"
            ),
        )
    )
    if reason.startswith("excluded:"):
        flag = reason.removeprefix("excluded:")
        lines.append(
            Line("SET-6", Text(f"The trade carries the flag {flag}, which this deal excludes.",
                               f"该成交带有标记 {flag}，合作条款将其排除。"))
        )  # fmt: skip
        return tuple(lines)
    if deal.term_months is not None:
        lines.append(_term(deal, asked, is_over=reason == "term_over"))
    if reason == "term_over":
        return tuple(lines)
    lines.append(_tier(deal, explained["rate_ppm"], asked, is_below=reason == "below_first_tier"))
    if reason == "below_first_tier":
        return tuple(lines)
    if reason == "fee_not_positive":
        fee = amount(asked.fee, asked.asset)
        lines.append(
            Line("SET-6", Text(f"The fee is {fee}; only a fee above zero is shared.",
                               f"手续费为 {fee}；只有正的手续费才分成。"), asked.fee)
        )  # fmt: skip
        return tuple(lines)
    lines += _amounts(explained, deal, asked)
    lines += [_step(step, asked.asset) for step in steps]
    return tuple(lines)


def amount(units: int, asset: str) -> str:
    """Units of 1e-8 as a plain decimal with as many places as it needs, and the asset."""
    whole, rest = divmod(abs(units), 10**_SCALE)
    decimals = f".{rest:0{_SCALE}d}".rstrip("0") if rest else ""
    return f"{'-' if units < 0 else ''}{whole:,}{decimals} {asset}".strip()


def percent(ppm: int) -> str:
    """Parts per million as a percentage, exact: 333333 is 33.3333%."""
    whole, rest = divmod(ppm, PPM // 100)
    decimals = f".{rest:04d}".rstrip("0") if rest else ""
    return f"{whole}{decimals}%"


def _bound(partner: str, asked: Asked) -> Line:
    if asked.bound_from is None:
        return Line("SET-1", Text(f"The account was bound to {partner}.", f"该账户绑定于 {partner}。"))
    since = to_rfc3339(asked.bound_from)
    if asked.bound_to is None:
        return Line("SET-1", Text(f"Bound to {partner} since {since}.", f"自 {since} 起绑定于 {partner}。"))
    until = to_rfc3339(asked.bound_to)
    return Line(
        "SET-1",
        Text(
            f"Bound to {partner} from {since} until before {until}.",
            f"自 {since} 起、{until} 之前绑定于 {partner}。",
        ),
    )


def _term(deal: Deal, asked: Asked, *, is_over: bool) -> Line:
    assert deal.term_months is not None
    months = deal.term_months
    if asked.bound_from is None:
        state = Text("is over", "已过") if is_over else Text("runs", "未满")
        return Line(
            "SET-5", Text(f"The term of {months} months {state.en}.", f"{months} 个月的返佣期限{state.zh}。")
        )
    end = to_rfc3339(months_later(asked.bound_from, months))
    verb = Text("ended", "已于") if is_over else Text("ends", "将于")
    return Line(
        "SET-5",
        Text(
            f"The term of {months} months {verb.en} at {end}.",
            f"{months} 个月的返佣期限{verb.zh} {end} 结束。",
        ),
    )


def _tier(deal: Deal, rate: int | None, asked: Asked, *, is_below: bool) -> Line:
    known = asked.basis_volume is not None
    volume = amount(asked.basis_volume, "") if asked.basis_volume is not None else ""
    month = asked.basis_month
    counted = Text(f"The volume of {month} is {volume}", f"{month} 的交易量为 {volume}") if known else Text(
        "The month's volume", "该月交易量"
    )  # fmt: skip
    if is_below:
        least = min((tier.min_volume for tier in deal.tiers), default=None)
        if least is None:
            return Line("SET-4", Text("The deal has no tiers.", "合作条款没有档位。"))
        first = amount(least, "")
        en = f"{counted.en}{', ' if known else ' is '}below the first tier, which begins at {first}."
        return Line("SET-4", Text(en, f"{counted.zh}{'，' if known else ''}低于第一档的起点 {first}。"))
    tier = None
    if asked.basis_volume is not None:
        reached = [one for one in deal.tiers if one.min_volume <= asked.basis_volume]
        tier = max(reached, key=lambda one: one.min_volume, default=None)
    share = percent(rate or 0)
    if tier is None:
        return Line("SET-4", Text(f"{counted.en} gives the rate {share}.", f"{counted.zh}对应费率 {share}。"))
    begins = amount(tier.min_volume, "")
    return Line(
        "SET-4",
        Text(
            f"{counted.en}: the tier from {begins}, rate {share}.",
            f"{counted.zh}：{begins} 起的档位，费率 {share}。",
        ),
    )


def _amounts(explained: Mapping[str, Any], deal: Deal, asked: Asked) -> list[Line]:
    asset = asked.asset
    pool, kickback = int(explained["pool"]), int(explained["kickback"])
    commission, override = int(explained["commission"]), int(explained["override"])
    fee, pool_said = amount(asked.fee, asset), amount(pool, asset)
    rate = percent(int(explained["rate_ppm"]))
    lines = [
        Line("SET-7", Text(f"Pool: {fee} × {rate} = {pool_said}, rounded down.",
                           f"佣金池：{fee} × {rate} = {pool_said}，向下取整。"), pool)
    ]  # fmt: skip
    if deal.kickback_ppm:
        said, share = amount(kickback, asset), percent(deal.kickback_ppm)
        lines.append(
            Line("SET-7", Text(f"Kickback to the trader: {share} of the pool = {said}.",
                               f"返还给交易者：佣金池的 {share} = {said}。"), kickback)
        )  # fmt: skip
    if deal.override is not None:
        said, share, parent = amount(override, asset), percent(deal.override.ppm), deal.override.parent
        paid = _FUNDED[deal.override.funded_by]
        lines.append(
            Line("SET-7", Text(f"Override for {parent}: {share} of the pool, paid {paid.en} = {said}.",
                               f"{parent} 的上级分佣：佣金池的 {share}，{paid.zh} = {said}。"), override)
        )  # fmt: skip
    said = amount(commission, asset)
    lines.append(Line("SET-7", Text(f"Commission: {said}.", f"佣金：{said}。"), commission))
    return lines


def _step(step: Step, asset: str) -> Line:
    said = STEPS.get(step.rule, Text("a later step of the deal", "合作条款的后续步骤"))
    before, after = amount(step.before, asset), amount(step.after, asset)
    return Line(
        step.rule,
        Text(f"{before} becomes {after}: {said.en}.", f"{before} 变为 {after}：{said.zh}。"),
        step.after,
    )
