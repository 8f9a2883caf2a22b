"""One trade's way through the rules, told step by step with the rule's number, in both languages.

Pure: the amounts are those the engine found; nothing is computed here but the words. Rules are those of
docs/settlement.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from guildhall.core.money import Rate
from guildhall.core.text import Text

REASONS: Final[Mapping[str, Text]] = {
    "paid": Text("Paid", "已计佣"),
    "unbound": Text("Nobody brought this account", "该账户未绑定任何合作伙伴"),
    "no_deal": Text("No deal was in force", "成交时没有生效的合约"),
    "term_over": Text("The term of the binding was over", "绑定已超过计佣期限"),
    "below_first_tier": Text("The month's volume is below the first tier", "当月交易量未达到最低档"),
    "fee_not_positive": Text("No fee was paid", "未产生正手续费"),
}
_EXCLUDED = "excluded:"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule applied: `before` and `after` are amounts in 1e-8 of `asset`; None where there is none.

    `asset` is empty for amounts of the reference asset (volumes).
    """

    rule: str
    text: Text
    before: int | None = None
    after: int | None = None
    asset: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a trade and of what became of it."""

    account_bound: tuple[str, datetime, datetime | None] | None
    """Partner's name, from, to."""
    executed_at: datetime
    asset: str
    fee: int
    deal: Mapping[str, Any] | None
    """The terms as pinned."""
    parent: str
    """The name of whoever earns the override."""
    volume: tuple[str, int] | None
    """Which month's volume decided, and how much it was (1e-8 of the reference asset)."""
    term_ends: datetime | None
    rate_ppm: int | None
    pool: int
    kickback: int
    commission: int
    override: int
    reason: str


def reason_text(reason: str) -> Text:
    """A reason of SET-6 in words."""
    if reason.startswith(_EXCLUDED):
        flag = reason.removeprefix(_EXCLUDED)
        return Text(f"The deal excludes trades marked “{flag}”", f"合约排除带有“{flag}”标记的成交")
    return REASONS.get(reason, Text(reason, reason))


def tell(told: Told) -> tuple[Step, ...]:
    """The steps in the order of the rules, up to the one that decided."""
    steps = [_bound(told)]
    if told.reason == "unbound":
        return tuple(steps)
    steps.append(_deal(told))
    if told.reason == "no_deal":
        return tuple(steps)
    if told.reason.startswith(_EXCLUDED):
        return (*steps, Step("SET-6", reason_text(told.reason)))
    term = _term(told)
    if term is not None:
        steps.append(term)
    if told.reason == "term_over":
        return tuple(steps)
    steps.append(_tier(told))
    if told.reason in ("below_first_tier", "fee_not_positive"):
        return (*steps, Step("SET-6", reason_text(told.reason), told.fee, 0, told.asset))
    return (*steps, *_amounts(told))


def _bound(told: Told) -> Step:
    if told.account_bound is None:
        return Step("SET-1", reason_text("unbound"))
    name, since, until = told.account_bound
    en = f"Bound to {name} since {_at(since)}" + (f", until {_at(until)}" if until else "")
    zh = f"自 {_at(since)} 起绑定于 {name}" + (f"，至 {_at(until)} 止" if until else "")
    return Step("SET-1", Text(en, zh))


def _deal(told: Told) -> Step:
    if told.deal is None:
        return Step("SET-1", reason_text("no_deal"))
    version = told.deal["version"]
    return Step(
        "SET-1",
        Text(
            f"Version {version} of the deal was in force at {_at(told.executed_at)}",
            f"成交时间 {_at(told.executed_at)} 适用合约第 {version} 版",
        ),
    )


def _term(told: Told) -> Step | None:
    if told.term_ends is None:
        return None
    if told.reason == "term_over":
        en, zh = "The term had ended at", "计佣期限已于以下时间届满："
    else:
        en, zh = "Within the term, which ends at", "处于计佣期限内，届满时间："
    return Step("SET-5", Text(f"{en} {_at(told.term_ends)}", f"{zh}{_at(told.term_ends)}"))


def _tier(told: Told) -> Step:
    rate = Rate(told.rate_ppm or 0)
    if told.volume is None:
        return Step("SET-4", Text(f"The tier reached pays {rate}", f"所达档位比例为 {rate}"))
    month, units = told.volume
    if told.reason == "below_first_tier":
        return Step(
            "SET-4",
            Text(f"The volume of {month} reaches no tier", f"{month} 的交易量未达到任何档位"),
            after=units,
        )
    return Step(
        "SET-4",
        Text(f"The volume of {month} reaches the tier of {rate}", f"{month} 的交易量达到 {rate} 档"),
        after=units,
    )


def _amounts(told: Told) -> list[Step]:
    assert told.deal is not None
    rate, back = Rate(told.rate_ppm or 0), Rate(int(told.deal["kickback_ppm"]))
    steps = [
        Step(
            "SET-7",
            Text(f"Pool: {rate} of the fee, rounded down", f"佣金池：手续费的 {rate}，向下取整"),
            told.fee,
            told.pool,
            told.asset,
        ),
        Step(
            "SET-7",
            Text(f"Kickback to the trader: {back} of the pool", f"返还交易者：佣金池的 {back}"),
            told.pool,
            told.kickback,
            told.asset,
        ),
    ]
    override = told.deal.get("override")
    rest = told.pool - told.kickback
    if override:
        share = Rate(int(override["ppm"]))
        paid_by = (
            Text("taken from the commission", "从佣金中扣除")
            if override["funded_by"] == "partner"
            else Text("paid by the house", "由平台承担")
        )
        steps.append(
            Step(
                "SET-7",
                Text(
                    f"Override to {told.parent}: {share} of the pool, {paid_by.en}",
                    f"上级分佣给 {told.parent}：佣金池的 {share}，{paid_by.zh}",
                ),
                told.pool,
                told.override,
                told.asset,
            )
        )
    steps.append(
        Step(
            "SET-7",
            Text("Commission: what is left of the pool", "佣金：佣金池余额"),
            rest,
            told.commission,
            told.asset,
        )
    )
    return steps


def _at(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"
