"""Which promises hold for a ticket: the first SLA policy, by order, that fits it and has a version in force.

Answers come from what this process knows, at most a second behind the database. A ticket that nothing fits
has clocks without targets.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk.clocks.policy import METRICS, Policy
from guildhall.desk.models import PolicyVersion, Ticket
from guildhall.guard import freshness

STAMP = "sla"
MOST_WARNINGS = 4


@dataclass(frozen=True, slots=True)
class Match:
    """Which tickets a policy is for. An empty list asks nothing; all that ask have to be fulfilled.

    tiers: words of the ticket's tier. spaces, vendors: ids. categories: slugs. languages: such as `en`,
    `zh-hans`; `zh` is any Chinese. ways: as `Ticket.Way`.
    """

    tiers: tuple[str, ...] = ()
    spaces: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    vendors: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Match:
        """As `SlaPolicy.match` keeps it; raises BadInput naming what is not a list of words."""
        for name, values in data.items():
            known = name in {one.name for one in fields(cls)}
            if not known or not isinstance(values, list) or not all(isinstance(v, str) for v in values):
                raise BadInput(
                    Text(f"{name}: not a list of words", f"{name}：不是文字列表"), field=f"match.{name}"
                )
        return cls(**{name: tuple(dict.fromkeys(values)) for name, values in data.items()})

    def to_json(self) -> dict[str, list[str]]:
        """Only what asks something."""
        return {one.name: list(values) for one in fields(self) if (values := getattr(self, one.name))}

    def fits(self, ticket: Ticket) -> bool:
        """Whether a ticket is of this kind."""
        return (
            _among(self.tiers, ticket.tier)
            and _among(self.spaces, ticket.space_id)
            and _among(self.categories, ticket.category_id)
            and _among(self.ways, ticket.way)
            and _among(self.vendors, ticket.vendor_id)
            and (
                not self.languages
                or ticket.language.lower() in self.languages
                or ticket.language.lower().partition("-")[0] in self.languages
            )
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy that may hold: its place in the order, what it fits, its version in force."""

    policy_id: str
    match: Match
    version: PolicyVersion


_lock = threading.Lock()
_known: tuple[tuple[str, int], tuple[Rule, ...]] | None = None


def version_for(ticket: Ticket) -> PolicyVersion | None:
    """The version that holds for a ticket as it is now; none when no policy fits it."""
    return choose(rules(), ticket)


def choose(among: Sequence[Rule], ticket: Ticket) -> PolicyVersion | None:
    """The version of the first rule that fits."""
    return next((rule.version for rule in among if rule.match.fits(ticket)), None)


def rules() -> tuple[Rule, ...]:
    """What may hold, in order."""
    global _known
    key = freshness.stamp(STAMP), freshness.generation()
    held = _known
    if held is not None and held[0] == key:
        return held[1]
    with _lock:
        found = read_rules()
        _known = key, found
        return found


def read_rules(instead: Collection[PolicyVersion] = ()) -> tuple[Rule, ...]:
    """What may hold, in order, from the database; `instead`: versions taken as if they were in force."""
    replaced = {version.policy_id for version in instead}
    found = PolicyVersion.objects.filter(state=PolicyVersion.State.IN_FORCE, policy__archived_at=None)
    versions = [*found.exclude(policy__in=replaced).select_related("policy"), *instead]
    versions.sort(key=lambda one: (one.policy.order, one.policy_id))
    return tuple(Rule(one.policy_id, Match.from_json(one.policy.match), one) for one in versions)


def checked(content: object) -> dict[str, Any]:
    """The content of a version in its one way of writing; raises BadInput that names the field."""
    policy = Policy.from_json(content)
    assert isinstance(content, dict)
    warn, chain = content.get("warn", []), content.get("chain", "")
    if (
        not isinstance(warn, list)
        or len(warn) > MOST_WARNINGS
        or not all(isinstance(one, int) and not isinstance(one, bool) and 1 <= one <= 99 for one in warn)
    ):
        raise BadInput(
            Text(
                f"warn: up to {MOST_WARNINGS} whole percentages from 1 to 99",
                f"warn：最多 {MOST_WARNINGS} 个 1 至 99 的整数百分比",
            ),
            field="warn",
        )
    if not isinstance(chain, str):
        raise BadInput(Text("chain: not an id", "chain：不是编号"), field="chain")
    said = policy.to_json()
    said["targets"].sort(key=_place)
    return {**said, "warn": sorted(set(warn)), "chain": chain}


def _place(target: Mapping[str, Any]) -> tuple[int, int, str]:
    """Targets in one order, so that two versions can be compared line by line."""
    known, priority = [*reversed(Ticket.Priority.values)], target["priority"]
    rank = known.index(priority) if priority in known else len(known) + (priority == "*")
    return METRICS.index(target["metric"]), rank, priority


def _among(wanted: tuple[str, ...], value: str | None) -> bool:
    return not wanted or value in wanted
