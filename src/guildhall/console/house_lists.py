"""Domains and names: what every policy shares. Domains that are always fine or always refused; names nobody
may borrow.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import house_feeds
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import actor_names, known
from guildhall.guard import actions
from guildhall.guard.models import DomainEntry, ProtectedName
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_MOST_AT_ONCE = 20_000
_MOST_NAMED = 20
_MOST_NAMES = 500

SPEC = tables.Spec(
    columns=(
        tables.Column("domain", gettext_lazy("Domain"), sort=("domain",), css="lead"),
        tables.Column("kind", gettext_lazy("List")),
        tables.Column("source", gettext_lazy("Source"), css="desk"),
        tables.Column("by", gettext_lazy("Added by"), css="desk"),
        tables.Column("at", gettext_lazy("When")),
        tables.Column("remove", gettext_lazy("Remove"), css="num"),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder="example.com"),
        tables.Filter("kind", gettext_lazy("List"), "choice", tuple(DomainEntry.Kind.choices)),
    ),
    default_sort="domain",
)


class DomainsForm(forms.Form):
    """One domain or many, one a line."""

    domains = forms.CharField(
        label=gettext_lazy("Domains"),
        max_length=2_000_000,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "example.com"}),
        help_text=gettext_lazy("One a line; whole addresses are cut to their domain."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("List"), choices=DomainEntry.Kind.choices, initial=DomainEntry.Kind.BLOCK
    )
    source = forms.CharField(label=gettext_lazy("Source"), max_length=120, required=False)

    def clean_domains(self) -> list[str]:
        """The lines; more than a list of that size belongs into a file."""
        lines = str(self.cleaned_data["domains"]).replace("\x00", "").splitlines()
        if len(lines) > _MOST_AT_ONCE:
            raise forms.ValidationError(_("At most %(most)s lines at once.") % {"most": _MOST_AT_ONCE})
        return lines


class NameForm(forms.Form):
    """A name nobody else may borrow."""

    name = forms.CharField(label=gettext_lazy("Protected name"), max_length=80)
    kind = forms.ChoiceField(label=gettext_lazy("Whose"), choices=ProtectedName.Kind.choices)
    domains = forms.CharField(
        label=gettext_lazy("Its real domains"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Apart by spaces."),
    )


@requires("policies.view")
@require_safe
def lists(request: HttpRequest) -> HttpResponse:
    """The lists, and forms to add to them."""
    return _page(request, DomainsForm(), NameForm())


@requires("policies.approve")
@require_POST
def domains_add(request: HttpRequest) -> HttpResponse:
    """Add domains; the good ones are kept, the bad ones are named with their line."""
    form = DomainsForm(request.POST)
    outcome: list[tuple[int, list[tuple[int, str]]]] = []

    def deed() -> None:
        said = form.cleaned_data
        by = known(request).actor
        if len(said["domains"]) == 1:
            actions.add_domain(said["domains"][0], said["kind"], by, source=said["source"])
            outcome.append((1, []))
            return
        added, bad = actions.add_domains(said["domains"], said["kind"], by, source=said["source"])
        outcome.append((added, list(bad)))

    if not attempt(form, deed):
        return _page(request, form, NameForm(), status=422)
    added, bad = outcome[0]
    messages.success(request, ngettext("%(n)s domain listed.", "%(n)s domains listed.", added) % {"n": added})
    if bad:
        named = ", ".join(f"{row}: {text}" for row, text in bad[:_MOST_NAMED])
        messages.warning(
            request,
            ngettext("%(n)s line is no domain: %(lines)s", "%(n)s lines are no domains: %(lines)s", len(bad))
            % {"n": len(bad), "lines": named},
        )
    return SeeOther(reverse("console:lists"))


@requires("policies.approve")
@require_POST
def domain_remove(request: HttpRequest) -> HttpResponse:
    """Take a domain off its list."""
    domain, by = request.POST.get("domain", "")[:253], known(request).actor
    said = _("%(domain)s is on no list any more.") % {"domain": domain}
    return carry_out(request, lambda: actions.remove_domain(domain, by), said, reverse("console:lists"))


@requires("policies.approve")
@require_POST
def name_add(request: HttpRequest) -> HttpResponse:
    """Protect a name."""
    form = NameForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        actions.protect_name(
            said["name"], said["kind"], known(request).actor, domains=said["domains"].split()
        )

    if attempt(form, deed):
        return carry_out(request, lambda: None, _("The name is protected."), reverse("console:lists"))
    return _page(request, DomainsForm(), form, status=422)


@requires("policies.approve")
@require_POST
def name_remove(request: HttpRequest, name_id: int) -> HttpResponse:
    """Stop protecting a name."""
    by = known(request).actor
    said = _("The name is no longer protected.")
    return carry_out(request, lambda: actions.unprotect_name(name_id, by), said, reverse("console:lists"))


def page(request: HttpRequest, feeds: dict[str, Any], status: int) -> HttpResponse:
    """The page with the forms of its feeds as they were filled in."""
    return _page(request, DomainsForm(), NameForm(), status, feeds)


def _page(
    request: HttpRequest,
    domains_form: DomainsForm,
    name_form: NameForm,
    status: int = 200,
    feeds: dict[str, Any] | None = None,
) -> HttpResponse:
    state = tables.read(SPEC, request.GET)
    found = DomainEntry.objects.all()
    if state.value("kind"):
        found = found.filter(kind=state.value("kind"))
    if state.value("q"):
        found = found.filter(domain__contains=state.value("q").lower())
    table = paging.fetch(found, state, count_cap=10_000)
    who = actor_names(row.added_by for row in table.rows)
    rows = [{"entry": row, "by": who[row.added_by]} for row in table.rows]
    context = {
        "tabs": tabs(request, "lists"),
        "table": tables.Table(state, rows, table.next_key, table.previous_key, table.count),
        "names": ProtectedName.objects.order_by("name")[:_MOST_NAMES],
        "domains_form": domains_form,
        "name_form": name_form,
        "may_edit": known(request).may("policies.approve"),
        **(feeds or house_feeds.section()),
    }
    return render(request, "console/house/lists.html", context, status=status)
