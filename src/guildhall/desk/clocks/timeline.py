"""What the clocks of one ticket show, by the rules CLK-1 to CLK-9 and CLK-12 of docs/clocks.md.

A `Timeline` takes the events of one ticket one by one and answers at any later instant; it never looks at
the time of day. `run` does so for many tickets at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk.clocks import instants
from guildhall.desk.clocks.counting import Clock, Condition
from guildhall.desk.clocks.policy import (
    FIRST_RESPONSE,
    METRICS,
    NEXT_RESPONSE,
    OPEN,
    OVER,
    RESOLUTION,
    STATUSES,
    Policy,
)

TYPES = ("opened", "customer_message", "agent_reply", "status", "priority", "merged")
VALUES = {"opened": "priority", "status": "to", "priority": "to", "merged": "into"}
"""What the field of an event's `value` is called in a file."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a ticket. `at` is aware; `value`: the priority of `opened` and `priority`,
    the status of `status`, the surviving ticket of `merged`; nothing else reads it.
    """

    ticket: str
    at: datetime
    type: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class ClockState:
    """What one clock shows (CLK-13); `target_seconds` and `calendar` are of the target it has now, if any."""

    metric: str
    instance: int
    started_at: datetime
    state: str
    elapsed_seconds: int
    due_at: datetime | None
    met_at: datetime | None
    breached_at: datetime | None
    target_seconds: int | None
    calendar: str | None


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch [start, end) of a clock's life. `why`: counted, shut (the calendar), paused (then `status`
    says by which), no_target, met or merged; only `counted` adds to what elapsed.
    """

    metric: str
    instance: int
    start: datetime
    end: datetime
    why: str
    status: str = ""
    calendar: str = ""

    @property
    def is_counted(self) -> bool:
        """Whether its seconds count."""
        return self.why == "counted"


class Timeline:
    """The clocks of one ticket. Feed it events in order; ask it what the clocks show at an instant."""

    __slots__ = ("_awaits", "alive", "at", "is_merged", "is_opened", "kept", "policy", "priority", "status")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.at = instants.FIRST
        self.status = OPEN
        self.priority = ""
        self.is_opened = False
        self.is_merged = False
        self.kept: list[Clock] = []
        self.alive: list[Clock] = []
        """Clocks that an event can still change; a met resolution is one, because it may be reopened."""
        self._awaits = False

    def apply(self, event: Event) -> None:
        """One event more, not before the last; raises BadInput for what CLK-14 names, and changes nothing."""
        self.take(instants.of(event.at), event.type, event.value)

    def take(self, at: int, kind: str, value: str) -> None:
        """As `apply`, with the instant in seconds since 1970."""
        self._check(at, kind, value)
        self.at = at
        if self.is_merged:
            return
        if kind == "agent_reply":
            self._replied(at)
        elif kind == "customer_message":
            self._written(at)
        elif kind == "status":
            self._become(at, value)
        elif kind == "priority":
            self.priority = value
            self._retune(at)
        elif kind == "opened":
            self.is_opened, self.priority = True, value
            self._start(at, FIRST_RESPONSE, 1)
            self._start(at, RESOLUTION, 1)
        else:
            self._merge(at)

    def change_policy(self, policy: Policy, at: datetime) -> None:
        """Another policy from an instant on; what elapsed is kept, as after a change of priority."""
        second = instants.of(at)
        if second < self.at:
            raise _going_back()
        self.at, self.policy = second, policy
        if not self.is_merged:
            self._retune(second)

    def clocks(self, now: datetime) -> tuple[ClockState, ...]:
        """What every clock shows at an instant, in the order of CLK-13; changes nothing. An instant before
        the last event is taken as that event's.
        """
        second = max(instants.of(now), self.at)
        return tuple(_state(clock, second) for clock in self.in_order())

    def history(self, now: datetime) -> tuple[Spell, ...]:
        """The life of every clock until an instant, clock by clock in the order of CLK-13."""
        second = max(instants.of(now), self.at)
        return tuple(spell for clock in self.in_order() for spell in _spells(clock, second))

    def in_order(self) -> list[Clock]:
        """The clocks in the order of CLK-13."""
        return sorted(self.kept, key=lambda clock: (METRICS.index(clock.metric), clock.instance))

    def _check(self, at: int, kind: str, value: str) -> None:
        if kind not in TYPES:
            raise _wrong("type", f"{instants.said(kind)} is not one of {', '.join(TYPES)}",
                         f"{instants.said(kind)} 不是 {', '.join(TYPES)} 之一")  # fmt: skip
        if kind == "status" and value not in STATUSES:
            raise _wrong("to", f"{instants.said(value)} is not one of {', '.join(STATUSES)}",
                         f"{instants.said(value)} 不是 {', '.join(STATUSES)} 之一")  # fmt: skip
        if kind == "opened" and self.is_opened:
            raise _wrong("type", "the ticket was opened before", "该工单此前已打开")
        if kind != "opened" and not self.is_opened:
            raise _wrong("type", f"{kind} comes before the ticket was opened", f"{kind} 出现在工单打开之前")
        if at < self.at:
            raise _going_back()

    def _start(self, at: int, metric: str, instance: int) -> None:
        clock = Clock(metric, instance, at)
        self.kept.append(clock)
        self.alive.append(clock)
        self._tune(clock, at)

    def _replied(self, at: int) -> None:
        """CLK-3: an answer meets what waits for one, paused or not."""
        for clock in [c for c in self.alive if c.metric != RESOLUTION]:
            clock.turn(at, Condition("met", clock.condition.target))
            clock.met = at
            self.alive.remove(clock)
        self._awaits = True

    def _written(self, at: int) -> None:
        """CLK-3 and CLK-4: the first message after an answer starts a clock; any message reopens."""
        if self.status != OPEN:
            self._become(at, OPEN)
        if self._awaits:
            self._awaits = False
            instance = 1 + sum(clock.metric == NEXT_RESPONSE for clock in self.kept)
            self._start(at, NEXT_RESPONSE, instance)

    def _become(self, at: int, status: str) -> None:
        """CLK-4: solved and closed meet the resolution; any other status after them reopens it."""
        was_over, is_over = self.status in OVER, status in OVER
        self.status = status
        if was_over != is_over:
            for clock in self.alive:
                if clock.metric == RESOLUTION:
                    clock.met = at if is_over else None
        self._retune(at)

    def _merge(self, at: int) -> None:
        """CLK-9: what is not met ends here."""
        self.is_merged = True
        for clock in self.alive:
            if clock.met is None:
                clock.turn(at, Condition("merged", clock.condition.target))
        self.alive = []

    def _retune(self, at: int) -> None:
        for clock in self.alive:
            self._tune(clock, at)

    def _tune(self, clock: Clock, at: int) -> None:
        """CLK-5 and CLK-7: what holds for a clock from an instant on."""
        target = self.policy.target(clock.metric, self.priority)
        if clock.met is not None:
            clock.turn(at, Condition("met", target))
        elif self.policy.pauses(clock.metric, self.status):
            clock.turn(at, Condition("paused", target, self.status))
        else:
            clock.turn(at, Condition("running", target))


def run(policy: Policy, events: Iterable[Event], now: datetime) -> list[tuple[str, ClockState]]:
    """Every clock of every ticket at `now`, as (ticket, clock) in the order of CLK-13. Raises BadInput."""
    timelines: dict[str, Timeline] = {}
    for event in events:
        timeline = timelines.get(event.ticket)
        if timeline is None:
            timeline = timelines[event.ticket] = Timeline(policy)
        timeline.apply(event)
    return [(ticket, clock) for ticket, timeline in timelines.items() for clock in timeline.clocks(now)]


def _state(clock: Clock, now: int) -> ClockState:
    shown = clock.at(now)
    target = clock.condition.target
    return ClockState(
        clock.metric,
        clock.instance,
        instants.as_datetime(clock.started),
        clock.condition.state,
        shown.elapsed,
        instants.maybe_datetime(shown.due),
        instants.maybe_datetime(clock.met),
        instants.maybe_datetime(shown.breached),
        target.seconds if target else None,
        target.calendar if target else None,
    )


def _spells(clock: Clock, now: int) -> Iterator[Spell]:
    for start, end, condition in clock.life(now):
        target = condition.target
        if condition.state != "running":
            yield _spell(clock, start, end, condition.state, condition.status)
        elif target is None:
            yield _spell(clock, start, end, "no_target")
        else:
            at = start
            for opens, shuts in target.hours.intervals(start, end):
                if at < opens:
                    yield _spell(clock, at, opens, "shut", calendar=target.calendar)
                yield _spell(clock, opens, shuts, "counted", calendar=target.calendar)
                at = shuts
            if at < end:
                yield _spell(clock, at, end, "shut", calendar=target.calendar)


def _spell(clock: Clock, start: int, end: int, why: str, status: str = "", calendar: str = "") -> Spell:
    return Spell(
        clock.metric, clock.instance, instants.as_datetime(start), instants.as_datetime(end),
        why, status, calendar,
    )  # fmt: skip


def _going_back() -> BadInput:
    return _wrong("at", "goes back within the ticket", "在同一工单内倒退")


def _wrong(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(f"{field}: {en}", f"{field}：{zh}"), field=field)
