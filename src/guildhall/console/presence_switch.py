"""The switch "I am here, on a break, gone home", as it stands in the head of the inbox and of handovers.

It loads itself, so that any page of the desk can hold it with one line:
`<div hx-get="{% url 'console:presence' %}" hx-trigger="load" hx-swap="outerHTML"></div>`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guildhall.console.house_answers import SeeOther
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.desk import on_hand
from guildhall.desk.actions import presence as actions
from guildhall.desk.models import AgentProfile
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.work.duty import queries as duty

State = AgentProfile.State
STAY_H = (1, 2, 4)
COLOURS = {State.AVAILABLE: "green", State.AWAY: "amber", State.OFF: ""}


@requires("desk.work")
@never_cache
def presence(request: HttpRequest) -> HttpResponse:
    """The reader's own switch: shown, and turned by a POST of `state` or `stay` (hours, 0: no longer)."""
    me = known(request)
    if request.method == "POST":
        _turn(request, me, me.pk)
        if not request.headers.get("HX-Request"):
            return SeeOther(_back(request))
    return render(request, "console/handover/switch.html", shown(me))


@requires("desk.work")
@require_POST
def presence_of(request: HttpRequest, staff_id: int) -> HttpResponse:
    """Turn a colleague's switch: by who plans duty or leads their team."""
    _turn(request, known(request), staff_id)
    return SeeOther(_back(request))


def shown(me: Staff) -> dict[str, Any]:
    """What the switch says."""
    now = clock.now()
    profile = AgentProfile.objects.filter(staff=me).first() or AgentProfile(staff=me)
    here = on_hand.present(now).get(me.pk)
    state = State(profile.now(now))
    following = None if here is not None else duty.next_on(now, me)
    return {
        "state": state,
        "state_colour": COLOURS[state] if here is not None else "",
        "choices": [(one.value, one.label) for one in State if one != state],
        "on_duty": here,
        "ends_at": here.ends_at if here is not None else None,
        "stays": profile.here_until if profile.stays(now) else None,
        "stay_hours": STAY_H,
        "next_at": following.starts_at if following is not None else None,
        "has_roster": on_hand.has_roster(),
    }


def _turn(request: HttpRequest, by: Staff, staff_id: int) -> None:
    try:
        hours = request.POST.get("stay", "")
        if hours.isdigit():
            until = clock.now() + timedelta(hours=int(hours)) if int(hours) else None
            actions.stay(staff_id, until, by)
            messages.success(request, _("You count as on duty.") if until else _("By your shifts again."))
        else:
            actions.set_state(staff_id, request.POST.get("state", ""), by)
            if request.POST.get("state") == State.OFF:
                messages.success(request, _("Gone home: open tickets go to whoever is on duty."))
    except GuildhallError as error:
        messages.error(request, str(error.text))


def _back(request: HttpRequest) -> str:
    given = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(given, allowed_hosts=None):
        return given
    return reverse("console:handovers")
