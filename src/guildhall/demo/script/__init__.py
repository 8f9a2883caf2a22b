"""What is said in the demo, as data: talk by language, scams, names. Read once; `[one|another]` is a choice.

Pure. A `Script` is one language's talk; the other files are given as they are written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

Turn = tuple[str, str]
"""Who speaks (a-d members, s support, m moderator) and a template of what they say."""


@dataclass(frozen=True, slots=True)
class Script:
    """Single lines by kind (market, pump, dump, chatter, vip) and scenes (of everybody, of the VIP)."""

    lines: Mapping[str, tuple[str, ...]]
    scenes: tuple[tuple[Turn, ...], ...]
    vip_scenes: tuple[tuple[Turn, ...], ...]


@lru_cache(maxsize=4)
def script(language: str) -> Script:
    """The talk of `en` or `zh`."""
    said = _read(f"{language}.yaml")
    kinds = ("market", "pump", "dump", "chatter", "vip")
    return Script(
        {kind: lines_of(said[kind]) for kind in kinds},
        tuple(_scene(text) for text in said["scenes"]),
        tuple(_scene(text) for text in said["vip_scenes"]),
    )


@lru_cache(maxsize=1)
def scams() -> Mapping[str, Any]:
    """What thieves and the wrongly suspected say, moderators' notes and the impersonator's words."""
    return _read("scams.yaml")


@lru_cache(maxsize=1)
def guard() -> Mapping[str, Any]:
    """What is said in the stories about the guard: campaigns, the gate, look-alikes, a policy's notes."""
    return _read("guard.yaml")


@lru_cache(maxsize=1)
def desk() -> Mapping[str, Any]:
    """What the desk is asked and answers, what waits, and what a shift hands over."""
    return _read("desk.yaml")


@lru_cache(maxsize=1)
def names() -> Mapping[str, Any]:
    """Names of members and the staff of the demo."""
    return _read("names.yaml")


def lines_of(block: str) -> tuple[str, ...]:
    """The lines of a block that say something."""
    return tuple(line.strip() for line in block.splitlines() if line.strip())


def _scene(text: str) -> tuple[Turn, ...]:
    turns = []
    for line in lines_of(text):
        role, _, said = line.partition(":")
        if role not in "abcdsm" or len(role) != 1:
            raise ValueError(f"demo script: nobody says {line!r}")
        turns.append((role, said.strip()))
    return tuple(turns)


def _read(name: str) -> Any:
    return yaml.safe_load(files("guildhall.demo.script").joinpath(name).read_text(encoding="utf-8"))


def choices(values: Sequence[str] | Mapping[str, Any]) -> tuple[str, ...]:
    """Templates of a list, empty ones included: saying nothing is a choice."""
    return tuple(str(value) for value in values)
