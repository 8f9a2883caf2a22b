"""My shifts: what comes, what I asked for, my time off, and the calendars my phone reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guildhall.console.duty_forms import LeaveForm
from guildhall.console.duty_words import (
    KINDS,
    LEAVE_COLOURS,
    day_label,
    days_label,
    hours_label,
    local_day,
    tabs,
    teams_of,
)
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.people.access import requires
from guildhall.people.models import Staff, Team
from guildhall.work.duty import actions, queries
from guildhall.work.duty.actions import Off
from guildhall.work.duty.wall import day_bounds
from guildhall.work.models import FeedKey, Leave

AHEAD = timedelta(weeks=6)
MOST = 60


@requires("duty.view")
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """The reader's own duty; a POST asks for time off."""
    me = known(request)
    form = LeaveForm(request.POST if request.method == "POST" else None)

    def ask() -> None:
        actions.ask_leave(me, off_of(form, me))

    if request.method == "POST" and attempt(form, ask):
        messages.success(request, _("Asked. Somebody who plans your team decides."))
        return SeeOther(reverse("console:duty-mine"))
    return _page(request, me, form, {}, 422 if form.is_bound else 200)


@requires("duty.view")
@require_POST
@never_cache
def feed_new(request: HttpRequest) -> HttpResponse:
    """A new calendar; its address is shown once, on the page that answers."""
    me, slug = known(request), request.POST.get("team", "")
    team = Team.objects.filter(slug=slug).first() if slug else None
    try:
        _feed, key = actions.make_feed(me, team.pk if team else None)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(reverse("console:duty-mine"))
    address = request.build_absolute_uri(reverse("public:duty-calendar", args=[key]))
    return _page(request, me, LeaveForm(), {"address": address, "of": team}, 200)


@requires("duty.view")
@require_POST
def feed_revoke(request: HttpRequest, feed_id: str) -> HttpResponse:
    """End a calendar."""
    back = reverse("console:duty-mine")
    return carry_out(request, lambda: actions.revoke_feed(feed_id, known(request)), _("Revoked."), back)


@requires("duty.view")
@require_POST
def leave_withdraw(request: HttpRequest, leave_id: str) -> HttpResponse:
    """Not go after all."""
    back = reverse("console:duty-mine" if request.POST.get("from") != "requests" else "console:duty-requests")
    return carry_out(request, lambda: actions.withdraw_leave(leave_id, known(request)), _("Withdrawn."), back)


def off_of(form: LeaveForm, who: Staff) -> Off:
    """Whole days, both included, on the wall of whoever is away."""
    given = form.cleaned_data
    start, end = day_bounds(given["first"], who.zone)[0], day_bounds(given["last"], who.zone)[1]
    return Off(start, end, who.zone, given["kind"], given["note"])


def _page(
    request: HttpRequest, me: Staff, form: LeaveForm, fresh: dict[str, Any], status: int
) -> HttpResponse:
    now = clock.now()
    found = queries.shifts(now, now + AHEAD, staff=me)[:MOST]
    days: dict[str, list[dict[str, Any]]] = {}
    teams = {one.pk: one.name for one in Team.objects.filter(pk__in={one.team_id for one in found})}
    for one in found:
        days.setdefault(day_label(local_day(one.starts_at)), []).append(
            {
                "shift_id": one.shift_id,
                "hours": hours_label(one.starts_at, one.ends_at),
                "team": teams[one.team_id],
                "kind": KINDS[one.kind],
                "on_call": one.kind == "on_call",
                "now": one.starts_at <= now,
                "hours_long": f"{one.seconds / 3600:.1f}".removesuffix(".0"),
            }
        )
    context = {
        "tabs": tabs(request, "mine"),
        "days": days.items(),
        "form": form,
        "leaves": [
            (one, days_label(one.starts_at, one.ends_at), LEAVE_COLOURS.get(Leave.State(one.state), ""))
            for one in leaves_of(me)
        ],
        "feeds": list(
            FeedKey.objects.filter(staff=me, revoked_at=None).select_related("team").order_by("id")
        ),
        "teams": teams_of(request),
        "fresh": fresh,
        "zone": me.zone,
    }
    return render(request, "console/duty/mine.html", context, status=status)


def leaves_of(staff: Staff) -> list[Leave]:
    """A person's leave that is not over, the next first."""
    states = (Leave.State.ASKED, Leave.State.APPROVED)
    rows = Leave.objects.filter(staff=staff, ends_at__gt=clock.now(), state__in=states)
    return list(rows.order_by("starts_at")[:50])
