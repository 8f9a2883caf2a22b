"""The reads of quality: what waits, what one colleague may see, how agents do, how well judges agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from guildhall.desk import scope
from guildhall.desk.models import Appeal, Coaching, Review
from guildhall.desk.quality import scorecards
from guildhall.desk.quality.scorecards import Agreement
from guildhall.people.models import Staff

State = Review.State


@dataclass(frozen=True, slots=True)
class AgentLine:
    """How one agent did. `points`: mean in hundredths of a point; `failed`: reviews with a critical miss."""

    staff: Staff
    reviews: int
    points: int
    failed: int
    appeals: int
    granted: int


def reviews_for(staff: Staff) -> QuerySet[Review]:
    """The reviews `staff` may see: judges all; the lead of a vendor those of their own people, an agent their
    own, both only when judged and never a second, blind one.
    """
    everything = Review.objects.select_related("ticket", "agent", "version__scorecard", "reviewer")
    if staff.may("quality.review") and not scope.is_outsourced(staff):
        return everything
    done = everything.filter(state=State.DONE, first=None)
    led = scope.leads_vendor(staff)
    if led is not None:
        mine = scope.colleagues_of(staff).values("pk")
        return done.filter(Q(agent_id__in=mine, ticket__vendor_id=led.pk) | Q(agent=staff))
    return done.filter(agent=staff)


def sees_marks(review: Review, staff: Staff) -> bool:
    """Whether the marks may be shown to `staff`: not the first ones to whoever may still judge blind."""
    if review.state != State.DONE:
        return False
    if not staff.may("quality.review") or staff.pk in (review.agent_id, review.reviewer_id):
        return True
    other = review.first if review.first_id else Review.objects.filter(first=review).first()
    return other is None or other.state != State.WAITING


def waiting(staff: Staff) -> QuerySet[Review]:
    """What `staff` could judge now: not their own answers, nor what they judged the other time."""
    judged_first = Q(first__reviewer=staff)
    judged_second = Q(second__reviewer=staff)
    return (
        Review.objects.filter(state=State.WAITING)
        .exclude(agent=staff)
        .exclude(judged_first)
        .exclude(judged_second)
        .select_related("ticket", "agent", "version__scorecard", "rule")
    )


def open_appeals() -> QuerySet[Appeal]:
    """Appeals that wait, the oldest first."""
    return (
        Appeal.objects.filter(state=Appeal.State.OPEN)
        .select_related("review__ticket", "review__agent", "by")
        .order_by("pk")
    )


def coaching_for(staff: Staff) -> QuerySet[Coaching]:
    """The notes written to one colleague, the newest first."""
    return Coaching.objects.filter(agent=staff).select_related("by", "review__ticket").order_by("-pk")


def agreement(since: date, until: date) -> Agreement:
    """How far first and second judges agree on what counts for weeks in [since, until). An appeal does not
    change what the first judge had said.
    """
    pairs = Review.objects.filter(
        first__isnull=False, state=State.DONE, first__state=State.DONE, week__gte=since, week__lt=until
    ).select_related("first")
    found = []
    for second in pairs:
        first = second.first
        assert first is not None
        at_first = (first.before or {}).get("points", first.points)
        found.append((int(at_first or 0), int(second.points or 0)))
    return scorecards.agreement(found)


def by_agent(
    since: date, until: date, *, agents: Sequence[int] | None = None, vendor_id: str | None = None
) -> list[AgentLine]:
    """Each agent's mean over weeks in [since, until), the lowest first; second reviews do not count.
    `agents`: only those; `vendor_id`: only tickets of that vendor.
    """
    found = Review.objects.filter(state=State.DONE, first=None, week__gte=since, week__lt=until)
    if agents is not None:
        found = found.filter(agent_id__in=list(agents))
    if vendor_id is not None:
        found = found.filter(ticket__vendor_id=vendor_id)
    points: dict[int, list[int]] = {}
    failed: Counter[int] = Counter()
    for agent, given, missed in found.values_list("agent_id", "points", "failed"):
        points.setdefault(agent, []).append(given or 0)
        failed[agent] += bool(missed)
    said = Appeal.objects.filter(review__in=found.values("pk")).values_list("review__agent_id", "state")
    appeals, granted = (
        Counter(agent for agent, _state in said),
        Counter(agent for agent, state in said if state == Appeal.State.GRANTED),
    )
    people = Staff.objects.in_bulk(list(points))
    lines = [
        AgentLine(people[pk], len(all_), sum(all_) // len(all_), failed[pk], appeals[pk], granted[pk])
        for pk, all_ in points.items()
    ]
    return sorted(lines, key=lambda line: (line.points, line.staff.name))


def mean(since: date, until: date, *, vendor_id: str | None = None) -> tuple[int | None, int]:
    """(mean in hundredths of a point, number) of what counts for weeks in [since, until)."""
    found = Review.objects.filter(state=State.DONE, first=None, week__gte=since, week__lt=until)
    if vendor_id is not None:
        found = found.filter(ticket__vendor_id=vendor_id)
    points = list(found.values_list("points", flat=True))
    return (sum(point or 0 for point in points) // len(points) if points else None, len(points))
