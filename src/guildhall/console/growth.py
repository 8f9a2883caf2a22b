"""Figures, Groups: how many people are in each space, who came and went, how much was said.

One table for all platforms. Where a platform tells a program nothing, the numbers are those that people
entered, and each is marked so; what nobody counted is a dash.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from guildhall.channels import registry
from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.channels.wecom.assisted import PLATFORM, figures
from guildhall.channels.wecom.assisted_models import AssistedEntry, AssistedGroup
from guildhall.console.figures_page import RANGES, bounds, chosen_days
from guildhall.console.remembered import remembered
from guildhall.core import clock
from guildhall.core.ids import lowest_id
from guildhall.people.access import requires
from guildhall.ui import paging, tables

FRESH_S = 60
MOST_EXPORTED = 5000
_CAP = 9_999


@dataclass(frozen=True, slots=True)
class Line:
    """One space over a span of days; None is not known. `by_hand`: people entered these numbers."""

    space: Space
    platform: str
    by_hand: bool
    heads: int | None
    change: int | None
    came: int | None
    went: int | None
    messages: int | None


def _spec() -> tables.Spec:
    platforms = tuple((one.platform, str(one.name)) for one in registry.all())
    return tables.Spec(
        columns=(
            tables.Column("name", gettext_lazy("Space"), sort=("name",), css="lead"),
            tables.Column("platform", gettext_lazy("Platform")),
            tables.Column("heads", gettext_lazy("People in it"), css="num"),
            tables.Column("change", gettext_lazy("Grown by"), css="num"),
            tables.Column("came", gettext_lazy("New here"), css="num"),
            tables.Column("went", gettext_lazy("Went"), css="num"),
            tables.Column("messages", gettext_lazy("Messages"), css="num"),
        ),
        filters=(
            tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name of a group")),
            tables.Filter("platform", gettext_lazy("Platform"), choices=platforms),
            tables.Filter("region", gettext_lazy("Region"), "text"),
        ),
        default_sort="name",
        page_size=40,
    )


@requires("figures.view")
@require_safe
def growth(request: HttpRequest) -> HttpResponse:
    """The page."""
    days = chosen_days(request.GET.get("days", ""))
    state = tables.read(_spec(), request.GET, keep=("days",))
    table = paging.fetch(_found(state), state, count_cap=_CAP)
    shown = tables.Table(
        state, lines(list(table.rows), days), table.next_key, table.previous_key, table.count
    )
    context = {
        "table": shown,
        "ranges": [
            {
                "label": _("%(n)s days") % {"n": n},
                "href": f"?{state.query(days=str(n))}".replace("??", "?"),
                "current": n == days,
                "count": None,
            }
            for n in RANGES
        ],
        "export": f"{reverse('console:growth-export')}?days={days}",
        "totals": remembered("growth-totals", FRESH_S, totals),
    }
    return render(request, "console/figures/growth.html", context)


@requires("figures.view")
@require_safe
def growth_export(request: HttpRequest) -> HttpResponse:
    """The same as CSV; the last column says which numbers people entered."""
    days = chosen_days(request.GET.get("days", ""))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="groups-{days}d.csv"'
    answer.write("\ufeff")
    out = csv.writer(answer)
    out.writerow(
        ["space", "name", "platform", "region", "people", "change", "came", "went", "messages", "by_hand"]
    )
    spaces = list(_open_spaces().order_by("name", "id")[:MOST_EXPORTED])
    for line in lines(spaces, days):
        numbers = [line.heads, line.change, line.came, line.went, line.messages]
        out.writerow(
            [
                line.space.slug, _plain(line.space.name), line.space.platform, line.space.region,
                *("" if n is None else n for n in numbers), "yes" if line.by_hand else "no",
            ]
        )  # fmt: skip
    return answer


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def totals() -> dict[str, int]:
    """People in all spaces: those the platforms tell of, and those counted by hand."""
    told = SpaceMember.objects.exclude(state="left").exclude(space__kind="private")
    hand = AssistedGroup.objects.filter(space__archived_at__isnull=True).aggregate(n=Sum("heads"))["n"] or 0
    known = told.filter(space__archived_at__isnull=True).exclude(space__platform=PLATFORM).count()
    return {"told": known, "by_hand": hand, "all": known + hand}


def _open_spaces() -> QuerySet[Space]:
    return Space.objects.filter(archived_at__isnull=True).exclude(kind="private")


def _found(state: tables.State) -> QuerySet[Space]:
    found = _open_spaces()
    if state.value("platform"):
        found = found.filter(platform=state.value("platform"))
    if state.value("region"):
        found = found.filter(region__istartswith=state.value("region"))
    if state.value("q"):
        found = found.filter(name__icontains=state.value("q"))
    return found


def lines(spaces: Sequence[Space], days: int) -> list[Line]:
    """The figures of spaces over the last so many days."""
    key = ("growth", days, tuple(space.pk for space in spaces))
    return remembered(key, FRESH_S, lambda: _lines(spaces, days))


def _lines(spaces: Sequence[Space], days: int) -> list[Line]:
    start, end = bounds(days)
    hand = [space.pk for space in spaces if space.platform == PLATFORM]
    told = [space.pk for space in spaces if space.platform != PLATFORM]
    counted = figures.of_spaces(hand, start.date(), end.date() - timedelta(days=1))
    groups = AssistedGroup.objects.in_bulk(hand)
    members = _members(told, start, end)
    said = _messages([*told, *hand], start, end)
    names = {one.platform: str(one.name) for one in registry.all()}
    out = []
    for space in spaces:
        name = names.get(space.platform, space.platform)
        if space.pk in groups:
            found = counted.get(space.pk)
            brought = said.get(space.pk)
            out.append(
                Line(
                    space, name, True, groups[space.pk].heads,
                    found.change if found else None, found.came if found else None,
                    found.went if found else None,
                    found.messages if found and found.messages is not None else brought,
                )
            )  # fmt: skip
            continue
        heads, came, went = members.get(space.pk, (0, 0, 0))
        out.append(Line(space, name, False, heads, came - went, came, went, said.get(space.pk, 0)))
    return out


def _members(space_ids: list[str], start: datetime, end: datetime) -> dict[str, tuple[int, int, int]]:
    """(in it now, came, went) of each space, as far as its platform told."""
    found = (
        SpaceMember.objects.filter(space_id__in=space_ids)
        .order_by()
        .values_list("space_id")
        .annotate(
            heads=Count("pk", filter=~Q(state__in=("left", "banned"))),
            came=Count("pk", filter=Q(joined_at__gte=start, joined_at__lt=end)),
            went=Count("pk", filter=Q(left_at__gte=start, left_at__lt=end, state__in=("left", "banned"))),
        )
    )
    return {space: (heads, came, went) for space, heads, came, went in found}


def _messages(space_ids: list[str], start: datetime, end: datetime) -> dict[str, int]:
    rows = Message.objects.filter(
        space_id__in=space_ids,
        pk__gte=lowest_id(start),
        pk__lt=lowest_id(end),
        direction=Message.Direction.IN,
    )
    return dict(rows.order_by().values_list("space_id").annotate(n=Count("pk")))


def last_counts(space_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What was last counted of groups by hand, by space id: how many people, and the messages of today or
    yesterday. Other spaces are left out.
    """
    groups = AssistedGroup.objects.in_bulk(list(space_ids))
    since: date = clock.now().date() - timedelta(days=1)
    entries = AssistedEntry.objects.filter(
        space_id__in=groups, messages__isnull=False, day__gte=since
    ).order_by("day")
    latest = {entry.space_id: entry.messages for entry in entries}
    return {
        key: {"heads": group.heads, "at": group.heads_at, "messages": latest.get(key)}
        for key, group in groups.items()
    }
