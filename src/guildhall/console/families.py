"""Families of groups: one region, theme and language each, their groups in tiers with the room that is
left, the entrances that lead in, and what is said to all of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Case, Count, Q, QuerySet, Sum, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.channels.wecom.models import MassSend, WecomCorp
from guildhall.compliance.acts import LABELS, Act
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.console.spaces import platform_name
from guildhall.core import clock
from guildhall.people.access import requires
from guildhall.people.models import LANGUAGES
from guildhall.spaces.actions import families, masses, tags
from guildhall.spaces.models import Entrance, Entry, Family, GroupDay, Place

WEEK = timedelta(days=7)


class FamilyForm(forms.Form):
    """What a family is."""

    name = forms.CharField(label=gettext_lazy("Name of the family"), max_length=120)
    region = forms.RegexField(
        r"^[A-Za-z]{2}(-[A-Za-z0-9]{1,3})?$",
        label=gettext_lazy("Legal region"),
        required=False,
        help_text=gettext_lazy(
            "Whose law protects its people, such as SG. Without one nobody may be invited."
        ),
    )
    theme = forms.CharField(
        label=gettext_lazy("Theme"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Such as perps, spot, new."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)
    tiers = forms.CharField(
        label=gettext_lazy("Tiers"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Names apart by commas, the outermost first; empty for none."),
    )
    limit = forms.IntegerField(
        label=gettext_lazy("A group is full at"),
        min_value=1,
        max_value=200_000,
        initial=450,
        help_text=gettext_lazy(
            "Newcomers are led to the next group from then on. Stay below what the platform takes."
        ),
    )

    def said(self) -> dict[str, Any]:
        """As the action takes it."""
        given = dict(self.cleaned_data)
        given["tiers"] = [one.strip() for one in given["tiers"].replace("，", ",").split(",") if one.strip()]
        return given


class PutForm(forms.Form):
    """A group to be given a place."""

    space = forms.ModelChoiceField(label=gettext_lazy("Group"), queryset=Space.objects.none())
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)

    def __init__(self, family: Family, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        group, tier = self.fields["space"], self.fields["tier"]
        assert isinstance(group, forms.ModelChoiceField)
        assert isinstance(tier, forms.ChoiceField)
        free = Space.objects.filter(place=None, archived_at=None).exclude(kind__in=("private", "robot"))
        group.queryset = free.order_by("name")
        tier.choices = [("", "—"), *((one, one) for one in family.tiers)]


class SayForm(forms.Form):
    """Words for every customer group of a family."""

    text = forms.CharField(
        label=gettext_lazy("Words"), max_length=1300, widget=forms.Textarea(attrs={"rows": 4})
    )
    act = forms.ChoiceField(label=gettext_lazy("What it does"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        act = self.fields["act"]
        assert isinstance(act, forms.ChoiceField)
        act.choices = [(one.value, str(LABELS[one])) for one in Act]


class GreetForm(forms.Form):
    """The welcome WeCom shows who joins a group."""

    corp = forms.ModelChoiceField(
        label=gettext_lazy("Corporation"), queryset=WecomCorp.objects.order_by("name")
    )
    text = forms.CharField(
        label=gettext_lazy("Welcome"), max_length=950, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("%NICKNAME% stands for the newcomer."),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One family: `room` is how many more its open groups take; `heads` None when nobody counted."""

    family: Family
    groups: int
    heads: int | None
    room: int
    entrances: int
    word: str
    colour: str


@dataclass(frozen=True, slots=True)
class Seat:
    """One group in a family, with the days behind it."""

    place: Place
    limit: int
    platform: object
    joined: int | None
    left: int | None


@requires("spaces.view")
@require_safe
def family_list(request: HttpRequest) -> HttpResponse:
    """Every family, by name."""
    found = Family.objects.filter(archived_at=None).order_by("name", "pk")
    context = {"lines": [line(one) for one in found], "may_edit": known(request).may("spaces.edit")}
    return render(request, "console/families/list.html", context)


def line(family: Family) -> Line:
    """A family in one word."""
    places = list(family.places.filter(space__archived_at=None))
    counted = [place.heads for place in places if place.heads is not None]
    open_ones = [place for place in places if place.takes and place.full_at is None]
    room = sum(max(0, (place.limit or family.limit) - (place.heads or 0)) for place in open_ones)
    entrances = family.entrances.exclude(state=Entrance.State.CLOSED)
    states = Counter(entrances.values_list("state", flat=True))
    word, colour = _("open"), "green"
    if not places:
        word, colour = _("no group yet"), ""
    elif not open_ones:
        word, colour = _("full"), "red"
    elif states[Entrance.State.HELD]:
        word, colour = _("entrance held"), "amber"
    return Line(
        family, len(places), sum(counted) if counted else None, room, sum(states.values()), word, colour
    )


@requires("spaces.edit")
def family_new(request: HttpRequest) -> HttpResponse:
    """Make a family."""
    form, made = FamilyForm(request.POST or None, initial={"language": request.LANGUAGE_CODE}), list[Family]()

    def deed() -> None:
        made.append(families.found(by=known(request).actor, **form.said()))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("The family stands. Give its groups their places."))
        return SeeOther(_page(made[0]))
    return render(
        request,
        "console/families/form.html",
        {"form": form, "family": None},
        status=422 if form.errors else 200,
    )


@requires("spaces.edit")
def family_edit(request: HttpRequest, family_id: str) -> HttpResponse:
    """Change what a family is; its groups follow."""
    family = _family(family_id)
    initial = {name: getattr(family, name) for name in ("name", "region", "theme", "language", "limit")} | {
        "tiers": ", ".join(family.tiers)
    }
    form = FamilyForm(request.POST or None, initial=initial)
    if request.method == "POST" and attempt(
        form, lambda: families.edit(family.pk, by=known(request).actor, **form.said())
    ):
        messages.success(request, _("Saved."))
        return SeeOther(_page(family))
    return render(
        request,
        "console/families/form.html",
        {"form": form, "family": family},
        status=422 if form.errors else 200,
    )


@requires("spaces.view")
@require_safe
def family_page(request: HttpRequest, family_id: str) -> HttpResponse:
    """One family: its groups in tiers, its entrances, what may be said to it."""
    return _family_page(request, _family(family_id))


def _family_page(
    request: HttpRequest, family: Family, status: int = 200, **bound: forms.Form
) -> HttpResponse:
    since = clock.now() - WEEK
    entered = Entry.objects.filter(entrance__family=family, at__gte=since)
    context = {
        "family": family,
        "line": line(family),
        "tiers": _tiers(family),
        "entrances": entrances_of(family),
        "entered": entered.values("external_id").distinct().count(),
        "greetings": family.greetings.select_related("corp"),
        "put_form": bound.get("put_form") or PutForm(family),
        "say_form": bound.get("say_form") or SayForm(),
        "greet_form": bound.get("greet_form") or GreetForm(),
        "has_customer_groups": family.places.filter(space__wecom__isnull=False).exists(),
        "may_edit": known(request).may("spaces.edit"),
        "may_send": known(request).may("broadcasts.edit"),
    }
    return render(request, "console/families/family.html", context, status=status)


def entrances_of(family: Family) -> QuerySet[Entrance]:
    """A family's entrances, open ones first, with who entered within a week."""
    week = Count("entries", filter=Q(entries__at__gte=clock.now() - WEEK))
    is_closed = Case(When(state=Entrance.State.CLOSED, then=Value(1)), default=Value(0))
    return (
        family.entrances.annotate(week=week, is_closed=is_closed)
        .select_related("way", "shows", "leads_to")
        .order_by("is_closed", "name", "pk")
    )


def _tiers(family: Family) -> list[tuple[str, list[Seat]]]:
    """Its groups by tier in order; those of no tier last."""
    places = family.places.filter(space__archived_at=None).select_related("space").order_by("position", "pk")
    week = {
        row["space"]: (row["joined"], row["left"])
        for row in GroupDay.objects.filter(space__place__family=family, day__gte=(clock.now() - WEEK).date())
        .values("space")
        .annotate(joined=Sum("joined"), left=Sum("left"))
    }
    by_tier: dict[str, list[Seat]] = {tier: [] for tier in family.tiers}
    for place in places:
        joined, left = week.get(place.space_id, (None, None))
        seat = Seat(place, place.limit or family.limit, platform_name(place.space.platform), joined, left)
        by_tier.setdefault(place.tier, []).append(seat)
    return [(tier, seats) for tier, seats in by_tier.items() if tier or seats]


@requires("spaces.edit")
@require_POST
def place_put(request: HttpRequest, family_id: str) -> HttpResponse:
    """Give a group its place."""
    family = _family(family_id)
    form = PutForm(family, request.POST)

    def deed() -> None:
        said = form.cleaned_data
        families.put(said["space"].pk, family.pk, tier=said["tier"], by=known(request).actor)

    if not attempt(form, deed):
        return _family_page(request, family, 422, put_form=form)
    messages.success(request, _("The group has its place."))
    return SeeOther(_page(family))


@requires("spaces.edit")
@require_POST
def place_change(request: HttpRequest, family_id: str, space_id: str) -> HttpResponse:
    """Lead newcomers to a group or past it, or move it up in line."""
    family = _family(family_id)
    place = Place.objects.filter(pk=space_id, family=family).first()
    if place is None:
        raise Http404
    wanted, by = request.POST.get("do", ""), known(request).actor
    takes = {"take": True, "pass": False}.get(wanted, place.takes)
    position = max(0, place.position - 1) if wanted == "up" else place.position
    return carry_out(
        request,
        lambda: _moved(place, by, takes, position),
        _("Saved."),
        _page(family),
    )


def _moved(place: Place, by: str, takes: bool, position: int) -> None:
    """Who stood there before moves one down."""
    if position != place.position:
        others = Place.objects.filter(family=place.family, tier=place.tier, position=position)
        for other in others.exclude(pk=place.pk):
            families.change_place(
                other.pk, by=by, takes=other.takes, limit=other.limit, position=place.position
            )
    families.change_place(place.pk, by=by, takes=takes, limit=place.limit, position=position)


@requires("spaces.edit")
@require_POST
def place_remove(request: HttpRequest, family_id: str, space_id: str) -> HttpResponse:
    """Take a group out of its family."""
    family, by = _family(family_id), known(request).actor
    return carry_out(request, lambda: families.take_out(space_id, by=by), _("Taken out."), _page(family))


@requires("spaces.edit")
@require_POST
def family_greet(request: HttpRequest, family_id: str) -> HttpResponse:
    """Give WeCom the welcome of a family's groups."""
    family, form = _family(family_id), GreetForm(request.POST)

    def deed() -> None:
        said = form.cleaned_data
        tags.greet_groups(family.pk, said["corp"].pk, said["text"], by=known(request).actor)

    if not attempt(form, deed):
        return _family_page(request, family, 422, greet_form=form)
    messages.success(request, _("WeCom has the welcome. A colleague chooses it for each group in the app."))
    return SeeOther(_page(family))


@requires("broadcasts.edit")
@require_POST
def family_say(request: HttpRequest, family_id: str) -> HttpResponse:
    """Have the owners of its customer groups send words there."""
    family, form = _family(family_id), SayForm(request.POST)

    made: list[MassSend] = []

    def deed() -> None:
        said = form.cleaned_data
        made.extend(masses.send_to_groups(family.pk, said["text"], said["act"], by=known(request).actor))

    if not attempt(form, deed):
        return _family_page(request, family, 422, say_form=form)
    if made:
        messages.success(request, _("Handed over. It goes out once the groups' owners confirm it in WeCom."))
    else:
        messages.success(request, _("So many groups need a second person: it waits under Approvals."))
    return SeeOther(_page(family))


@requires("spaces.edit")
@require_POST
def family_archive(request: HttpRequest, family_id: str) -> HttpResponse:
    """Put a family away; its groups stay."""
    family, by = _family(family_id), known(request).actor
    return carry_out(
        request, lambda: families.archive(family.pk, by=by), _("Archived."), reverse("console:families")
    )


def _family(family_id: str) -> Family:
    family = Family.objects.filter(pk=family_id, archived_at=None).first()
    if family is None:
        raise Http404
    return family


def _page(family: Family) -> str:
    return reverse("console:family", args=[family.pk])
