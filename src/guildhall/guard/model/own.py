"""Our own training rows: sentences written by hand, multiplied by filling their slots and alternatives.

The sentences stand in `seeds/*.yaml`, one a line; `{ticker}` is a slot of `seeds/slots.yaml` or of
`own_slots`, `{a|b}` an alternative. Every line is a family of its own (`Row.group`), so that no template can
outweigh another. The same seed gives the same rows in the same order. Who wrote what, and what is weak about
it, is in `seeds/PROVENANCE.md`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from guildhall.guard.model import own_slots
from guildhall.guard.model.rows import Row

SEEDS = Path(__file__).parent / "seeds"
COPIES = 5
"""Rows made of one hand-written line, unless its document says `copies`."""

TRIES = 4
"""How often a copy is made anew when it came out like an earlier one."""

_INNERMOST = re.compile(r"\{([^{}]*)\}")
_SPACE = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True)
class Seed:
    """One hand-written line with what its document says of it: label 1 is spam or scam; `emoji` and `loose`
    are the shares of copies that get emoji, and that get careless casing and typing."""

    text: str
    kind: str
    label: int
    lang: str
    register: str
    copies: int
    emoji: float
    loose: float
    group: str


def own_rows(seed: int = 1) -> list[Row]:
    """All rows of our own, distinct in text, in a fixed order for a given seed."""
    rows: list[Row] = []
    taken: set[str] = set()
    for line in seeds():
        chance = random.Random(f"{seed}:{line.group}")
        for copy in range(line.copies):
            for _ in range(TRIES):
                text = _written(line, copy, chance)
                if text and text not in taken:
                    taken.add(text)
                    rows.append(
                        Row(text=text, label=line.label, lang=line.lang, source="own", group=line.group)
                    )
                    break
    return rows


@lru_cache(maxsize=1)
def seeds() -> tuple[Seed, ...]:
    """Every hand-written line of the seed files, in the order of file names and lines."""
    return tuple(seed for path in sorted(SEEDS.glob("*.yaml")) for seed in _seeds_of(path))


def _seeds_of(path: Path) -> Iterator[Seed]:
    for document in _documents(path):
        if "lines" not in document:
            continue
        kind = str(document["kind"])
        for number, line in enumerate(str(document["lines"]).splitlines(), start=1):
            text = line.strip()
            if text:
                yield Seed(
                    text=text.replace("\\n", "\n"),
                    kind=kind,
                    label=int(document["label"]),
                    lang=str(document["lang"]),
                    register=str(document.get("register", "chat")),
                    copies=int(document.get("copies", COPIES)),
                    emoji=float(document.get("emoji", 0.1)),
                    loose=float(document.get("loose", 0.15)),
                    group=f"own:{path.stem}:{kind}:{number}",
                )


def _documents(path: Path) -> list[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(path.read_text("utf-8"), Loader=loader) if document]


def _written(line: Seed, copy: int, chance: random.Random) -> str:
    """One copy of a line: filled, then dressed as people of that register would."""
    text = fill(line.text, chance)
    if copy:
        text = own_slots.dressed(text, line.register, line.lang, line.label, line.emoji, line.loose, chance)
    return _SPACE.sub(" ", text).strip()


def fill(template: str, chance: random.Random) -> str:
    """The template with every slot and alternative decided. Raises KeyError for an unknown slot."""
    while found := _INNERMOST.search(template):
        inside = found.group(1)
        value = chance.choice(inside.split("|")) if "|" in inside else _slot(inside, chance)
        template = template[: found.start()] + value + template[found.end() :]
    return template


def _slot(name: str, chance: random.Random) -> str:
    values = _lists().get(name)
    if values is not None:
        return fill(chance.choice(values), chance)
    return own_slots.made(name, chance)


@lru_cache(maxsize=1)
def _lists() -> dict[str, list[str]]:
    """The named lists of `slots.yaml`: each value may hold slots of its own."""
    document = _documents(SEEDS / "slots.yaml")[0]
    return {
        str(name): [part.strip() for part in re.split(r"\s*;\s*|\n", str(values)) if part.strip()]
        for name, values in document["slots"].items()
    }
