"""Whether a verdict may punish without a person: by which families of evidence spoke, and by how often
verdicts of that kind were right in this community. Pure.

A *kind* of verdict is the family that weighs most in it. Its precision comes measured (`guard.measured`),
with a Wilson interval at 95 %: above the policy's limit it may punish, below it may not, and in between,
or where too little was decided, the policy's `otherwise` holds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from guildhall.core.text import Text
from guildhall.guard.estimates import wilson
from guildhall.guard.rules.evidence import Rule, by_id, reason
from guildhall.guard.types import FamilySetting, Measure, Measured, Mode, Policy, PunishAbove, Reason

CERTAIN = 1000
SUPPORT = 150
"""What families that may punish must add to a score before the others punish with them."""

DEFAULTS: Mapping[str, FamilySetting] = {
    "NEW": FamilySetting(alone=False),
    "HEAT": FamilySetting(most=500, alone=False),
    "LIST": FamilySetting(most=400, alone=False),
    "GUARD": FamilySetting(alone=False),
}
"""Families that behave otherwise than a plain one when the policy says nothing about them."""

_PLAIN = FamilySetting()

RULES = by_id(
    Rule(
        "GUARD-2",
        0,
        Text(
            "Held back for a person: {family} was right in {share} of {decided} decided verdicts {where}; "
            "this policy punishes alone above {limit}.",
            "暂缓处置，交由人工：{where}已裁定的 {decided} 条“{family}”判定中，正确率为 {share}；"
            "本策略仅在高于 {limit} 时自动处置。",
        ),
        "precision measured in this community",
    ),
    Rule(
        "GUARD-3",
        0,
        Text(
            "Held back for a person: so far {decided} verdicts led by {family} were decided {where}, too few "
            "to tell that more than {limit} are right.",
            "暂缓处置，交由人工：{where}由“{family}”主导的判定目前仅裁定 {decided} 条，"
            "尚不足以证明正确率高于 {limit}。",
        ),
        "precision measured in this community",
    ),
    Rule(
        "GUARD-4",
        0,
        Text(
            "Held back for a person: {family} alone does not punish under this policy.",
            "暂缓处置，交由人工：按本策略，仅凭“{family}”不作处置。",
        ),
        "families of evidence",
    ),
)
HELD = frozenset(RULES)
"""Rules that say why a verdict did not punish; their param `would` is the measure it called for."""


def family_of(rule_id: str) -> str:
    """The family a rule belongs to: `LINK` of `LINK-7`."""
    return rule_id.partition("-")[0]


def setting(policy: Policy, family: str) -> FamilySetting:
    """What a policy says of a family, or what holds where it says nothing."""
    return policy.families.get(family) or DEFAULTS.get(family, _PLAIN)


def contributions(reasons: Iterable[Reason], policy: Policy) -> dict[str, int]:
    """What each family adds to the score (0..1000), held to what the policy lets it add."""
    doubts: dict[str, float] = {}
    for item in reasons:
        family = family_of(item.rule_id)
        doubts[family] = doubts.get(family, 1.0) * (1 - min(max(item.weight, 0), CERTAIN) / CERTAIN)
    return {
        family: min(round((1 - doubt) * CERTAIN), setting(policy, family).most)
        for family, doubt in doubts.items()
    }


def together(weights: Iterable[int]) -> int:
    """Evidence added up so that it accumulates and never exceeds certainty (noisy-or), 0..1000."""
    doubt = 1.0
    for weight in weights:
        doubt *= 1 - weight / CERTAIN
    return round((1 - doubt) * CERTAIN)


def leading(added: Mapping[str, int]) -> str:
    """The family that weighs most in a verdict; '' without evidence."""
    return max(sorted(added), key=added.__getitem__, default="")


def led_by(reasons: Sequence[Reason]) -> str:
    """The leading family of a stored verdict, whose policy is no longer at hand."""
    return leading(contributions((item for item in reasons if item.rule_id not in HELD), _UNSAID))


def would_have(reasons: Iterable[Reason]) -> str:
    """The measure a held-back verdict called for, '' when it was not held back."""
    return next((item.params.get("would", "") for item in reasons if item.rule_id in HELD), "")


def held_back(
    added: Mapping[str, int],
    measure: Measure,
    measured: Mapping[str, tuple[Measured, ...]],
    policy: Policy,
) -> Reason | None:
    """Why a verdict that calls for punishment is put before a person instead; None when it may punish."""
    family = leading(added)
    said: dict[str, Any] = {"family": family, "would": measure.value}
    if together(weight for name, weight in added.items() if setting(policy, name).alone) < SUPPORT:
        return reason(RULES["GUARD-4"], **said)
    limits = policy.punish_above
    if limits is None:
        return None
    count = narrowest(measured.get(family, ()), limits)
    standing = judged(count, limits)
    if standing is Mode.ACT:
        return None
    said |= {"decided": str(count.decided), "where": count.where, "limit": percent(limits.precision)}
    if count.decided >= limits.decided and interval(count.right, count.decided)[1] < limits.precision:
        return reason(RULES["GUARD-2"], share=percent(count.right / count.decided), **said)
    return reason(RULES["GUARD-3"], **said)


def narrowest(counts: Sequence[Measured], limits: PunishAbove) -> Measured:
    """The count of the narrowest place in which enough was decided; else the widest there is."""
    for count in counts:
        if count.decided >= limits.decided:
            return count
    return counts[-1] if counts else Measured(0, 0)


def judged(count: Measured, limits: PunishAbove) -> Mode:
    """ACT where verdicts of a kind may punish by what was measured of them, else REVIEW."""
    if count.decided < limits.decided:
        return limits.otherwise
    low, high = interval(count.right, count.decided)
    if low >= limits.precision:
        return Mode.ACT
    return Mode.REVIEW if high < limits.precision else limits.otherwise


def interval(right: int, decided: int) -> tuple[float, float]:
    """Where the true share lies, by Wilson's interval at 95 %; (0, 1) when nothing was decided."""
    return wilson(right / decided, decided) if decided > 0 else (0.0, 1.0)


def percent(share: float) -> str:
    """A share as people read it: 98 %, 99.5 %."""
    return f"{share * 100:.1f}".rstrip("0").rstrip(".") + " %"


_UNSAID = Policy("", 0)
