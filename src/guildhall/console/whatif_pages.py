"""What if: a changed deal run over what really happened, by the same engine that settles. The difference for
each partner, and whether it pays under an assumption that stands beside every figure.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from guildhall.console import deal_words
from guildhall.console import partner_words as words
from guildhall.console.deal_fields import AmountField, RateField
from guildhall.console.deal_form import DealForm, Terms, initial
from guildhall.console.house_answers import SeeOther, attempt
from guildhall.console.house_words import actor_names, known
from guildhall.console.partner_list import tabs, this_month
from guildhall.console.whatif_result import shown
from guildhall.core import clock
from guildhall.core.ids import is_id
from guildhall.partners import actions, queries
from guildhall.partners.models import DealVersion, Partner, WhatIf
from guildhall.partners.whatif import ALL
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import paging, tables

State = WhatIf.State
LIVE = (State.PLANNED, State.RUNNING)
MONTHS_OFFERED = 12
NOTHING = {"cpa": None, "caps": None, "carry": None, "hold_days": None, "hold_flags": None}
"""Terms are laid over those in force: what the form leaves empty must be said to be empty."""
SEED, DRAWS = 1, 1_000
NAMED = 20
"""So many partners and deals of a what-if are named on its page."""
SPEC = tables.Spec(
    columns=(
        tables.Column("name", gettext_lazy("What if"), css="lead"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("months", gettext_lazy("Months")),
        tables.Column("by", gettext_lazy("Asked by"), css="desk"),
        tables.Column("at", gettext_lazy("When"), sort=("id",)),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name of a what-if")),
    ),
    default_sort="-at",
    tie="",
    page_size=25,
)


class WhatIfForm(DealForm):
    """A deal to try, on whom and when, and what is assumed."""

    name = forms.CharField(label=gettext_lazy("What you call it"), required=False, max_length=120)
    partners = forms.MultipleChoiceField(
        label=gettext_lazy("For these partners"),
        help_text=gettext_lazy("All others keep what they have."),
    )
    months = forms.MultipleChoiceField(
        label=gettext_lazy("Over these months"),
        required=False,
        help_text=gettext_lazy("With none chosen, over all there is."),
    )
    incrementality = RateField(
        label=gettext_lazy("Share that would not have come without them"),
        help_text=gettext_lazy(
            "An assumption in percent. Nobody has measured it; a group left without the offer would."
        ),
    )
    fixed_cost = AmountField(
        label=gettext_lazy("Fixed cost beside it"),
        required=False,
        help_text=gettext_lazy("A retainer or a paid group, over these months."),
    )
    fixed_asset = forms.CharField(label=gettext_lazy("Asset"), required=False, max_length=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["valid_from"].required = False
        partners, months = self.fields["partners"], self.fields["months"]
        assert isinstance(partners, forms.MultipleChoiceField)
        assert isinstance(months, forms.MultipleChoiceField)
        named = Partner.objects.order_by("name").values_list("id", "name")
        partners.choices = [(ALL, _("all partners")), *named[:3_000]]
        months.choices = [(month, month) for month in _months()]
        partners.widget.attrs["size"] = months.widget.attrs["size"] = 6

    def clean(self) -> dict[str, Any]:
        said = super().clean()
        if said.get("fixed_cost") and not said.get("fixed_asset"):
            self.add_error("fixed_asset", _("Say it here as well."))
        return said

    def asked(self) -> dict[str, Any]:
        """What `actions.start_what_if` takes."""
        said = self.cleaned_data
        asset = (said.get("fixed_asset") or "").strip().upper()
        terms = {**NOTHING, **self.terms()}
        del terms["valid_from"], terms["valid_to"]
        cost = said.get("fixed_cost")
        whom = [ALL] if ALL in said["partners"] else said["partners"]
        return {
            "changes": [{"partner": one, "terms": terms} for one in whom],
            "months": sorted(said.get("months") or ()),
            "incrementality_ppm": said["incrementality"],
            "fixed_cost": {"asset": asset, "units": str(cost)} if cost else None,
            "seed": SEED,
            "draws": DRAWS,
        }


@requires("partners.view")
@require_safe
def whatif_list(request: HttpRequest) -> HttpResponse:
    """Every what-if, the latest first."""
    state = tables.read(SPEC, request.GET)
    found = WhatIf.objects.defer("result")
    if state.value("q"):
        found = found.filter(name__icontains=state.value("q"))
    table = paging.fetch(found, state)
    names = actor_names(one.started_by for one in table.rows)
    rows = [
        {
            "one": one,
            "title": title(one),
            "state": words.WHAT_IFS[one.state],
            "months": ", ".join(one.asked.get("months") or ()) or _("all"),
            "by": names[one.started_by],
        }
        for one in table.rows
    ]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "tabs": tabs("what-ifs"),
        "may_edit": known(request).may("partners.edit"),
    }
    return render(request, "console/partners/whatifs.html", context)


@requires("partners.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def whatif_new(request: HttpRequest) -> HttpResponse:
    """Try a deal; `?partner=&version=` begins with that version, `?again=` with an earlier what-if."""
    me = known(request)
    begun = _begun(request)
    form = WhatIfForm(
        request.POST or None,
        initial=begun,
        parents=list(Partner.objects.order_by("name").values_list("id", "name")[:3_000]),
    )
    made: list[WhatIf] = []

    def deed() -> None:
        made.append(actions.start_what_if(form.asked(), by=me.actor, name=form.cleaned_data["name"]))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("It is being computed; it goes on when you leave the page."))
        return SeeOther(reverse("console:what-if", args=[made[0].pk]))
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "open_later": form.has_later}
    return render(request, "console/partners/whatif_new.html", context, status=status)


@requires("partners.view")
@never_cache
@require_safe
def whatif_page(request: HttpRequest, whatif_id: str) -> HttpResponse:
    """One what-if and what came of it."""
    one, me = _find(whatif_id), known(request)
    context: dict[str, Any] = {
        **_live(me, one),
        "title": title(one),
        "tried": _tried(one),
        "months": ", ".join(one.asked.get("months") or ()) or _("all"),
        "by": actor_names([one.started_by])[one.started_by],
        "incrementality": one.asked.get("incrementality_ppm"),
        "fixed_cost": one.asked.get("fixed_cost"),
        "pinned": sorted(one.versions.items()),
    }
    if one.state == State.FINISHED:
        context |= shown(one.result)
    return render(request, "console/partners/whatif.html", context)


@requires("partners.view")
@never_cache
@require_safe
def whatif_live(request: HttpRequest, whatif_id: str) -> HttpResponse:
    """How far it is, for htmx; once it is over the whole page is fetched again."""
    one = _find(whatif_id)
    answer = render(request, "console/partners/whatif_live.html", _live(known(request), one))
    if one.state not in LIVE:
        answer["HX-Refresh"] = "true"
    return answer


def _tried(one: WhatIf) -> list[dict[str, Any]]:
    """The deals that were tried: each once, with those it was tried on."""
    groups: list[tuple[Terms, list[str]]] = []
    for change in one.asked.get("changes", ()):
        whom = next((whom for terms, whom in groups if terms == change["terms"]), None)
        if whom is None:
            groups.append((change["terms"], [change["partner"]]))
        else:
            whom.append(change["partner"])
    parents = [str(terms["override"]["parent"]) for terms, _whom in groups if terms.get("override")]
    names = words.names([*(key for _terms, whom in groups for key in whom[:NAMED]), *parents])
    return [
        {
            "for_all": ALL in whom,
            "partners": [(key, names[key]) for key in whom[:NAMED] if key != ALL],
            "more": max(0, len(whom) - NAMED),
            "terms": deal_words.rows(terms, names.__getitem__),
        }
        for terms, whom in groups[:NAMED]
    ]


def title(one: WhatIf) -> str:
    """What a what-if is called."""
    if one.name:
        return one.name
    changes = one.asked.get("changes", ())
    if any(change["partner"] == ALL for change in changes):
        return _("Another deal for all partners")
    count = len(changes)
    return _("Another deal for %(n)s partners") % {"n": count} if count != 1 else _("Another deal")


def _live(me: Staff, one: WhatIf) -> dict[str, Any]:
    return {
        "one": one,
        "state": words.WHAT_IFS[one.state],
        "is_live": one.state in LIVE,
        "percent": min(99, one.done * 100 // one.total) if one.total else 0,
        "why": words.why(one.error),
        "may_edit": me.may("partners.edit"),
    }


def _begun(request: HttpRequest) -> dict[str, Any]:
    """What the form begins with."""
    given: dict[str, Any] = {"incrementality": "100"}
    again = request.GET.get("again", "")
    earlier = WhatIf.objects.defer("result").filter(pk=again).first() if is_id(again) else None
    if earlier is not None and earlier.asked.get("changes"):
        changes = earlier.asked["changes"]
        return {
            **given,
            **initial(changes[0]["terms"]),
            "partners": [one["partner"] for one in changes],
            "months": earlier.asked.get("months") or [],
            "name": earlier.name,
        }
    partner, version = request.GET.get("partner", ""), request.GET.get("version", "")
    if not is_id(partner):
        return {**given, "tier_basis": "current_month"}
    return {**given, **initial(_terms(partner, version)), "partners": [partner]}


def _terms(partner: str, version: str) -> Terms:
    if version.isdecimal() and len(version) < 7:
        one = DealVersion.objects.filter(partner=partner, version=int(version)).first()
    else:
        one = queries.deal_in_force(partner, clock.now())
    return dict(one.terms) if one else {"tier_basis": "current_month", "tiers": []}


def _months() -> list[str]:
    """This month and those before it."""
    first, _next = this_month()
    found = []
    for _n in range(MONTHS_OFFERED):
        found.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return found


def _find(whatif_id: str) -> WhatIf:
    one = WhatIf.objects.filter(pk=whatif_id).first() if is_id(whatif_id) else None
    if one is None:
        raise Http404
    return one
