"""Partners: who brings traders, by which deal, how many accounts, and what they earned this month."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from guildhall.console import deal_words
from guildhall.console import partner_words as words
from guildhall.console.house_answers import SeeOther, attempt
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.partners import actions, queries
from guildhall.partners.models import DealVersion, Partner
from guildhall.people.access import requires
from guildhall.ui import paging, tables

SPEC = tables.Spec(
    columns=(
        tables.Column("name", gettext_lazy("Partner"), sort=("name",), css="lead"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("deal", gettext_lazy("Deal in force")),
        tables.Column("accounts", gettext_lazy("Accounts"), css="num"),
        tables.Column("earned", gettext_lazy("Earned this month"), css="num"),
        tables.Column("since", gettext_lazy("Since"), sort=("id",), css="desk"),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name or short name")),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=tuple((code, word) for code, (word, _c) in words.PARTNERS.items()),
        ),
    ),
    default_sort="name",
    page_size=40,
)
Amounts = list[tuple[str, int]]
"""(asset, base units) of each asset."""


class PartnerForm(forms.Form):
    """Who a partner is."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    handle = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=60,
        help_text=gettext_lazy("Stands in addresses and statements; it stays."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For colleagues only."),
    )


@requires("partners.view")
@require_safe
def partner_list(request: HttpRequest) -> HttpResponse:
    """Every partner."""
    me = known(request)
    state = tables.read(SPEC, request.GET)
    table = paging.fetch(queries.partners(state=state.value("state"), q=state.value("q")), state)
    rows = rows_of(table.rows)
    need = queries.needing_somebody()
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "tabs": tabs("partners"),
        "need": need,
        "may_edit": me.may("partners.edit"),
    }
    return render(request, "console/partners/list.html", context)


@requires("partners.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def partner_new(request: HttpRequest) -> HttpResponse:
    """Take somebody on as a partner."""
    me = known(request)
    form = PartnerForm(request.POST or None)
    made: list[Partner] = []

    def deed() -> None:
        said = form.cleaned_data
        made.append(actions.create_partner(said["name"], said["handle"], by=me.actor, note=said["note"]))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Now write the deal."))
        return SeeOther(reverse("console:deal-new", args=[made[0].pk]))
    status = 422 if request.method == "POST" else 200
    return render(request, "console/partners/new.html", {"form": form}, status=status)


def rows_of(partners: Sequence[Partner]) -> list[dict[str, Any]]:
    """Partners with their deal, accounts and earnings of this month, for a table."""
    ids = [one.pk for one in partners]
    since, until = this_month()
    bound = queries.bound_accounts(ids)
    earned = summed(
        (one.partner, one.asset, one.kind, one.units) for one in queries.earned(ids, since, until)
    )
    now = clock.now()
    deals: dict[str, DealVersion] = {}
    waiting: set[str] = set()
    states = (DealVersion.State.IN_FORCE, DealVersion.State.SUPERSEDED, DealVersion.State.PROPOSED)
    for deal in DealVersion.objects.filter(partner__in=ids, state__in=states).order_by("version"):
        if deal.state == DealVersion.State.PROPOSED:
            waiting.add(deal.partner_id)
        elif (deal.valid_from is None or deal.valid_from <= now) and (
            deal.valid_to is None or deal.valid_to > now
        ):
            deals[deal.partner_id] = deal
    return [
        {
            "one": one,
            "state": words.PARTNERS[one.state],
            "deal": deals.get(one.pk),
            "terms": deal_words.in_short(deals[one.pk].terms) if one.pk in deals else "",
            "waiting": one.pk in waiting,
            "accounts": bound.get(one.pk, 0),
            "earned": earned.get(one.pk, []),
        }
        for one in partners
    ]


def summed(rows: Iterable[tuple[str, str, str, int]]) -> dict[str, Amounts]:
    """What is a partner's own of (partner, asset, kind, units), by partner: one amount an asset."""
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for partner, asset, kind, units in rows:
        if words.is_partners_own(kind):
            found[partner][asset] += units
    return {partner: sorted(by_asset.items()) for partner, by_asset in found.items()}


def units(rows: Iterable[Any]) -> list[tuple[str, str, str, int]]:
    """Rows of `queries.earned` as `summed` takes them."""
    return [(row.partner, row.asset, row.kind, row.units) for row in rows]


def this_month() -> tuple[date, date]:
    """The first day of this UTC month and of the next."""
    first = clock.now().astimezone(UTC).date().replace(day=1)
    return first, next_month(first)


def next_month(first: date) -> date:
    """The first day of the month after."""
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages about partners, side by side."""
    named = (
        ("partners", _("Partners"), "console:partners"),
        ("bindings", _("Bindings"), "console:bindings"),
        ("what-ifs", _("What if"), "console:what-ifs"),
    )
    return [{"label": label, "href": reverse(url), "current": key == current} for key, label, url in named]
