"""The desk on Today: what the week's shares are against what is aimed at, and their course."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guildhall.console.desk_figures import SHARES, by_day, read, what
from guildhall.console.desk_figures_words import percent
from guildhall.console.house_words import known
from guildhall.console.remembered import remembered
from guildhall.desk import scope
from guildhall.desk.figures import summary
from guildhall.desk.figures.targets import FIGURES, share, targets
from guildhall.people.access import requires

WEEK, COURSE = 7, 14
FRESH_S = 60


@requires("figures.view")
@require_safe
def today_desk(request: HttpRequest) -> HttpResponse:
    """The card, fetched after the page; empty while no ticket came in these days."""
    me = known(request)
    vendor = scope.vendor_of(me)
    key = ("today-desk", scope.is_outsourced(me), vendor.pk if vendor else "", get_language())
    context = {"figures": remembered(key, FRESH_S, lambda: _figures(request))}
    return render(request, "console/desk_figures/today.html", context)


def _figures(request: HttpRequest) -> list[dict[str, Any]]:
    asked = what(request, known(request))
    columns = read(asked)
    daily = summary.groups(columns, by_day(columns))
    week_ago = asked.last - timedelta(days=WEEK - 1)
    opened = columns.numbers["opened"]
    day_of = by_day(columns)
    week = summary.groups(columns, lambda row: day_of(row) >= week_ago).get(True)
    if week is None or not opened:
        return []
    days = [asked.last - timedelta(days=n) for n in range(COURSE - 1, -1, -1)]
    aims = targets()
    found = []
    for figure in FIGURES:
        now = share(week, figure)
        if not now.whole:
            continue
        course = [share(daily[day], figure).percent for day in days if day in daily]
        is_short = (now.percent or 0.0) < aims[figure]
        found.append(
            {
                "label": SHARES[figure],
                "value": percent(now),
                "aim": aims[figure],
                "of": now.whole,
                "is_short": is_short,
                "course": [one for one in course if one is not None],
                "word": _("below its aim") if is_short else _("reached"),
            }
        )
    return found
