"""Who is on call of a team just now. The rooms that know duty stand beside this one, so a room above brings
the two together when Django starts; while nobody has, the leads of a team are who is told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

from django.db.models import Q

from guildhall.people.models import TeamMembership

Told: TypeAlias = "Callable[[str, int, datetime], Sequence[int]]"
"""(team by slug or id, layer or 0 for whichever comes first, moment) -> ids of staff."""
_told: list[Told] = []


def told_by(fn: Told) -> None:
    """Let `fn` answer from now on."""
    _told[:] = [fn]


def people(key: str, at: datetime) -> list[int]:
    """The ids of staff whom `on_call:<key>` means at a moment: who is on call; where nobody is, the leads of
    the team, and all of it when it has no lead. A page never reaches nobody because a roster has a hole.
    """
    team, _slash, layer = key.partition("/")
    found = list(_told[0](team, int(layer or 0), at)) if _told else []
    return found or _leads(team)


def _leads(team: str) -> list[int]:
    wanted = Q(team__slug=team) | (Q(team_id=int(team)) if team.isdigit() else Q(pk=None))
    rows = list(
        TeamMembership.objects.filter(wanted, staff__is_active=True).values_list("staff_id", "is_lead")
    )
    return [who for who, leads in rows if leads] or [who for who, _leads in rows]
