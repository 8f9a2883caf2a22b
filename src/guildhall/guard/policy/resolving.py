"""One effective policy for a place: overrides applied in the order they stand, later ones on top. Pure.

Space, platform and language are settled here; what depends on the member waits in `Policy.tiers` until the
judge knows who wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guildhall.guard.policy import settings
from guildhall.guard.types import FamilySetting, Mode, Override, Place, Policy, When

TIERS = ("newcomers", "regulars", "verified")
"""What a member can be in the eyes of an override (see `judge.tier_of`)."""


def resolve(policy: Policy, place: Place) -> Policy:
    """The policy as it judges in a place; without overrides the policy itself."""
    if not policy.overrides:
        return policy
    there = [override for override in policy.overrides if is_there(override.when, place)]
    whole = replace(policy, overrides=())
    base = applied(whole, [override for override in there if not override.when.tiers])
    tiers = {
        tier: applied(whole, [one for one in there if not one.when.tiers or tier in one.when.tiers])
        for tier in TIERS
        if any(tier in one.when.tiers for one in there)
    }
    return replace(base, tiers=tiers) if tiers else base


class ByPlace:
    """A policy resolved for one place after the other; each place is worked out once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._known: dict[Place, Policy] = {}

    def __call__(self, place: Place) -> Policy:
        found = self._known.get(place)
        if found is None:
            found = self._known[place] = resolve(self._policy, place)
        return found


def acts(policy: Policy) -> bool:
    """Whether the policy punishes anybody anywhere."""
    return policy.mode is Mode.ACT or any(one.then.get("mode") is Mode.ACT for one in policy.overrides)


def is_there(when: When, place: Place) -> bool:
    """Whether an override holds in a place; languages are compared by their main part (zh-Hant is zh)."""
    return (
        (not when.languages or main_language(place.language) in map(main_language, when.languages))
        and (not when.spaces or place.space in when.spaces)
        and (not when.platforms or place.platform in when.platforms)
        and (not when.space_tiers or place.tier in when.space_tiers)
    )


def main_language(tag: str) -> str:
    """`zh` of `zh-Hant`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def applied(policy: Policy, overrides: list[Override]) -> Policy:
    """The policy with what overrides say on top of it."""
    for override in overrides:
        policy = _changed(policy, override.then)
    return policy


def _changed(policy: Policy, then: Mapping[str, object]) -> Policy:
    whole: dict[str, Any] = {}
    parts: dict[str, dict[str, Any]] = {}
    for field, value in then.items():
        head, _, rest = field.partition(".")
        if rest:
            parts.setdefault(head, {})[rest] = value
        else:
            whole[head] = value
    for head in ("newcomer", "flood"):
        if head in parts:
            whole[head] = replace(getattr(policy, head), **parts[head])
    if "thresholds" in parts:
        found = replace(policy.thresholds, **parts["thresholds"])
        delete = max(found.review, found.delete)  # two overrides that meet may not cross: the milder holds
        restrict = max(delete, found.restrict)
        whole["thresholds"] = replace(found, delete=delete, restrict=restrict, ban=max(restrict, found.ban))
    if "rules" in parts:
        whole["rules"] = {**policy.rules, **parts["rules"]}
    if "families" in parts:
        whole["families"] = _families(policy.families, parts["families"])
    return replace(policy, **whole)


def _families(before: Mapping[str, FamilySetting], given: Mapping[str, object]) -> dict[str, FamilySetting]:
    said: dict[str, dict[str, object]] = {}
    for field, value in given.items():
        family, _, name = field.partition(".")
        said.setdefault(family, {})[name] = value
    return settings.with_families(before, said)
