"""The clock of an escalation, by the rules of docs/clocks.md: it runs while the team has the question, rests
while the desk has it, and ends with the answer. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guildhall.desk.clocks.policy import Policy
from guildhall.desk.clocks.timeline import Event, Timeline

METRIC = "resolution"
_TYPES = {
    "asked": ("opened", ""),
    "returned": ("status", "pending"),
    "supplied": ("status", "open"),
    "answered": ("status", "solved"),
    "withdrawn": ("merged", "withdrawn"),
}


@dataclass(frozen=True, slots=True)
class Running:
    """How the clock stands: `due_at` null while it rests or nothing is promised; `elapsed` and `target` in
    seconds of the team's hours.
    """

    state: str
    due_at: datetime | None
    breached_at: datetime | None
    elapsed: int
    target: int | None


def promise(hours: Mapping[str, Any], seconds: Mapping[str, int]) -> dict[str, Any]:
    """A policy with one metric. `hours`: a calendar as docs/clocks.md has it, empty for round the clock;
    `seconds`: by priority, `*` for the others. Raises BadInput for what no clock can run by.
    """
    name = "hours" if hours else "always"
    policy = {
        "calendars": {"hours": dict(hours)} if hours else {},
        "targets": [
            {"metric": METRIC, "priority": priority, "seconds": count, "calendar": name}
            for priority, count in seconds.items()
        ],
        "pause": {METRIC: ["pending"]},
    }
    Policy.from_json(policy)
    return policy


def stand(
    written: Mapping[str, Any], priority: str, steps: Sequence[tuple[str, datetime]], now: datetime
) -> Running:
    """Where the clock of one escalation stands. `steps`: (kind, time) in order; `now` aware."""
    timeline = Timeline(Policy.from_json(written or promise({}, {})))
    for kind, at in steps:
        name, value = _TYPES[kind]
        timeline.apply(
            Event("escalation", at.replace(microsecond=0), name, priority if name == "opened" else value)
        )
    found = next(one for one in timeline.clocks(now.replace(microsecond=0)) if one.metric == METRIC)
    return Running(found.state, found.due_at, found.breached_at, found.elapsed_seconds, found.target_seconds)
