"""Agents: who is on duty with how much in hand, what each of them takes, and how the house gives tickets out.

The rules page also tries them: who would get a ticket like this now, and why.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from guildhall.console.house_answers import SeeOther, attempt
from guildhall.console.house_words import known
from guildhall.console.presence_switch import COLOURS
from guildhall.core import clock
from guildhall.desk import on_hand, queueing, scope, showing
from guildhall.desk.actions import presence as actions
from guildhall.desk.assigning import Agent, Wanted, choose
from guildhall.desk.models import AgentProfile, Category, Ticket, Vendor
from guildhall.desk.models.people import MOST_OPEN
from guildhall.desk.speech import NAMES, called, tongue
from guildhall.desk.waiting import Place
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.work.models import Shift

_MOST_QUEUES = 12


class TakesForm(forms.Form):
    """What one agent is given."""

    takes = forms.BooleanField(label=gettext_lazy("Is given tickets"), required=False)
    most_open = forms.IntegerField(
        label=gettext_lazy("Open tickets at once"), min_value=1, max_value=500, initial=MOST_OPEN
    )
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"), required=False, widget=forms.CheckboxSelectMultiple
    )
    categories = forms.MultipleChoiceField(
        label=gettext_lazy("Named for these categories"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: takes all of them."),
    )
    tiers = forms.CharField(
        label=gettext_lazy("Named for these tiers"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("With commas between them; empty: takes all of them."),
    )

    def __init__(self, *args: Any, spoken: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages, categories = self.fields["languages"], self.fields["categories"]
        assert isinstance(languages, forms.MultipleChoiceField)
        assert isinstance(categories, forms.MultipleChoiceField)
        codes = dict.fromkeys([*NAMES, *spoken])
        languages.choices = [(code, str(called(code))) for code in codes]
        categories.choices = [
            (one.pk, str(one.called)) for one in Category.objects.filter(archived_at=None).order_by("order")
        ]

    def said(self) -> actions.Takes:
        """What was typed. Only of a valid form."""
        given = self.cleaned_data
        tiers = [one.strip() for one in given["tiers"].replace("，", ",").split(",")]
        return actions.Takes(
            tuple(given["languages"]),
            tuple(given["categories"]),
            tuple(one for one in tiers if one),
            given["most_open"],
            given["takes"],
        )


class RulesForm(forms.Form):
    """How the house gives out tickets and hands over."""

    patience_s = forms.IntegerField(
        label=gettext_lazy("Seconds a ticket may wait for room"),
        min_value=0,
        max_value=86_400,
        help_text=gettext_lazy(
            "Then whoever is on duty owns it although full, else who is on call or leads."
        ),
    )
    write_before_min = forms.IntegerField(
        label=gettext_lazy("Minutes before the end of a shift when its note is opened"),
        min_value=5,
        max_value=240,
    )
    accept_within_min = forms.IntegerField(
        label=gettext_lazy("Minutes a handover may wait before somebody is paged"),
        min_value=1,
        max_value=240,
    )


class TryForm(forms.Form):
    """A ticket that might come."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language"), choices=[(code, lazystr(name)) for code, name in NAMES.items()]
    )
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False)
    tier = forms.CharField(label=gettext_lazy("Tier"), required=False, max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        category = self.fields["category"]
        assert isinstance(category, forms.ChoiceField)
        rows = Category.objects.filter(archived_at=None).order_by("order")
        category.choices = [("", "—"), *((one.pk, str(one.called)) for one in rows)]


@requires("desk.view")
@never_cache
@require_safe
def agents(request: HttpRequest) -> HttpResponse:
    """Who is on duty, how full they are, who is not, and how long each queue is."""
    me, now = known(request), clock.now()
    here = on_hand.present(now)
    at_hand = {one.staff_id: one for one in on_hand.agents(now, here=here)}
    colleagues = scope.colleagues_of(me).filter(is_active=True).prefetch_related("grants").order_by("name")
    able = [one for one in colleagues if one.may("desk.work")]
    profiles = {one.staff_id: one for one in AgentProfile.objects.filter(staff__in=able)}
    rows = [_row(one, here.get(one.pk), at_hand.get(one.pk), profiles.get(one.pk), me) for one in able]
    context = {
        "there": [row for row in rows if row["here"] is not None],
        "absent": [row for row in rows if row["here"] is None],
        "queues": _queues(me),
        "may_manage": me.may("desk.manage"),
        "has_roster": on_hand.has_roster(),
        "has_made_up_roster": Shift.objects.filter(state=Shift.State.PLANNED).exists(),
        "tabs": _tabs(me, "agents"),
    }
    return render(request, "console/handover/agents.html", context)


@requires("desk.manage")
@never_cache
def agent(request: HttpRequest, staff_id: int) -> HttpResponse:
    """What one agent is given."""
    me = known(request)
    staff = Staff.objects.filter(pk=staff_id, is_active=True).first()
    if staff is None or not staff.may("desk.work"):
        raise Http404
    profile = AgentProfile.objects.filter(staff=staff).first() or AgentProfile(staff=staff)
    initial = {
        "takes": profile.takes,
        "most_open": profile.most_open,
        "languages": profile.languages or [tongue(staff.language)],
        "categories": profile.categories,
        "tiers": ", ".join(profile.tiers),
    }
    posted = request.POST if request.method == "POST" else None
    form = TakesForm(posted, initial=None if posted else initial, spoken=list(profile.languages))
    if request.method == "POST" and attempt(form, lambda: actions.save_takes(staff.pk, form.said(), me)):
        return SeeOther(reverse("console:agents"))
    context = {"form": form, "agent": staff}
    return render(request, "console/handover/agent.html", context, status=422 if form.is_bound else 200)


@requires("desk.manage")
@never_cache
def assignment_rules(request: HttpRequest) -> HttpResponse:
    """The rules of the house, and who would get a ticket now."""
    me, rules = known(request), on_hand.rules()
    posted = request.POST if request.method == "POST" else None
    names = ("patience_s", "write_before_min", "accept_within_min")
    form = RulesForm(posted, initial=None if posted else {name: getattr(rules, name) for name in names})
    if request.method == "POST" and attempt(form, lambda: actions.save_rules(**form.cleaned_data, by=me)):
        return SeeOther(reverse("console:assignment-rules"))
    tried = TryForm(request.GET if "language" in request.GET else None)
    context = {"form": form, "tried": tried, "tabs": _tabs(me, "rules")}
    if tried.is_bound and tried.is_valid():
        context |= _try(tried.cleaned_data, me)
    status = 422 if form.is_bound else 200
    return render(request, "console/handover/rules.html", context, status=status)


def _try(said: dict[str, str], me: Staff) -> dict[str, Any]:
    now = clock.now()
    choice = choose(Wanted("", said["language"], said["category"], said["tier"]), on_hand.agents(now), at=now)
    who = Staff.objects.filter(pk=choice.staff_id).first() if choice.staff_id is not None else None
    return {"answer": True, "chosen": showing.for_reader(me).colleague(who), "why": choice.why}


def _row(
    staff: Staff,
    here: on_hand.Present | None,
    at_hand: Agent | None,
    profile: AgentProfile | None,
    me: Staff,
) -> dict[str, Any]:
    profile, now = profile or AgentProfile(staff=staff), clock.now()
    state = AgentProfile.State(profile.now(now))
    return {
        "staff": staff,
        "here": here,
        "state": state,
        "colour": COLOURS[state],
        "switches": [(one.value, one.label) for one in AgentProfile.State if one != state],
        "may_switch": here is not None and staff.pk != me.pk and actions.may_switch(me, staff.pk),
        "open_now": at_hand.open_now if at_hand else None,
        "most_open": profile.most_open,
        "languages": [str(called(code)) for code in profile.languages or [staff.language]],
        "categories": len(profile.categories),
        "tiers": profile.tiers,
        "takes": profile.takes,
    }


def _queues(me: Staff) -> list[dict[str, Any]]:
    """Every queue with somebody in it: how many wait, and how long the last of them will."""
    waiting = queueing.waiting().filter(pk__in=scope.tickets_for(me).values("pk"))
    kinds = sorted(
        {(v or "", tongue(code)) for v, code in waiting.values_list("vendor", "language").distinct()}
    )
    names = dict(Vendor.objects.values_list("pk", "name"))
    out = []
    for vendor_id, language in kinds[:_MOST_QUEUES]:
        rows = waiting.filter(vendor=vendor_id or None, language__startswith=language)
        last: Ticket | None = queueing.in_order(rows).last()
        place = queueing.position(last) if last is not None else Place(0, None)
        told = queueing.told(place)
        out.append(
            {
                "side": names.get(vendor_id, "") if vendor_id else _("Our own"),
                "language": str(called(language)),
                "n": rows.count(),
                "wait": str(told) if told is not None else "",
                "opens_at": place.opens_at,
            }
        )
    return out


def _tabs(me: Staff, current: str) -> list[dict[str, Any]]:
    out = [{"label": _("Agents"), "href": reverse("console:agents"), "current": current == "agents"}]
    if me.may("desk.manage"):
        rules = reverse("console:assignment-rules")
        out.append({"label": _("How tickets are given out"), "href": rules, "current": current == "rules"})
    return [{"count": None, **one} for one in out]
