"""Reads the overrides of a policy: for which messages (`when`), and what then holds instead. Pure."""

from __future__ import annotations

from dataclasses import replace

from guildhall.core.text import Text
from guildhall.guard.policy import settings
from guildhall.guard.policy.fields import as_number, duration, mapping, sequence, words_of
from guildhall.guard.policy.resolving import TIERS, applied
from guildhall.guard.source import Node, at
from guildhall.guard.types import Override, Policy, Thresholds, When

MOST = 40
_WHEN = ("language", "tier", "space", "platform", "space_tier")
_THEN = (
    "mode", "thresholds", "newcomer", "flood", "families", "rules", "ladder", "restrict_for",
    "punish_only_above", "sample_per_day",
)  # fmt: skip


def overrides(node: Node, base: Policy) -> tuple[Override, ...]:
    """The overrides in the order they stand. Raises BadInput with line and field."""
    if node.value is None:
        return ()
    entries = sequence(node, "overrides")
    if len(entries) > MOST:
        raise at(node.line, "overrides", Text(f"has more than {MOST} entries", f"超过 {MOST} 项"))
    return tuple(_override(entry, base) for entry in entries)


def _override(entry: Node, base: Policy) -> Override:
    part = mapping(entry, "overrides", ("when", "then"))
    for needed in ("when", "then"):
        if needed not in part or not part[needed].value:
            raise at(entry.line, f"overrides.{needed}", Text("is missing", "缺失"))
    when = _when(part["when"])
    then = _then(part["then"])
    found = Override(when, then)
    limits = {name.partition(".")[2]: value for name, value in then.items() if name.startswith("thresholds.")}
    if limits:
        line = part["then"].value["thresholds"].line
        settings.rising(_merged(base.thresholds, limits), line, "overrides.then.thresholds")
    applied(base, [found])  # whatever cannot be put on top shows now, not when a message arrives
    return found


def _merged(base: Thresholds, limits: dict[str, object]) -> Thresholds:
    return replace(base, **limits)  # type: ignore[arg-type]


def _when(node: Node) -> When:
    part = mapping(node, "overrides.when", _WHEN)

    def words(key: str, known: tuple[str, ...] = ()) -> tuple[str, ...]:
        return words_of(part[key], f"overrides.when.{key}", list(known) or None) if key in part else ()

    return When(
        languages=words("language"),
        tiers=words("tier", TIERS),
        spaces=words("space"),
        platforms=words("platform"),
        space_tiers=words("space_tier"),
    )


def _then(node: Node) -> dict[str, object]:
    part = mapping(node, "overrides.then", _THEN)
    within = "overrides.then"
    out: dict[str, object] = {}
    for key, value in part.items():
        field = f"{within}.{key}"
        match key:
            case "mode":
                out[key] = settings.mode(value, field)
            case "thresholds":
                out |= {f"{key}.{name}": limit for name, limit in settings.limits(value, field).items()}
            case "newcomer" | "flood":
                ranges = settings.NEWCOMER if key == "newcomer" else settings.FLOOD
                found = settings.numbers(value, field, ranges)
                out |= {f"{key}.{name}": number for name, number in found.items()}
            case "families":
                for family, said in settings.families(value, field).items():
                    out |= {f"{key}.{family}.{name}": one for name, one in said.items()}
            case "rules":
                out |= {f"{key}.{rule}": one for rule, one in settings.rules(value, field).items()}
            case "ladder":
                out[key] = settings.ladder(value)
            case "restrict_for":
                out["restrict_s"] = duration(value, field)
            case "punish_only_above":
                out["punish_above"] = settings.punish_above(value, field)
            case "sample_per_day":
                out[key] = as_number(value, field, 0, 1000)
    return out
