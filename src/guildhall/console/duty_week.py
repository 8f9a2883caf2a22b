"""Duty: the week at a glance, who is on duty now, who comes, and what nobody has. Days are the reader's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from guildhall.console.duty_words import (
    asked_day,
    chosen_team,
    date_label,
    day_label,
    hours_label,
    local_day,
    names_of,
    tabs,
    teams_of,
)
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.people.access import requires
from guildhall.people.models import Staff, Team
from guildhall.work.duty import needs, queries
from guildhall.work.duty.queries import Duty
from guildhall.work.duty.seeing import teams_planned
from guildhall.work.duty.wall import day_bounds
from guildhall.work.models import DutyKind

DAYS = 7
PEOPLE_A_PAGE = 40


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of a shift as it stands in the grid."""

    shift_id: str
    hours: str
    who: str
    team: str
    is_on_call: bool
    is_open: bool
    instead_of: str
    is_mine: bool
    is_over: bool


@dataclass(slots=True)
class Row:
    """One person's week; `days` hold chips, `leave` says on which days they are away."""

    name: str
    is_me: bool
    is_open: bool = False
    days: list[list[Chip]] = field(default_factory=lambda: [[] for _day in range(DAYS)])
    leave: list[bool] = field(default_factory=lambda: [False] * DAYS)

    def cells(self) -> list[tuple[list[Chip], bool]]:
        """(chips, away) of each day."""
        return list(zip(self.days, self.leave, strict=True))


@requires("duty.view")
@never_cache
@require_safe
def week(request: HttpRequest) -> HttpResponse:
    """A week of every team the reader may see, or of one."""
    me, now = known(request), clock.now()
    teams = teams_of(request)
    team = chosen_team(request, teams)
    monday = _monday(asked_day(request, "week"))
    zone = timezone.get_current_timezone_name()
    start, end = day_bounds(monday, zone)[0], day_bounds(monday + timedelta(days=DAYS), zone)[0]
    shown = [team] if team else teams
    found = queries.shifts(start, end, teams=[one.pk for one in shown])
    rows = _rows(
        found, monday, me, {one.pk: one for one in shown}, single=team is not None or len(teams) == 1
    )
    page, pages = _page(request, len(rows))
    context = {
        "tabs": tabs(request, "week"),
        "teams": teams,
        "team": team,
        "has_any": bool(found) or bool(teams),
        "days": _days(monday),
        "rows": rows[page * PEOPLE_A_PAGE : (page + 1) * PEOPLE_A_PAGE],
        "by_day": _by_day(rows, monday),
        "found": found,
        "week": _week_links(monday, team),
        "pages": [(n + 1, _address(monday, team, n), n == page) for n in range(pages)] if pages > 1 else [],
        "zone": zone,
        "now_on": _now_on([one.pk for one in shown]),
        "short": needs.gaps(now, now + timedelta(minutes=1), [one.pk for one in shown]),
        "may_plan": teams_planned(me).exists(),
    }
    return render(request, "console/duty/week.html", context)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _rows(
    found: Sequence[Duty], monday: date, me: Staff, teams: dict[int, Team], *, single: bool
) -> list[Row]:
    """A row for each person, the reader first; what nobody has at the very top."""
    names = names_of(who for one in found for who in (one.staff_id, one.away_id, one.instead_of_id))
    rows: dict[int | None, Row] = {}
    now = clock.now()
    for one in found:
        day = min(max((local_day(one.starts_at) - monday).days, 0), DAYS - 1)
        instead = one.instead_of_id or one.away_id
        chip = Chip(
            one.shift_id,
            hours_label(one.starts_at, one.ends_at),
            names.get(one.staff_id or 0, ""),
            "" if single else teams[one.team_id].name,
            one.kind == DutyKind.ON_CALL,
            one.staff_id is None,
            names.get(instead or 0, ""),
            one.staff_id == me.pk,
            one.ends_at <= now,
        )
        if one.staff_id not in rows:
            name = names.get(one.staff_id or 0, "") if one.staff_id else _("Still open")
            rows[one.staff_id] = Row(name, one.staff_id == me.pk, one.staff_id is None)
        rows[one.staff_id].days[day].append(chip)
    _mark_leave(rows, monday)
    return sorted(rows.values(), key=lambda row: (not row.is_open, not row.is_me, row.name.lower()))


def _mark_leave(rows: dict[int | None, Row], monday: date) -> None:
    zone = timezone.get_current_timezone_name()
    bounds = [day_bounds(monday + timedelta(days=n), zone) for n in range(DAYS)]
    people = [who for who in rows if who is not None]
    away = queries.absences(people, bounds[0][0], bounds[-1][1])
    for who, spans in away.items():
        rows[who].leave = [any(a < end and b > start for a, b in spans) for start, end in bounds]


def _by_day(rows: Sequence[Row], monday: date) -> list[dict[str, Any]]:
    """The same for a phone: a list for each day."""
    today = timezone.localtime().date()
    out = []
    for n in range(DAYS):
        day = monday + timedelta(days=n)
        chips = sorted((chip for row in rows for chip in row.days[n]), key=lambda chip: chip.hours)
        out.append({"label": day_label(day), "chips": chips, "today": day == today, "past": day < today})
    return out


def _days(monday: date) -> list[dict[str, Any]]:
    today = timezone.localtime().date()
    every = [monday + timedelta(days=n) for n in range(DAYS)]
    return [{"label": day_label(day), "today": day == today} for day in every]


def _week_links(monday: date, team: Team | None) -> dict[str, Any]:
    first, last = monday, monday + timedelta(days=DAYS - 1)
    return {
        "label": f"{date_label(first)} – {date_label(last)}",
        "iso": monday.isoformat(),
        "before": _address(monday - timedelta(days=DAYS), team),
        "after": _address(monday + timedelta(days=DAYS), team),
        "now": reverse("console:duty") + (f"?team={team.slug}" if team else ""),
    }


def _address(monday: date, team: Team | None, page: int = 0) -> str:
    asked = {"week": monday.isoformat()}
    if team:
        asked["team"] = team.slug
    if page:
        asked["page"] = str(page + 1)
    return f"{reverse('console:duty')}?{urlencode(asked)}"


def _page(request: HttpRequest, rows: int) -> tuple[int, int]:
    pages = max(1, -(-rows // PEOPLE_A_PAGE))
    asked = request.GET.get("page", "1")
    return min(max(int(asked) - 1, 0), pages - 1) if asked.isdecimal() and len(asked) < 6 else 0, pages


def _now_on(team_ids: Sequence[int]) -> list[dict[str, Any]]:
    now = clock.now()
    slugs = dict(Team.objects.filter(pk__in=team_ids).values_list("slug", "name"))
    here = [one for one in queries.on_duty(now) if one.team_slug in slugs]
    people = {one.pk: one for one in Staff.objects.filter(pk__in={one.staff_id for one in here})}
    return [
        {
            "name": str(people[one.staff_id]),
            "team": slugs[one.team_slug],
            "languages": ", ".join(one.languages),
            "on_call": one.kind == DutyKind.ON_CALL,
            "layer": one.layer,
            "until": one.ends_at,
            "shift_id": one.shift_id,
        }
        for one in here
        if one.staff_id in people
    ]
