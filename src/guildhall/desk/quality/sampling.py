"""Which of a week's solved tickets are judged: by rules, the same ones whoever draws and however often.

Pure. A draw sorts tickets by a hash of week, rule and ticket, so that nobody can choose the ones they like
and a draw that is repeated chooses the same again.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

FULL = 10_000
_LISTS = ("categories", "languages", "vendors", "tiers")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A solved ticket and the colleague it would be judged for. `rating`: 1 to 5, None unrated; `vendor`
    empty for our own people.
    """

    ticket: str
    agent: int
    category: str = ""
    language: str = ""
    tier: str = ""
    vendor: str = ""
    rating: int | None = None
    breached: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """Which tickets a rule is about; what is empty does not restrict. `house` in vendors: our own people."""

    agents: frozenset[int] = frozenset()
    categories: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    vendors: frozenset[str] = frozenset()
    ratings: frozenset[int] = frozenset()
    breached: bool | None = None

    def fits(self, one: Candidate) -> bool:
        """Whether the rule is about this ticket."""
        return (
            (not self.agents or one.agent in self.agents)
            and (not self.categories or one.category in self.categories)
            and (not self.languages or one.language in self.languages)
            and (not self.tiers or one.tier in self.tiers)
            and (not self.vendors or (one.vendor or "house") in self.vendors)
            and (not self.ratings or one.rating in self.ratings)
            and (self.breached is None or one.breached is self.breached)
        )

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Match:
        """As stored. Raises BadInput for what is not a rating or an agent."""
        try:
            agents = frozenset(int(one) for one in data.get("agents") or ())
            ratings = frozenset(int(one) for one in data.get("ratings") or ())
        except (TypeError, ValueError) as wrong:
            raise BadInput(
                Text("Agents and ratings are numbers.", "客服与评分须为数字。"), field="match"
            ) from wrong
        if not ratings <= set(range(1, 6)):
            raise BadInput(Text("Ratings go from 1 to 5.", "评分为 1 到 5。"), field="ratings")
        lists = {name: frozenset(str(one) for one in data.get(name) or () if one) for name in _LISTS}
        breached = data.get("breached")
        return cls(
            agents=agents, ratings=ratings, breached=None if breached is None else bool(breached), **lists
        )

    def to_json(self) -> dict[str, Any]:
        """As stored; only what restricts."""
        said: dict[str, Any] = {name: sorted(getattr(self, name)) for name in ("agents", "ratings", *_LISTS)}
        return {key: value for key, value in said.items() if value} | (
            {} if self.breached is None else {"breached": self.breached}
        )


@dataclass(frozen=True, slots=True)
class Rule:
    """How many of the tickets it fits are judged: a share (hundredths of a percent, rounded up), and of each
    agent at least so many a week. `second_bp`: the share of those that somebody else judges once more.
    """

    id: str
    match: Match
    share_bp: int = 0
    at_least: int = 0
    second_bp: int = 0


@dataclass(frozen=True, slots=True)
class Pick:
    """A ticket drawn for an agent by a rule; `twice`: somebody else judges it too, blind."""

    ticket: str
    agent: int
    rule: str
    twice: bool


def draw(
    candidates: Iterable[Candidate],
    rules: Sequence[Rule],
    week: date,
    taken: Collection[tuple[str, int]] = (),
) -> list[Pick]:
    """What is judged of a week. `week`: its Monday; `taken`: (ticket, agent) judged already, which count
    towards what each agent gets and are not drawn again.
    """
    known = list({(one.ticket, one.agent): one for one in candidates}.values())
    had = set(taken)
    count = Counter(agent for _ticket, agent in had)
    picks: list[Pick] = []
    for rule in rules:
        pool = sorted(
            (one for one in known if rule.match.fits(one)), key=lambda one: _lot(week, rule.id, one.ticket)
        )
        wanted = pool[: -(-len(pool) * rule.share_bp // FULL)]
        chosen = [one for one in wanted if (one.ticket, one.agent) not in had]
        had.update((one.ticket, one.agent) for one in chosen)
        count.update(one.agent for one in chosen)
        for one in pool:
            if count[one.agent] < rule.at_least and (one.ticket, one.agent) not in had:
                chosen.append(one)
                had.add((one.ticket, one.agent))
                count[one.agent] += 1
        again = sorted(chosen, key=lambda one: _lot(week, f"{rule.id}:second", one.ticket))
        twice = {one.ticket for one in again[: -(-len(again) * rule.second_bp // FULL)]}
        picks += [Pick(one.ticket, one.agent, rule.id, one.ticket in twice) for one in chosen]
    return picks


def _lot(week: date, rule: str, ticket: str) -> str:
    return hashlib.sha256(f"{week.isoformat()}|{rule}|{ticket}".encode()).hexdigest()
