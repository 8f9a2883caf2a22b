"""A ticket's clocks as its page shows them: what is due, what was kept, what was broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guildhall.console.desk_words import AT_RISK_S
from guildhall.core import clock
from guildhall.desk import clocking
from guildhall.desk.models import Ticket

_ORDER = ("first_response", "next_response", "resolution")


@dataclass(frozen=True, slots=True)
class ClockShown:
    """One clock. `share`: how much of its target is used, 0 to 1000; seconds count what counts only."""

    metric: str
    instance: int
    state: str
    due_at: datetime | None
    target_s: int | None
    elapsed_s: int
    met_at: datetime | None
    breached_at: datetime | None
    share: int
    css: str

    @property
    def left_s(self) -> int:
        """Seconds that are left of a clock that does not run."""
        return max(0, (self.target_s or 0) - self.elapsed_s)

    @property
    def is_running(self) -> bool:
        return self.state == "running"


def clocks(ticket: Ticket) -> Sequence[ClockShown]:
    """The clocks in the order of their metrics; of those that start again, only the last."""
    now = clock.now()
    last: dict[str, Any] = {}
    for one in clocking.of(ticket):
        known = last.get(one.metric)
        if known is None or one.instance > known.instance:
            last[one.metric] = one
    return [_shown(last[metric], now) for metric in _ORDER if metric in last]


def _shown(one: Any, now: datetime) -> ClockShown:
    elapsed, target = int(one.elapsed_seconds), one.target_seconds
    if one.state == "running" and target and one.due_at is not None:
        # The calendar may be shut: what is left is never more than what was left when the row was written.
        left = min((one.due_at - now).total_seconds(), target - elapsed)
        elapsed = int(target - max(0.0, left))
    share = min(1000, round(1000 * elapsed / target)) if target else 0
    return ClockShown(
        metric=one.metric,
        instance=one.instance,
        state=one.state,
        due_at=one.due_at,
        target_s=target,
        elapsed_s=elapsed,
        met_at=one.met_at,
        breached_at=one.breached_at,
        share=1000 if one.breached_at else share,
        css=_css(one, now),
    )


def _css(one: Any, now: datetime) -> str:
    if one.breached_at:
        return "late"
    if one.state == "running" and one.due_at and (one.due_at - now).total_seconds() < AT_RISK_S:
        return "soon"
    return ""
