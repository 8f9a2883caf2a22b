"""Figures for pages, files and Today: the tickets opened in a span of days, as they were when the days were
last made, and how many were open at the end of each day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from guildhall.desk.figures.collecting import counted_tickets
from guildhall.desk.figures.columns import Columns
from guildhall.desk.models import FigureDay, FigureMark, Ticket

_OVER = (Ticket.Status.SOLVED, Ticket.Status.CLOSED)
_FIELDS = {
    "language": "language", "category": "category_id", "agent": "assignee_id", "vendor": "vendor_id",
    "space": "space_id", "priority": "priority", "way": "way", "tier": "tier",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """One UTC day: tickets opened, solved, and open at its end."""

    day: date
    opened: int
    solved: int
    backlog: int


def read(first: date, last: date, wanted: Mapping[str, str] | None = None) -> Columns:
    """The tickets opened from `first` to `last`, both included, whose words are the wanted ones."""
    columns = Columns()
    rows = FigureDay.objects.filter(day__gte=first, day__lte=last).order_by("day")
    for body in rows.values_list("body", flat=True):
        columns.extend(Columns.unpack(bytes(body)))
    return columns.kept(wanted or {})


def made_at() -> datetime | None:
    """Up to when changes have gone in; none when figures were never made."""
    mark = FigureMark.objects.filter(pk=1).first()
    return mark.upto if mark is not None else None


def course(columns: Columns, first: date, last: date, wanted: Mapping[str, str] | None = None) -> list[Day]:
    """Day by day what came, was solved and was left; `columns` as read for the same days and words."""
    start = datetime.combine(first, time(), UTC)
    older = counted_tickets().filter(opened_at__lt=start).filter(_where(wanted or {}))
    still_open = Q(status__in=_OVER, solved_at__gte=start) | ~Q(status__in=_OVER)
    left = older.filter(still_open).count()
    days = older.filter(status__in=_OVER, solved_at__gte=start).annotate(
        day=TruncDate("solved_at", tzinfo=UTC)
    )
    solved = Counter(dict(days.order_by().values_list("day").annotate(n=Count("pk"))))
    solved.update(_day(one) for one in columns.numbers["closed"] if one is not None)
    opened = Counter(_day(one) for one in columns.numbers["opened"])
    found = []
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        left += opened[day] - solved[day]
        found.append(Day(day, opened[day], solved[day], left))
    return found


def _day(at: int) -> date:
    return date.fromordinal(719_163 + at // 86_400)


def _where(wanted: Mapping[str, str]) -> Q:
    """The same words asked of the tickets themselves."""
    found = Q()
    for name, word in wanted.items():
        field = _FIELDS[name]
        is_empty = word == "" and field.endswith("_id")
        found &= Q(**{f"{field}__isnull": True}) if is_empty else Q(**{field: word})
    return found
