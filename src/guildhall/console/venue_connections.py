"""Connections to affiliate APIs: which exchanges are pulled, how each stands, keys that are taken once and
never shown again.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.exchange.venues import connections, pulling, queries
from guildhall.exchange.venues.adapters import ADAPTERS
from guildhall.exchange.venues.models import Pull, VenueConnection
from guildhall.exchange.venues.wire import Base, Credentials
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_STATES = {
    VenueConnection.State.ACTIVE: "green",
    VenueConnection.State.PAUSED: "amber",
    VenueConnection.State.REFUSED: "red",
}
PULL_COLOURS = {Pull.State.DONE: "green", Pull.State.FAILED: "red"}
_ONCE = {"autocomplete": "off", "spellcheck": "false"}
PULLS = tables.Spec(
    columns=(
        tables.Column("when", gettext_lazy("Begun"), sort=("id",), css="lead"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("accounts", gettext_lazy("Accounts"), css="num"),
        tables.Column("rows", gettext_lazy("Days booked"), css="num"),
        tables.Column("reversed", gettext_lazy("Taken back"), css="num"),
        tables.Column("bad", gettext_lazy("Put aside"), css="num"),
        tables.Column("notes", gettext_lazy("Not whole"), css="text desk"),
    ),
    default_sort="-when",
    tie="",
    page_size=25,
)


class KeysForm(forms.Form):
    """What an exchange gives its affiliates to sign with, and how often it is asked."""

    key = forms.CharField(
        label=gettext_lazy("API key"), max_length=300, required=False, widget=forms.TextInput(attrs=_ONCE)
    )
    secret = forms.CharField(
        label=gettext_lazy("API secret"),
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs=_ONCE),
        help_text=gettext_lazy("A key that may only read, made by the affiliate's main account."),
    )
    passphrase = forms.CharField(
        label=gettext_lazy("Passphrase"),
        max_length=300,
        required=False,
        widget=forms.PasswordInput(attrs=_ONCE),
        help_text=gettext_lazy("OKX and Bitget only."),
    )
    every_min = forms.IntegerField(
        label=gettext_lazy("Minutes between pulls"),
        initial=60,
        min_value=connections.LEAST_MIN,
        max_value=connections.MOST_MIN,
    )
    origin = forms.CharField(
        label=gettext_lazy("Another web address"),
        max_length=300,
        required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=gettext_lazy("Empty: the exchange's own."),
    )

    def keys(self) -> Credentials | None:
        """The keys given, or None when all fields were left empty."""
        given = [str(self.cleaned_data[name]).strip() for name in ("key", "secret", "passphrase")]
        return Credentials(*given) if any(given) else None


class ConnectForm(KeysForm):
    """A new connection."""

    platform = forms.ChoiceField(label=gettext_lazy("Exchange"))
    venue = forms.CharField(
        label=gettext_lazy("Name in reports"),
        max_length=30,
        required=False,
        help_text=gettext_lazy("Empty: the exchange's own. Give another for a second affiliate account."),
    )
    count_from = forms.DateField(
        label=gettext_lazy("Counts from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The first UTC day whose trading counts; empty for today."),
    )
    field_order = ("platform", "key", "secret", "passphrase", "count_from", "venue", "every_min", "origin")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        platform = self.fields["platform"]
        assert isinstance(platform, forms.ChoiceField)
        platform.choices = [(one.name, str(one.label)) for one in ADAPTERS.values()]
        self.fields["key"].required = self.fields["secret"].required = True

    def clean_count_from(self) -> Any:
        day = self.cleaned_data["count_from"]
        if day is not None and day > clock.now().date():
            raise forms.ValidationError(_("This day is still to come."))
        return day


@dataclass(frozen=True, slots=True)
class Line:
    """A connection as pages show it."""

    one: VenueConnection
    label: str
    state: str
    colour: str
    what: str


@requires("feeds.view")
@never_cache
@require_safe
def venue_list(request: HttpRequest) -> HttpResponse:
    """Every connection, and a form for one more."""
    return _list(request, ConnectForm())


@requires("feeds.manage")
@never_cache
@require_POST
def venue_new(request: HttpRequest) -> HttpResponse:
    """Connect an affiliate account and pull at once."""
    form = ConnectForm(request.POST)
    made: list[VenueConnection] = []

    def deed() -> None:
        said, keys = form.cleaned_data, form.keys()
        assert keys is not None
        by = known(request).actor
        one = connections.connect(
            said["platform"], by, keys, venue=said["venue"], origin=said["origin"],
            count_from=said["count_from"], every_min=said["every_min"],
        )  # fmt: skip
        made.append(one)
        pulling.begin(one.pk, by)

    if not attempt(form, deed):
        return _list(request, form, status=422)
    return SeeOther(_href(made[0]))


@requires("feeds.view")
@never_cache
@require_safe
def venue_page(request: HttpRequest, connection_id: str) -> HttpResponse:
    """One connection: how it stands, its pulls."""
    return _page(request, _connection(connection_id))


@requires("feeds.manage", confirm=True)
@never_cache
@require_POST
def venue_change(request: HttpRequest, connection_id: str) -> HttpResponse:
    """Change how often it is pulled, its address, or its keys (empty keeps those there are)."""
    one = _connection(connection_id)
    form = _bound(one, request.POST)

    def deed() -> None:
        said = form.cleaned_data
        connections.change(
            one.pk, known(request).actor, every_min=said["every_min"], origin=said["origin"],
            credentials=form.keys(),
        )  # fmt: skip

    if not attempt(form, deed):
        return _page(request, one, form, status=422)
    return SeeOther(_href(one))


@requires("feeds.manage")
@require_POST
def venue_pull(request: HttpRequest, connection_id: str) -> HttpResponse:
    """Pull now instead of when it is due."""
    one, by = _connection(connection_id), known(request).actor
    said = _("The pull has begun.")
    return carry_out(request, lambda: pulling.begin(one.pk, by), said, _href(one))


@requires("feeds.manage")
@require_POST
def venue_pause(request: HttpRequest, connection_id: str) -> HttpResponse:
    """Pull nothing for a while."""
    one, by = _connection(connection_id), known(request).actor
    return carry_out(request, lambda: connections.pause(one.pk, by), _("Paused."), _href(one))


@requires("feeds.manage")
@require_POST
def venue_resume(request: HttpRequest, connection_id: str) -> HttpResponse:
    """Pull again."""
    one, by = _connection(connection_id), known(request).actor
    return carry_out(request, lambda: connections.resume(one.pk, by), _("At work again."), _href(one))


def line(one: VenueConnection) -> Line:
    """A connection with its problem in the reader's language."""
    told = str(Text.from_json(one.problem)) if one.problem else ""
    colour = _STATES[VenueConnection.State(one.state)]
    is_hidden = bool(told) and one.state == VenueConnection.State.ACTIVE
    state = _("Trouble") if is_hidden else one.get_state_display()
    return Line(one, str(ADAPTERS[one.platform].label), state, "amber" if is_hidden else colour, told)


def _list(request: HttpRequest, form: ConnectForm, status: int = 200) -> HttpResponse:
    context = {
        "lines": [line(one) for one in queries.connections()],
        "form": form,
        "may_manage": known(request).may("feeds.manage"),
    }
    return render(request, "console/venues/list.html", context, status=status)


def _page(
    request: HttpRequest, one: VenueConnection, form: KeysForm | None = None, status: int = 200
) -> HttpResponse:
    state = tables.read(PULLS, request.GET)
    table = paging.fetch(queries.pulls(one.pk), state)
    rows = [{"pull": pull, "colour": PULL_COLOURS.get(Pull.State(pull.state), "blue")} for pull in table.rows]
    adapter = ADAPTERS[one.platform]
    context = {
        "line": line(one),
        "one": one,
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "standing": queries.standing(one.pk),
        "form": form or _bound(one),
        "may_manage": known(request).may("feeds.manage"),
        "is_commission": adapter.base is Base.COMMISSION,
        "origin": one.origin or " ".join(adapter.hosts.values()),
        "skew_s": round(one.skew_ms / 1000, 1),
        "is_skewed": abs(one.skew_ms) > 2000,
        "under_way": any(row["pull"].state in ("reading", "booking") for row in rows),
    }
    return render(request, "console/venues/venue.html", context, status=status)


def _bound(one: VenueConnection, data: Any = None) -> KeysForm:
    form = KeysForm(data, initial={"every_min": one.every_min, "origin": one.origin})
    for name in ("key", "secret", "passphrase"):
        form.fields[name].help_text = _("Leave empty to keep the one there is.")
    if not ADAPTERS[one.platform].has_passphrase:
        form.fields["passphrase"].widget = forms.HiddenInput()
    return form


def _connection(connection_id: str) -> VenueConnection:
    return get_object_or_404(VenueConnection, pk=connection_id)


def _href(one: VenueConnection) -> str:
    return reverse("console:venue", args=[one.pk])
