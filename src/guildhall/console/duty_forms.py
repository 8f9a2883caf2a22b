"""The forms of duty: one shift, a part taken over, time off, what must be covered. Typed times are checked
against the zone they are typed in.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy

from guildhall.console.checklists_page import WEEKDAYS
from guildhall.console.duty_words import LANGUAGES, zone_choices
from guildhall.people.models import Staff, Team
from guildhall.work.duty.wall import typed
from guildhall.work.models import DutyKind, Leave

TIME = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
READINGS = (
    ("", gettext_lazy("ask me")),
    ("first", gettext_lazy("the first")),
    ("second", gettext_lazy("the second")),
)
NO_ONE = "nobody"
NOBODY = lazystr(gettext_lazy("nobody yet: open to take"))


class InZone(forms.Form):
    """A form whose times stand on the wall of one zone; `reading` says which of two when one comes twice."""

    def moment(self, day: date, at: time, field: str) -> datetime:
        """The instant of a typed time. Raises BadInput naming the field."""
        reading = self.cleaned_data.get("reading", "")
        wall = datetime.combine(day, at)
        later = {"first": False, "second": True}.get(reading)
        return typed(wall, self.cleaned_data["zone"], later=later, field=field)

    def span(self) -> tuple[datetime, datetime]:
        """From `start` on `day` to `end`, on the next day when that is not later."""
        given = self.cleaned_data
        last = given["day"] + timedelta(days=given["end"] <= given["start"])
        return self.moment(given["day"], given["start"], "start"), self.moment(last, given["end"], "end")


def reading_field() -> forms.ChoiceField:
    """Which one is meant when the clocks are put back."""
    return forms.ChoiceField(
        label=gettext_lazy("If the clock shows a time twice that day"), choices=READINGS, required=False
    )


def zone_field(first: str) -> forms.ChoiceField:
    """The zone that times are typed in."""
    return forms.ChoiceField(label=gettext_lazy("Time zone"), choices=zone_choices(first), initial=first)


class ShiftForm(InZone):
    """One shift of somebody, or an open one."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"))
    staff = forms.ModelChoiceField(
        Staff.objects.none(), label=gettext_lazy("Colleague"), required=False, empty_label=NOBODY
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind of duty"), choices=DutyKind.choices)
    layer = forms.IntegerField(
        label=gettext_lazy("Layer"), min_value=1, max_value=9, initial=1,
        help_text=gettext_lazy("On call: 1 is paged first, 2 when that did not help."),
    )  # fmt: skip
    day = forms.DateField(label=gettext_lazy("Day"), widget=DATE)
    start = forms.TimeField(label=gettext_lazy("From"), widget=TIME)
    end = forms.TimeField(
        label=gettext_lazy("To"),
        widget=TIME,
        help_text=gettext_lazy("Not later than “from”: on the next day."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("For one language only"), choices=LANGUAGES, required=False,
        help_text=gettext_lazy("Empty: whatever the person answers in."),
    )  # fmt: skip
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, teams: Any, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"], self.fields["reading"] = zone_field(zone), reading_field()
        team, staff = self.fields["team"], self.fields["staff"]
        assert isinstance(team, forms.ModelChoiceField)
        assert isinstance(staff, forms.ModelChoiceField)
        team.queryset = teams
        people = Staff.objects.filter(is_active=True, teams__in=teams).distinct().order_by("name", "email")
        staff.queryset = people


class CoverForm(InZone):
    """Somebody takes a shift, or from one hour to another of it."""

    staff = forms.ChoiceField(label=gettext_lazy("Who takes it"))
    start = forms.TimeField(label=gettext_lazy("From"), widget=TIME, required=False)
    end = forms.TimeField(
        label=gettext_lazy("To"), widget=TIME, required=False,
        help_text=gettext_lazy("Both empty: the whole shift, wherever it moves."),
    )  # fmt: skip
    why = forms.CharField(label=gettext_lazy("Why"), max_length=200, required=False)

    def __init__(self, team: Team, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = self.fields["staff"]
        assert isinstance(staff, forms.ChoiceField)
        people = Staff.objects.filter(is_active=True, teams=team).order_by("name", "email")
        staff.choices = [
            ("", "—"),
            *((str(one.pk), str(one)) for one in people),
            (NO_ONE, gettext_lazy("nobody yet: open to take")),
        ]

    def taker(self) -> int | None:
        """Who takes it; None leaves it open."""
        chosen = str(self.cleaned_data["staff"])
        return None if chosen == NO_ONE else int(chosen)


class SwapForm(forms.Form):
    """Whom to ask for a shift, and for what in return."""

    to = forms.ModelChoiceField(
        Staff.objects.none(),
        label=gettext_lazy("Whom to ask"),
        required=False,
        empty_label=lazystr(gettext_lazy("whoever of the team will")),
    )
    in_return = forms.ChoiceField(label=gettext_lazy("I take in return"), required=False)
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(
        self, team: Team, me: Staff, theirs: list[tuple[str, str]], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        to, in_return = self.fields["to"], self.fields["in_return"]
        assert isinstance(to, forms.ModelChoiceField)
        assert isinstance(in_return, forms.ChoiceField)
        to.queryset = Staff.objects.filter(is_active=True, teams=team).exclude(pk=me.pk).order_by("name")
        in_return.choices = [("", gettext_lazy("nothing in return")), *theirs]


class LeaveForm(forms.Form):
    """Whole days off, in the zone of the one who is away."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of leave"), choices=Leave.Kind.choices)
    first = forms.DateField(label=gettext_lazy("First day"), widget=DATE)
    last = forms.DateField(label=gettext_lazy("Last day"), widget=DATE)
    note = forms.CharField(label=gettext_lazy("Note for the planner"), max_length=200, required=False)

    def __init__(self, *args: Any, people: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if people is not None:
            self.fields["staff"] = forms.ModelChoiceField(people, label=gettext_lazy("Who is away"))
            self.order_fields(("staff", "kind", "first", "last", "note"))


class NeedForm(forms.Form):
    """How many must be on duty when."""

    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind of duty"), choices=DutyKind.choices)
    language = forms.ChoiceField(label=gettext_lazy("Who speak"), choices=LANGUAGES, required=False)
    least = forms.IntegerField(label=gettext_lazy("At least"), min_value=1, max_value=100, initial=1)
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On which days"), coerce=int, choices=WEEKDAYS, initial=list(range(7)),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    opens = forms.TimeField(label=gettext_lazy("From"), widget=TIME, initial="00:00")
    closes = forms.TimeField(
        label=gettext_lazy("To"), widget=TIME, initial="00:00",
        help_text=gettext_lazy("Not later than “from”: on the next day."),
    )  # fmt: skip

    def __init__(self, teams: Any, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"] = zone_field(zone)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = teams
