"""Today: what needs this reader now, then the figures, then the course of the day. Live by polling its parts.

Every line and every figure is a link to the rows behind it. The parts are fetched one by one, so that a slow
one never holds up what needs a person.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guildhall.console import today_figures, today_needs
from guildhall.console.house_words import known
from guildhall.people import mfa
from guildhall.people.access import requires
from guildhall.ui import charts, navigation


@requires("account.view")
@require_safe
def front_door(request: HttpRequest) -> HttpResponse:
    """Today, or for those who have no Today the page they start on."""
    me = known(request)
    if me.may("today.view"):
        return today(request)
    return redirect(navigation.start_for(me) or reverse("people:account"))


@requires("today.view")
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """The page."""
    me = known(request)
    context = {
        "needs": today_needs.needs(me),
        "figures": today_figures.figures(),
        "sees_figures": me.may("figures.view"),
        "mfa_until": me.mfa_grace_until if mfa.works_in_grace(me) else None,
    }
    return render(request, "console/today/page.html", context)


@requires("today.view")
@require_safe
def today_live(request: HttpRequest) -> HttpResponse:
    """What changes by itself: the needs and the figures, for htmx."""
    me = known(request)
    context = {
        "needs": today_needs.needs(me),
        "figures": today_figures.figures(),
        "sees_figures": me.may("figures.view"),
    }
    return render(request, "console/today/live.html", context)


@requires("figures.view")
@require_safe
def today_course(request: HttpRequest) -> HttpResponse:
    """The chart of the last day, fetched after the page."""
    course = today_figures.course()
    rows = [
        {"at": hour.at, "n": n, "what": what}
        for hour in course
        for what, n in (*hour.messages, (_("removed"), hour.removed))
    ]
    labels = {"at": _("Hour"), "n": _("Messages"), "what": _("What")}
    drawing = charts.line(rows, x="at", y="n", series="what", labels=labels, height=190)
    total = sum(n for hour in course for _what, n in hour.messages)
    removed = sum(hour.removed for hour in course)
    described = _("%(total)s messages in the last 24 hours, %(removed)s removed.") % {
        "total": f"{total:,}",
        "removed": f"{removed:,}",
    }
    rules = today_figures.rules()
    context = {
        "drawing": drawing if total else None,
        "described": described,
        "rules": rules,
        "most": max((n for _rule, _family, n in rules), default=1),
    }
    return render(request, "console/today/course.html", context)
