"""Draws words, endings and whole names from patterns, with one seeded source of chance."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

from guildhall.guard.domain_model import projects
from guildhall.guard.source import load_data


def _data(path: str) -> Any:
    return load_data(files("guildhall.guard").joinpath(path).read_text(encoding="utf-8"))


def _counted(text: str) -> tuple[str, ...]:
    """`com*3 net` as com, com, com, net."""
    pairs = [word.partition("*") for word in text.split()]
    return tuple(word for word, _, times in pairs for _ in range(int(times or 1)))


class Maker:
    """Draws names from patterns with one seeded source of chance."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        data = _data("domain_model/vocabulary.yaml")
        words = {kind: text.split() for kind, text in data.items()}
        self.lure, self.soft = words["lure"] + words["soft"], words["soft"]
        self.trade, self.tech = words["trade"], words["tech"]
        self.everyday, self.person = words["everyday"], words["person"]
        self.start, self.ending = words["start"], words["ending"]
        self.ends = {kind: _counted(text) for kind, text in _data("domain_model/own/endings.yaml").items()}
        brands = _data("rules/brands.yaml")
        named = projects.by_kind()
        self.homes = sorted(projects.homes())
        self.plain = list(named["plain"])
        self.projects = [name for name in named["coined"] if len(name) > 2]
        self.brands = [
            "".join(c for c in str(row["name"]).lower().removesuffix(".com") if c.isalnum()) for row in brands
        ]

    def many(self, count: int, patterns: Sequence[tuple[int, Callable[[Maker], str]]]) -> list[str]:
        """`count` different names, patterns drawn by their share."""
        shares = [share for share, _ in patterns]
        made: dict[str, None] = {}
        while len(made) < count:
            _, pattern = self.rng.choices(patterns, shares)[0]
            name = pattern(self).lower()
            labels = name.split(".")
            if all(0 < len(label) <= 50 and label.strip("-") == label for label in labels):
                made[name] = None
        return list(made)

    def one(self, words: Sequence[str]) -> str:
        return self.rng.choice(words)

    def at(self, *kinds: str, but: str = "") -> str:
        """An ending of those kinds."""
        return self.one([end for kind in kinds for end in self.ends[kind] if end not in but.split()])

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def coined(self) -> str:
        """A pronounceable word nobody knows."""
        body = "".join(self.one(self.start) for _ in range(self.rng.choice((1, 2, 2, 3))))
        return body + self.one(self.ending)

    def end(self) -> str:
        return self.one(
            self.rng.choices((self.ends["plain"], self.ends["country"], self.ends["modern"]), (50, 35, 15))[0]
        )

    def letters(self, low: int, high: int, alphabet: str = string.ascii_lowercase) -> str:
        return "".join(self.one(alphabet) for _ in range(self.rng.randint(low, high)))
