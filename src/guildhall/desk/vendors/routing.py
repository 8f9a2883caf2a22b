"""Which vendor's queue a ticket goes to. Pure: routes in order, the first that fits decides, none is ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text

LISTS = ("languages", "categories", "tiers", "spaces", "ways", "priorities")
_MOST = 200


@dataclass(frozen=True, slots=True)
class Question:
    """What of a ticket routes ask for. `space` is the id of the group, '' where there is none; `language` as
    stored (`zh-hans`).
    """

    language: str
    category: str = ""
    tier: str = ""
    space: str = ""
    way: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """What a route asks for; what is empty does not restrict. A language fits its regions: `zh` fits
    `zh-hans`.
    """

    languages: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    spaces: frozenset[str] = frozenset()
    ways: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Match:
        """As stored. Raises BadInput naming the list that cannot be read."""
        found = {}
        for name in LISTS:
            given = data.get(name) or []
            if (
                not isinstance(given, list)
                or len(given) > _MOST
                or any(not isinstance(x, str) for x in given)
            ):
                raise BadInput(Text(f"{name}: a list of short words.", f"{name}：须为短词列表。"), field=name)
            found[name] = frozenset(one.strip() for one in given if one.strip())
        return cls(**found)

    def to_json(self) -> dict[str, list[str]]:
        """As stored; only what restricts."""
        return {name: sorted(getattr(self, name)) for name in LISTS if getattr(self, name)}

    def fits(self, one: Question) -> bool:
        """Whether the route takes this question."""
        return (
            (
                not self.languages
                or not self.languages.isdisjoint((one.language, one.language.partition("-")[0]))
            )
            and (not self.categories or one.category in self.categories)
            and (not self.tiers or one.tier in self.tiers)
            and (not self.spaces or one.space in self.spaces)
            and (not self.ways or one.way in self.ways)
            and (not self.priorities or one.priority in self.priorities)
        )


@dataclass(frozen=True, slots=True)
class Route:
    """One route to the queue of `vendor` (its id)."""

    vendor: str
    match: Match


def choose(question: Question, routes: Iterable[Route]) -> str:
    """The id of the vendor whose queue it goes to; '' for our own people."""
    return next((route.vendor for route in routes if route.match.fits(question)), "")
