"""One clock: how many seconds it counted, and the exact instant at which it broke its promise.

A clock is settled only when what holds for it changes. A breach found then lies strictly before that
instant: what happens within one instant is judged once all of it is known (CLK-1), which is at the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from guildhall.desk.clocks.instants import DAY
from guildhall.desk.clocks.policy import Target

HORIZON = 400 * DAY
"""How far ahead a due time is looked for (CLK-12)."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What holds for a clock: its state (met, merged, paused, running), its target if any, the status that
    pauses it.
    """

    state: str
    target: Target | None = None
    status: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a clock shows at an instant."""

    elapsed: int
    due: int | None
    breached: int | None


class Clock:
    """One clock of one ticket; instants in seconds since 1970."""

    __slots__ = ("breached", "condition", "elapsed", "instance", "met", "metric", "past", "since", "started")

    def __init__(self, metric: str, instance: int, started: int) -> None:
        self.metric = metric
        self.instance = instance
        self.started = started
        self.elapsed = 0
        self.since = started
        """Up to when `elapsed` is reckoned, and since when `condition` holds."""
        self.condition = Condition("running")
        self.met: int | None = None
        self.breached: int | None = None
        self.past: list[tuple[int, Condition]] = []
        """What held before, each with the instant it began at."""

    def turn(self, at: int, condition: Condition) -> None:
        """From an instant on, something else holds. A breach at that very instant is not judged yet."""
        if condition == self.condition:
            return
        if at > self.since:
            self.elapsed, reached = self._reckon(at)
            if reached is not None and reached < at:
                self.breached = reached
            self.past.append((self.since, self.condition))
            self.since = at
        self.condition = condition

    def at(self, now: int) -> Reading:
        """What it shows at an instant of which everything is known, not before the last change."""
        elapsed, reached = self._reckon(now)
        breached = self.breached if self.breached is not None else reached
        target = self.condition.target
        due = None
        if breached is None and target is not None and self.condition.state == "running":
            due = target.hours.reached(self.since, target.seconds - self.elapsed, now + HORIZON)
        return Reading(elapsed, due, breached)

    def life(self, now: int) -> Iterator[tuple[int, int, Condition]]:
        """What held, as (start, end, condition) without gaps from its start until an instant."""
        begun = [*self.past, (self.since, self.condition)]
        for (start, condition), (end, _next) in zip(begun, [*begun[1:], (now, None)], strict=True):
            if start < end:
                yield start, end, condition

    def _reckon(self, at: int) -> tuple[int, int | None]:
        """What elapsed until an instant, and when the target was reached if that is no later and is news."""
        target = self.condition.target
        if target is None or self.condition.state != "running":
            return self.elapsed, None
        elapsed = self.elapsed + target.hours.open_between(self.since, at)
        if self.breached is not None or elapsed < target.seconds:
            return elapsed, None
        return elapsed, target.hours.reached(self.since, target.seconds - self.elapsed, at)
