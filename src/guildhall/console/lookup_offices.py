"""Back offices: where each exchange answers questions about accounts, with a secret that is shown once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.exchange.lookup import offices, queries
from guildhall.exchange.lookup.models import BackOffice
from guildhall.people.access import requires

_LIMITS = ("timeout_s", "person_minute", "house_minute")


class OfficeForm(forms.Form):
    """Where a back office answers, and how often it may be asked."""

    venue = forms.CharField(
        label=gettext_lazy("Exchange"),
        max_length=30,
        help_text=gettext_lazy("Its short name in reports, such as okx or house."),
    )
    url = forms.CharField(
        label=gettext_lazy("Address questions go to"),
        max_length=300,
        widget=forms.URLInput(attrs={"placeholder": "https://backoffice.example/lookup"}),
    )
    secret = forms.CharField(
        label=gettext_lazy("Shared secret"),
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Leave empty to have one made; it is shown once."),
    )
    timeout_s = forms.IntegerField(
        label=gettext_lazy("Seconds to wait for an answer"), initial=8, min_value=1, max_value=30
    )
    person_minute = forms.IntegerField(
        label=gettext_lazy("Questions a minute, for each person"), initial=20, min_value=1, max_value=600
    )
    house_minute = forms.IntegerField(
        label=gettext_lazy("Questions a minute, all together"), initial=120, min_value=1, max_value=6000
    )

    def limits(self) -> dict[str, int]:
        return {name: int(self.cleaned_data[name]) for name in _LIMITS}


@requires("settings.view")
@never_cache
@require_safe
def office_list(request: HttpRequest) -> HttpResponse:
    """Every back office, and a form for one more."""
    return _list(request, OfficeForm())


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def office_new(request: HttpRequest) -> HttpResponse:
    """Connect one; a secret that was made here is shown once."""
    form = OfficeForm(request.POST)
    made: list[BackOffice] = []

    def deed() -> None:
        said = form.cleaned_data
        made.append(
            offices.connect(
                said["venue"], said["url"], known(request).actor, secret=said["secret"], limits=form.limits()
            )
        )

    if not attempt(form, deed):
        return _list(request, form, status=422)
    if form.cleaned_data["secret"]:
        return SeeOther(reverse("console:back-offices"))
    context = {"office": made[0], "secret": offices.secret_of(made[0])}
    return render(request, "console/lookup/secret.html", context)


@requires("settings.view")
@never_cache
@require_safe
def office_page(request: HttpRequest, office_id: str) -> HttpResponse:
    """One back office: how it is reached."""
    return _page(request, _office(office_id))


@requires("settings.edit", confirm=True)
@never_cache
@require_POST
def office_change(request: HttpRequest, office_id: str) -> HttpResponse:
    """Change address, limits or secret; an empty secret keeps the one there is."""
    office = _office(office_id)
    form = _bound(office, request.POST)

    def deed() -> None:
        said = form.cleaned_data
        offices.change(
            office.pk, said["url"], known(request).actor, secret=said["secret"], limits=form.limits()
        )

    if not attempt(form, deed):
        return _page(request, office, form, status=422)
    return SeeOther(reverse("console:back-office", args=[office.pk]))


@requires("settings.edit")
@require_POST
def office_switch(request: HttpRequest, office_id: str) -> HttpResponse:
    """Stop asking it, or ask it again."""
    office, by = _office(office_id), known(request).actor
    said = _("It is asked no more.") if office.is_on else _("It can be asked again.")
    back = reverse("console:back-office", args=[office.pk])
    return carry_out(request, lambda: offices.switch(office.pk, not office.is_on, by), said, back)


@requires("settings.edit", confirm=True)
@require_POST
def office_remove(request: HttpRequest, office_id: str) -> HttpResponse:
    """Forget it and its secret."""
    by = known(request).actor
    back = reverse("console:back-offices")
    return carry_out(request, lambda: offices.remove(office_id, by), _("Removed."), back)


def _list(request: HttpRequest, form: OfficeForm, status: int = 200) -> HttpResponse:
    context = {
        "offices": list(queries.offices()),
        "form": form,
        "may_edit": known(request).may("settings.edit"),
    }
    return render(request, "console/lookup/offices.html", context, status=status)


def _page(
    request: HttpRequest, office: BackOffice, form: OfficeForm | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "office": office,
        "form": form or _bound(office),
        "may_edit": known(request).may("settings.edit"),
        "asked": list(queries.asked(venue=office.venue).order_by("-id")[:10]),
    }
    return render(request, "console/lookup/office.html", context, status=status)


def _bound(office: BackOffice, data: Any = None) -> OfficeForm:
    initial = {name: getattr(office, name) for name in ("venue", "url", *_LIMITS)}
    form = OfficeForm(data, initial=initial)
    form.fields["venue"].disabled = True
    form.fields["secret"].help_text = _("Leave empty to keep the one there is.")
    return form


def _office(office_id: str) -> BackOffice:
    return get_object_or_404(BackOffice, pk=office_id)
