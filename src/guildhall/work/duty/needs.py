"""What must be covered, as stored, and where it is not: the reads behind the page of gaps. Times in UTC."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from guildhall.work.duty import queries
from guildhall.work.duty.coverage import Gap, Present, Wanted
from guildhall.work.duty.coverage import gaps as _gaps
from guildhall.work.models import Need


def wanted(team_ids: Collection[int]) -> list[Wanted]:
    """The needs of these teams as rules."""
    rows = Need.objects.filter(team_id__in=list(team_ids)).order_by("team_id", "id")
    return [
        Wanted(
            row.pk, row.team_id, row.kind, row.language, tuple(row.weekdays), row.opens, row.closes, row.zone,
            row.least,
        )
        for row in rows
    ]  # fmt: skip


def present(duties: Sequence[queries.Duty]) -> list[Present]:
    """Those parts of shifts in which somebody is."""
    return [
        Present(one.staff_id, one.team_id, one.kind, one.languages, one.starts_at, one.ends_at)
        for one in duties
        if one.staff_id is not None
    ]


def gaps(start: datetime, end: datetime, team_ids: Collection[int]) -> list[Gap]:
    """Where these teams have too few on duty within [start, end)."""
    rules = wanted(team_ids)
    if not rules:
        return []
    teams = {rule.team for rule in rules}
    return _gaps(rules, present(queries.shifts(start, end, teams=teams)), start, end)
