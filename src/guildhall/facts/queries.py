"""What pages and the command line ask of the facts room; from state alone, so that a page never waits for
files or an object store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Max, Min

from guildhall.facts import registry
from guildhall.facts.models import Aside, Measure, Shipment, Staged
from guildhall.facts.tables import Table


@dataclass(frozen=True, slots=True)
class Gap:
    """Days in a row that have no rows, between days that have; both ends belong to it."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Overview:
    """One table at a glance. `size` in bytes; `last_day` is the day of the newest fact, `heard_at` when
    something last came.
    """

    table: Table
    rows: int
    size: int
    files: int
    version: int
    measured_at: datetime | None
    first_day: date | None
    last_day: date | None
    heard_at: datetime | None
    gaps: tuple[Gap, ...]
    staged: int
    staged_since: datetime | None
    conflicts: int
    refused: int

    @property
    def missing_days(self) -> int:
        """Days without rows between the first and the newest."""
        return sum(gap.days for gap in self.gaps)


def overview() -> list[Overview]:
    """All tables of this house, by name."""
    measures = {one.table: one for one in Measure.objects.all()}
    heard = dict(Shipment.objects.values_list("table").annotate(Max("at")))
    staged = {
        table: (count, since)
        for table, count, since in Staged.objects.values_list("table").annotate(Count("id"), Min("at"))
    }
    aside = {
        (table, kind): count
        for table, kind, count in Aside.objects.filter(state=Aside.State.OPEN)
        .values_list("table", "kind")
        .annotate(Count("id"))
    }
    return [
        _overview(
            table,
            measures.get(table.name),
            heard.get(table.name),
            staged.get(table.name, (0, None)),
            aside.get((table.name, Aside.Kind.CONFLICT), 0),
            aside.get((table.name, Aside.Kind.REFUSED), 0),
        )
        for table in registry.tables()
    ]


def of_table(name: str) -> Overview:
    """One table. Raises NotFound."""
    registry.get(name)
    return next(one for one in overview() if one.table.name == name)


def gaps(days: Sequence[str]) -> tuple[Gap, ...]:
    """The holes between days (`2026-10-31`) that have rows, oldest first."""
    found = []
    known = sorted(date.fromisoformat(day) for day in days)
    for before, after in zip(known, known[1:], strict=False):
        if (after - before).days > 1:
            found.append(Gap(before + timedelta(days=1), after - timedelta(days=1)))
    return tuple(found)


def heard_since(at: datetime) -> list[str]:
    """Tables that rows came to since a moment."""
    heard = set(Shipment.objects.filter(at__gte=at, new__gt=0).values_list("table", flat=True))
    return [table.name for table in registry.tables() if table.name in heard]


def changed() -> list[str]:
    """Tables that rows came to since they were measured."""
    measured = dict(Measure.objects.values_list("table", "at"))
    heard = dict(Shipment.objects.filter(new__gt=0).values_list("table").annotate(Max("at")))
    return [
        name
        for name in (table.name for table in registry.tables())
        if name in heard and (name not in measured or heard[name] >= measured[name])
    ]


def waiting() -> int:
    """Rows put aside that nobody has decided."""
    return Aside.objects.filter(state=Aside.State.OPEN).count()


def _overview(
    table: Table,
    measure: Measure | None,
    heard_at: datetime | None,
    staged: tuple[int, datetime | None],
    conflicts: int,
    refused: int,
) -> Overview:
    days = sorted(measure.days) if measure else []
    return Overview(
        table=table,
        rows=measure.rows if measure else 0,
        size=measure.size if measure else 0,
        files=measure.files if measure else 0,
        version=measure.version if measure else -1,
        measured_at=measure.at if measure else None,
        first_day=date.fromisoformat(days[0]) if days else None,
        last_day=date.fromisoformat(days[-1]) if days else None,
        heard_at=heard_at,
        gaps=gaps(days),
        staged=staged[0],
        staged_since=staged[1],
        conflicts=conflicts,
        refused=refused,
    )
