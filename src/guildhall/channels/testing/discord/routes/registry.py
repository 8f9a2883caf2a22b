"""The table of routes the fake plays, and the call they are played with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from guildhall.channels.testing.discord.state import App, File, Guild, Json
from guildhall.channels.testing.discord.world import World


@dataclass(slots=True)
class Call:
    """`app` is who calls; interaction routes name theirs by a token in the path. `files` by form field."""

    world: World
    app: App
    route: str
    path: Mapping[str, str]
    body: Any
    query: Mapping[str, str]
    files: Mapping[str, File] = field(default_factory=dict)
    reason: str = ""
    status: int = 200

    def guild(self) -> Guild:
        return self.world.guild_for(self.app, self.path["guild_id"])

    def place(self) -> tuple[Guild | None, Json]:
        return self.world.place_for(self.app, self.path["channel_id"])

    def number(self, name: str, usual: int) -> int:
        return int(self.query.get(name) or usual)

    def says(self, name: str) -> bool:
        """Whether a query parameter is true."""
        return self.query.get(name, "").lower() in ("1", "true")


Play = Callable[[Call], Any]
"""Returns the answer's JSON; None is 204 No Content."""


@dataclass(frozen=True, slots=True)
class Played:
    play: Play
    open: bool
    """Needs no token of a bot."""


ROUTES: dict[str, Played] = {}
"""By "VERB /path/{with_names}"."""


def route(*names: str, open: bool = False) -> Callable[[Play], Play]:  # noqa: A002
    def put(play: Play) -> Play:
        for name in names:
            ROUTES[name] = Played(play, open)
        return play

    return put


def find(verb: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The route of an address and what its path names; words go before names."""
    parts = path.strip("/").split("/")
    best: tuple[int, str, dict[str, str]] | None = None
    for name in ROUTES:
        its_verb, _, pattern = name.partition(" ")
        wanted = pattern.strip("/").split("/")
        if its_verb != verb or len(wanted) != len(parts):
            continue
        named: dict[str, str] = {}
        for want, part in zip(wanted, parts, strict=True):
            if want.startswith("{"):
                named[want[1:-1]] = part
            elif want != part:
                break
        else:
            if best is None or len(named) < best[0]:
                best = (len(named), name, named)
    return None if best is None else (best[1], best[2])
