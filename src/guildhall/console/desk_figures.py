"""Desk figures: how much came in, how fast it was answered, which promises were kept, what people thought of
it; in charts, and in a table by whatever one asks for.

A row is a ticket and belongs to the UTC day it was opened on; hours and weekdays are those of the reader's
zone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guildhall.console import desk_figures_charts as charts
from guildhall.console.desk_figures_words import namers, percent, said_times
from guildhall.console.house_words import known
from guildhall.console.remembered import remembered
from guildhall.console.sla_words import said_length
from guildhall.core import clock
from guildhall.desk import scope
from guildhall.desk.figures import reading, summary
from guildhall.desk.figures.columns import WORDS, Columns
from guildhall.desk.figures.summary import Share, Summary
from guildhall.desk.figures.targets import FIGURES, share, targets
from guildhall.people.access import requires
from guildhall.people.models import Staff

RANGES = (7, 30, 90)
FRESH_S = 30
MOST_LINES = 200
GROUPS: dict[str, str | Promise] = {
    "category": gettext_lazy("Category"),
    "language": gettext_lazy("Language"),
    "agent": gettext_lazy("Agent"),
    "vendor": gettext_lazy("Vendor"),
    "space": gettext_lazy("Space"),
    "priority": gettext_lazy("Priority"),
    "way": gettext_lazy("How it was asked"),
    "tier": gettext_lazy("Tier"),
    "hour": gettext_lazy("Hour"),
    "day": gettext_lazy("Day"),
}
FILTERS = ("language", "category", "vendor")
SORTS: dict[str, Callable[[Summary], float]] = {
    "opened": lambda one: -one.opened,
    "first": lambda one: -(one.times["first"].median or -1),
    "kept": lambda one: _worst_first(one.kept["first"]),
    "good": lambda one: _worst_first(one.good),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader asks for. `wanted`: words of tickets; `nothing`: a vendor's person without a vendor."""

    days: int
    by: str
    sort: str
    wanted: Mapping[str, str]
    chosen: Mapping[str, str]
    nothing: bool = False

    @property
    def last(self) -> date:
        """The last day, which is today in UTC."""
        return clock.now().astimezone(UTC).date()

    @property
    def first(self) -> date:
        """The first day."""
        return self.last - timedelta(days=self.days - 1)

    def address(self, name: str = "desk-figures", **changed: object) -> str:
        """The page with something else asked for."""
        said = {"days": self.days, "by": self.by, "sort": self.sort, **self.chosen, **changed}
        return f"{reverse(f'console:{name}')}?{urlencode({key: str(value) for key, value in said.items()})}"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    key: str
    name: str
    figures: Summary
    cells: tuple[str, ...]

    @property
    def labelled(self) -> list[tuple[str, str | Promise]]:
        """The cells with their columns' names, for a phone."""
        return [(cell, label) for cell, (_name, label) in zip(self.cells, COLUMNS, strict=True)]


@requires("figures.view")
@require_safe
def figures_page(request: HttpRequest) -> HttpResponse:
    """The page."""
    me = known(request)
    asked = what(request, me)
    key = (
        "desk-figures",
        asked.days,
        asked.by,
        asked.sort,
        tuple(sorted(asked.wanted.items())),
        asked.nothing,
    )
    zone = str(timezone.get_current_timezone())
    context = {
        "asked": asked,
        "ranges": [
            {"label": _("%(n)s days") % {"n": n}, "href": asked.address(days=n), "current": n == asked.days}
            for n in RANGES
        ],
        "group_tabs": [
            {"label": label, "href": asked.address(by=name), "current": name == asked.by}
            for name, label in GROUPS.items()
        ],
        "export": asked.address("desk-figures-csv") if me.may("desk.export") else "",
        "may_aim": me.may("desk.manage"),
        "made_at": reading.made_at(),
        **remembered((*key, get_language(), zone), FRESH_S, lambda: _drawn(asked, scope.is_outsourced(me))),
    }
    return render(request, "console/desk_figures/page.html", context)


def what(request: HttpRequest, me: Staff) -> Asked:
    """What is asked for in the address, within what the reader may see."""
    days, by, sort = (request.GET.get(name, "") for name in ("days", "by", "sort"))
    chosen = {name: request.GET[name][:60] for name in FILTERS if request.GET.get(name)}
    wanted, nothing = dict(chosen), False
    if scope.is_outsourced(me):
        vendor = scope.vendor_of(me)
        wanted["vendor"], nothing = (vendor.pk if vendor else ""), vendor is None
    return Asked(
        days=int(days) if days.isdecimal() and len(days) < 4 and int(days) in RANGES else 30,
        by=by if by in GROUPS else "category",
        sort=sort if sort in SORTS else "opened",
        wanted=wanted,
        chosen=chosen,
        nothing=nothing,
    )


def read(asked: Asked) -> Columns:
    """The tickets asked for."""
    return Columns() if asked.nothing else reading.read(asked.first, asked.last, asked.wanted)


def lines(asked: Asked, columns: Columns) -> list[Line]:
    """The table, sorted; what is many ends after some."""
    found = summary.groups(columns, _key(asked.by, columns))
    name = namers(asked.by, [key for key in found if isinstance(key, str)])
    if asked.by in ("hour", "day"):
        keys = sorted(found)
    else:
        keys = sorted(found, key=lambda key: (SORTS[asked.sort](found[key]), str(key)))
    return [Line(str(key), name(key), found[key], said_line(found[key])) for key in keys[:MOST_LINES]]


def said_line(one: Summary) -> tuple[str, ...]:
    """The cells of a row, as `COLUMNS` names them."""
    return (
        f"{one.opened:,}",
        f"{one.solved:,}",
        said_times(one.times["first"].median, one.times["first"].p90),
        said_times(one.times["next"].median, one.times["next"].p90),
        said_times(one.times["resolution"].median, one.times["resolution"].p90),
        percent(one.kept["first"]),
        percent(one.kept["resolution"]),
        percent(one.good),
        percent(one.at_once),
        percent(one.reopened),
    )


COLUMNS: tuple[tuple[str, str | Promise], ...] = (
    ("opened", gettext_lazy("Tickets")),
    ("", gettext_lazy("Solved")),
    ("first", gettext_lazy("First response")),
    ("", gettext_lazy("Next response")),
    ("", gettext_lazy("Resolution")),
    ("kept", gettext_lazy("First in time")),
    ("", gettext_lazy("Resolved in time")),
    ("good", gettext_lazy("Satisfied")),
    ("", gettext_lazy("At first contact")),
    ("", gettext_lazy("Reopened")),
)


def _worst_first(share: Share) -> float:
    return 101.0 if share.percent is None else share.percent


def _drawn(asked: Asked, is_outsourced: bool) -> dict[str, Any]:
    """Everything that is counted and drawn, and what can be chosen from."""
    own = {"vendor": asked.wanted["vendor"]} if is_outsourced else {}
    every = Columns() if asked.nothing else reading.read(asked.first, asked.last, own)
    columns = every.kept({name: word for name, word in asked.wanted.items() if name not in own})
    total = summary.overall(columns)
    days = [] if asked.nothing else reading.course(columns, asked.first, asked.last, asked.wanted)
    daily = summary.groups(columns, by_day(columns))
    aims = targets()
    return {
        "filters": _filters(asked, every, [name for name in FILTERS if name not in own]),
        "total": total,
        "backlog": days[-1].backlog if days else 0,
        "backlog_course": [one.backlog for one in days],
        "times": [
            (
                label,
                said_length(t.median),
                said_length(t.p90),
                said_length(t.passed_median),
                said_length(t.passed_p90),
                t.count,
            )
            for label, t in ((str(NAMES[name]), total.times.get(name)) for name in NAMES)
            if t is not None
        ],
        "shares": [
            {
                "label": SHARES[figure],
                "value": percent(share(total, figure)) if share(total, figure).whole else None,
                "whole": share(total, figure).whole,
                "aim": aims[figure],
                "is_short": (share(total, figure).percent or 100.0) < aims[figure],
            }
            for figure in FIGURES
        ],
        "reopened": percent(total.reopened),
        "volume": charts.volume(days) if total.opened or any(one.backlog for one in days) else None,
        "speed": charts.speed(daily) if total.times and total.times["first"].count else None,
        "kept": charts.kept(daily) if total.kept and total.kept["first"].whole else None,
        "week": charts.week(columns) if total.opened else None,
        "columns": [
            (
                label,
                asked.address(sort=name) if name and asked.by not in ("hour", "day") else "",
                name == asked.sort,
            )
            for name, label in COLUMNS
        ],
        "group_name": GROUPS[asked.by],
        "lines": lines(asked, columns),
    }


NAMES: dict[str, str | Promise] = {
    "first": gettext_lazy("First response"),
    "next": gettext_lazy("Next response"),
    "resolution": gettext_lazy("Resolution"),
}
SHARES: dict[str, str | Promise] = {
    "first_kept": gettext_lazy("First response in time"),
    "next_kept": gettext_lazy("Next response in time"),
    "resolution_kept": gettext_lazy("Resolved in time"),
    "good": gettext_lazy("Satisfied"),
    "at_once": gettext_lazy("Solved at first contact"),
}


def by_day(columns: Columns) -> Callable[[int], date]:
    """The UTC day of a row."""
    opened = columns.numbers["opened"]
    return lambda row: datetime.fromtimestamp(opened[row], UTC).date()


def _key(by: str, columns: Columns) -> Callable[[int], Any]:
    if by in WORDS:
        return columns.words[by].__getitem__
    if by == "day":
        return by_day(columns)
    opened, zone = columns.numbers["opened"], timezone.get_current_timezone()
    return lambda row: datetime.fromtimestamp(opened[row], zone).hour


def _filters(asked: Asked, every: Columns, names: list[str]) -> list[dict[str, Any]]:
    found = []
    for name in names:
        words = sorted({*every.words[name], asked.chosen.get(name, "")} - {""})
        called = namers(name, words)
        found.append(
            {
                "name": name,
                "label": GROUPS[name],
                "choices": [(word, called(word)) for word in words],
                "chosen": asked.chosen.get(name, ""),
            }
        )
    return found
