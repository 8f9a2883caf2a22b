"""The table of methods the fake plays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from guildhall.channels.testing.telegram.state import Bot, Json
from guildhall.channels.testing.telegram.world import World

Play = Callable[[World, Bot, Json], Any]


@dataclass(frozen=True, slots=True)
class Played:
    """`sends`: it counts against the sending limits."""

    name: str
    play: Play
    sends: bool


METHODS: dict[str, Played] = {}
"""By name in small letters."""


def method(*names: str, sends: bool = False) -> Callable[[Play], Play]:
    def put(play: Play) -> Play:
        for name in names:
            METHODS[name.lower()] = Played(name, play, sends)
        return play

    return put
