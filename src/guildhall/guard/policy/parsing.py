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
    RuleSetting,
    Step,
    Thresholds,
)

NEVER = 1001
SHIPPED = ("default", "review-first", "strict")
_KEYS = (
    "mode", "thresholds", "rules", "ladder", "restrict_for", "strikes_last_days", "newcomer", "flood",
    "allow_domains", "block_domains", "protected", "exempt", "sample_per_day",
)  # fmt: skip
_DURATION = re.compile(r"^(\d{1,5}) ?(s|m|h|d|w)$")
_PLAIN_HOST = re.compile(r"^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,30}$")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_S = 366 * 86_400
_LADDER_ACTIONS = (Measure.WARN, Measure.RESTRICT, Measure.BAN)


def parse(source: str, *, slug: str = "policy", version: int = 1) -> Policy:
    """A checked policy. Raises BadInput naming line (`row`), field and the nearest known key."""
    root = read(source)
    top = _mapping(root, "", _KEYS)
    thresholds = _thresholds(top.get("thresholds"))
    protected = _protected(top.get("protected"))
    newcomer, flood = Newcomer(), Flood()
    if "newcomer" in top:
        part = _mapping(top["newcomer"], "newcomer", ("messages", "hours"))
        newcomer = Newcomer(
            _number(part, "newcomer", "messages", 0, 1000, newcomer.messages),
            _number(part, "newcomer", "hours", 0, 8760, newcomer.hours),
        )
    if "flood" in top:
        part = _mapping(top["flood"], "flood", ("messages", "seconds", "repeats", "copies"))
        flood = Flood(
            _number(part, "flood", "messages", 1, 1000, flood.messages),
            _number(part, "flood", "seconds", 1, 600, flood.seconds),
            _number(part, "flood", "repeats", 2, 1000, flood.repeats),
            _number(part, "flood", "copies", 1, 100_000, flood.copies),
        )
    return Policy(
        slug=slug,
        version=version,
        mode=_mode(top),
        thresholds=thresholds,
        rules=_rules(top.get("rules")),
        ladder=_ladder(top.get("ladder")),
        restrict_s=_duration(top["restrict_for"], "restrict_for") if "restrict_for" in top else 86_400,
        strikes_last_days=_number(top, "", "strikes_last_days", 1, 3650, 30),
        newcomer=newcomer,
        flood=flood,
        allow_domains=_domains(top.get("allow_domains"), "allow_domains"),
        block_domains=_domains(top.get("block_domains"), "block_domains"),
        protected=protected,
        exempt_roles=_exempt(top.get("exempt")),
        sample_per_day=_number(top, "", "sample_per_day", 0, 1000, 5),
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
    return Mode(_choice(top["mode"], "mode", [mode.value for mode in Mode]))


def _thresholds(node: Node | None) -> Thresholds:
    base = Thresholds()
    if node is None:
        return base
    part = _mapping(node, "thresholds", ("review", "delete", "restrict", "ban"))
    values = {}
    for name in ("review", "delete", "restrict", "ban"):
        if name in part and part[name].value == "never":
            values[name] = NEVER
        else:
            values[name] = _number(part, "thresholds", name, 1, NEVER, getattr(base, name))
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
    for rule_id, value in _mapping(node, "rules", known).items():
        field = f"rules.{rule_id}"
        setting = value.value
        if setting is False or setting == "off":
            out[rule_id] = RuleSetting(on=False)
        elif setting is True or setting == "on":
            out[rule_id] = RuleSetting()
        elif isinstance(setting, dict):
            part = _mapping(value, field, ("weight",))
            out[rule_id] = RuleSetting(weight=_number(part, field, "weight", 1, 1000, 1))
        else:
            out[rule_id] = RuleSetting(weight=_as_number(value, field, 1, 1000))
    return out


def _ladder(node: Node | None) -> tuple[Step, ...]:
    if node is None or node.value is None:
        return ()
    steps = []
    for entry in _sequence(node, "ladder"):
        part = _mapping(entry, "ladder", ("strikes", "action", "for"))
        for needed in ("strikes", "action"):
            if needed not in part:
                raise at(entry.line, f"ladder.{needed}", Text("is missing", "缺失"))
        action = Measure(
            _choice(part["action"], "ladder.action", [measure.value for measure in _LADDER_ACTIONS])
        )
        duration = _duration(part["for"], "ladder.for") if "for" in part else 0
        if "for" in part and action is not Measure.RESTRICT:
            raise at(part["for"].line, "ladder.for", Text("belongs to restrict only", "只能用于 restrict"))
        steps.append(Step(_number(part, "ladder", "strikes", 1, 100, 1), action, duration))
    counts = [step.strikes for step in steps]
    if counts != sorted(set(counts)):
        raise at(node.line, "ladder", Text("needs rising numbers of strikes", "违规次数必须递增"))
    return tuple(steps)


def _protected(node: Node | None) -> tuple[Protected, ...]:
    if node is None or node.value is None:
        return ()
    out = []
    for entry in _sequence(node, "protected"):
        if isinstance(entry.value, str):
            out.append(Protected(entry.value))
            continue
        part = _mapping(entry, "protected", ("name", "kind", "domains", "common"))
        if "name" not in part or not isinstance(part["name"].value, str):
            raise at(entry.line, "protected.name", Text("is missing", "缺失"))
        kind = (
            _choice(part["kind"], "protected.kind", ["brand", "staff", "bot"]) if "kind" in part else "brand"
        )
        own = tuple(sorted(_domains(part.get("domains"), "protected.domains")))
        common = part["common"].value is True if "common" in part else False
        out.append(Protected(part["name"].value[:80], kind, own, common))
    return tuple(out)


def _exempt(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ("staff",)
    return tuple(_choice(entry, "exempt", ["staff", "bot"]) for entry in _sequence(node, "exempt"))


def _domains(node: Node | None, field: str) -> frozenset[str]:
    if node is None or node.value is None:
        return frozenset()
    out = set()
    for entry in _sequence(node, field):
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


def _mapping(node: Node, field: str, known: Iterable[str]) -> dict[str, Node]:
    if not isinstance(node.value, dict):
        raise at(node.line, field, Text("must be a table of keys and values", "必须是键值表"))
    known = list(known)
    for key, value in node.value.items():
        if key not in known:
            raise _unknown(value.line, f"{field}.{key}" if field else key, key, known)
    return node.value


def _sequence(node: Node, field: str) -> list[Node]:
    if not isinstance(node.value, list):
        raise at(node.line, field, Text("must be a list", "必须是列表"))
    return node.value


def _number(part: Mapping[str, Node], field: str, key: str, low: int, high: int, default: int) -> int:
    if key not in part:
        return default
    return _as_number(part[key], f"{field}.{key}" if field else key, low, high)


def _as_number(node: Node, field: str, low: int, high: int) -> int:
    value = node.value
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise at(
            node.line,
            field,
            Text(f"must be a whole number from {low} to {high}", f"必须是 {low} 到 {high} 之间的整数"),
        )
    return value


def _choice(node: Node, field: str, known: list[str]) -> str:
    if node.value not in known:
        raise _unknown(node.line, field, str(node.value), known)
    return str(node.value)


def _duration(node: Node, field: str) -> int:
    match = _DURATION.match(str(node.value))
    if node.value == "ever" or node.value == 0:
        return 0
    seconds = int(match[1]) * SECONDS[match[2]] if match else 0
    if not 1 <= seconds <= LONGEST_S:
        raise at(
            node.line,
            field,
            Text("must be a time such as 30m, 24h, 7d or ever", "必须是时长，如 30m、24h、7d 或 ever"),
        )
    return seconds


def _unknown(line: int, field: str, given: str, known: Iterable[str]) -> BadInput:
    near = process.extractOne(given, list(known), score_cutoff=55)
    listed = ", ".join(list(known)[:14])
    if near is not None:
        return at(
            line,
            field,
            Text(
                f'does not know "{given}"; did you mean "{near[0]}"?',
                f"无法识别“{given}”，是否指“{near[0]}”？",
            ),
        )
    return at(
        line, field, Text(f'does not know "{given}"; known: {listed}', f"无法识别“{given}”；可用：{listed}")
    )
