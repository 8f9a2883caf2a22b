"""What the Effects pages, Today and the metrics read: counts, lists, what is stuck, what needs a person.

Nothing here counts finished effects without a bound in time, so every answer is quick beside a million of
them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import performers, schedules, table
from guildhall.effects.cron import next_after
from guildhall.effects.models import Effect, ScheduleState
from guildhall.effects.types import BUCKET_PREFIX, KEY, TIME, State

# Overdue for longer than a restart takes, or in hand for longer than anything should be.
OVERDUE = timedelta(minutes=2)
LONG_IN_HAND = timedelta(minutes=10)
# Beyond this many a count says "so many or more": counting on would take longer than a page may.
COUNTED = 50_000
MOST_STUCK = 200
_OVERDUE_READY = """
SELECT id FROM (SELECT id, due_at FROM effects_effect{queue} WHERE state = 'queued' AND waiting_for = ''
                ORDER BY priority, id LIMIT 1000) ready WHERE due_at < %s LIMIT %s
"""
_OVERDUE_TIME = """
SELECT id FROM effects_effect{due} WHERE state = 'queued' AND waiting_for = 'time' AND due_at < %s
ORDER BY due_at LIMIT %s
"""
_LONG_IN_HAND = """
SELECT id FROM effects_effect{lease} WHERE state IN ('leased', 'running') AND started_at < %s LIMIT %s
"""
_LATELY = timedelta(hours=24)
_UNFINISHED = (State.QUEUED, State.LEASED, State.RUNNING, State.UNCERTAIN, State.DEAD)


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; empty means all. Times are aware; [since, until)."""

    state: str = ""
    kind: str = ""
    cause: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One schedule: what it does and when it last ticked and ticks next (UTC)."""

    name: str
    describe: Text
    expression: str
    zone: str
    last_at: datetime | None
    next_at: datetime


def counts() -> dict[str, int]:
    """Effects by state; of done and cancelled ones those of the last 24 hours, counting no further than
    COUNTED.
    """
    found = dict.fromkeys((state.value for state in State), 0)
    live = Effect.objects.filter(state__in=[s.value for s in _UNFINISHED])
    found |= dict(live.values_list("state").annotate(n=Count("id")).values_list("state", "n"))
    since = table.time(clock.now() - _LATELY)
    lately = f"SELECT state, COUNT(*) FROM ({_finished('state')} LIMIT {COUNTED}) lately GROUP BY state"
    found |= {str(state): int(number) for state, number in table.run(lately, [since])}
    return found


def list_effects(filters: Filters | None = None) -> QuerySet[Effect]:
    """Effects newest first, narrowed; the caller pages by id (`.filter(id__lt=...)[:50]`)."""
    wanted = filters or Filters()
    exact = {"state": wanted.state, "kind": wanted.kind, "cause": wanted.cause}
    found = Effect.objects.filter(**{name: value for name, value in exact.items() if value})
    if wanted.since is not None:
        found = found.filter(created_at__gte=wanted.since)
    if wanted.until is not None:
        found = found.filter(created_at__lt=wanted.until)
    return found.order_by("-id")


def uncertain() -> QuerySet[Effect]:
    """Effects nobody can tell about, the longest waiting first: a person decides."""
    return Effect.objects.filter(state=State.UNCERTAIN.value).order_by("id")


def dead() -> QuerySet[Effect]:
    """Effects that were given up on, the oldest first: a person may start them over or cancel them."""
    return Effect.objects.filter(state=State.DEAD.value).order_by("id")


def stuck(now: datetime | None = None) -> QuerySet[Effect]:
    """The oldest effects that are overdue though nothing they wait for explains it, or in hand very
    long.
    """
    now = now or clock.now()
    overdue, long = table.time(now - OVERDUE), table.time(now - LONG_IN_HAND)
    found = [
        *table.run(_OVERDUE_READY.format(queue=table.using("effect_queue")), [overdue, MOST_STUCK]),
        *table.run(_OVERDUE_TIME.format(due=table.using("effect_due")), [overdue, MOST_STUCK]),
        *table.run(_LONG_IN_HAND.format(lease=table.using("effect_lease")), [long, MOST_STUCK]),
    ]
    return Effect.objects.filter(pk__in=[row[0] for row in found]).order_by("id")


def oldest_queued_age(now: datetime | None = None) -> timedelta | None:
    """How long the effect that has waited longest beyond its time has waited; None when none is due."""
    now = now or clock.now()
    oldest = [table.moment(at) for (at,) in table.run(_oldest_sql(), [table.time(now)]) if at is not None]
    return now - min(oldest) if oldest else None


def throughput(minutes: int = 60, now: datetime | None = None) -> list[tuple[datetime, int]]:
    """Effects done in each of the last whole minutes, oldest first: (start of the minute UTC, how many)."""
    end = (now or clock.now()).replace(second=0, microsecond=0)
    since = end - timedelta(minutes=minutes)
    found = dict.fromkeys((since + timedelta(minutes=n) for n in range(minutes)), 0)
    minute = "date_trunc('minute', finished_at)" if table.is_postgres() else "substr(finished_at, 1, 16)"
    for at, number in table.run(
        f"{_finished(f'{minute}, COUNT(*)')} AND state = 'done' AND finished_at < %s GROUP BY {minute}",
        [table.time(since), table.time(end)],
    ):
        found[table.moment(at)] = int(number)
    return list(found.items())


def live_by_kind() -> list[tuple[str, Text, Mapping[str, int]]]:
    """Unfinished effects by kind: (kind, what it does, counts by state), the most first."""
    rows = Effect.objects.filter(state__in=[s.value for s in _UNFINISHED]).values_list("kind", "state")
    found: dict[str, dict[str, int]] = {}
    for kind, state, number in rows.annotate(n=Count("id")):
        found.setdefault(kind, {})[state] = number
    ordered = sorted(found.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return [(kind, performers.describe(kind), states) for kind, states in ordered]


def why_waiting(effect: Effect) -> Text | None:
    """What a queued effect waits for, in words; None when it is simply its turn soon or it is not
    queued.
    """
    if effect.state != State.QUEUED.value:
        return None
    if performers.find(effect.kind) is None:
        return Text("No process here knows how to do it.", "当前进程无法执行此类任务。")
    if effect.waiting_for == TIME:
        if effect.attempts:
            return Text("It failed and will be tried again.", "上次执行失败，等待重试。")
        return Text("Its time has not come.", "未到预定执行时间。")
    if effect.waiting_for == KEY:
        return Text(
            "An earlier one of the same order must be done first.", "需等待同一序列中更早的任务完成。"
        )
    if effect.waiting_for.startswith(BUCKET_PREFIX):
        name = effect.waiting_for.removeprefix(BUCKET_PREFIX)
        return Text(f"The rate limit {name} lets it go later.", f"受限流“{name}”约束，稍后执行。")
    return None


def upcoming() -> list[Upcoming]:
    """All schedules with their last and next tick, the next one first."""
    now = clock.now()
    last = dict(ScheduleState.objects.values_list("name", "last_at"))
    found = [
        Upcoming(
            s.name, s.describe, s.expression, s.zone, last.get(s.name), next_after(s.expression, s.zone, now)
        )
        for s in schedules.registered()
    ]
    return sorted(found, key=lambda one: one.next_at)


def _finished(columns: str) -> str:
    """A SELECT over finished effects since a moment, read by the index on when they finished."""
    return (
        f"SELECT {columns} FROM effects_effect{table.using('effect_finished')} "
        "WHERE state IN ('done', 'cancelled') AND finished_at >= %s"
    )


def _oldest_sql() -> str:
    """The earliest due time among what is ready (the oldest few by turn) and among what waits for its
    time.
    """
    return (
        f"SELECT MIN(due_at) FROM (SELECT due_at FROM effects_effect{table.using('effect_queue')} "
        "WHERE state = 'queued' AND waiting_for = '' ORDER BY priority, id LIMIT 1000) ready "
        "UNION ALL "
        f"SELECT MIN(due_at) FROM effects_effect{table.using('effect_due')} "
        "WHERE state = 'queued' AND waiting_for = 'time' AND due_at <= %s"
    )
