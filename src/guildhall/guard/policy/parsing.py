"""Parses policies. Strict: an unknown key, a rule that does not exist or a number out of range is refused
with line, field and the nearest known name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

from guildhall.core.text import Text
from guildhall.guard import domains, vocabulary
from guildhall.guard.policy import settings
from guildhall.guard.policy.fields import choice, duration, mapping, number, sequence
from guildhall.guard.policy.overriding import overrides
from guildhall.guard.policy.wording import forbidden, house_words
from guildhall.guard.rules import names
from guildhall.guard.source import Node, at, read
from guildhall.guard.types import (
    Flood,
    Mode,
    Newcomer,
    Policy,
    Protected,
    RaidLimits,
    Thresholds,
)

SHIPPED = ("default", "review-first", "strict")
_KEYS = (
    "mode", "thresholds", "rules", "ladder", "restrict_for", "strikes_last_days", "newcomer", "flood", "raid",
    "allow_domains", "block_domains", "protected", "exempt", "sample_per_day", "sample_punished", "families",
    "punish_only_above", "words", "forbid", "overrides",
)  # fmt: skip
_PLAIN_HOST = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,30}$")


def parse(source: str, *, slug: str = "policy", version: int = 1) -> Policy:
    """A checked policy. Raises BadInput naming line (`row`), field and the nearest known key."""
    root = read(source)
    top = mapping(root, "", _KEYS)
    protected = _protected(top.get("protected"))
    words = house_words(top.get("words"))
    base = Policy(
        slug=slug,
        version=version,
        mode=settings.mode(top["mode"]) if "mode" in top else Mode.REVIEW,
        thresholds=_thresholds(top.get("thresholds")),
        rules=settings.rules(top.get("rules")),
        ladder=settings.ladder(top.get("ladder")),
        restrict_s=duration(top["restrict_for"], "restrict_for") if "restrict_for" in top else 86_400,
        strikes_last_days=number(top, "", "strikes_last_days", 1, 3650, 30),
        newcomer=Newcomer(**settings.numbers(top["newcomer"], "newcomer", settings.NEWCOMER))
        if "newcomer" in top
        else Newcomer(),
        flood=Flood(**settings.numbers(top["flood"], "flood", settings.FLOOD)) if "flood" in top else Flood(),
        raid=_raid(top.get("raid")),
        allow_domains=_domains(top.get("allow_domains"), "allow_domains"),
        block_domains=_domains(top.get("block_domains"), "block_domains"),
        protected=protected,
        exempt_roles=_exempt(top.get("exempt")),
        sample_per_day=number(top, "", "sample_per_day", 0, 1000, 5),
        sample_punished=number(top, "", "sample_punished", 0, 1000, 5),
        families=settings.with_families({}, settings.families(top["families"])) if "families" in top else {},
        punish_above=settings.punish_above(top["punish_only_above"]) if "punish_only_above" in top else None,
        words=words,
        forbid=forbidden(top.get("forbid")),
        names=names.index(protected),
        vocabulary=vocabulary.compiled(words) if words else None,
    )
    return replace(base, overrides=overrides(top["overrides"], base)) if "overrides" in top else base


@lru_cache(maxsize=8)
def shipped_source(slug: str) -> str:
    """The YAML of a policy that comes with the house. Raises FileNotFoundError for another name."""
    return files("guildhall.guard").joinpath(f"shipped/{slug}.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def shipped(slug: str = "default") -> Policy:
    """A policy that comes with the house, as version 0."""
    return parse(shipped_source(slug), slug=slug, version=0)


def _thresholds(node: Node | None) -> Thresholds:
    if node is None:
        return Thresholds()
    return settings.rising(replace(Thresholds(), **settings.limits(node)), node.line)


def _raid(node: Node | None) -> RaidLimits:
    base = RaidLimits()
    if node is None or node.value is None:
        return base
    numbers = {"joins": (3, 10_000), "minutes": (1, 60), "times": (1, 1000), "quiet_minutes": (1, 1440)}
    switches = ("act", "lock", "decline")
    part = mapping(node, "raid", (*numbers, *switches))
    given: dict[str, Any] = {
        name: number(part, "raid", name, low, high, getattr(base, name))
        for name, (low, high) in numbers.items()
    }
    for name in switches:
        if name in part and not isinstance(part[name].value, bool):
            raise at(part[name].line, f"raid.{name}", Text("must be true or false", "必须是 true 或 false"))
    chosen = {name: bool(part[name].value) if name in part else getattr(base, name) for name in switches}
    return RaidLimits(**given, **chosen)


def _protected(node: Node | None) -> tuple[Protected, ...]:
    if node is None or node.value is None:
        return ()
    out = []
    for entry in sequence(node, "protected"):
        if isinstance(entry.value, str):
            out.append(Protected(entry.value))
            continue
        part = mapping(entry, "protected", ("name", "kind", "domains", "common"))
        if "name" not in part or not isinstance(part["name"].value, str):
            raise at(entry.line, "protected.name", Text("is missing", "缺失"))
        kind = (
            choice(part["kind"], "protected.kind", ["brand", "staff", "bot"]) if "kind" in part else "brand"
        )
        own = tuple(sorted(_domains(part.get("domains"), "protected.domains")))
        common = part["common"].value is True if "common" in part else False
        out.append(Protected(part["name"].value[:80], kind, own, common))
    return tuple(out)


def _exempt(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ("staff",)
    return tuple(choice(entry, "exempt", ["staff", "bot"]) for entry in sequence(node, "exempt"))


def _domains(node: Node | None, field: str) -> frozenset[str]:
    if node is None or node.value is None:
        return frozenset()
    out = set()
    for entry in sequence(node, field):
        domain = clean_domain(str(entry.value))
        if not domain:
            raise at(entry.line, field, Text(f'"{entry.value}" is not a domain', f"“{entry.value}”不是域名"))
        out.add(domain)
    return frozenset(out)


def clean_domain(text: str) -> str:
    """A host as lists keep it (lower case, ASCII, no `www.`), or '' when the text is not one."""
    address = domains.take_apart(text.strip())
    if not address.domain:  # an ending the suffix list does not know, such as an intranet's
        return address.host if _PLAIN_HOST.match(address.host) else ""
    host = f"{address.subdomain}.{address.domain}" if address.subdomain else address.domain
    return host.removeprefix("www.")
