"""Where duty meets its neighbours: the room of pages asks who is on call, and duty asks in which languages an
agent answers. Duty and paging stand side by side and cannot see each other.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from guildhall.desk.models import AgentProfile
from guildhall.paging import on_call as paging_on_call
from guildhall.people.models import Team
from guildhall.work.duty import queries, speaking


def register() -> None:
    """Called once, when Django starts."""
    paging_on_call.told_by(people)
    speaking.told_by(languages)


def people(team: str, layer: int, at: datetime) -> list[int]:
    """The ids of staff on call of a team (slug, or id) at a moment: those of a layer; for layer 0 those of
    the first layer that has anybody, else whoever works then.
    """
    found = queries.on_duty(at, team=_slug(team))
    standing_by = [one for one in found if one.kind == "on_call"]
    if layer:
        return [one.staff_id for one in standing_by if one.layer == layer]
    first = min((one.layer for one in standing_by), default=None)
    chosen = [one for one in standing_by if one.layer == first] or found
    return list(dict.fromkeys(one.staff_id for one in chosen))


def languages(staff_ids: Collection[int]) -> dict[int, list[str]]:
    """In which languages agents answer, by staff id; whoever has no profile of their own is left out."""
    rows = AgentProfile.objects.filter(staff__in=list(staff_ids)).values_list("staff_id", "languages")
    return {who: list(spoken) for who, spoken in rows if spoken}


def _slug(team: str) -> str | int:
    if team.isdigit() and not Team.objects.filter(slug=team).exists():
        return int(team)
    return team
