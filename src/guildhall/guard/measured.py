"""How right punishing verdicts of each kind were in this community, as the judge is given it.

Counted once a minute by a job (`actions.measuring`) into a small table; `current()` holds that table in
memory and costs a dictionary look-up on the hot path.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from guildhall.guard import freshness
from guildhall.guard.models import MeasuredKind
from guildhall.guard.punishing import led_by, would_have
from guildhall.guard.types import SEVERITY, Measure, Measured, Reason

STAMP = "measured"
Key = tuple[str, str, str]
"""Family, space id, language; the last two empty for the whole house."""


@dataclass(slots=True)
class Table:
    """The counts by family and place. `at` answers what holds in one space, from narrow to wide."""

    counts: Mapping[Key, tuple[int, int]] = field(default_factory=dict)
    _known: dict[tuple[str, str], Mapping[str, tuple[Measured, ...]]] = field(default_factory=dict)

    def at(self, space_id: str, language: str) -> Mapping[str, tuple[Measured, ...]]:
        """Family to its counts in this space, in this language, and in the house."""
        found = self._known.get((space_id, language))
        if found is None:
            found = self._known[space_id, language] = self._at(space_id, language)
        return found

    def _at(self, space_id: str, language: str) -> Mapping[str, tuple[Measured, ...]]:
        places = (("space", space_id, ""), ("language", "", language), ("house", "", ""))
        out: dict[str, tuple[Measured, ...]] = {}
        for family in {key[0] for key in self.counts}:
            counts = (
                (where, self.counts.get((family, space, spoken)))
                for where, space, spoken in places
                if where == "house" or space or spoken
            )
            out[family] = tuple(Measured(*count, where) for where, count in counts if count is not None)
        return out


NOTHING = Table()


def kind_of(action: str, reasons: tuple[Reason, ...]) -> str:
    """The family that led a verdict, if the verdict called for punishment (held back or not); else ''."""
    called_for = would_have(reasons) or action
    try:
        punishes = SEVERITY[Measure(called_for)] >= SEVERITY[Measure.DELETE]
    except ValueError:
        return ""
    return led_by(reasons) if punishes else ""


def tally(decided: Iterable[tuple[str, str, str, bool]]) -> dict[Key, tuple[int, int]]:
    """Counts (decided, right) by family and place, from (family, space id, language, was right)."""
    counts: dict[Key, list[int]] = {}
    for family, space_id, language, right in decided:
        for key in {(family, space_id, ""), (family, "", language), (family, "", "")}:
            count = counts.setdefault(key, [0, 0])
            count[0] += 1
            count[1] += right
    return {key: (count[0], count[1]) for key, count in counts.items()}


_lock = threading.Lock()
_held: tuple[str, int, Table] | None = None


def current() -> Table:
    """The counts as last written, at most a second behind the database."""
    global _held
    stamp, generation = freshness.stamp(STAMP), freshness.generation()
    held = _held
    if held is not None and held[0] == stamp and held[1] == generation:
        return held[2]
    with _lock:
        if _held is None or _held[0] != stamp or _held[1] != generation:
            rows = MeasuredKind.objects.values_list("family", "space_id", "language", "decided", "right")
            _held = (stamp, generation, Table({row[:3]: row[3:] for row in rows} if stamp else {}))
        return _held[2]
