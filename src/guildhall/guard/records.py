"""Turns what is stored as JSON back into the values of `types`. Forgiving: old rows must stay readable.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guildhall.guard.types import Action, Measure, Reason


def reasons(stored: Iterable[Mapping[str, Any]]) -> tuple[Reason, ...]:
    """Reasons as stored in a verdict row."""
    return tuple(
        Reason(
            str(row.get("rule", "")),
            int(row.get("weight", 0)),
            tuple((int(start), int(end)) for start, end in row.get("spans", ())),
            {str(key): str(value) for key, value in row.get("params", {}).items()},
        )
        for row in stored
    )


def enacted(stored: Iterable[Mapping[str, Any]]) -> tuple[Action, ...]:
    """Actions as stored in a case."""
    return tuple(Action(Measure(row["measure"]), int(row.get("duration_s", 0))) for row in stored)
