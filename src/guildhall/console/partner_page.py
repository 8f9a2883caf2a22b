"""One partner: what they earned and when, their deals, the accounts they brought, their codes and own
accounts.
"""

from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.console import deal_words
from guildhall.console import partner_words as words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.partner_list import summed, this_month, units
from guildhall.core import clock
from guildhall.core.ids import is_id
from guildhall.exchange import accounts
from guildhall.partners import actions, queries
from guildhall.partners.models import Code, DealVersion, OwnAccount, Partner
from guildhall.people.access import requires
from guildhall.ui import charts

DAYS = 60
MOST_ASSETS = 3
SHOWN = 8
_MOST_LISTED = 200


class ChangeForm(forms.Form):
    """What of a partner can change."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[(code, word) for code, (word, _c) in words.PARTNERS.items()],
        help_text=gettext_lazy("Ended: no account is bound to them; what was earned stays theirs."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=4_000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@requires("partners.view")
@require_safe
def partner_page(request: HttpRequest, partner_id: str) -> HttpResponse:
    """One partner."""
    one, me = find(partner_id), known(request)
    now = clock.now()
    deal = queries.deal_in_force(one.pk, now)
    versions = list(queries.deals_of(one.pk)[:_MOST_LISTED])
    today = now.astimezone(UTC).date()
    since, until = this_month()
    month = queries.earned([one.pk], since, until)
    last = summed(units(queries.earned([one.pk], _month_before(since), since))).get(one.pk, [])
    bindings = list(one.bindings.order_by("-valid_from", "-id")[: SHOWN + 1])
    known_as = words.accounts(me, ((row.venue, row.account) for row in bindings))
    names = words.names([deal.terms["override"]["parent"]] if deal and deal.terms.get("override") else [])
    context: dict[str, Any] = {
        "one": one,
        "state": words.PARTNERS[one.state],
        "deal": deal,
        "terms": deal_words.rows(deal.terms, lambda key: names.get(key, key)) if deal else [],
        "versions": [(version, words.DEALS[version.state]) for version in versions],
        "waiting": next((one for one in versions if one.state == DealVersion.State.PROPOSED), None),
        "month": since,
        "earned": summed(units(month)).get(one.pk, []),
        "kinds": [(words.kind(row.kind), row.asset, row.units) for row in month],
        "last": last,
        "accounts": queries.bound_accounts([one.pk]).get(one.pk, 0),
        "course": _course(one.pk, today - timedelta(days=DAYS - 1), today + timedelta(days=1)),
        "days": [today - timedelta(days=n) for n in range(1, 8)],
        "bindings": [(row, known_as[row.account], words.how(row)) for row in bindings[:SHOWN]],
        "more_bindings": len(bindings) > SHOWN,
        "codes": list(one.codes.order_by("venue", "code")[:_MOST_LISTED]),
        "own": _own(request, one.own_accounts.order_by("venue", "account")),
        "by": actor_names([one.created_by])[one.created_by],
        "may_edit": me.may("partners.edit"),
        "may_ledger": me.may("ledger.view"),
    }
    return render(request, "console/partners/page.html", context)


@requires("partners.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def partner_edit(request: HttpRequest, partner_id: str) -> HttpResponse:
    """Change what somebody is called, or whether they take accounts."""
    one, me = find(partner_id), known(request)
    given = {"name": one.name, "state": one.state, "note": one.note}
    form = ChangeForm(request.POST or None, initial=given)

    def deed() -> None:
        actions.change_partner(one.pk, by=me.actor, **form.cleaned_data)

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(_page(one))
    status = 422 if request.method == "POST" else 200
    return render(request, "console/partners/edit.html", {"one": one, "form": form}, status=status)


@requires("partners.edit")
@require_POST
def code_add(request: HttpRequest, partner_id: str) -> HttpResponse:
    """Say that an invitation code of a venue is theirs."""
    one, by = find(partner_id), known(request).actor
    venue = request.POST.get("venue", "").strip().lower()[:40]
    code = request.POST.get("code", "").strip()[:120]
    said = _("Whoever registers with this code from now on is bound to them.")
    return carry_out(request, lambda: actions.add_code(one.pk, venue, code, by=by), said, _page(one, "codes"))


@requires("partners.edit")
@require_POST
def code_remove(request: HttpRequest, partner_id: str, code: int) -> HttpResponse:
    """Take a code away; who came by it stays bound."""
    one, by = find(partner_id), known(request).actor
    if not Code.objects.filter(pk=code, partner=one).exists():
        raise Http404
    return carry_out(request, lambda: actions.remove_code(code, by=by), _("Done."), _page(one, "codes"))


@requires("partners.edit")
@require_POST
def own_add(request: HttpRequest, partner_id: str) -> HttpResponse:
    """Say that an account at a venue is the partner's own, by its UID."""
    one, by = find(partner_id), known(request).actor
    venue, uid = request.POST.get("venue", "").strip().lower()[:40], request.POST.get("uid", "").strip()[:120]

    def deed() -> None:
        with transaction.atomic():
            actions.own_account(one.pk, venue, accounts.remember(venue, [uid])[uid], by=by)

    if not venue or not uid:
        messages.error(request, _("Say which venue and which account."))
        return SeeOther(_page(one, "codes"))
    return carry_out(request, deed, _("It can never be bound to them."), _page(one, "codes"))


@requires("partners.edit")
@require_POST
def own_remove(request: HttpRequest, partner_id: str, own: int) -> HttpResponse:
    """It is not their own account after all."""
    one, by = find(partner_id), known(request).actor
    if not OwnAccount.objects.filter(pk=own, partner=one).exists():
        raise Http404
    return carry_out(request, lambda: actions.not_own_account(own, by=by), _("Done."), _page(one, "codes"))


def find(partner_id: str) -> Partner:
    """A partner for a page, or a page that says there is none."""
    one = Partner.objects.filter(pk=partner_id).first() if is_id(partner_id) else None
    if one is None:
        raise Http404
    return one


def _course(partner_id: str, since: date, until: date) -> list[tuple[str, charts.Chart, str]]:
    """For each of the few largest assets what was earned day by day: (asset, drawing, description)."""
    by_asset: dict[str, list[tuple[date, str, int]]] = {}
    for row in queries.course(partner_id, since, until):
        by_asset.setdefault(row.asset, []).append((row.day, row.kind, row.units))
    drawn = []
    labels = {"at": _("Day"), "units": _("Amount"), "kind": _("Kind")}
    for asset, found in sorted(by_asset.items(), key=lambda pair: -len(pair[1]))[:MOST_ASSETS]:
        kinds = list(dict.fromkeys(kind for _day, kind, _n in found))
        amounts = {(day, kind): amount for day, kind, amount in found}
        days = [since + timedelta(days=n) for n in range((until - since).days)]
        rows = [
            {"at": f"{day}T00:00:00", "units": amounts.get((day, kind), 0), "kind": words.kind(kind)}
            for kind in kinds
            for day in days
        ]
        drawing = charts.line(rows, x="at", y="units", series="kind", labels=labels, height=180)
        described = _("What %(asset)s brought day by day over %(n)s days.") % {
            "asset": asset,
            "n": (until - since).days,
        }
        drawn.append((asset, charts.in_units(drawing, "y", 8), described))
    return drawn


def _own(request: HttpRequest, rows: QuerySet[OwnAccount]) -> list[tuple[OwnAccount, words.Account]]:
    listed = list(rows[:_MOST_LISTED])
    shown = words.accounts(known(request), ((row.venue, row.account) for row in listed))
    return [(row, shown[row.account]) for row in listed]


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _page(one: Partner, anchor: str = "") -> str:
    address = reverse("console:partner", args=[one.pk])
    return f"{address}#{anchor}" if anchor else address
