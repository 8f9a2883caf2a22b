"""Parses policies. Strict: an unknown key, a rule that does not exist or a number out of range is refused
with line, field and the nearest known name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files

from rapidfuzz import process

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import domains, rulebook
from guildhall.guard.rules import names
from guildhall.guard.source import Node, at, read
from guildhall.guard.types import (
    Flood,
    Measure,
    Mode,
    Newcomer,
    Policy,
    Protected,
    RaidLimits,
    RuleSetting,
    Step,
    Thresholds,
)

NEVER = 1001
SHIPPED = ("default", "review-first", "strict")
_KEYS = (
    "mode", "thresholds", "rules", "ladder", "restrict_for", "strikes_last_days", "newcomer", "flood", "raid",
    "allow_domains", "block_domains", "protected", "exempt", "sample_per_day",
)  # fmt: skip
_PLAIN_HOST = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,30}$")
_LADDER_ACTIONS = (Measure.WARN, Measure.RESTRICT, Measure.BAN)


def parse(source: str, *, slug: str = "policy", version: int = 1) -> Policy:
    """A checked policy. Raises BadInput naming line (`row`), field and the nearest known key."""
    root = read(source)
    top = mapping(root, "", _KEYS)
    thresholds = _thresholds(top.get("thresholds"))
    protected = _protected(top.get("protected"))
    newcomer, flood = Newcomer(), Flood()
    if "newcomer" in top:
        part = mapping(top["newcomer"], "newcomer", ("messages", "hours"))
        newcomer = Newcomer(
            number(part, "newcomer", "messages", 0, 1000, newcomer.messages),
            number(part, "newcomer", "hours", 0, 8760, newcomer.hours),
        )
    if "flood" in top:
        part = mapping(top["flood"], "flood", ("messages", "seconds", "repeats", "copies"))
        flood = Flood(
            number(part, "flood", "messages", 1, 1000, flood.messages),
            number(part, "flood", "seconds", 1, 600, flood.seconds),
            number(part, "flood", "repeats", 2, 1000, flood.repeats),
            number(part, "flood", "copies", 1, 100_000, flood.copies),
        )
    return Policy(
        slug=slug,
        version=version,
        mode=_mode(top),
        thresholds=thresholds,
        rules=_rules(top.get("rules")),
        ladder=_ladder(top.get("ladder")),
        restrict_s=duration(top["restrict_for"], "restrict_for") if "restrict_for" in top else 86_400,
        strikes_last_days=number(top, "", "strikes_last_days", 1, 3650, 30),
        newcomer=newcomer,
        flood=flood,
        raid=_raid(top.get("raid")),
        allow_domains=_domains(top.get("allow_domains"), "allow_domains"),
        block_domains=_domains(top.get("block_domains"), "block_domains"),
        protected=protected,
        exempt_roles=_exempt(top.get("exempt")),
        sample_per_day=number(top, "", "sample_per_day", 0, 1000, 5),
        names=names.index(protected),
    )


@lru_cache(maxsize=8)
def shipped_source(slug: str) -> str:
    """The YAML of a policy that comes with the house. Raises FileNotFoundError for another name."""
    return files("guildhall.guard").joinpath(f"shipped/{slug}.yaml").read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def shipped(slug: str = "default") -> Policy:
    """A policy that comes with the house, as version 0."""
    return parse(shipped_source(slug), slug=slug, version=0)


def _mode(top: Mapping[str, Node]) -> Mode:
    if "mode" not in top:
        return Mode.REVIEW
    return Mode(choice(top["mode"], "mode", [mode.value for mode in Mode]))


def _thresholds(node: Node | None) -> Thresholds:
    base = Thresholds()
    if node is None:
        return base
    part = mapping(node, "thresholds", ("review", "delete", "restrict", "ban"))
    values = {}
    for name in ("review", "delete", "restrict", "ban"):
        if name in part and part[name].value == "never":
            values[name] = NEVER
        else:
            values[name] = number(part, "thresholds", name, 1, NEVER, getattr(base, name))
    out = Thresholds(**values)
    if not out.review <= out.delete <= out.restrict <= out.ban:
        raise at(
            node.line,
            "thresholds",
            Text(
                "must rise from review over delete and restrict to ban",
                "必须按 review、delete、restrict、ban 递增",
            ),
        )
    return out


def _rules(node: Node | None) -> Mapping[str, RuleSetting]:
    if node is None or node.value is None:
        return {}
    known = list(rulebook.all_rules())
    out = {}
    for rule_id, value in mapping(node, "rules", known).items():
        field = f"rules.{rule_id}"
        setting = value.value
        if setting is False or setting == "off":
            out[rule_id] = RuleSetting(on=False)
        elif setting is True or setting == "on":
            out[rule_id] = RuleSetting()
        elif isinstance(setting, dict):
            part = mapping(value, field, ("weight",))
            out[rule_id] = RuleSetting(weight=number(part, field, "weight", 1, 1000, 1))
        else:
            out[rule_id] = RuleSetting(weight=as_number(value, field, 1, 1000))
    return out


def _ladder(node: Node | None) -> tuple[Step, ...]:
    if node is None or node.value is None:
        return ()
    steps = []
    for entry in sequence(node, "ladder"):
        part = mapping(entry, "ladder", ("strikes", "action", "for"))
        for needed in ("strikes", "action"):
            if needed not in part:
                raise at(entry.line, f"ladder.{needed}", Text("is missing", "缺失"))
        action = Measure(
            choice(part["action"], "ladder.action", [measure.value for measure in _LADDER_ACTIONS])
        )
        duration = duration(part["for"], "ladder.for") if "for" in part else 0
        if "for" in part and action is not Measure.RESTRICT:
            raise at(part["for"].line, "ladder.for", Text("belongs to restrict only", "只能用于 restrict"))
        steps.append(Step(number(part, "ladder", "strikes", 1, 100, 1), action, duration))
    counts = [step.strikes for step in steps]
    if counts != sorted(set(counts)):
        raise at(node.line, "ladder", Text("needs rising numbers of strikes", "违规次数必须递增"))
    return tuple(steps)


def _raid(node: Node | None) -> RaidLimits:
    base = RaidLimits()
    if node is None or node.value is None:
        return base
    numbers = {"joins": (3, 10_000), "minutes": (1, 60), "times": (1, 1000), "quiet_minutes": (1, 1440)}
    switches = ("act", "lock", "decline")
    part = mapping(node, "raid", (*numbers, *switches))
    given: dict[str, int] = {
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
