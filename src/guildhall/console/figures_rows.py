"""The rows behind a figure: the cases that were drawn and decided, or appealed, in a range of days."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from guildhall.channels.models import Space
from guildhall.console.figures_page import bounds, chosen_days
from guildhall.core.ids import lowest_id
from guildhall.guard.figures import ALLOWED, FLAGGED, PUNISHED
from guildhall.guard.models import Case
from guildhall.guard.types import SEVERITY, Measure, Mode
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_PUNISHING = [measure.value for measure in Measure if SEVERITY[measure] >= SEVERITY[Measure.DELETE]]
_STRATA = ((PUNISHED, _("acted on")), (FLAGGED, _("put before a person")), (ALLOWED, _("left alone")))


def _spec() -> tables.Spec:
    spaces = tuple(Space.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")[:500])
    return tables.Spec(
        columns=(
            tables.Column("text", _("Message"), css="lead"),
            tables.Column("truth", _("Found to be")),
            tables.Column("space", _("Space"), css="desk"),
            tables.Column("by", _("Model and policy"), css="desk"),
            tables.Column("at", _("When"), css="num"),
        ),
        filters=(
            tables.Filter("space", _("Space"), choices=spaces),
            tables.Filter("stratum", _("What the guard did"), choices=_STRATA),
            tables.Filter(
                "truth",
                _("Found to be"),
                choices=(("bad", _("bad")), ("fine", _("fine")), ("open", _("open"))),
            ),
        ),
        default_sort="-id",
        page_size=40,
    )


@requires("cases.view")
@require_safe
def figures_rows(request: HttpRequest) -> HttpResponse:
    """Cases, newest first."""
    keep = ("days", "rule", "model", "policy", "kind")
    state = tables.read(_spec(), request.GET, keep=keep)
    days = chosen_days(request.GET.get("days", ""))
    chosen = {name: request.GET.get(name, "")[:80] for name in keep}
    found = _found(days, chosen, state).select_related("message", "space", "verdict", "account")
    table = paging.fetch(found, state, count_cap=999)
    context = {"table": table, "days": days, "chosen": chosen}
    return render(request, "console/figures/rows.html", context)


def _found(days: int, chosen: dict[str, str], state: tables.State) -> QuerySet[Case]:
    start, end = bounds(days)
    found: QuerySet[Case] = Case.objects.filter(id__gte=lowest_id(start), id__lt=lowest_id(end))
    if chosen["kind"] == "appeal":
        found = found.filter(kind=Case.Kind.APPEAL).exclude(state=Case.State.OPEN)
    else:
        flagged = Q(kind=Case.Kind.VERDICT) & ~Q(mode=Mode.ACT.value, action__in=_PUNISHING)
        found = found.filter(Q(sample_share__isnull=False) | flagged)
    for name, value in (("space_id", state.value("space")), ("verdict__model", chosen["model"])):
        if value:
            found = found.filter(**{name: value})
    slug, _at, version = chosen["policy"].rpartition("@")
    if slug and version.isdigit():
        found = found.filter(verdict__policy_slug=slug, verdict__policy_version=int(version))
    if chosen["rule"]:
        found = found.filter(verdict__reasons__icontains=f'"{chosen["rule"]}"')
    return _in(found, state)


def _in(found: QuerySet[Case], state: tables.State) -> QuerySet[Case]:
    punished: dict[str, Any] = {"mode": Mode.ACT.value, "action__in": _PUNISHING}
    match state.value("stratum"):
        case "punished":
            found = found.filter(kind=Case.Kind.VERDICT, **punished)
        case "flagged":
            found = found.filter(kind=Case.Kind.VERDICT).exclude(**punished)
        case "allowed":
            found = found.filter(kind=Case.Kind.SAMPLE)
    truth = state.value("truth")
    if truth == "open":
        return found.filter(truth="")
    return found.filter(truth=truth) if truth else found
