"""The teams of the exchange that the desk can ask: their names, people and hours, and what they promise."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core.text import Text
from guildhall.desk.actions import escalations as deeds
from guildhall.desk.models import ExchangeTeam, Ticket
from guildhall.people.access import requires
from guildhall.people.models import Team

_DAY_NAMES = {
    "mon": gettext_lazy("Monday"), "tue": gettext_lazy("Tuesday"), "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"), "fri": gettext_lazy("Friday"), "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}  # fmt: skip
_TIME = {"placeholder": "09:00", "pattern": "[0-2][0-9]:[0-5][0-9]"}


class TeamForm(forms.Form):
    """One team. Minutes empty: nothing is promised at that priority."""

    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=60)
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=60)
    people = forms.ModelChoiceField(
        label=gettext_lazy("Who answers"),
        queryset=Team.objects.order_by("name"),
        required=False,
        empty_label=gettext_lazy("a new team of this name"),
        help_text=gettext_lazy("A team of the staff; its members need the role Exchange specialist."),
    )
    zone = forms.CharField(label=gettext_lazy("Time zone"), max_length=60, initial="UTC")
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Office days"),
        choices=tuple(_DAY_NAMES.items()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: round the clock."),
    )
    opens = forms.CharField(
        label=gettext_lazy("From"), max_length=5, initial="09:00", widget=forms.TextInput(attrs=_TIME)
    )
    closes = forms.CharField(
        label=gettext_lazy("To"), max_length=5, initial="18:00", widget=forms.TextInput(attrs=_TIME)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for value, label in Ticket.Priority.choices:
            self.fields[f"minutes_{value}"] = forms.IntegerField(
                label=_("Minutes to answer: %(priority)s") % {"priority": label},
                min_value=1,
                max_value=100_000,
                required=False,
            )

    def hours(self) -> dict[str, Any]:
        """The calendar, empty for round the clock."""
        days = self.cleaned_data["days"]
        if not days:
            return {}
        window = [self.cleaned_data["opens"], self.cleaned_data["closes"]]
        return {"tz": self.cleaned_data["zone"], "weekly": {day: [window] for day in days}, "holidays": []}

    def seconds(self) -> dict[str, int]:
        """What is promised by priority, in seconds."""
        given = {value: self.cleaned_data[f"minutes_{value}"] for value in Ticket.Priority.values}
        return {priority: minutes * 60 for priority, minutes in given.items() if minutes}


@requires("desk.manage")
@require_safe
def teams(request: HttpRequest) -> HttpResponse:
    """All teams, and the form for a new one."""
    return _page(request, TeamForm())


@requires("desk.manage")
@require_safe
def team(request: HttpRequest, slug: str) -> HttpResponse:
    """One team to be changed."""
    one = _team(slug)
    return _page(request, TeamForm(initial=_initial(one)), one)


@requires("desk.manage")
@require_POST
def team_save(request: HttpRequest) -> HttpResponse:
    """Set one up, or change the one named."""
    slug = request.POST.get("slug", "")
    one = _team(slug) if slug else None
    form = TeamForm(request.POST)
    by = known(request).actor

    def deed() -> None:
        said = form.cleaned_data
        new = slugify(said["name_en"])[:40] or "team"
        deeds.save_team(
            one.pk if one is not None else new,
            Text(said["name_en"].strip(), said["name_zh"].strip()),
            said["people"],
            hours=form.hours(),
            seconds=form.seconds(),
            by=by,
        )

    if not attempt(form, deed):
        return _page(request, form, one, status=422)
    return SeeOther(reverse("console:escalation-teams"))


@requires("desk.manage")
@require_POST
def team_archive(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask it nothing more."""
    by = known(request).actor
    back = reverse("console:escalation-teams")
    return carry_out(request, lambda: deeds.archive_team(slug, by=by), _("It is asked nothing more."), back)


def _page(
    request: HttpRequest, form: TeamForm, one: ExchangeTeam | None = None, *, status: int = 200
) -> HttpResponse:
    known_ones = (
        ExchangeTeam.objects.filter(archived_at=None).select_related("team").order_by("order", "slug")
    )
    lines = [
        {"one": each, "people": each.team.members.count(), "promises": _promises(each)} for each in known_ones
    ]
    context = {"lines": lines, "form": form, "one": one}
    return render(request, "console/escalations/teams.html", context, status=status)


def _promises(one: ExchangeTeam) -> list[tuple[str, int]]:
    names = dict(Ticket.Priority.choices)
    return [
        (str(names.get(t["priority"], t["priority"])), t["seconds"]) for t in one.promise.get("targets", [])
    ]


def _initial(one: ExchangeTeam) -> dict[str, Any]:
    hours = one.promise.get("calendars", {}).get("hours")
    weekly = hours["weekly"] if hours else {}
    window = next(iter(weekly.values()), [["09:00", "18:00"]])[0]
    promised = {f"minutes_{t['priority']}": t["seconds"] // 60 for t in one.promise.get("targets", [])}
    return {
        "name_en": one.called.en,
        "name_zh": one.called.zh,
        "people": one.team_id,
        "zone": hours["tz"] if hours else "UTC",
        "days": list(weekly),
        "opens": window[0],
        "closes": window[1],
        **promised,
    }


def _team(slug: str) -> ExchangeTeam:
    one = ExchangeTeam.objects.filter(pk=slug).first()
    if one is None:
        raise Http404
    return one
