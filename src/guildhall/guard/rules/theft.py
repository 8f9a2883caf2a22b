"""THEFT and AD: what thieves and advertisers say, in `theft.yaml`, matched on canonical text.

The file holds concepts (lists of words) and numbered patterns over them, each with its words for people and
a note on where the pattern is known from. Patterns of one group are the same accusation said twice: only
the heaviest counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

from guildhall.core.text import Text
from guildhall.guard.canonical import canonical
from guildhall.guard.patterns import Matcher, Pattern
from guildhall.guard.rules.evidence import Evidence, Rule, reason
from guildhall.guard.source import load_data
from guildhall.guard.types import Reason

_FLAGS = frozenset({"link", "contact"})


class _Catalogue:
    """`theft.yaml`, read and checked once."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        words = {
            name: ["*".join(canonical(part).text for part in word.split("*")) for word in spread(entry)]
            for name, entry in data["concepts"].items()
        }
        self.rules: dict[str, Rule] = {}
        patterns = []
        for entry in data["patterns"]:
            text = Text(entry["text"]["en"], entry["text"]["zh"])
            rule = Rule(entry["id"], entry["weight"], text, entry["source"], entry["group"])
            self.rules[rule.id] = rule
            form = entry["pattern"]
            flags = frozenset(form.get("with", ()))
            if flags - _FLAGS:
                raise ValueError(f"theft.yaml: {rule.id}: unknown flag {sorted(flags - _FLAGS)}")
            patterns.append(
                Pattern(
                    rule.id, tuple(form["all"]), form.get("within", 60), tuple(form.get("unless", ())), flags
                )
            )
        self.matcher = Matcher(
            words, data["expressions"], patterns, {"contact": "contact", "contact_id": "contact"}
        )


def spread(entry: Mapping[str, list[str]]) -> list[str]:
    """A concept's words of all languages in one list."""
    return [str(word) for words in entry.values() for word in words]


@lru_cache(maxsize=1)
def catalogue() -> _Catalogue:
    source = files("guildhall.guard").joinpath("rules/theft.yaml").read_text(encoding="utf-8")
    return _Catalogue(load_data(source))


def rules() -> Mapping[str, Rule]:
    return catalogue().rules


def find(evidence: Evidence) -> tuple[list[Reason], bool]:
    """Reasons found, and whether the message asks to be contacted somewhere else."""
    known = catalogue()
    flags = set()
    for link in evidence.links:
        if link.is_invite:
            flags.add("contact")
        elif not link.is_allowed:
            flags.add("link")
    found, raised = known.matcher.find(evidence.canon.text, frozenset(flags))
    original = evidence.canon.original
    reasons = [
        reason(known.rules[pattern.id], tuple(original(start, end) for start, end in spans))
        for pattern, spans in found
    ]
    return reasons, "contact" in raised
