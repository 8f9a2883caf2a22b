"""Who is on call, told to the room of pages: duty and paging stand side by side and meet here."""

from __future__ import annotations

from datetime import datetime

from guildhall.paging import on_call as paging_on_call
from guildhall.people.models import Team
from guildhall.work.duty import queries


def register() -> None:
    """Called once, when Django starts."""
    paging_on_call.told_by(people)


def people(team: str, layer: int, at: datetime) -> list[int]:
    """The ids of staff on call of a team (slug, or id) at a moment: those of a layer; for layer 0 those of the
    first layer that has anybody, else whoever works then.
    """
    found = queries.on_duty(at, team=_slug(team))
    standing_by = [one for one in found if one.kind == "on_call"]
    if layer:
        return [one.staff_id for one in standing_by if one.layer == layer]
    first = min((one.layer for one in standing_by), default=None)
    chosen = [one for one in standing_by if one.layer == first] or found
    return list(dict.fromkeys(one.staff_id for one in chosen))


def _slug(team: str) -> str | int:
    if team.isdigit() and not Team.objects.filter(slug=team).exists():
        return int(team)
    return team
