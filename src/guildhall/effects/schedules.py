"""Schedules in code: which kind of effect is queued when. The ticker asks here what is due.

Every tick has the unique key name@time, so two tickers, a restart or a replay never queue a tick twice.
Ticks missed while nothing ran collapse into the latest; a schedule seen for the first time owes nothing
from before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from guildhall.core.text import Text
from guildhall.effects import actions
from guildhall.effects import cron as calendar
from guildhall.effects.models import ScheduleState
from guildhall.effects.types import NewEffect


@dataclass(frozen=True, slots=True)
class Schedule:
    """At every tick of `expression` (five cron fields, wall clock of `zone`) an effect of `kind` is
    queued.
    """

    name: str
    expression: str
    kind: str
    describe: Text
    payload: Mapping[str, Any] = field(default_factory=dict)
    zone: str = "UTC"


_schedules: dict[str, Schedule] = {}


def schedule(
    name: str,
    cron: str,
    kind: str,
    payload: Mapping[str, Any] | None = None,
    tz: str = "UTC",
    *,
    describe: Text,
) -> None:
    """Register a schedule. Raises ValueError for an expression or zone that cannot be read, or a name
    taken.
    """
    calendar.check(cron, tz)
    new = Schedule(name, cron, kind, describe, payload or {}, tz)
    if _schedules.setdefault(name, new) != new:
        raise ValueError(f"two schedules named {name!r}")


def registered() -> list[Schedule]:
    """All schedules by name."""
    return [_schedules[name] for name in sorted(_schedules)]


def forget(name: str) -> None:
    """Take a schedule out again; for tests."""
    _schedules.pop(name, None)


class Diary:
    """What one ticker remembers of the schedules, so that a second in which nothing is due costs no
    database.
    """

    def __init__(self) -> None:
        self._next: dict[str, datetime] = {}

    def queue_due(self, now: datetime) -> int:
        """Queue the effect of every schedule that is due at `now`; returns how many were queued."""
        queued = 0
        for one in registered():
            upcoming = self._next.get(one.name)
            if upcoming is None or now >= upcoming:
                queued += _catch_up(one, now)
                self._next[one.name] = calendar.next_after(one.expression, one.zone, now)
        return queued

    def forget(self) -> None:
        """Read everything anew, after another ticker may have been at work."""
        self._next.clear()


def _catch_up(one: Schedule, now: datetime) -> int:
    """Queue the latest tick since the last one, if there is any; state and effect in one transaction."""
    state = ScheduleState.objects.filter(pk=one.name).first()
    if state is None:
        with transaction.atomic():
            ScheduleState.objects.get_or_create(
                pk=one.name, defaults={"expression": one.expression, "zone": one.zone, "last_at": now}
            )
        return 0
    due = calendar.latest_due(one.expression, one.zone, state.last_at, now)
    if due is None:
        return 0
    effect = NewEffect(
        one.kind,
        dict(one.payload),
        unique_key=f"{one.name}@{due.astimezone(UTC):%Y-%m-%dT%H:%M}Z",
        due_at=due,
        cause=f"schedule:{one.name}",
    )
    with transaction.atomic():
        new = actions.enqueue(effect)
        ScheduleState.objects.filter(pk=one.name, last_at__lt=due).update(
            last_at=due, expression=one.expression, zone=one.zone
        )
    return int(new)
