"""The promises a new house begins with: around the clock, shorter the more urgent, so that no question is
without a clock before somebody has written a policy.
"""

from __future__ import annotations

from typing import Any

from guildhall.core.text import Text

NAME = Text("Standard", "标准")
MINUTE, HOUR = 60, 3600
_SECONDS = {
    "urgent": (10 * MINUTE, 15 * MINUTE, 4 * HOUR),
    "high": (30 * MINUTE, HOUR, 12 * HOUR),
    "normal": (2 * HOUR, 4 * HOUR, 48 * HOUR),
    "low": (8 * HOUR, 12 * HOUR, 120 * HOUR),
}


def content() -> dict[str, Any]:
    """Its content, as `desk.policies.checked` reads it."""
    metrics = ("first_response", "next_response", "resolution")
    return {
        "calendars": {},
        "targets": [
            {"metric": metric, "priority": priority, "seconds": seconds, "calendar": "always"}
            for priority, row in _SECONDS.items()
            for metric, seconds in zip(metrics, row, strict=True)
        ],
        "pause": {"resolution": ["pending"], "first_response": [], "next_response": []},
        "warn": [75],
        "chain": "",
    }
