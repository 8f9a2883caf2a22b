"""What a vendor's month comes to: hours from shifts, solved tickets nobody was paid for yet, promises kept.

Reads only; `desk.actions.vendors` keeps the result and freezes it. A month lasts from midnight to midnight in
the zone of the terms, so one with a change of clocks is an hour shorter or longer, as the shifts in it are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from guildhall.core import clock
from guildhall.desk.models import BilledTicket, Clock, Ticket, Vendor
from guildhall.desk.vendors import terms
from guildhall.desk.vendors.terms import METRICS, Line, Terms
from guildhall.people.models import TeamMembership
from guildhall.work.duty import queries as duty
from guildhall.work.models import DutyKind


@dataclass(frozen=True, slots=True)
class Reckoning:
    """A month of a vendor. `seconds`: (kind, staff id as text) → seconds on duty; `tickets`: their ids;
    `promises`: metric → (kept, all); `lines` make `total_minor`.
    """

    terms: Terms
    start: datetime
    end: datetime
    seconds: dict[tuple[str, str], int]
    by_category: dict[str, int]
    tickets: tuple[str, ...]
    promises: dict[str, tuple[int, int]]
    lines: list[Line]

    @property
    def total_minor(self) -> int:
        """What is owed, in minor units of the terms' currency."""
        return terms.total(self.lines)

    def to_json(self) -> dict[str, Any]:
        """As an invoice keeps it; ids only."""
        return {
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "seconds": [[kind, who, worked] for (kind, who), worked in sorted(self.seconds.items())],
            "by_category": self.by_category,
            "promises": {metric: list(counts) for metric, counts in self.promises.items()},
            "lines": [line.to_json() for line in self.lines],
        }


def first_of_month(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def month_before(month: date) -> date:
    """The first day of the month before."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def bounds(month: date, zone: str) -> tuple[datetime, datetime]:
    """[start, end) of the month that begins on `month`, as instants."""
    here = ZoneInfo(zone)
    return (
        datetime.combine(month, time(), here).astimezone(UTC),
        datetime.combine(month_after(month), time(), here).astimezone(UTC),
    )


def reckon(vendor: Vendor, month: date) -> Reckoning:
    """What the month that begins on `month` comes to by the terms as they are now. Shifts count as far as
    they lie in the month and before now.
    """
    agreed = Terms.from_json(vendor.terms)
    start, end = bounds(month, agreed.zone)
    seconds = hours(vendor, start, min(end, clock.now()))
    rows = list(unpaid(vendor, start, end).values_list("pk", "category_id"))
    by_category = dict(sorted(Counter(category or "" for _pk, category in rows).items()))
    kept = promises(vendor.pk, start, end)
    lines = terms.reckon(agreed, seconds, by_category, kept)
    return Reckoning(
        agreed, start, end, seconds, by_category, tuple(pk for pk, _category in rows), kept, lines
    )


def hours(vendor: Vendor, start: datetime, end: datetime) -> dict[tuple[str, str], int]:
    """(`hours` or `on_call`, staff id) → seconds on duty in [start, end), for shifts of the vendor's people.
    Time covered twice by one person's shifts counts once.
    """
    if end <= start:
        return {}
    people = set(TeamMembership.objects.filter(team_id=vendor.team_id).values_list("staff_id", flat=True))
    spans: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for one in duty.shifts(start, end):
        if one.staff_id is None or (one.staff_id not in people and one.team_id != vendor.team_id):
            continue
        kind = "on_call" if one.kind == DutyKind.ON_CALL else "hours"
        spans.setdefault((kind, str(one.staff_id)), []).append(
            (max(one.starts_at, start), min(one.ends_at, end))
        )
    return {key: _covered(found) for key, found in spans.items()}


def unpaid(vendor: Vendor, start: datetime, end: datetime) -> QuerySet[Ticket]:
    """The vendor's tickets solved in [start, end) that nobody was paid for; no spam, none merged."""
    billed = BilledTicket.objects.filter(ticket_id=OuterRef("pk"))
    return (
        Ticket.objects.filter(
            vendor=vendor, solved_at__gte=start, solved_at__lt=end, is_spam=False, merged_into=None
        )
        .exclude(status__in=(Ticket.Status.OPEN, Ticket.Status.PENDING))
        .filter(~Exists(billed))
        .order_by("pk")
    )


def promises(vendor_id: str, start: datetime, end: datetime) -> dict[str, tuple[int, int]]:
    """Metric → (kept, all) of the promises on the vendor's tickets kept or broken in [start, end). A
    broken one counts when it broke, whenever the answer came.
    """
    found = {metric: [0, 0] for metric in METRICS}
    rows = Clock.objects.filter(
        Q(breached_at__gte=start, breached_at__lt=end)
        | Q(breached_at__isnull=True, met_at__gte=start, met_at__lt=end),
        ticket__vendor_id=vendor_id,
        ticket__is_spam=False,
        target_seconds__isnull=False,
    )
    for metric, breached_at in rows.values_list("metric", "breached_at"):
        if metric in found:
            found[metric][0] += breached_at is None
            found[metric][1] += 1
    return {metric: (kept, all_) for metric, (kept, all_) in found.items()}


def _covered(spans: list[tuple[datetime, datetime]]) -> int:
    total, until = 0.0, None
    for start, end in sorted(spans):
        begin = start if until is None or start > until else until
        if end > begin:
            total += (end - begin).total_seconds()
            until = end
    return int(total)
