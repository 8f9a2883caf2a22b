"""Patterns: what repeats, written once, looked at before it counts, and laid out for the coming weeks."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.checklists_page import WEEKDAYS
from guildhall.console.duty_forms import DATE, TIME, zone_field
from guildhall.console.duty_words import KINDS, LANGUAGES, names_of, span_label, tabs
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.people.access import requires
from guildhall.people.models import Staff, Team
from guildhall.work.days import minutes_of, time_of
from guildhall.work.duty import actions
from guildhall.work.duty.actions import Draft
from guildhall.work.duty.actions.patterns import repeat_of
from guildhall.work.duty.patterns import Line, Repeat, Slot, check, expand, in_turns, on_off, weekly
from guildhall.work.duty.seeing import check_plans, may_plan, teams_planned
from guildhall.work.duty.wall import DAY_MINUTES, zone_of
from guildhall.work.models import DutyKind, Pattern

PREVIEW = timedelta(days=14)
MOST_SHOWN, BLANK_ROWS, MOST_PEOPLE = 60, 3, 60


class PatternForm(forms.Form):
    """A pattern; which of its numbers count depends on its shape."""

    name = forms.CharField(label=gettext_lazy("Name of the pattern"), max_length=80)
    team = forms.ModelChoiceField(Team.objects.none(), label=gettext_lazy("Team"))
    shape = forms.ChoiceField(label=gettext_lazy("How it repeats"), choices=Pattern.Shape.choices)
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Weekdays (every week)"), coerce=int, choices=WEEKDAYS, required=False,
        widget=forms.CheckboxSelectMultiple, initial=list(range(5)),
    )  # fmt: skip
    on = forms.IntegerField(
        label=gettext_lazy("Days on (days on, days off)"), min_value=1, max_value=60, initial=4
    )
    off = forms.IntegerField(label=gettext_lazy("Days off"), min_value=0, max_value=60, initial=2)
    turn = forms.IntegerField(
        label=gettext_lazy("Days of a turn (in turns)"), min_value=1, max_value=14, initial=7
    )
    start = forms.TimeField(label=gettext_lazy("From"), widget=TIME, initial="09:00")
    end = forms.TimeField(
        label=gettext_lazy("To"), widget=TIME, initial="17:00",
        help_text=gettext_lazy("Before “from”: on the next day. In turns, the same time: the whole turn."),
    )  # fmt: skip
    start2 = forms.TimeField(label=gettext_lazy("And again from"), widget=TIME, required=False)
    end2 = forms.TimeField(label=gettext_lazy("until"), widget=TIME, required=False)
    anchor = forms.DateField(
        label=gettext_lazy("First day"), widget=DATE,
        help_text=gettext_lazy("Days on and turns are counted from here."),
    )  # fmt: skip
    until = forms.DateField(label=gettext_lazy("Last day"), widget=DATE, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of duty"), choices=DutyKind.choices)
    layer = forms.IntegerField(
        label=gettext_lazy("Layer"), min_value=1, max_value=9, initial=1,
        help_text=gettext_lazy("On call: 1 is paged first, 2 when that did not help."),
    )  # fmt: skip
    language = forms.ChoiceField(
        label=gettext_lazy("For one language only"), choices=LANGUAGES, required=False,
        help_text=gettext_lazy("Empty: whatever the person answers in."),
    )  # fmt: skip

    def __init__(self, teams: Any, zone: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"] = zone_field(zone)
        team = self.fields["team"]
        assert isinstance(team, forms.ModelChoiceField)
        team.queryset = teams

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("start2")) != bool(given.get("end2")):
            self.add_error("start2", _("Give both times, or neither."))
        if given.get("shape") == Pattern.Shape.WEEKLY and not given.get("weekdays"):
            self.add_error("weekdays", _("Choose at least one day."))
        return given

    def draft(self, people: list[Line]) -> Draft:
        """The pattern as the form says it."""
        given = self.cleaned_data
        anchor = given["anchor"]
        start, end = minutes_of(given["start"]), minutes_of(given["end"])
        match given["shape"]:
            case Pattern.Shape.WEEKLY:
                # The cycle begins on a Monday; a first day in the week is met by leaving out what was before.
                cycle, slots = weekly(
                    [(day - anchor.weekday()) % 7 for day in given["weekdays"]], start, _later(start, end)
                )
                lines = [Line(one.staff) for one in people]
            case Pattern.Shape.ON_OFF:
                cycle, slots = on_off(given["on"], given["off"], start, _later(start, end))
                lines = people
            case _:
                end = end if end == start else _later(start, end)
                cycle, slots, lines = in_turns([one.staff for one in people], given["turn"], start, end)
        if given["start2"]:
            again, stop = minutes_of(given["start2"]), minutes_of(given["end2"])
            slots += tuple(Slot(day, again, _later(again, stop)) for day in sorted({s.day for s in slots}))
        repeat = Repeat(given["zone"], anchor, max(cycle, 1), slots, tuple(lines), given["until"])
        languages = (given["language"],) if given["language"] else ()
        return Draft(
            given["team"].pk, given["name"], given["shape"], repeat, given["kind"], given["layer"], languages
        )


class PersonForm(forms.Form):
    """One person of a pattern."""

    staff = forms.ModelChoiceField(
        Staff.objects.none(), label=gettext_lazy("Colleague"), required=False,
        empty_label=lazystr(gettext_lazy("no one")),
    )  # fmt: skip
    offset = forms.IntegerField(
        label=gettext_lazy("Days later"), min_value=0, max_value=365, initial=0, required=False
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        staff = self.fields["staff"]
        assert isinstance(staff, forms.ModelChoiceField)
        staff.queryset = people


PeopleFormSet = forms.formset_factory(PersonForm, extra=BLANK_ROWS, max_num=MOST_PEOPLE)


@requires("duty.view")
@never_cache
@require_safe
def patterns(request: HttpRequest) -> HttpResponse:
    """Every pattern of the teams the reader plans."""
    me = known(request)
    teams = teams_planned(me)
    if not teams.exists():
        raise Http404
    rows = Pattern.objects.filter(team__in=teams).select_related("team").order_by("archived_at", "name", "id")
    context = {
        "tabs": tabs(request, "patterns"),
        "patterns": [(one, _told(one), len(one.people)) for one in rows[:200]],
    }
    return render(request, "console/duty/patterns.html", context)


@requires("duty.view")
@never_cache
def pattern_new(request: HttpRequest) -> HttpResponse:
    """Write one."""
    return _page(request, None)


@requires("duty.view")
@never_cache
def pattern(request: HttpRequest, pattern_id: str) -> HttpResponse:
    """Change one; what has begun and what was changed by hand stays."""
    one = Pattern.objects.filter(pk=pattern_id).select_related("team").first()
    if one is None or not may_plan(known(request), one.team_id):
        raise Http404
    return _page(request, one)


@requires("duty.view")
@require_POST
def pattern_switch(request: HttpRequest, pattern_id: str) -> HttpResponse:
    """End a pattern, or take it up again."""
    me, one = known(request), Pattern.objects.filter(pk=pattern_id).first()
    if one is None or not may_plan(me, one.team_id):
        raise Http404
    act = actions.resume_pattern if one.archived_at else actions.end_pattern
    said = _("It plans again.") if one.archived_at else _("Ended. Its coming shifts are cancelled.")
    return carry_out(request, lambda: act(one.pk, by=me.actor), said, reverse("console:duty-patterns"))


def _page(request: HttpRequest, one: Pattern | None) -> HttpResponse:
    me = known(request)
    teams = teams_planned(me)
    if not teams.exists():
        raise Http404
    posted = request.POST if request.method == "POST" else None
    zone = one.zone if one else timezone.get_current_timezone_name()
    form = PatternForm(teams, zone, posted, initial=_initial(one))
    people = Staff.objects.filter(is_active=True, teams__in=teams).distinct().order_by("name", "email")
    rows = [{"staff": line["staff"], "offset": line.get("offset", 0)} for line in one.people] if one else []
    lines = PeopleFormSet(posted, initial=rows, prefix="people", form_kwargs={"people": people})
    preview: list[str] = []

    def save() -> None:
        draft = form.draft(_lines(lines))
        check_plans(me, draft.team_id)
        if "preview" in request.POST:
            check(draft.repeat)
            preview.extend(_preview(draft))
            return
        _one, put = actions.save_pattern(draft, by=me.actor, pattern_id=one.pk if one else "")
        n = len(put.made) + len(put.changed)
        said = ngettext(
            "Saved: %(n)s shift laid out or changed.", "Saved: %(n)s shifts laid out or changed.", n
        )
        messages.success(request, said % {"n": n})

    done = request.method == "POST" and lines.is_valid() and attempt(form, save)
    if done and "preview" not in request.POST:
        return SeeOther(reverse("console:duty-patterns"))
    context = {"form": form, "lines": lines, "one": one, "preview": preview, "looked": done}
    bad = form.is_bound and not done
    return render(request, "console/duty/pattern.html", context, status=422 if bad else 200)


def _lines(rows: Any) -> list[Line]:
    return [
        Line(row.cleaned_data["staff"].pk, row.cleaned_data.get("offset") or 0)
        for row in rows
        if row.cleaned_data.get("staff")
    ]


def _preview(draft: Draft) -> list[str]:
    """The shifts of two weeks, from today or the first day, on the wall of the pattern's zone."""
    repeat = draft.repeat
    first = max(clock.now(), timezone.make_aware(_midnight(repeat), zone_of(repeat.zone)))
    found = expand(repeat, first, first + PREVIEW)[:MOST_SHOWN]
    names = names_of(one.staff for one in found)
    with timezone.override(zone_of(repeat.zone)):
        return [f"{span_label(one.starts_at, one.ends_at)} · {names.get(one.staff, '')}" for one in found]


def _midnight(repeat: Repeat) -> datetime:
    return datetime.combine(repeat.anchor, time())


def _later(start: int, end: int) -> int:
    return end if end > start else end + DAY_MINUTES


def _told(one: Pattern) -> str:
    slots = repeat_of(one).slots
    hours = f"{time_of(slots[0].start):%H:%M}–{time_of(slots[0].end):%H:%M}" if slots else ""
    return f"{one.get_shape_display()}, {hours} {one.zone}, {KINDS[one.kind]}"


def _initial(one: Pattern | None) -> dict[str, Any]:
    if one is None:
        return {"anchor": timezone.localtime().date()}
    repeat = repeat_of(one)
    first = min(slot.day for slot in repeat.slots)
    of_day = sorted((slot for slot in repeat.slots if slot.day == first), key=lambda slot: slot.start)
    days = len({slot.day for slot in repeat.slots})
    whole = of_day[0].end - of_day[0].start
    is_turns = one.shape == Pattern.Shape.ROTATION
    return {
        "name": one.name, "team": one.team_id, "shape": one.shape, "kind": one.kind, "layer": one.layer,
        "anchor": one.anchor, "until": one.until, "language": one.languages[0] if one.languages else "",
        "start": time_of(of_day[0].start), "end": time_of(of_day[0].end),
        "start2": time_of(of_day[1].start) if len(of_day) > 1 else None,
        "end2": time_of(of_day[1].end) if len(of_day) > 1 else None,
        "weekdays": sorted({(slot.day + one.anchor.weekday()) % 7 for slot in repeat.slots}),
        "on": days, "off": max(0, one.cycle - days),
        "turn": whole // DAY_MINUTES if is_turns and whole >= DAY_MINUTES else min(days, 14),
    }  # fmt: skip
