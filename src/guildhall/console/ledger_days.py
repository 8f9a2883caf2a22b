"""Days of the ledger and holds on owners' money: what was closed and held, and the forms that close, hold and
release.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known, subject_href
from guildhall.console.ledger_accounts import tabs
from guildhall.console.ledger_words import partner_names
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.ledger import actions, queries
from guildhall.ledger.actions.posting import today_utc
from guildhall.ledger.models import Asset, Day, Hold, Posting
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_DAYS_SHOWN = 31
DAYS = tables.Spec(
    columns=(
        tables.Column("day", gettext_lazy("Day (UTC)"), sort=("day",), css="lead"),
        tables.Column("postings", gettext_lazy("Postings"), css="num"),
        tables.Column("late", gettext_lazy("Of earlier days"), css="num"),
        tables.Column("closed", gettext_lazy("Closed at")),
        tables.Column("by", gettext_lazy("By"), css="desk"),
        tables.Column("hash", gettext_lazy("Hash"), css="desk"),
    ),
    default_sort="-day",
    tie="",
)
HOLDS = tables.Spec(
    columns=(
        tables.Column("owner", gettext_lazy("Whose money"), css="lead"),
        tables.Column("what", gettext_lazy("Held now")),
        tables.Column("reason", gettext_lazy("Why"), css="text"),
        tables.Column("placed", gettext_lazy("Placed"), sort=("id",)),
        tables.Column("do", gettext_lazy("State")),
    ),
    filters=(
        tables.Filter("owner", gettext_lazy("Whose money"), "search", placeholder="partner:…"),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            "choice",
            (("released", gettext_lazy("Released")), ("all", gettext_lazy("All of them"))),
            gettext_lazy("Open holds"),
        ),
    ),
    default_sort="-placed",
    tie="",
)


@requires("ledger.view")
@require_safe
def days(request: HttpRequest) -> HttpResponse:
    """Closed days, newest first, and above them the open ones."""
    state = tables.read(DAYS, request.GET)
    table = paging.fetch(Day.objects.all(), state)
    names = actor_names({day.closed_by for day in table.rows})
    rows = [{"day": day, "by": names[day.closed_by]} for day in table.rows]
    last = Day.objects.order_by("-day").values_list("day", flat=True).first()
    context = {
        "tabs": tabs("ledger-days"),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "open_days": _open(last),
        "yesterday": today_utc() - timedelta(days=1),
        "may_close": known(request).may("ledger.post"),
        "is_closed": last is not None and last >= today_utc() - timedelta(days=1),
    }
    return render(request, "console/ledger/days.html", context)


@requires("ledger.post")
@require_POST
def days_close(request: HttpRequest) -> HttpResponse:
    """Close everything until yesterday (UTC)."""
    by = known(request).actor
    return carry_out(
        request,
        lambda: actions.close_day(today_utc() - timedelta(days=1), by=by),
        _("Closed until yesterday. What is heard of later is booked on today."),
        reverse("console:ledger-days"),
    )


@requires("ledger.view")
@require_safe
def holds(request: HttpRequest) -> HttpResponse:
    """What is held, and why."""
    state = tables.read(HOLDS, request.GET)
    table = paging.fetch(_holds(state), state)
    names = actor_names({hold.placed_by for hold in table.rows} | {hold.released_by for hold in table.rows})
    owners = partner_names(hold.owner for hold in table.rows)
    scales = dict(Asset.objects.values_list("code", "scale"))
    rows = [
        {
            "hold": hold,
            "by": names[hold.placed_by],
            "released_by": names[hold.released_by],
            "owner": owners.get(hold.owner, hold.owner),
            "owner_href": subject_href(hold.owner),
            "held": [(units, asset, scales[asset]) for asset, units in actions.held_by(hold).items()],
        }
        for hold in table.rows
    ]
    context = {
        "tabs": tabs("ledger-holds"),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "may_release": known(request).may("ledger.post"),
    }
    return render(request, "console/ledger/holds.html", context)


@requires("ledger.post")
@require_POST
def hold_place(request: HttpRequest) -> HttpResponse:
    """Hold everything payable of an owner, from the page of one of their accounts."""
    owner, by = request.POST.get("owner", ""), known(request).actor
    reason = request.POST.get("reason", "").strip()

    def deed() -> None:
        if not queries.balances(prefix=f"{owner}:"):
            raise BadInput(Text(f"{owner!r} has no account.", f"{owner!r} 没有账户。"), field="owner")
        actions.hold(owner, reason=reason, by=by)

    return carry_out(
        request, deed, _("Held. Nothing is paid until the hold is released."), reverse("console:ledger-holds")
    )


@requires("ledger.post")
@require_POST
def hold_release(request: HttpRequest, hold_id: str) -> HttpResponse:
    """What was held is payable again."""
    by, reason = known(request).actor, request.POST.get("reason", "").strip()
    return carry_out(
        request,
        lambda: actions.release(hold_id, reason=reason, by=by),
        _("Released. The money is payable again."),
        reverse("console:ledger-holds"),
    )


def _holds(state: tables.State) -> QuerySet[Hold]:
    found = Hold.objects.all()
    if state.value("owner"):
        found = found.filter(owner__startswith=state.value("owner"))
    if state.value("state") == "all":
        return found
    return found.filter(released_at__isnull=state.value("state") != "released")


def _open(last: date | None) -> list[dict[str, Any]]:
    """Open days with postings: how many, newest first."""
    found = Posting.objects.filter(booked_on__gt=last) if last else Posting.objects.all()
    late = Count("pk", filter=Q(effective_on__lt=F("booked_on")))
    counted = found.order_by().values("booked_on").annotate(postings=Count("pk"), late=late)
    return [dict(one) for one in counted.order_by("-booked_on")[:_DAYS_SHOWN]]
