"""Facts: the tables of what happened, how fresh and whole they are, what was put aside, and a person's word
on that. What is shown is read from state; only accepting a correction looks into the files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.facts import actions, queries, registry
from guildhall.facts.models import Aside, Measure, Shipment
from guildhall.facts.tables import RECEIVED_AT, Table
from guildhall.people.access import requires
from guildhall.ui import charts, paging, tables

_DAYS_DRAWN = 60
_GAPS_SHOWN = 20
_SHIPMENTS_SHOWN = 20
_MONTHS_SHOWN = 24
COLOURS = {
    Aside.State.OPEN: "amber",
    Aside.State.ACCEPTED: "green",
    Aside.State.RESUBMITTED: "green",
    Aside.State.DISMISSED: "",
}


def _aside_spec() -> tables.Spec:
    return tables.Spec(
        columns=(
            tables.Column("row", gettext_lazy("Row"), css="lead"),
            tables.Column("table", gettext_lazy("Table")),
            tables.Column("why", gettext_lazy("Why it was put aside"), css="text"),
            tables.Column("state", gettext_lazy("State")),
            tables.Column("source", gettext_lazy("Source"), css="desk"),
            tables.Column("at", gettext_lazy("When"), sort=("id",)),
        ),
        filters=(
            tables.Filter("state", gettext_lazy("State"), choices=tuple(Aside.State.choices)),
            tables.Filter("kind", gettext_lazy("Kind"), choices=tuple(Aside.Kind.choices)),
            tables.Filter(
                "table",
                gettext_lazy("Table"),
                choices=tuple((table.name, table.name) for table in registry.tables()),
            ),
        ),
        default_sort="-at",
        tie="",
    )


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of a row put aside: what came, what is there, and whether they differ."""

    name: str
    unit: str
    came: str
    there: str
    differs: bool


@requires("facts.view")
@require_safe
def facts(request: HttpRequest) -> HttpResponse:
    """Every table at a glance."""
    found = sorted(
        queries.overview(), key=lambda one: not (one.rows or one.staged or one.conflicts + one.refused)
    )
    context = {
        "tables": [(one, filesizeformat(one.size), _days(one)) for one in found],
        "rows": sum(one.rows for one in found),
        "staged": sum(one.staged for one in found),
        "aside": sum(one.conflicts + one.refused for one in found),
        "aside_href": reverse("console:facts-aside") + "?state=open",
    }
    return render(request, "console/facts/list.html", context)


@requires("facts.view")
@require_safe
def facts_table(request: HttpRequest, name: str) -> HttpResponse:
    """One table: what its columns mean, how many rows each day has, what came last."""
    try:
        one = queries.of_table(name)
    except NotFound as error:
        raise Http404 from error
    measure = Measure.objects.filter(pk=name).first()
    months = sorted((measure.months if measure else {}).items(), reverse=True)[:_MONTHS_SHOWN]
    context = {
        "one": one,
        "table": one.table,
        "size": filesizeformat(one.size),
        "months": [(month, told, filesizeformat(told["bytes"])) for month, told in months],
        "gaps": one.gaps[-1 : -_GAPS_SHOWN - 1 : -1],
        "more_gaps": max(0, len(one.gaps) - _GAPS_SHOWN),
        "drawing": _drawing(measure.days) if measure else None,
        "shipments": Shipment.objects.filter(table=name).order_by("-id")[:_SHIPMENTS_SHOWN],
        "key": ", ".join(one.table.key),
        "aside_href": f"{reverse('console:facts-aside')}?table={name}&state=open",
    }
    return render(request, "console/facts/table.html", context)


@requires("facts.view")
@require_safe
def facts_aside(request: HttpRequest) -> HttpResponse:
    """Rows that were put aside."""
    state = tables.read(_aside_spec(), request.GET)
    found = Aside.objects.all()
    for key in ("state", "kind", "table"):
        if state.value(key):
            found = found.filter(**{key: state.value(key)})
    table = paging.fetch(found, state)
    rows = [
        {
            "one": row,
            "key": _key_of(row),
            "why": Text.from_json(row.why),
            "colour": COLOURS[Aside.State(row.state)],
        }
        for row in table.rows
    ]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "may_decide": known(request).may("facts.decide"),
        "bulk": {"ids": ",".join(row.pk for row in table.rows if row.state == Aside.State.OPEN)},
        "open_count": sum(1 for row in table.rows if row.state == Aside.State.OPEN),
    }
    return render(request, "console/facts/aside_list.html", context)


@requires("facts.view")
@require_safe
def facts_aside_row(request: HttpRequest, aside_id: str) -> HttpResponse:
    """One row put aside, beside what it contradicts."""
    row = get_object_or_404(Aside, pk=aside_id)
    table = _table_of(row)
    is_conflict = row.kind == Aside.Kind.CONFLICT
    is_open = row.state == Aside.State.OPEN and known(request).may("facts.decide") and table is not None
    context = {
        "row": row,
        "table": table,
        "key": _key_of(row),
        "why": Text.from_json(row.why),
        "cells": _cells(table, row),
        "colour": COLOURS[Aside.State(row.state)],
        "is_conflict": is_conflict,
        "by": actor_names([row.decided_by])[row.decided_by] if row.decided_by else "",
        "may_decide": is_open,
        "may_accept": is_open and is_conflict and table is not None and table.is_revised,
        "may_mend": is_open and not is_conflict,
        "ids": {"ids": row.pk},
    }
    return render(request, "console/facts/aside.html", context)


@requires("facts.decide")
@require_POST
def facts_aside_accept(request: HttpRequest, aside_id: str) -> HttpResponse:
    """Let the row count as a correction."""
    by, note = known(request).actor, request.POST.get("reason", "")
    said = _("The row counts as the next revision; it is in the table within a minute.")
    return carry_out(request, lambda: actions.accept(aside_id, by=by, note=note), said, _page(aside_id))


@requires("facts.decide")
@require_POST
def facts_aside_resubmit(request: HttpRequest, aside_id: str) -> HttpResponse:
    """Send a mended row again."""
    row = get_object_or_404(Aside, pk=aside_id)
    names = registry.get(row.table).names
    changes = {name: request.POST[f"c-{name}"] for name in names if f"c-{name}" in request.POST}
    by = known(request).actor
    said = _("The row was sent again; it is in the table within a minute.")
    return carry_out(request, lambda: actions.resubmit(aside_id, changes, by=by), said, _page(aside_id))


@requires("facts.decide")
@require_POST
def facts_aside_dismiss(request: HttpRequest) -> HttpResponse:
    """Leave rows out for good."""
    ids = [one for one in request.POST.get("ids", "").split(",") if one][:500]
    by, note = known(request).actor, request.POST.get("reason", "")
    back = _page(ids[0]) if len(ids) == 1 else reverse("console:facts-aside") + "?state=open"
    said = _("What was still undecided stays out.")
    return carry_out(request, lambda: actions.dismiss(ids, by=by, note=note), said, back)


def _page(aside_id: str) -> str:
    return reverse("console:facts-aside-row", args=[aside_id])


def _days(one: queries.Overview) -> int | None:
    """Days since the newest fact; None when there is none."""
    return None if one.last_day is None else max(0, (clock.now().date() - one.last_day).days)


def _drawing(days: Mapping[str, int]) -> charts.Chart | None:
    if not days:
        return None
    last = date.fromisoformat(max(days))
    drawn = [(last - timedelta(days=back)).isoformat() for back in range(_DAYS_DRAWN - 1, -1, -1)]
    rows = [
        {"day": day, "rows": int(days.get(day, 0)), "what": _("Rows")} for day in drawn if day >= min(days)
    ]
    labels = {"day": _("Day (UTC)"), "rows": _("Rows"), "what": ""}
    return charts.area(rows, x="day", y="rows", series="what", labels=labels)


def _key_of(row: Aside) -> str:
    table = _table_of(row)
    names = table.key if table else sorted(row.key)
    return " · ".join(_told(row.key.get(name)) for name in names) or row.digest[:12]


def _table_of(row: Aside) -> Table | None:
    """The table a row was meant for; None when no room declares it any more."""
    return next((one for one in registry.tables() if one.name == row.table), None)


def _cells(table: Table | None, row: Aside) -> list[Cell]:
    names = table.names if table else tuple(sorted(row.came))
    there: Mapping[str, Any] = row.there or {}
    return [
        Cell(
            name,
            table.column(name).unit if table else "",
            _told(row.came.get(name)),
            _told(there.get(name)),
            bool(row.there) and name != RECEIVED_AT and row.came.get(name) != there.get(name),
        )
        for name in names
    ]


def _told(value: Any) -> str:
    if value is None:
        return ""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
