"""The settings of a policy that an override may change too: mode, thresholds, rules, families, ladder, and
from which measured precision it punishes. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from guildhall.core.text import Text
from guildhall.guard import punishing, rulebook
from guildhall.guard.policy.fields import as_number, choice, duration, mapping, number, sequence, switch
from guildhall.guard.source import Node, at
from guildhall.guard.types import (
    FamilySetting,
    Measure,
    Mode,
    PunishAbove,
    RuleSetting,
    Step,
    Thresholds,
)

NEVER = 1001
THRESHOLDS = ("review", "delete", "restrict", "ban")
NEWCOMER = {"messages": (0, 1000), "hours": (0, 8760)}
FLOOD = {"messages": (1, 1000), "seconds": (1, 600), "repeats": (2, 1000), "copies": (1, 100_000)}
_LADDER_ACTIONS = (Measure.WARN, Measure.RESTRICT, Measure.BAN)


def mode(node: Node, field: str = "mode") -> Mode:
    """How far the policy goes."""
    return Mode(choice(node, field, [mode.value for mode in Mode]))


def limits(node: Node, field: str = "thresholds") -> dict[str, int]:
    """The thresholds that stand there, by measure; `never` is above every score."""
    part = mapping(node, field, THRESHOLDS)
    return {
        name: NEVER if part[name].value == "never" else number(part, field, name, 1, NEVER, NEVER)
        for name in THRESHOLDS
        if name in part
    }


def rising(found: Thresholds, line: int, field: str = "thresholds") -> Thresholds:
    """The thresholds, if they rise from the mildest measure to the hardest."""
    if not found.review <= found.delete <= found.restrict <= found.ban:
        raise at(
            line,
            field,
            Text(
                "must rise from review over delete and restrict to ban",
                "必须按 review、delete、restrict、ban 递增",
            ),
        )
    return found


def numbers(node: Node, field: str, ranges: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """The whole numbers that stand in a table, each within its range."""
    part = mapping(node, field, ranges)
    return {name: as_number(part[name], f"{field}.{name}", *ranges[name]) for name in ranges if name in part}


def rules(node: Node | None, within: str = "rules") -> Mapping[str, RuleSetting]:
    """What stands of single rules: off, on, or another weight."""
    if node is None or node.value is None:
        return {}
    known = list(rulebook.all_rules())
    out = {}
    for rule_id, value in mapping(node, within, known).items():
        field = f"{within}.{rule_id}"
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


def ladder(node: Node | None) -> tuple[Step, ...]:
    """The steps for repeat offenders, by rising strikes."""
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
        seconds = duration(part["for"], "ladder.for") if "for" in part else 0
        if "for" in part and action is not Measure.RESTRICT:
            raise at(part["for"].line, "ladder.for", Text("belongs to restrict only", "只能用于 restrict"))
        steps.append(Step(number(part, "ladder", "strikes", 1, 100, 1), action, seconds))
    counts = [step.strikes for step in steps]
    if counts != sorted(set(counts)):
        raise at(node.line, "ladder", Text("needs rising numbers of strikes", "违规次数必须递增"))
    return tuple(steps)


def families(node: Node, within: str = "families") -> dict[str, dict[str, Any]]:
    """What stands of families of evidence: the fields of a `FamilySetting` that are given, by family."""
    out: dict[str, dict[str, Any]] = {}
    for family, value in mapping(node, within, rulebook.FAMILIES).items():
        field = f"{within}.{family}"
        if value.value is False or value.value == "off":
            out[family] = {"on": False}
            continue
        if value.value is True or value.value == "on":
            out[family] = {"on": True}
            continue
        part = mapping(value, field, ("on", "most", "alone"))
        said: dict[str, Any] = {}
        if "on" in part:
            said["on"] = switch(part["on"], f"{field}.on")
        if "most" in part:
            said["most"] = as_number(part["most"], f"{field}.most", 0, 1000)
        if "alone" in part:
            said["alone"] = choice(part["alone"], f"{field}.alone", ["review", "act"]) == "act"
        out[family] = said
    return out


def with_families(
    before: Mapping[str, FamilySetting], said: Mapping[str, Mapping[str, Any]]
) -> dict[str, FamilySetting]:
    """Family settings with what was said of them put on top of what holds without it."""
    out = dict(before)
    for family, fields in said.items():
        out[family] = replace(out.get(family) or punishing.DEFAULTS.get(family, FamilySetting()), **fields)
    return out


def punish_above(node: Node, field: str = "punish_only_above") -> PunishAbove | None:
    """The precision from which the policy punishes without a person; `off` asks for none."""
    if node.value is False or node.value == "off":
        return None
    part = mapping(node, field, ("precision", "decided", "otherwise"))
    base = PunishAbove()
    precision = base.precision
    if "precision" in part:
        given = part["precision"].value
        if isinstance(given, bool) or not isinstance(given, int | float) or not 0.5 <= given <= 0.9999:
            raise at(
                part["precision"].line,
                f"{field}.precision",
                Text("must be a share from 0.5 to 0.9999", "必须是 0.5 到 0.9999 之间的比例"),
            )
        precision = float(given)
    otherwise = base.otherwise
    if "otherwise" in part:
        otherwise = Mode(choice(part["otherwise"], f"{field}.otherwise", ["review", "act"]))
    return PunishAbove(precision, number(part, field, "decided", 1, 100_000, base.decided), otherwise)
