"""Postings: all of them, and one with its legs, its mirror, the terms it follows and why it is."""

from __future__ import annotations

from django.db.models import F, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from guildhall.console.house_words import actor_names, subject_href
from guildhall.console.ledger_accounts import tabs
from guildhall.console.ledger_words import KINDS, kind, partner_names
from guildhall.ledger import queries
from guildhall.ledger.models import Day, Hold, Posting, Seal
from guildhall.people.access import requires
from guildhall.ui import paging, tables

SPEC = tables.Spec(
    columns=(
        tables.Column("what", gettext_lazy("Posting"), css="lead"),
        tables.Column("subject", gettext_lazy("Concerns")),
        tables.Column("booked", gettext_lazy("Booked on"), sort=("booked_on",)),
        tables.Column("effective", gettext_lazy("Effective on"), css="desk"),
        tables.Column("pin", gettext_lazy("Terms"), css="desk"),
        tables.Column("legs", gettext_lazy("Legs"), css="num desk"),
        tables.Column("id", gettext_lazy("Number"), sort=("id",), css="num"),
    ),
    filters=(
        tables.Filter("key", gettext_lazy("Key begins with"), "search"),
        tables.Filter("kind", gettext_lazy("Kind"), "choice", tuple(KINDS.items())),
        tables.Filter("subject", gettext_lazy("Concerns"), "text", placeholder="partner:…"),
        tables.Filter("booked_on", gettext_lazy("Booked on"), "date"),
        tables.Filter("effective_on", gettext_lazy("Effective on"), "date"),
        tables.Filter(
            "only",
            gettext_lazy("Only"),
            "choice",
            (("late", gettext_lazy("Late ones")), ("mirror", gettext_lazy("Reversals"))),
        ),
    ),
    default_sort="-id",
    tie="id",
)


@requires("ledger.view")
@require_safe
def postings(request: HttpRequest) -> HttpResponse:
    """All postings, newest first."""
    state = tables.read(SPEC, request.GET)
    table = paging.fetch(_found(state), state)
    names = partner_names({posting.subject for posting in table.rows})
    rows = [
        {
            "posting": posting,
            "subject": names.get(posting.subject, posting.subject),
            "kind": kind(posting.kind),
            "is_late": posting.booked_on > posting.effective_on,
            "subject_href": subject_href(posting.subject),
        }
        for posting in table.rows
    ]
    context = {
        "tabs": tabs("ledger-postings"),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
    }
    return render(request, "console/ledger/postings.html", context)


@requires("ledger.view")
@require_safe
def posting(request: HttpRequest, posting_id: int) -> HttpResponse:
    """One posting to its last unit."""
    found = Posting.objects.select_related("asset", "reverses").filter(pk=posting_id).first()
    if found is None:
        raise Http404
    context = {
        "posting": found,
        "kind": kind(found.kind),
        "is_late": found.booked_on > found.effective_on,
        "legs": queries.legs_of(found),
        "mirror": found.mirrors.first(),
        "by": actor_names({found.by})[found.by],
        "subject": partner_names([found.subject]).get(found.subject, found.subject),
        "subject_href": subject_href(found.subject),
        "why_href": _why(found),
        "hold": _hold(found),
        "seal": Seal.objects.filter(last_id__gte=found.pk).order_by("seq").defer("leaves").first(),
        "closed": Day.objects.filter(pk=found.booked_on).first(),
    }
    return render(request, "console/ledger/posting.html", context)


def _found(state: tables.State) -> QuerySet[Posting]:
    found = Posting.objects.all()
    for name in ("kind", "subject", "booked_on", "effective_on"):
        if state.value(name):
            found = found.filter(**{name: state.value(name)})
    if state.value("key"):
        found = found.filter(key__gte=state.value("key"), key__lt=state.value("key") + "\U0010ffff")
    match state.value("only"):
        case "late":
            found = found.filter(booked_on__gt=F("effective_on"))
        case "mirror":
            found = found.filter(reverses__isnull=False)
    return found


def _why(found: Posting) -> str:
    """The page that explains a partner's day; empty for a posting that is not of one."""
    owner, _colon, partner = found.subject.partition(":")
    if owner != "partner" or not found.pin:
        return ""
    try:
        return reverse("console:partner-day", args=[partner, found.effective_on.isoformat()])
    except NoReverseMatch:
        return ""


def _hold(found: Posting) -> Hold | None:
    owner, _colon, hold_id = found.subject.partition(":")
    return Hold.objects.filter(pk=hold_id).first() if owner == "hold" else None
