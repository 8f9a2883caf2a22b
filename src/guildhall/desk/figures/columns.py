"""What the figures know of each ticket, in columns; packed small and unpacked fast. Pure.

A row has a ticket's facts; its next responses, of which there may be many, stand in columns of their own that
name their row. Times are seconds; instants are seconds since 1970.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

WORDS = ("language", "category", "agent", "vendor", "space", "priority", "way", "tier")
"""Columns of words: what figures are grouped and filtered by. '' where there is none."""
NUMBERS = (
    "opened", "closed", "reopened", "replies", "rating", "at_once",
    "first_counted", "first_passed", "first_kept",
    "resolution_counted", "resolution_passed", "resolution_kept",
)  # fmt: skip
"""`closed`: when it was solved, none while it is open. `at_once`: whether one answer solved it, none while it
is open. For each clock: seconds its calendar counted and seconds that passed until it was met, none before;
whether the promise was kept, none while there is none or it is not decided."""
NEXT = ("row", "counted", "passed", "kept")


@dataclass(slots=True)
class Columns:
    """Tickets as columns of equal length, and their next responses as others."""

    words: dict[str, list[str]] = field(default_factory=lambda: {name: [] for name in WORDS})
    numbers: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in NUMBERS})
    nexts: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in NEXT})

    def __len__(self) -> int:
        return len(self.numbers["opened"])

    def add(
        self, words: Mapping[str, str], numbers: Mapping[str, Any], nexts: Iterable[Sequence[Any]]
    ) -> None:
        """One ticket; `nexts` as (counted, passed, kept) of each next response."""
        row = len(self)
        for name in WORDS:
            self.words[name].append(words.get(name) or "")
        for name in NUMBERS:
            self.numbers[name].append(numbers.get(name))
        for one in nexts:
            for name, value in zip(NEXT, (row, *one), strict=True):
                self.nexts[name].append(value)

    def extend(self, other: Columns) -> None:
        """The tickets of another after one's own."""
        before = len(self)
        for name in WORDS:
            self.words[name] += other.words[name]
        for name in NUMBERS:
            self.numbers[name] += other.numbers[name]
        self.nexts["row"] += [row + before for row in other.nexts["row"]]
        for name in NEXT[1:]:
            self.nexts[name] += other.nexts[name]

    def kept(self, wanted: Mapping[str, str]) -> Columns:
        """Only the tickets whose words are the wanted ones."""
        if not wanted:
            return self
        rows = range(len(self))
        for name, word in wanted.items():
            column = self.words[name]
            rows = [row for row in rows if column[row] == word]  # type: ignore[assignment]
        place = {row: number for number, row in enumerate(rows)}
        mine = [n for n, row in enumerate(self.nexts["row"]) if row in place]
        return Columns(
            {name: [column[row] for row in rows] for name, column in self.words.items()},
            {name: [column[row] for row in rows] for name, column in self.numbers.items()},
            {
                name: [place[column[n]] if name == "row" else column[n] for n in mine]
                for name, column in self.nexts.items()
            },
        )

    def pack(self) -> bytes:
        """As bytes; words stand once."""
        said: dict[str, int] = {}
        coded = {
            name: [said.setdefault(word, len(said)) for word in column] for name, column in self.words.items()
        }
        return zlib.compress(orjson.dumps([list(said), coded, self.numbers, self.nexts]), 6)

    @classmethod
    def unpack(cls, body: bytes) -> Columns:
        """What `pack` gave."""
        said, coded, numbers, nexts = orjson.loads(zlib.decompress(body))
        return cls({name: [said[code] for code in column] for name, column in coded.items()}, numbers, nexts)
