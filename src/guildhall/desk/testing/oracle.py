"""A second reading of the rules of SLA clocks (CLK-1 ... CLK-14), written from their text alone. It shares no
code with the engine in `desk.clocks`: slow, plain, and there only to disagree with it.

It looks at one clock at a time over the whole life of its ticket, walks the calendar day by day, and moves a
local time that does not exist forward second by second. It expects well-formed input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

HORIZON = 400 * 86400
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
METRICS = ("first_response", "next_response", "resolution")
DONE = ("solved", "closed")


def seconds_of(text: str) -> int:
    """The instant of an RFC 3339 text, in whole seconds since 1970."""
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def text_of(instant: int | None) -> str | None:
    """The instant as the output writes it, in UTC."""
    return None if instant is None else datetime.fromtimestamp(instant, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@lru_cache(maxsize=100_000)
def _instant(zone: str, local: datetime, *, later: bool) -> int:
    """The instant of a wall-clock reading (CLK-11): of two readings the earlier or the later one; where there
    is none, the first instant after the gap.
    """
    tz = ZoneInfo(zone)
    while True:
        readings = []
        for fold in (0, 1):
            instant = round(local.replace(tzinfo=tz, fold=fold).timestamp())
            if datetime.fromtimestamp(instant, tz).replace(tzinfo=None, fold=0) == local:
                readings.append(instant)
        if readings:
            return max(readings) if later else min(readings)
        local += timedelta(seconds=1)


class NaiveCalendar:
    """A weekly calendar with holidays, asked one local date at a time."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.zone = str(content["tz"])
        self.weekly = content.get("weekly", {})
        self.holidays = set(content.get("holidays", []))
        self._of_date: dict[date, list[tuple[int, int]]] = {}

    def windows(self, on: date) -> list[tuple[int, int]]:
        """The windows that start on this local date, as instants (from, to), the empty ones left out."""
        if on not in self._of_date:
            found = []
            if on.isoformat() not in self.holidays:
                midnight = datetime.combine(on, time())
                for start, end in self.weekly.get(DAYS[on.weekday()], []):
                    minutes = [int(text[:2]) * 60 + int(text[3:]) for text in (start, end)]
                    if minutes[1] <= minutes[0]:
                        minutes[1] += 24 * 60
                    opens = _instant(self.zone, midnight + timedelta(minutes=minutes[0]), later=False)
                    shuts = _instant(self.zone, midnight + timedelta(minutes=minutes[1]), later=True)
                    if opens < shuts:
                        found.append((opens, shuts))
            self._of_date[on] = found
        return self._of_date[on]

    def stretches(self, start: int, end: int) -> list[tuple[int, int]]:
        """When it is open between two instants; overlapping windows are one stretch."""
        zone = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(start, zone).date() - timedelta(days=3)
        last = datetime.fromtimestamp(end, zone).date() + timedelta(days=3)
        windows: list[tuple[int, int]] = []
        while day <= last:
            windows += self.windows(day)
            day += timedelta(days=1)
        union: list[tuple[int, int]] = []
        for opens, shuts in sorted(windows):
            if union and opens <= union[-1][1]:
                union[-1] = (union[-1][0], max(union[-1][1], shuts))
            else:
                union.append((opens, shuts))
        return [(max(a, start), min(b, end)) for a, b in union if max(a, start) < min(b, end)]


class Always(NaiveCalendar):
    """The calendar that never shuts."""

    def __init__(self) -> None:
        super().__init__({"tz": "UTC"})

    def stretches(self, start: int, end: int) -> list[tuple[int, int]]:
        """The whole span."""
        return [(start, end)] if start < end else []


@dataclass(frozen=True, slots=True)
class Moment:
    """How a ticket stands once every event of an instant was applied."""

    at: int
    status: str
    priority: str


@dataclass(slots=True)
class NaiveClock:
    """A clock: when it started and the spans of time (from, to) during which it stood met."""

    metric: str
    instance: int
    started: int
    met: list[list[int | None]] = field(default_factory=list)

    def met_at(self, instant: int) -> int | None:
        """Since when it is met, asked once every event of the instant was applied."""
        for since, until in self.met:
            if since is not None and since <= instant and (until is None or instant < until):
                return since
        return None


@dataclass(slots=True)
class Life:
    """One ticket, from its first line to the last that counts."""

    moments: list[Moment] = field(default_factory=list)
    clocks: list[NaiveClock] = field(default_factory=list)
    merged: int | None = None


def live(lines: Sequence[Mapping[str, Any]]) -> Life:
    """What the lines of one ticket say happened to it (CLK-2, 3, 4, 9)."""
    life = Life()
    status = priority = ""
    answered = False
    waiting: NaiveClock | None = None
    count = 0
    for line in lines:
        at, kind = seconds_of(line["at"]), line["type"]
        before = status
        if kind == "opened":
            status, priority = "open", line["priority"]
            life.clocks = [NaiveClock("first_response", 1, at), NaiveClock("resolution", 1, at)]
        elif kind == "customer_message":
            status = "open"
            if answered and waiting is None:
                count += 1
                waiting = NaiveClock("next_response", count, at)
                life.clocks.append(waiting)
        elif kind == "agent_reply":
            if not answered:
                life.clocks[0].met.append([at, None])
            if waiting is not None:
                waiting.met.append([at, None])
            answered, waiting = True, None
        elif kind == "status":
            status = line["to"]
        elif kind == "priority":
            priority = line["to"]
        else:
            life.merged = at
        if before in DONE and status not in DONE:
            life.clocks[1].met[-1][1] = at
        if status in DONE and before not in DONE:
            life.clocks[1].met.append([at, None])
        if life.moments and life.moments[-1].at == at:
            life.moments.pop()
        life.moments.append(Moment(at, status, priority))
        if life.merged is not None:
            break
    return life


class Oracle:
    """The rules under one policy."""

    def __init__(self, policy: Mapping[str, Any]) -> None:
        self.calendars: dict[str, NaiveCalendar] = {"always": Always()}
        for name, content in policy["calendars"].items():
            self.calendars[name] = NaiveCalendar(content)
        self.targets = {
            (target["metric"], target["priority"]): (target["seconds"], self.calendars[target["calendar"]])
            for target in policy["targets"]
        }
        self.pause = policy.get("pause", {})

    def target(self, metric: str, priority: str) -> tuple[int, NaiveCalendar] | None:
        """Seconds and calendar that hold for this priority (CLK-7)."""
        return self.targets.get((metric, priority), self.targets.get((metric, "*")))

    def row(self, ticket: str, life: Life, clock: NaiveClock, now: int) -> dict[str, Any]:
        """What the output says of one clock."""
        elapsed = 0
        breached: int | None = None
        due: int | None = None
        state = "running"
        ends = [moment.at for moment in life.moments[1:]] + [now if life.merged is None else life.merged]
        for moment, end in zip(life.moments, ends, strict=True):
            is_last = moment is life.moments[-1]
            if moment.at < clock.started:
                continue
            met = clock.met_at(moment.at) is not None
            paused = moment.status in DONE or moment.status in self.pause.get(clock.metric, [])
            state = "met" if met else "paused" if paused else "running"
            if is_last and life.merged is not None:
                state = "met" if met else "merged"
                break
            target = self.target(clock.metric, moment.priority)
            if state != "running" or target is None:
                continue
            seconds, calendar = target
            reached = moment.at if elapsed >= seconds else None
            for opens, shuts in calendar.stretches(moment.at, end):
                if reached is None and elapsed + (shuts - opens) >= seconds:
                    reached = opens + (seconds - elapsed)
                elapsed += shuts - opens
            if breached is None and reached is not None and (reached < end or is_last):
                breached = reached
            if is_last and breached is None:
                due = self.first(calendar, now, seconds - elapsed)
        return {
            "ticket": ticket,
            "metric": clock.metric,
            "instance": clock.instance,
            "started_at": text_of(clock.started),
            "state": state,
            "elapsed_seconds": elapsed,
            "due_at": text_of(due),
            "met_at": text_of(clock.met[-1][0]) if state == "met" else None,
            "breached_at": text_of(breached),
        }

    @staticmethod
    def first(calendar: NaiveCalendar, now: int, missing: int) -> int | None:
        """The first instant by which so many more open seconds went by, within the horizon (CLK-12)."""
        if isinstance(calendar, Always):
            return now + missing if missing <= HORIZON else None
        step = 10 * 86400
        for start in range(now, now + HORIZON, step):
            for opens, shuts in calendar.stretches(start, start + step):
                if shuts - opens >= missing:
                    return opens + missing
                missing -= shuts - opens
        return None

    def rows(self, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Every row of the output for these events, in its order (CLK-13)."""
        if not lines:
            return []
        now = max(seconds_of(line["at"]) for line in lines)
        by_ticket: dict[str, list[Mapping[str, Any]]] = {}
        for line in lines:
            by_ticket.setdefault(line["ticket"], []).append(line)
        rows = []
        for ticket, own in by_ticket.items():
            life = live(own)
            for metric in METRICS:
                for clock in life.clocks:
                    if clock.metric == metric:
                        rows.append(self.row(ticket, life, clock, now))
        return rows
