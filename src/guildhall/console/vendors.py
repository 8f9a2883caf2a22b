"""Vendors: outsourced teams side by side, one of them with its figures, people, routes and terms.

What the lead of a vendor sees of their own stands in `vendor_own`; months and invoices in `vendor_invoices`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console import quality_words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.desk.actions import vendors as actions
from guildhall.desk.models import Category, Ticket, Vendor, VendorRoute
from guildhall.desk.vendors import invoicing, scorecard
from guildhall.desk.vendors.routing import LISTS
from guildhall.desk.vendors.terms import METRICS
from guildhall.people.access import requires
from guildhall.people.models import LANGUAGES, Staff, Team, TeamMembership
from guildhall.people.roles import Role

METRIC_WORDS = {
    "first_response": gettext_lazy("First response"),
    "next_response": gettext_lazy("Next response"),
    "resolution": gettext_lazy("Resolution"),
}

LANGUAGES_TOO = [("zh", gettext_lazy("Chinese, both scripts")), *LANGUAGES]


class VendorForm(forms.Form):
    """A new vendor; its team is made with it unless one is chosen."""

    name = forms.CharField(label=gettext_lazy("What the vendor is called"), max_length=120)
    team = forms.ModelChoiceField(
        label=gettext_lazy("Team"),
        queryset=Team.objects.filter(vendor=None).order_by("name"),
        required=False,
        empty_label=gettext_lazy("a new one"),
    )


class RouteForm(forms.Form):
    """What sends tickets to a vendor's queue; what is left open does not restrict."""

    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"), required=False, choices=LANGUAGES_TOO
    )
    categories = forms.MultipleChoiceField(label=gettext_lazy("Categories"), required=False)
    tiers = forms.CharField(
        label=gettext_lazy("Tiers"), required=False, max_length=300,
        help_text=gettext_lazy("Separated by commas, as spaces carry them."),
    )  # fmt: skip
    spaces = forms.MultipleChoiceField(label=gettext_lazy("Spaces"), required=False)
    ways = forms.MultipleChoiceField(
        label=gettext_lazy("How it was asked"), required=False, choices=Ticket.Way.choices
    )
    priorities = forms.MultipleChoiceField(
        label=gettext_lazy("Priority"), required=False, choices=Ticket.Priority.choices
    )
    order = forms.IntegerField(
        label=gettext_lazy("Order"), min_value=1, max_value=999, initial=100,
        help_text=gettext_lazy("Routes of all vendors are asked in this order; the first that fits decides."),
    )  # fmt: skip
    is_on = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        categories = Category.objects.filter(archived_at=None).order_by("order")
        spaces = Space.objects.order_by("name").values_list("pk", "name")[:300]
        for name, choices in (
            ("categories", [(one.pk, str(one.called)) for one in categories]),
            ("spaces", list(spaces)),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = choices

    def match(self) -> dict[str, Any]:
        """As `routing.Match` reads it."""
        given = self.cleaned_data
        said = {name: list(given[name]) for name in LISTS if name != "tiers"}
        said["tiers"] = [one.strip() for one in given["tiers"].replace("，", ",").split(",") if one.strip()]
        return said


@requires("vendors.view")
@require_safe
def vendors(request: HttpRequest) -> HttpResponse:
    """Every vendor with this month's figures beside each other."""
    me = known(request)
    month = invoicing.first_of_month(clock.now().date())
    found = list(Vendor.objects.select_related("team").order_by("-is_active", "name"))
    context = {
        "rows": [figures(scorecard.of(vendor, month)) for vendor in found],
        "month": month,
        "may_manage": me.may("vendors.manage"),
    }
    return render(request, "console/vendors/list.html", context)


@requires("vendors.manage")
@never_cache
def vendor_new(request: HttpRequest) -> HttpResponse:
    """Set a vendor up."""
    form = VendorForm(request.POST if request.method == "POST" else None)
    made: list[Vendor] = []

    def deed() -> None:
        given = form.cleaned_data
        made.append(actions.create_vendor(given["name"], known(request), team=given["team"]))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Set up. Let its people in, then say which tickets it gets."))
        return SeeOther(reverse("console:vendor", args=[made[0].pk]))
    return render(request, "console/vendors/new.html", {"form": form}, status=422 if form.is_bound else 200)


@requires("vendors.view")
@require_safe
def vendor(request: HttpRequest, vendor_id: str) -> HttpResponse:
    """One vendor: how it does, who works for it, what it gets, what it is paid."""
    me, found = known(request), _vendor(vendor_id)
    month = month_of(request)
    manages = me.may("vendors.manage")
    context = page(found, month) | {
        "may_manage": manages,
        "may_approve": me.may("approvals.view"),
        "routes": [_told(route) for route in found.routes.order_by("order", "pk")],
        "candidates": _candidates(found) if manages else [],
    }
    return render(request, "console/vendors/page.html", context)


@requires("vendors.manage")
@require_POST
def vendor_switch(request: HttpRequest, vendor_id: str) -> HttpResponse:
    """Work with them no longer, or again."""
    found = _vendor(vendor_id)
    said = _("They see nothing from now on.") if found.is_active else _("They work for us again.")
    return carry_out(
        request,
        lambda: actions.switch_vendor(found.pk, not found.is_active, known(request)),
        said,
        _back(found),
    )


@requires("vendors.manage")
@require_POST
def vendor_agent_add(request: HttpRequest, vendor_id: str) -> HttpResponse:
    """Let somebody in."""
    found = _vendor(vendor_id)

    def deed() -> None:
        is_lead = request.POST.get("lead") == "yes"
        actions.add_agent(found.pk, _staff(request.POST.get("staff", "")), known(request), is_lead=is_lead)

    return carry_out(request, deed, _("They see the vendor's queue now."), _back(found))


@requires("vendors.manage")
@require_POST
def vendor_agent_remove(request: HttpRequest, vendor_id: str, staff_id: int) -> HttpResponse:
    """Take somebody out."""
    found = _vendor(vendor_id)
    return carry_out(
        request,
        lambda: actions.remove_agent(found.pk, _staff(str(staff_id)), known(request)),
        _("They see the queue no longer."),
        _back(found),
    )


@requires("vendors.manage")
@never_cache
def vendor_route(request: HttpRequest, vendor_id: str, route_id: str = "") -> HttpResponse:
    """Write a route to the vendor's queue."""
    found = _vendor(vendor_id)
    route = get_object_or_404(VendorRoute, pk=route_id, vendor=found) if route_id else None
    form = RouteForm(request.POST if request.method == "POST" else None, initial=_initial(route))

    def deed() -> None:
        given = form.cleaned_data
        actions.save_route(
            found.pk,
            form.match(),
            known(request),
            route_id=route_id,
            order=given["order"],
            is_on=given["is_on"],
        )

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved; it holds for what comes in from now on."))
        return SeeOther(_back(found))
    context = {"form": form, "vendor": found, "route": route}
    return render(request, "console/vendors/route.html", context, status=422 if form.is_bound else 200)


@requires("vendors.manage")
@require_POST
def vendor_route_remove(request: HttpRequest, vendor_id: str, route_id: str) -> HttpResponse:
    """Send nothing there by this route any more."""
    found = _vendor(vendor_id)
    return carry_out(
        request, lambda: actions.remove_route(found.pk, route_id, known(request)), _("Removed."), _back(found)
    )


def page(found: Vendor, month: date) -> dict[str, Any]:
    """What the page of a vendor shows to us and to its lead alike."""
    now, before = scorecard.of(found, month), scorecard.of(found, invoicing.month_before(month))
    rows = TeamMembership.objects.filter(team_id=found.team_id).select_related("staff")
    this = invoicing.first_of_month(clock.now().date())
    return {
        "vendor": found,
        "month": month,
        "earlier": invoicing.month_before(month),
        "later": invoicing.month_after(month) if month < this else None,
        "score": figures(now),
        "before": figures(before),
        "people": list(rows.order_by("-is_lead", "staff__name")),
        "invoices": [
            {"invoice": one, "scale": one.terms.get("scale", 2)}
            for one in found.invoices.order_by("-month")[:24]
        ],
    }


def figures(one: scorecard.VendorScore) -> dict[str, Any]:
    """A vendor's figures in words."""
    return {
        "vendor": one.vendor,
        "solved": one.solved,
        "open_now": one.open_now,
        "hours": f"{one.seconds // 3600}:{one.seconds % 3600 // 60:02d}",
        "kept": quality_words.share(one.kept_bp),
        "kept_colour": "" if one.kept_bp is None else "green" if one.kept_bp >= 9_500 else "amber"
        if one.kept_bp >= 9_000 else "red",
        "metrics": [
            {
                "label": METRIC_WORDS[metric],
                "share": quality_words.share(one.share(metric)),
                "kept": one.kept.get(metric, (0, 0))[0],
                "all": one.kept.get(metric, (0, 0))[1],
            }
            for metric in METRICS
        ],
        "rating": "—" if one.rating is None else f"{one.rating // 100}.{one.rating % 100:02d}",
        "rated": one.rated,
        "points": quality_words.points(one.points),
        "points_colour": quality_words.colour(one.points),
        "reviews": one.reviews,
        "reopened": quality_words.share(one.reopened_bp),
    }  # fmt: skip


def month_of(request: HttpRequest) -> date:
    """The month of the address (`?month=2026-10`), this month when there is none or it is not one yet."""
    this = invoicing.first_of_month(clock.now().date())
    try:
        asked = date.fromisoformat(request.GET.get("month", "") + "-01")
    except ValueError:
        return this
    return min(asked, this) if asked.year >= 2000 else this


def _vendor(vendor_id: str) -> Vendor:
    return get_object_or_404(Vendor.objects.select_related("team"), pk=vendor_id)


def _staff(key: str) -> Staff:
    found = (
        Staff.objects.filter(pk=key, is_active=True).first() if key.isdecimal() and len(key) < 12 else None
    )
    if found is None:
        raise NotFound(Text("There is no such colleague.", "没有此员工。"))
    return found


def _candidates(found: Vendor) -> list[Staff]:
    """Vendor agents who work for nobody yet."""
    free = Staff.objects.filter(is_active=True, grants__role=Role.VENDOR_AGENT).exclude(
        memberships__team__vendor__isnull=False
    )
    return [one for one in free.order_by("name")[:200] if set(one.roles) == {Role.VENDOR_AGENT}]


def _told(route: VendorRoute) -> dict[str, Any]:
    """A route in words."""
    names: dict[str, dict[str, Any]] = {
        "languages": dict(LANGUAGES) | {"zh": _("Chinese, both scripts")},
        "categories": {one.pk: str(one.called) for one in Category.objects.all()},
        "ways": dict(Ticket.Way.choices),
        "priorities": dict(Ticket.Priority.choices),
        "spaces": dict(Space.objects.filter(pk__in=route.match.get("spaces", [])).values_list("pk", "name")),
    }
    parts = [
        ", ".join(str(names.get(name, {}).get(value, value)) for value in values)
        for name, values in route.match.items()
    ]
    return {"route": route, "words": " · ".join(parts)}


def _initial(route: VendorRoute | None) -> dict[str, Any]:
    if route is None:
        return {}
    said = {name: list(route.match.get(name, [])) for name in LISTS}
    return said | {"tiers": ", ".join(said["tiers"]), "order": route.order, "is_on": route.is_on}


def _back(found: Vendor) -> str:
    return reverse("console:vendor", args=[found.pk])
