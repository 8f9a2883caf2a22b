"""Rules as data: what a rule says, and how the file that holds them becomes frozen values.

A file is refused as a whole when any rule in it is incomplete, so that a typing error never opens a door.
Whether a rule applies is decided in `decide`; here stands only what it says, since when, on whose word,
and until when it may be relied on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

import yaml

from guildhall.compliance.acts import Act, parse_act
from guildhall.compliance.regions import parse_region
from guildhall.core.errors import BadInput
from guildhall.core.text import Text


class Effect(StrEnum):
    ALLOW = "allow"
    BLOCK = "block"
    DISCLOSE = "disclose"


class Status(StrEnum):
    """How well a rule is known: in the regulator's own words, in somebody's account of them, or not at
    all."""

    VERIFIED = "verified"
    SECONDARY = "secondary"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. Dates are UTC days; `effective_to` is the first day it no longer holds, `review_by` the
    last day on which it may be relied on. A `fallback` blocks only where nothing permits."""

    id: str
    version: int
    regions: frozenset[str]
    acts: frozenset[Act]
    effect: Effect
    text: Text
    disclosure: Text | None
    effective_from: date | None
    effective_to: date | None
    status: Status
    verified_on: date
    review_by: date
    reviewer: str
    sources: tuple[str, ...]
    overridable: bool
    fallback: bool

    def in_force(self, day: date) -> bool:
        """Whether the rule holds on `day`."""
        return (self.effective_from is None or self.effective_from <= day) and (
            self.effective_to is None or day < self.effective_to
        )


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules of one file. `version` names the file, the first digits of its hash included."""

    version: str
    as_of: date
    rules: tuple[Rule, ...]

    def rule(self, rule_id: str) -> Rule | None:
        """The rule of that id, or None."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)


_KEYS = {
    "id", "version", "regions", "acts", "effect", "text", "disclosure", "effective_from", "effective_to",
    "status", "verified_on", "review_by", "reviewer", "sources", "overridable", "fallback",
}  # fmt: skip


def parse_rules(source: str) -> Rulebook:
    """Read a rules file. Raises BadInput whose `field` names the rule and the key."""
    try:
        data = yaml.safe_load(source)
    except yaml.YAMLError as error:
        raise BadInput(f"The rules are not YAML: {error}", field="rules") from error
    if not isinstance(data, Mapping) or not isinstance(data.get("rules"), list):
        raise BadInput(
            "A rules file holds `version`, `as_of`, `review_by`, `reviewer` and `rules`.", field="rules"
        )
    defaults = {
        "verified_on": data.get("as_of"),
        "review_by": data.get("review_by"),
        "reviewer": data.get("reviewer"),
    }
    rules = tuple(_rule({**defaults, **item}, number) for number, item in enumerate(data["rules"], 1))
    ids = [rule.id for rule in rules]
    for rule_id in ids:
        if ids.count(rule_id) > 1:
            raise BadInput(f"There are two rules {rule_id}.", field=rule_id)
    version = f"{data.get('version')}+{hashlib.sha256(source.encode()).hexdigest()[:8]}"
    return Rulebook(version, _day(data.get("as_of"), "rules", "as_of"), rules)


def _rule(item: Mapping[str, Any], number: int) -> Rule:
    rule_id = str(item.get("id") or f"rule {number}")
    unknown = set(item) - _KEYS
    if unknown:
        raise BadInput(
            f"{rule_id}: unknown key {sorted(unknown)[0]!r}.", field=f"{rule_id}.{sorted(unknown)[0]}"
        )
    for key in ("id", "version", "regions", "acts", "effect", "text", "status", "review_by", "reviewer"):
        if item.get(key) in (None, "", []):
            raise BadInput(f"{rule_id}: {key} is missing.", field=f"{rule_id}.{key}")
    try:
        effect, status = Effect(item["effect"]), Status(item["status"])
        acts = frozenset(parse_act(act) for act in item["acts"])
        regions = frozenset(parse_region(region) for region in item["regions"])
        text = Text.from_json(item["text"])
        disclosure = Text.from_json(item["disclosure"]) if item.get("disclosure") else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"{rule_id}: {error}.", field=rule_id) from error
    if effect is Effect.DISCLOSE and disclosure is None and status is not Status.UNVERIFIED:
        raise BadInput(
            f"{rule_id}: a rule that asks for a disclosure carries its words.", field=f"{rule_id}.disclosure"
        )
    if effect is Effect.ALLOW and status is not Status.VERIFIED:
        raise BadInput(f"{rule_id}: only a verified rule may allow.", field=f"{rule_id}.status")
    return Rule(
        id=rule_id,
        version=int(item["version"]),
        regions=regions,
        acts=acts,
        effect=effect,
        text=text,
        disclosure=disclosure,
        effective_from=_optional_day(item.get("effective_from"), rule_id, "effective_from"),
        effective_to=_optional_day(item.get("effective_to"), rule_id, "effective_to"),
        status=status,
        verified_on=_day(item.get("verified_on"), rule_id, "verified_on"),
        review_by=_day(item.get("review_by"), rule_id, "review_by"),
        reviewer=str(item["reviewer"]),
        sources=tuple(str(url) for url in item.get("sources") or ()),
        overridable=bool(item.get("overridable", True)),
        fallback=bool(item.get("fallback", False)),
    )


def _optional_day(value: object, rule_id: str, key: str) -> date | None:
    return None if value is None else _day(value, rule_id, key)


def _day(value: object, rule_id: str, key: str) -> date:
    if type(value) is date:
        return value
    raise BadInput(f"{rule_id}: {key} must be a date such as 2026-11-23.", field=f"{rule_id}.{key}")
