"""Small cases for clocks: a policy in a few words, lives of tickets as lines."""

from __future__ import annotations

from typing import Any

OFFICE = {
    "tz": "America/Chicago",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [],
}


def policy(*targets: tuple[str, str, int, str], pause: Any = None, **calendars: Any) -> dict[str, Any]:
    """Targets as (metric, priority, seconds, calendar); calendars by name, `office` and `always` come along."""
    return {
        "calendars": {"office": OFFICE, **calendars},
        "targets": [
            dict(zip(("metric", "priority", "seconds", "calendar"), one, strict=True)) for one in targets
        ],
        "pause": {"resolution": ["pending"]} if pause is None else pause,
    }


def line(at: str, kind: str, value: str = "", ticket: str = "t") -> dict[str, Any]:
    """One event; `at` without a date is on 2026-03-02, a Monday, and without an offset in UTC."""
    at = at if "T" in at else f"2026-03-02T{at}"
    at = at if at.endswith("Z") or at[-6] in "+-" else f"{at}Z"
    named = {"opened": "priority", "status": "to", "priority": "to", "merged": "into"}.get(kind)
    return {"ticket": ticket, "at": at, "type": kind, **({named: value} if named else {})}
