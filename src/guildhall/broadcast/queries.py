"""The reads that pages share: how far a run is, what stands next, what needs a person."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from guildhall.broadcast.actions.writing import Written, version_of
from guildhall.broadcast.models import Broadcast, Delivery, Run
from guildhall.broadcast.timing import first_after
from guildhall.core import clock

State = Delivery.State
MOST_AHEAD = 40
_NEEDS = (Run.State.MISSED, Run.State.BLOCKED)


@dataclass(frozen=True, slots=True)
class Progress:
    """A run in numbers. `per_platform` are (platform, counts by state)."""

    total: int
    counts: dict[str, int]
    per_platform: tuple[tuple[str, dict[str, int]], ...]
    taken_back: int
    corrected: int
    cannot: int
    changing: int

    def of(self, state: str) -> int:
        return self.counts.get(state, 0)

    @property
    def settled(self) -> int:
        """Places about which nothing more is to happen."""
        return self.total - sum(self.of(state) for state in (State.PLANNED, State.QUEUED, State.WAITING))

    @property
    def percent(self) -> int:
        return self.settled * 100 // self.total if self.total else 100


@dataclass(frozen=True, slots=True)
class Upcoming:
    """One sending on the calendar."""

    broadcast: Broadcast
    at: datetime
    is_recurring: bool


def progress(run: Run) -> Progress:
    """How far a run is."""
    rows = (
        Delivery.objects.filter(run=run)
        .order_by()
        .values_list("rendering__platform", "state")
        .annotate(n=Count("id"))
    )
    total: Counter[str] = Counter()
    platforms: dict[str, Counter[str]] = {}
    for platform, state, number in rows:
        total[state] += number
        platforms.setdefault(platform, Counter())[state] += number
    after = dict(
        Delivery.objects.filter(run=run)
        .exclude(afterwards="")
        .order_by()
        .values_list("afterwards")
        .annotate(n=Count("id"))
    )
    kinds = Delivery.After
    return Progress(
        sum(total.values()),
        dict(total),
        tuple((platform, dict(counts)) for platform, counts in sorted(platforms.items())),
        after.get(kinds.REMOVED, 0),
        after.get(kinds.CORRECTED, 0),
        after.get(kinds.CANNOT, 0),
        after.get(kinds.REMOVING, 0) + after.get(kinds.CORRECTING, 0),
    )


def deliveries(run: Run, *, state: str = "", platform: str = "", sought: str = "") -> QuerySet[Delivery]:
    """The places of a run, narrowed, in order of their ids."""
    found = Delivery.objects.filter(run=run).select_related("space", "rendering")
    if state:
        found = found.filter(state=state)
    if platform:
        found = found.filter(rendering__platform=platform)
    if sought:
        found = found.filter(space__name__icontains=sought)
    return found


def calendar(days: int = 31) -> list[Upcoming]:
    """What is scheduled for the next days, the soonest first; of what recurs, every time."""
    now = clock.now()
    until = now + timedelta(days=days)
    found: list[Upcoming] = []
    armed = Broadcast.objects.filter(next_at__isnull=False, next_at__lt=until).order_by("next_at")
    for one in armed:
        schedule = Written.of(version_of(one)).schedule
        at = one.next_at
        for _ in range(MOST_AHEAD):
            if at is None or at >= until:
                break
            found.append(Upcoming(one, at, bool(schedule.cron)))
            at = first_after(schedule, at)
    return sorted(found, key=lambda one: (one.at, one.broadcast.id))


def live() -> QuerySet[Run]:
    """Runs that go out now or stand paused."""
    states = (Run.State.PLANNED, Run.State.RUNNING, Run.State.PAUSED)
    return Run.objects.filter(state__in=states).select_related("broadcast").order_by("id")


def needing_somebody() -> QuerySet[Run]:
    """Runs that missed their time or outgrew their approval, and wait."""
    return Run.objects.filter(state__in=_NEEDS).select_related("broadcast").order_by("id")


def doubtful(since: datetime) -> list[tuple[Run, int, int]]:
    """Runs since a time with failures or doubts: (run, failed, uncertain), the latest first."""
    counted = (
        Run.objects.filter(started_at__gte=since)
        .exclude(state=Run.State.RUNNING)
        .annotate(
            failed=Count("deliveries", filter=Q(deliveries__state=State.FAILED)),
            unsure=Count("deliveries", filter=Q(deliveries__state=State.UNCERTAIN)),
        )
        .filter(Q(failed__gt=0) | Q(unsure__gt=0))
        .select_related("broadcast")
        .order_by("-id")
    )
    return [(run, run.failed, run.unsure) for run in counted[:20]]
