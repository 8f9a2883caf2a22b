"""Entrances of a family: opened with compliance's word, shown with their code, who entered by them and
what they were told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.channels.wecom.models import WecomCorp, WecomStaff
from guildhall.compliance.acts import Act
from guildhall.compliance.gate import may
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.spaces.actions import entrances
from guildhall.spaces.models import CustomerTag, Entrance, Entry, Family
from guildhall.ui import paging, tables

CAP = 9_999
COLOURS = {
    Entrance.State.OPEN: "green", Entrance.State.HELD: "amber", Entrance.State.FULL: "red",
    Entrance.State.CLOSED: "",
}  # fmt: skip
GREETED = {
    Entry.Greeting.SENT: "green", Entry.Greeting.PLAIN: "blue", Entry.Greeting.HELD: "amber",
    Entry.Greeting.LATE: "red", Entry.Greeting.FAILED: "red",
}  # fmt: skip
SPEC = tables.Spec(
    columns=(
        tables.Column("who", gettext_lazy("Who"), css="lead"),
        tables.Column("at", gettext_lazy("When"), sort=("-at",)),
        tables.Column("how", gettext_lazy("How")),
        tables.Column("greeting", gettext_lazy("Welcome")),
    ),
    default_sort="at",
)


class EntranceForm(forms.Form):
    """A way into a family. What does not belong to the kind is left empty."""

    kind = forms.ChoiceField(label=gettext_lazy("What it does"), choices=Entrance.Kind.choices)
    name = forms.CharField(label=gettext_lazy("Name of the entrance"), max_length=30)
    source = forms.CharField(
        label=gettext_lazy("Where it is shown"), max_length=120, required=False,
        help_text=gettext_lazy("A page, a poster, a partner: for whoever has to change it."),
    )  # fmt: skip
    tier = forms.ChoiceField(label=gettext_lazy("Tier"), required=False)
    corp = forms.ModelChoiceField(
        label=gettext_lazy("Corporation"), queryset=WecomCorp.objects.order_by("name"), required=False
    )
    users = forms.MultipleChoiceField(
        label=gettext_lazy("Colleagues behind it"), required=False, widget=forms.CheckboxSelectMultiple
    )
    words_en = forms.CharField(
        label=gettext_lazy("Welcome in English"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    words_zh = forms.CharField(
        label=gettext_lazy("Welcome in Chinese"), max_length=1000, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Sent once, within 20 seconds, in the language of the family."),
    )  # fmt: skip
    leads_to = forms.ModelChoiceField(
        label=gettext_lazy("Group code sent along"), queryset=Entrance.objects.none(), required=False,
        help_text=gettext_lazy("Only where compliance allows an invitation; else the welcome goes alone."),
    )  # fmt: skip
    tags = forms.MultipleChoiceField(
        label=gettext_lazy("Tags they get"), required=False, widget=forms.CheckboxSelectMultiple
    )
    limit = forms.IntegerField(
        label=gettext_lazy("Closes after so many"), min_value=1, max_value=1_000_000, required=False
    )
    makes_groups = forms.BooleanField(
        label=gettext_lazy("When all groups are full, WeCom opens another by itself"), required=False
    )
    shows = forms.ModelChoiceField(
        label=gettext_lazy("Group whose code is shown now"), queryset=Space.objects.none(), required=False
    )

    def __init__(self, family: Family, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose("tier", [("", "—"), *((one, one) for one in family.tiers)])
        people = WecomStaff.objects.filter(serves=True).select_related("corp").order_by("corp", "name")
        self._choose("users", [(one.userid, str(one)) for one in people])
        carried = CustomerTag.objects.filter(gone_at=None).order_by("group_name", "name")
        self._choose("tags", [(one.external_id, f"{one.group_name} · {one.name}") for one in carried])
        groups = Entrance.objects.filter(kind=Entrance.Kind.GROUP, family__region=family.region)
        self._offer("leads_to", groups.exclude(state=Entrance.State.CLOSED).order_by("name"))
        self._offer("shows", Space.objects.filter(place__family=family, archived_at=None).order_by("name"))

    def said(self) -> dict[str, Any]:
        """As the actions take it."""
        given = self.cleaned_data
        return {
            "name": given["name"],
            "source": given["source"],
            "users": given["users"],
            "words": {"en": given["words_en"], "zh": given["words_zh"]},
            "leads_to": given["leads_to"].pk if given["leads_to"] else "",
            "tags": given["tags"],
            "limit": given["limit"],
        }

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        found = self.fields[name]
        assert isinstance(found, forms.ChoiceField)
        found.choices = choices

    def _offer(self, name: str, rows: Any) -> None:
        found = self.fields[name]
        assert isinstance(found, forms.ModelChoiceField)
        found.queryset = rows


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the reader may see it."""

    entry: Entry
    who: str
    colour: str


@requires("spaces.edit")
def entrance_new(request: HttpRequest, family_id: str) -> HttpResponse:
    """Open an entrance into a family."""
    family = Family.objects.filter(pk=family_id, archived_at=None).first()
    if family is None:
        raise Http404
    form, made = EntranceForm(family, request.POST or None), list[Entrance]()

    def deed() -> None:
        given = form.cleaned_data
        made.append(
            entrances.open_entrance(
                family.pk,
                given["kind"],
                by=known(request).actor,
                corp_id=given["corp"].pk if given["corp"] else "",
                tier=given["tier"],
                makes_groups=given["makes_groups"],
                shows=given["shows"].pk if given["shows"] else "",
                **form.said(),
            )
        )

    if request.method == "POST" and attempt(form, deed):
        held = made[0].state == Entrance.State.HELD
        said = _("Compliance holds this entrance; its page says why.") if held else _("The entrance is open.")
        (messages.warning if held else messages.success)(request, said)
        return SeeOther(_page(made[0]))
    context = {"form": form, "family": family, "asked": may(Act.LINK, family.region, family.name)}
    return render(request, "console/families/entrance_form.html", context, status=422 if form.errors else 200)


@requires("spaces.view")
@require_safe
def entrance_page(request: HttpRequest, entrance_id: str) -> HttpResponse:
    """One entrance: its code, its welcome, who entered."""
    entrance, me = _entrance(entrance_id), known(request)
    state = tables.read(SPEC, request.GET)
    found = paging.fetch(
        Entry.objects.filter(entrance=entrance).select_related("account", "space"), state, count_cap=CAP
    )
    rows = [
        Line(
            entry,
            queries.mask_account(entry.account, me) if entry.account is not None else _("somebody new"),
            GREETED.get(Entry.Greeting(entry.greeting), ""),
        )
        for entry in found.rows
    ]
    context = {
        "entrance": entrance,
        "family": entrance.family,
        "colour": COLOURS[Entrance.State(entrance.state)],
        "table": tables.Table(state, rows, found.next_key, found.previous_key, found.count),
        "may_edit": me.may("spaces.edit"),
        "chats": Space.objects.filter(
            platform="wecom", external_id__in=entrance.way.groups if entrance.way else ()
        ).order_by("place__position"),
    }
    return render(request, "console/families/entrance.html", context)


@requires("spaces.edit")
def entrance_edit(request: HttpRequest, entrance_id: str) -> HttpResponse:
    """Change what an entrance says and who stands behind it."""
    entrance = _entrance(entrance_id)
    initial = {
        "kind": entrance.kind, "name": entrance.name, "source": entrance.source, "tier": entrance.tier,
        "corp": entrance.corp_id, "users": entrance.users, "words_en": entrance.words.get("en", ""),
        "words_zh": entrance.words.get("zh", ""), "leads_to": entrance.leads_to_id, "tags": entrance.tags,
        "limit": entrance.limit, "makes_groups": entrance.makes_groups, "shows": entrance.shows_id,
    }  # fmt: skip
    form = EntranceForm(entrance.family, request.POST or None, initial=initial)
    for name in ("kind", "tier", "corp", "makes_groups", "shows"):
        form.fields[name].disabled = True
    if request.method == "POST" and attempt(
        form, lambda: entrances.edit(entrance.pk, by=known(request).actor, **form.said())
    ):
        messages.success(request, _("Saved."))
        return SeeOther(_page(entrance))
    context = {"form": form, "family": entrance.family, "entrance": entrance}
    return render(request, "console/families/entrance_form.html", context, status=422 if form.errors else 200)


@requires("spaces.edit")
@require_POST
def entrance_ask(request: HttpRequest, entrance_id: str) -> HttpResponse:
    """Ask compliance again, and make the code when it says yes."""
    entrance, by = _entrance(entrance_id), known(request).actor
    return carry_out(
        request, lambda: entrances.ask_again(entrance.pk, by=by), _("Asked again."), _page(entrance)
    )


@requires("spaces.edit", confirm=True)
@require_POST
def entrance_close(request: HttpRequest, entrance_id: str) -> HttpResponse:
    """Close an entrance for good."""
    entrance, by = _entrance(entrance_id), known(request).actor
    return carry_out(request, lambda: entrances.close(entrance.pk, by=by), _("Closed."), _page(entrance))


def _entrance(entrance_id: str) -> Entrance:
    found = (
        Entrance.objects.select_related("family", "way", "corp", "leads_to", "shows")
        .filter(pk=entrance_id)
        .first()
    )
    if found is None:
        raise Http404
    return found


def _page(entrance: Entrance) -> str:
    return reverse("console:entrance", args=[entrance.pk])
