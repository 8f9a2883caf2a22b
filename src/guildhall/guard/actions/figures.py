"""Counts again, day by day, what people found of what the guard said; run every ten minutes.

How many messages there were is counted as they come (`counting`); here only cases are read, and only those of
days that something happened to since the last time, so that the work grows with decisions, not with messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import transaction

from guildhall.core import clock
from guildhall.core.ids import lowest_id
from guildhall.effects.types import Claimed, Done
from guildhall.guard import delays
from guildhall.guard.models import Case, GuardDay, RuleDay, Stamp
from guildhall.guard.types import SEVERITY, Measure, Mode

KIND = "guard.figures"
_COUNTED = "figures"
DAY = timedelta(days=1)
AGAIN_DAYS = 7
"""Once a day so many days are counted again whole: a case that was reopened leaves no trace of when."""
FIRST_DAYS = 90
"""How far back the very first count goes."""
_SLACK = timedelta(minutes=2)
_ALLOWED, _FLAGGED, _PUNISHED = (stratum.value for stratum in GuardDay.Stratum)
_COUNTS = (
    "bad", "fine", "drawn", "answered", "weight", "weight_squared", "weight_bad", "appeals", "granted",
    "refused", "delays",
)  # fmt: skip


@dataclass(slots=True)
class _Count:
    bad: int = 0
    fine: int = 0
    drawn: int = 0
    answered: int = 0
    weight: float = 0.0
    weight_squared: float = 0.0
    weight_bad: float = 0.0
    appeals: int = 0
    granted: int = 0
    refused: int = 0
    cases: int = 0
    lengths: list[float] = field(default_factory=list)

    def add(self, truth: str, weight: float | None) -> None:
        """A decided case; `weight` None: decided for other reasons than the sample."""
        bad = truth == "bad"
        self.bad += bad
        self.fine += not bad
        if weight is not None:
            self.answered += 1
            self.weight += weight
            self.weight_squared += weight**2
            self.weight_bad += weight * bad

    def columns(self) -> dict[str, Any]:
        """The values of `GuardDay`."""
        return {name: getattr(self, name) for name in _COUNTS[:-1]} | {"delays": delays.counted(self.lengths)}


def perform(_effect: Claimed) -> Done:
    """The job: count again what has changed."""
    return Done({"days": roll_up()})


def roll_up(now: datetime | None = None) -> int:
    """Count the days again that something happened to since the last time; returns how many they were."""
    now = now or clock.now()
    last = counted_at()
    days = sorted(_touched(now, last))
    for day in days:
        count_day(day)
    with transaction.atomic():
        value = now.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        Stamp.objects.update_or_create(name=_COUNTED, defaults={"value": value})
    return len(days)


def counted_at() -> datetime | None:
    """When figures were last counted; None when never."""
    value = Stamp.objects.filter(name=_COUNTED).values_list("value", flat=True).first()
    return datetime.fromisoformat(value).replace(tzinfo=UTC) if value else None


def count_day(day: date) -> None:
    """Count one UTC day anew."""
    counts, rules = _read(day)
    with transaction.atomic():
        _write(day, counts)
        RuleDay.objects.filter(day=day).delete()
        RuleDay.objects.bulk_create(
            RuleDay(
                day=day,
                rule=rule,
                stratum=stratum,
                **{name: getattr(count, name) for name in ("cases", "bad", "fine", *_COUNTS[3:7])},
            )
            for (rule, stratum), count in sorted(rules.items())
        )


def _write(day: date, counts: dict[tuple[str, str, str, str], _Count]) -> None:
    """Bring the day's rows up to date, touching only those that changed, in the order in which intake takes
    them: it counts messages in the same rows all the while.
    """
    known = {
        (row.space_id, row.policy, row.model, row.stratum): row for row in GuardDay.objects.filter(day=day)
    }
    nothing = _Count()
    wanted = {key: counts.get(key, nothing).columns() for key in {*known, *counts}}
    changed = [
        row.pk
        for key, row in known.items()
        if any(getattr(row, name) != value for name, value in wanted[key].items())
    ]
    ordered = GuardDay.objects.filter(pk__in=changed).order_by(
        "day", "space_id", "policy", "model", "stratum"
    )
    rows = list(ordered.select_for_update())
    for row in rows:
        for name, value in wanted[row.space_id, row.policy, row.model, row.stratum].items():
            setattr(row, name, value)
    GuardDay.objects.bulk_update(rows, _COUNTS, batch_size=200)
    GuardDay.objects.bulk_create(
        [
            GuardDay(day=day, space_id=key[0], policy=key[1], model=key[2], stratum=key[3], **wanted[key])
            for key in sorted(wanted)
            if key not in known
        ],
        ignore_conflicts=True,
    )


def stratum_of(kind: str, mode: str, action: str) -> str:
    """The stratum of a case's message: what the guard itself did, whatever people did since."""
    if kind == Case.Kind.SAMPLE:
        return _ALLOWED
    try:
        hard = SEVERITY[Measure(action)] >= SEVERITY[Measure.DELETE]
    except ValueError:
        hard = False
    return _PUNISHED if hard and mode == Mode.ACT else _FLAGGED


def _touched(now: datetime, last: datetime | None) -> set[date]:
    today = now.astimezone(UTC).date()
    days = {today, today - DAY}
    if last is None or last.date() < today:
        days |= {today - back * DAY for back in range(AGAIN_DAYS)}
    since = (last or now - FIRST_DAYS * DAY) - _SLACK
    decided = Case.objects.filter(decided_at__gte=since).exclude(state=Case.State.OPEN)
    appealed = Case.objects.filter(id__gte=lowest_id(since), kind=Case.Kind.APPEAL)
    for found in (decided, appealed):
        for own, parents in found.values_list("opened_at", "parent__opened_at").iterator(chunk_size=5000):
            days |= {at.date() for at in (own, parents) if at is not None}
    return days


def _read(
    day: date,
) -> tuple[dict[tuple[str, str, str, str], _Count], dict[tuple[str, str], _Count]]:
    counts: dict[tuple[str, str, str, str], _Count] = defaultdict(_Count)
    rules: dict[tuple[str, str], _Count] = defaultdict(_Count)
    for row in _cases(day):
        verdict = row["verdict_id"]
        policy = f"{row['verdict__policy_slug']}@{row['verdict__policy_version']}" if verdict else "@0"
        stratum = stratum_of(row["kind"], row["mode"], row["action"])
        count = counts[row["space_id"], policy, row["verdict__model"] or "", stratum]
        share = row["sample_share"]
        count.drawn += share is not None
        weight = 1.0 if stratum == _FLAGGED else 1 / share if share else None
        if row["truth"]:
            count.add(row["truth"], weight)
        if stratum == _PUNISHED and row["message__removed_at"] is not None:
            waited = row["message__removed_at"] - row["message__received_at"]
            count.lengths.append(max(0.0, waited.total_seconds()))
        for appeal in row["appeals"]:
            count.appeals += 1
            count.granted += appeal == Case.State.UNDONE
            count.refused += appeal == Case.State.UPHELD
        for rule in {str(one.get("rule", ""))[:20] for one in row["verdict__reasons"] or ()}:
            spoke = rules[rule, stratum]
            spoke.cases += 1
            if row["truth"]:
                spoke.add(row["truth"], weight)
    return counts, rules


def _cases(day: date) -> Iterator[dict[str, Any]]:
    """The verdict and sample cases opened on a day, with the states of the appeals against them."""
    start = datetime.combine(day, time(), UTC)
    rows = Case.objects.filter(
        id__gte=lowest_id(start - _SLACK),
        id__lt=lowest_id(start + DAY + _SLACK),
        opened_at__gte=start,
        opened_at__lt=start + DAY,
        kind__in=[Case.Kind.VERDICT, Case.Kind.SAMPLE],
    ).order_by("id")
    appeals: dict[str, list[str]] = defaultdict(list)
    against = Case.objects.filter(kind=Case.Kind.APPEAL, parent__in=rows.order_by().values("id"))
    for parent, state in against.values_list("parent_id", "state"):
        appeals[parent].append(state)
    columns = (
        "id", "kind", "mode", "action", "truth", "space_id", "sample_share", "verdict_id",
        "verdict__policy_slug", "verdict__policy_version", "verdict__model", "verdict__reasons",
        "message__received_at", "message__removed_at",
    )  # fmt: skip
    for row in rows.values(*columns).iterator(chunk_size=2000):
        yield {**row, "appeals": appeals.get(row["id"], ())}
