"""Settings, Escalation: who is told first, who is told when nobody answers, and for which alerts."""

from __future__ import annotations

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

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import known
from guildhall.paging import actions, escalating
from guildhall.paging.escalating import USUAL, Course, Step
from guildhall.paging.models import Pager, Plan
from guildhall.people.access import requires
from guildhall.people.models import Staff, Team
from guildhall.people.roles import NAMES, Role

STEPS = 4
_MOST_STAFF = 200


class PlanForm(forms.Form):
    """A plan with up to four steps. The first tells its people at once."""

    name = forms.CharField(label=gettext_lazy("What the plan is called"), max_length=80)
    kinds = forms.CharField(
        label=gettext_lazy("For which alerts"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "Such as raid or trouble, separated by commas. Empty: all that no other plan names."
        ),
    )
    again_min = forms.IntegerField(
        label=gettext_lazy("Begin again after (minutes)"), initial=15, min_value=1, max_value=1440
    )
    rounds = forms.IntegerField(label=gettext_lazy("How often in all"), initial=3, min_value=1, max_value=20)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = who_choices()
        for number in range(STEPS):
            self.fields[f"who_{number}"] = forms.MultipleChoiceField(
                label=_("Who is told"),
                choices=choices,
                required=number == 0,
                widget=forms.SelectMultiple(attrs={"size": 6}),
            )
            if number:
                self.fields[f"after_{number}"] = forms.IntegerField(
                    label=_("Minutes after the step before"), initial=10, min_value=0, max_value=1440
                )

    def data_of(self) -> dict[str, Any]:
        """The plan as `escalating` reads it; a step without anybody is left out."""
        given = self.cleaned_data
        steps = [
            Step(tuple(given[f"who_{n}"]), given.get(f"after_{n}", 0)).to_json()
            for n in range(STEPS)
            if given[f"who_{n}"]
        ]
        return {"steps": steps, "again_min": given["again_min"], "rounds": given["rounds"]}

    def step_fields(self) -> list[tuple[int, Any, Any]]:
        """(number, who, after) of each step, for the page."""
        return [(n + 1, self[f"who_{n}"], self[f"after_{n}"] if n else None) for n in range(STEPS)]


@requires("paging.manage")
@never_cache
@require_safe
def plan_list(request: HttpRequest) -> HttpResponse:
    """Every plan, and what counts without one."""
    names = dict(_flat(who_choices()))
    plans = [(plan, _lines(_course(plan), names)) for plan in Plan.objects.order_by("id")]
    context = {"tabs": tabs(request, "escalation"), "plans": plans, "usual": _lines(USUAL, names)}
    return render(request, "console/pagers/plans.html", context)


@requires("paging.manage")
@never_cache
def plan_edit(request: HttpRequest, plan_id: str = "") -> HttpResponse:
    """Write a plan."""
    plan = get_object_or_404(Plan, pk=plan_id) if plan_id else None
    form = PlanForm(request.POST if request.method == "POST" else None, initial=_initial(plan))

    def deed() -> None:
        kinds = form.cleaned_data["kinds"].replace("，", ",").split(",")
        by = known(request).actor
        actions.save_plan(
            plan, by, name=form.cleaned_data["name"], data=form.data_of(), kinds=[k.strip() for k in kinds]
        )

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:plans"))
    context = {"form": form, "plan": plan}
    return render(request, "console/pagers/plan.html", context, status=422 if form.is_bound else 200)


@requires("paging.manage")
@require_POST
def plan_remove(request: HttpRequest, plan_id: str) -> HttpResponse:
    """Forget a plan."""
    plan, by = get_object_or_404(Plan, pk=plan_id), known(request).actor
    return carry_out(request, lambda: actions.remove_plan(plan, by), _("Removed."), reverse("console:plans"))


def who_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Roles, who is on call, teams, colleagues and services of the house, as a select shows them."""
    teams = list(Team.objects.order_by("name")[:100])
    groups = [
        (_("Roles"), [(f"role:{role.value}", str(NAMES[role])) for role in Role if role is not Role.PARTNER]),
        (_("Whoever is on call"), [(f"on_call:{team.slug}", team.name) for team in teams]),
        (_("Teams"), [(f"team:{team.pk}", team.name) for team in teams]),
        (
            _("Colleagues"),
            [
                (f"staff:{one.pk}", str(one))
                for one in Staff.objects.filter(is_active=True).order_by("name")[:_MOST_STAFF]
                if not one.is_demo
            ],
        ),
        (_("Services"), [(f"pager:{one.pk}", str(one)) for one in Pager.objects.filter(staff=None)[:50]]),
    ]
    return [(name, choices) for name, choices in groups if choices]


def _flat(groups: list[tuple[str, list[tuple[str, str]]]]) -> list[tuple[str, str]]:
    return [choice for _name, choices in groups for choice in choices]


def _course(plan: Plan) -> Course:
    return escalating.course_of({"steps": plan.steps, "again_min": plan.again_min, "rounds": plan.rounds})


def _lines(course: Course, names: dict[str, str]) -> list[tuple[int, str]]:
    """(minutes after the first, who) of each step."""
    lines, at = [], 0
    for step in course.steps:
        at += step.after_min
        lines.append((at, ", ".join(names.get(who, who) for who in step.who)))
    return lines


def _initial(plan: Plan | None) -> dict[str, Any]:
    if plan is None:
        return {}
    said: dict[str, Any] = {
        "name": plan.name, "kinds": ", ".join(plan.kinds), "again_min": plan.again_min, "rounds": plan.rounds,
    }  # fmt: skip
    for number, step in enumerate(_course(plan).steps[:STEPS]):
        said |= {f"who_{number}": list(step.who), f"after_{number}": step.after_min}
    return said
