"""What could be judged of a week: its solved tickets, each for the colleague who answered it most."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, Max

from guildhall.desk.models import Entry, Ticket
from guildhall.desk.quality.sampling import Candidate

_CHUNK = 500
_NOT_SAID = (Entry.State.UNSENT, Entry.State.FAILED)


def of_week(week: date) -> list[Candidate]:
    """Tickets solved in [Monday `week`, the next Monday) UTC that one of ours answered; spam and merged ones
    are left out.
    """
    start = datetime.combine(week, time(), UTC)
    solved = Ticket.objects.filter(
        solved_at__gte=start, solved_at__lt=start + timedelta(days=7), is_spam=False, merged_into=None
    )
    rows = list(
        solved.order_by("pk").values_list(
            "pk", "category_id", "language", "tier", "vendor_id", "rating", "breached"
        )
    )
    agents: dict[str, int] = {}
    for begin in range(0, len(rows), _CHUNK):
        agents |= answered_by([row[0] for row in rows[begin : begin + _CHUNK]])
    return [
        Candidate(pk, agents[pk], category or "", language, tier, vendor or "", rating, breached)
        for pk, category, language, tier, vendor, rating, breached in rows
        if pk in agents
    ]


def answered_by(ticket_ids: list[str]) -> dict[str, int]:
    """Who answered each ticket: whose replies are the most, of several the one who wrote last."""
    said = (
        Entry.objects.filter(ticket_id__in=ticket_ids, kind=Entry.Kind.REPLY, author__isnull=False)
        .exclude(state__in=_NOT_SAID)
        .values("ticket_id", "author_id")
        .annotate(n=Count("pk"), last=Max("pk"))
        .order_by("n", "last")
    )
    return {row["ticket_id"]: row["author_id"] for row in said}
