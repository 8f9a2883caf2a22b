"""Gaps: where fewer are on duty than needed, by team, language and hour, and which shifts nobody has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guildhall.console.checklists_page import WEEKDAYS
from guildhall.console.duty_forms import NeedForm
from guildhall.console.duty_words import KINDS, LANGUAGES, day_label, hours_label, local_day, names_of, tabs
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.people.access import requires
from guildhall.work.days import minutes_of
from guildhall.work.duty import actions, needs, queries
from guildhall.work.duty.actions import Needed
from guildhall.work.duty.coverage import Gap, Wanted, windows
from guildhall.work.duty.seeing import check_plans, may_plan, teams_planned, teams_seen
from guildhall.work.duty.wall import day_bounds, instant
from guildhall.work.models import Need

SPANS = (7, 14, 28)
MOST_NEEDS, MOST_LISTED = 40, 100


@dataclass(frozen=True, slots=True)
class Strip:
    """One need over the days: hours as cells, and in words what is missing."""

    need_id: str
    label: str
    rule: str
    days: list[tuple[str, list[str], str]]
    missing: str
    may_remove: bool


@requires("duty.view")
@never_cache
def gaps(request: HttpRequest) -> HttpResponse:
    """The coming days against what is needed; a POST adds a need."""
    me = known(request)
    planned = teams_planned(me)
    form = None
    if planned.exists():
        given = request.POST if request.method == "POST" else None
        form = NeedForm(planned, timezone.get_current_timezone_name(), given)
        if request.method == "POST" and attempt(form, lambda: _add(request, form)):
            messages.success(request, _("Added."))
            return SeeOther(reverse("console:duty-gaps"))
    teams = {one.pk: one.name for one in teams_seen(me)}
    days = _days(request)
    zone, today = timezone.get_current_timezone_name(), timezone.localtime().date()
    start, end = clock.now(), day_bounds(today + timedelta(days=days - 1), zone)[1]
    rules = needs.wanted(list(teams))[:MOST_NEEDS]
    found = needs.gaps(start, end, list(teams))
    plannable = set(planned.values_list("pk", flat=True))
    context = {
        "tabs": tabs(request, "gaps"),
        "spans": [(n, f"?days={n}", n == days) for n in SPANS],
        "strips": [_strip(rule, found, teams, today, days, rule.team in plannable) for rule in rules],
        "open": _open(start, end, teams),
        "form": form,
        "total": _hours(sum(gap.seconds for gap in found)),
        "zone": zone,
        "days": days,
    }
    bound = form is not None and form.is_bound
    return render(request, "console/duty/gaps.html", context, status=422 if bound else 200)


@requires("duty.view")
@require_POST
def need_remove(request: HttpRequest, need_id: str) -> HttpResponse:
    """Nobody must be there for this any more."""
    me = known(request)
    need = Need.objects.filter(pk=need_id).first()
    if need is None or not may_plan(me, need.team_id):
        raise Http404
    back = reverse("console:duty-gaps")
    return carry_out(request, lambda: actions.remove_need(need_id, by=me.actor), _("Removed."), back)


def _add(request: HttpRequest, form: NeedForm) -> None:
    me, given = known(request), form.cleaned_data
    check_plans(me, given["team"].pk)
    actions.add_need(
        Needed(
            given["team"].pk, minutes_of(given["opens"]), minutes_of(given["closes"]), given["zone"],
            tuple(given["weekdays"]), given["language"], given["least"], given["kind"],
        ),
        by=me.actor,
    )  # fmt: skip


def _days(request: HttpRequest) -> int:
    asked = request.GET.get("days", "")
    return int(asked) if asked.isdecimal() and int(asked) in SPANS else SPANS[0]


def _strip(
    rule: Wanted, found: Sequence[Gap], teams: dict[int, str], today: date, days: int, may_remove: bool
) -> Strip:
    own = [gap for gap in found if gap.key == rule.key]
    zone = timezone.get_current_timezone_name()
    start, end = instant(today, 0, zone), instant(today + timedelta(days=days), 0, zone)
    open_then = windows(rule, start, end)
    rows = []
    for n in range(days):
        day = today + timedelta(days=n)
        cells = [
            _cell(instant(day, hour * 60, zone), instant(day, hour * 60 + 60, zone), own, open_then)
            for hour in range(24)
        ]
        midnight, next_midnight = day_bounds(day, zone)
        here = [gap for gap in own if gap.starts_at < next_midnight and gap.ends_at > midnight]
        words = ", ".join(
            f"{hours_label(max(gap.starts_at, midnight), min(gap.ends_at, next_midnight))}"
            f" ({gap.have}/{gap.least})"
            for gap in here
        )
        rows.append((day_label(day), cells, words))
    seconds = sum(gap.seconds for gap in own)
    label = f"{teams[rule.team]}: {dict(LANGUAGES).get(rule.language, rule.language)}"
    return Strip(rule.key, label, _rule(rule), rows, _hours(seconds) if seconds else "", may_remove)


def _cell(
    start: datetime, end: datetime, own: Sequence[Gap], wanted: Sequence[tuple[datetime, datetime]]
) -> str:
    """What an hour looks like: free (nobody is needed), short, none, or well covered."""
    if not any(a < end and b > start for a, b in wanted):
        return "free"
    here = [gap for gap in own if gap.starts_at < end and gap.ends_at > start]
    if not here:
        return "well"
    return "none" if any(gap.have == 0 for gap in here) else "short"


def _rule(rule: Wanted) -> str:
    days = [str(label) for number, label in WEEKDAYS if number in rule.weekdays]
    when = _("every day") if len(days) == 7 else " ".join(days)
    hours = f"{_wall(rule.opens)}–{_wall(rule.closes)}"
    told = _("at least %(n)s, %(days)s %(hours)s %(zone)s") % {
        "n": rule.least, "days": when, "hours": hours, "zone": rule.zone,
    }  # fmt: skip
    return f"{told}, {KINDS[rule.kind]}" if rule.kind != "shift" else told


def _wall(minutes: int) -> str:
    return f"{minutes // 60 % 24 if minutes != 1440 else 24:02}:{minutes % 60:02}"


def _hours(seconds: int) -> str:
    hours, minutes = divmod(seconds // 60, 60)
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}


def _open(start: datetime, end: datetime, teams: dict[int, str]) -> list[dict[str, Any]]:
    found = [one for one in queries.shifts(start, end, teams=list(teams)) if one.staff_id is None]
    names = names_of(one.away_id for one in found)
    return [
        {
            "shift_id": one.shift_id,
            "day": day_label(local_day(one.starts_at)),
            "hours": hours_label(one.starts_at, one.ends_at),
            "team": teams[one.team_id],
            "away": names.get(one.away_id or 0, ""),
        }
        for one in found[:MOST_LISTED]
    ]
