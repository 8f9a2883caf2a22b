"""The first rows of a file as they stand and as a mapping reads them, so that a person sees what would happen
before it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.exchange.reading import formats, rows
from guildhall.exchange.reading.fields import Kind
from guildhall.exchange.reading.mapping import Mapping
from guildhall.exchange.reading.reasons import Bad
from guildhall.exchange.reading.rows import Stretch

LOOKED_AT = 1_000
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Preview:
    """`read` rows were looked at; `good` of them can be taken. `shown`: the first good ones by field."""

    read: int
    good: int
    shown: tuple[dict[str, Any], ...]
    bad: tuple[Bad, ...]


def sample(path: Path, shape: formats.Shape) -> list[dict[str, str]]:
    """The first rows of a file as text by heading; [] where not even they can be read."""
    kinds = dict.fromkeys(shape.headings, Kind.WORD)
    try:
        first = next(iter(_first(path, shape, kinds)), None)
    except BadInput:
        return []
    if first is None:
        return []
    table = first.table.slice(0, _SHOWN)
    return [
        {name: "" if value is None else str(value) for name, value in row.items()}
        for row in table.to_pylist()
    ]


def preview(path: Path, shape: formats.Shape, mapping: Mapping, venue: str, now: datetime) -> Preview:
    """Read the first rows by a mapping. Raises BadInput for what is wrong with a whole column."""
    formats.check(shape, mapping)
    for stretch in _first(path, shape, mapping.kinds()):
        done = rows.convert(stretch, mapping, venue, now)
        shown = tuple(done.good.slice(0, _SHOWN).to_pylist())
        return Preview(stretch.count, done.good.num_rows, shown, done.bad)
    return Preview(0, 0, (), ())


def damaged(samples: list[dict[str, str]], headings: tuple[str, ...]) -> set[str]:
    """Columns whose values a spreadsheet has turned into scientific notation: nothing can be read from
    them.
    """
    return {
        name for name in headings if samples and all("E+" in row.get(name, "").upper() for row in samples)
    }


def _first(path: Path, shape: formats.Shape, kinds: dict[str, Kind]) -> Iterator[Stretch]:
    for stretch in islice(formats.stretches(path, shape, kinds), 1):
        few = replace(
            stretch,
            table=stretch.table.slice(0, LOOKED_AT),
            lines=stretch.lines[:LOOKED_AT],
            broken=tuple(one for one in stretch.broken if one.line <= LOOKED_AT),
        )
        yield few
