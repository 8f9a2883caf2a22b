"""The form a policy's promises are written in: calendars, a grid of targets, pauses, warnings. From it to
the content of a version and back; what the form cannot show is written as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guildhall.console.sla_words import (
    DAYS,
    METRICS,
    PRIORITIES,
    read_length,
    read_windows,
    typed_length,
    typed_windows,
)
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk import public_holidays
from guildhall.desk.models import EscalationChain

CALENDARS = 5
ALWAYS = "always"
_PAUSABLE = ["pending"]
Content = dict[str, Any]


class WindowsField(forms.CharField):
    """Windows of one day; its value is [[start, end], ...]."""

    def clean(self, value: Any) -> Any:
        found = read_windows(super().clean(value) or "")
        if found is None:
            raise forms.ValidationError(_("Write it like 09:00-12:30, 13:30-18:00."))
        return found


class LengthField(forms.CharField):
    """A length of time; its value is seconds, none when empty."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value) or ""
        if not text.strip():
            return None
        seconds = read_length(text)
        if seconds is None:
            raise forms.ValidationError(_("Write it like 30m, 2h or 1d 12h."))
        return seconds


class PolicyForm(forms.Form):
    """The content of one version."""

    warn = forms.CharField(
        label=gettext_lazy("Warn at"),
        required=False,
        max_length=40,
        help_text=gettext_lazy(
            "Percent of the target that have passed, such as 50, 75. Left empty nobody is warned."
        ),
    )
    chain = forms.ChoiceField(
        label=gettext_lazy("Escalation chain"),
        required=False,
        help_text=gettext_lazy("What is done when a clock runs short or runs out."),
    )
    note = forms.CharField(
        label=gettext_lazy("What changes, and why"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for slot in range(1, CALENDARS + 1):
            self._add_calendar(f"c{slot}")
        choices = [(ALWAYS, _("around the clock"))]
        choices += [
            (str(n), self[f"c{n}_name"].value() or _("calendar %(n)s") % {"n": n}) for n in self._slots()
        ]
        for metric, name in METRICS.items():
            for priority, called in PRIORITIES.items():
                key = f"t_{metric}_{_key(priority)}"
                self.fields[key] = LengthField(label=f"{name}, {called}", required=False, max_length=40)
                self.fields[f"{key}_by"] = forms.ChoiceField(
                    label=_("Counted by"), required=False, choices=choices, initial=ALWAYS
                )
            self.fields[f"p_{metric}"] = forms.BooleanField(label=str(name), required=False)
        chain = self.fields["chain"]
        assert isinstance(chain, forms.ChoiceField)
        live = EscalationChain.objects.filter(archived_at=None).order_by("name")
        chain.choices = [("", _("no chain")), *live.values_list("id", "name")]

    def _add_calendar(self, key: str) -> None:
        self.fields[f"{key}_name"] = forms.CharField(
            label=_("Name of the calendar"), max_length=60, required=False
        )
        self.fields[f"{key}_tz"] = forms.CharField(
            label=_("Time zone"),
            max_length=60,
            required=False,
            widget=forms.TextInput(attrs={"list": "zones", "placeholder": "Asia/Shanghai"}),
        )
        for day, name in DAYS.items():
            self.fields[f"{key}_{day}"] = WindowsField(label=str(name), max_length=120, required=False)
        self.fields[f"{key}_holidays"] = forms.CharField(
            label=_("Holidays"),
            required=False,
            max_length=8_000,
            widget=forms.Textarea(attrs={"rows": 4}),
            help_text=_("Dates like 2026-10-01. No window starts on them."),
        )
        self.fields[f"{key}_country"] = forms.CharField(label=_("Country"), max_length=2, required=False)
        self.fields[f"{key}_year"] = forms.IntegerField(label=_("Year"), required=False)

    def _slots(self) -> list[int]:
        return [n for n in range(1, CALENDARS + 1) if self[f"c{n}_name"].value() or n == 1]

    @property
    def calendars(self) -> list[dict[str, Any]]:
        """For the page: the fields of every slot, and whether it is filled."""
        return [
            {
                "n": n,
                "is_shown": bool(self[f"c{n}_name"].value()),
                "title": self[f"c{n}_name"].value() or _("Another calendar"),
                "name": self[f"c{n}_name"],
                "tz": self[f"c{n}_tz"],
                "days": [self[f"c{n}_{day}"] for day in DAYS],
                "holidays": self[f"c{n}_holidays"],
                "country": self[f"c{n}_country"],
                "year": self[f"c{n}_year"],
            }
            for n in range(1, CALENDARS + 1)
        ]

    @property
    def grid(self) -> list[tuple[Any, list[tuple[BoundField, BoundField, Promise]]]]:
        """For the page: (priority, [(length, calendar, name) of each metric])."""
        return [
            (called, [(self[k := f"t_{m}_{_key(p)}"], self[f"{k}_by"], name) for m, name in METRICS.items()])
            for p, called in PRIORITIES.items()
        ]

    @property
    def pauses(self) -> list[BoundField]:
        """For the page: whether waiting for the member stops each clock."""
        return [self[f"p_{metric}"] for metric in METRICS]

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        names = [said.get(f"c{n}_name", "") for n in range(1, CALENDARS + 1)]
        for n, name in enumerate(names, 1):
            key = f"c{n}"
            filled = any(said.get(f"{key}_{part}") for part in (*DAYS, "tz", "holidays"))
            if name and not said.get(f"{key}_tz"):
                self.add_error(f"{key}_tz", _("In which time zone are these hours?"))
            elif name and said[f"{key}_tz"] not in available_timezones():
                self.add_error(f"{key}_tz", _("There is no such time zone."))
            if filled and not name:
                self.add_error(f"{key}_name", _("Name the calendar."))
            if name and (name == ALWAYS or names.index(name) != n - 1):
                self.add_error(f"{key}_name", _("This name is taken."))
            try:
                said[f"{key}_holidays"] = read_dates(said.get(f"{key}_holidays") or "")
            except ValueError as error:
                self.add_error(
                    f"{key}_holidays", _("%(day)s is not a date like 2026-10-01.") % {"day": error}
                )
        return said

    def clean_warn(self) -> list[int]:
        words = (
            str(self.cleaned_data.get("warn") or "")
            .replace("%", " ")
            .replace("，", ",")
            .replace(",", " ")
            .split()
        )
        if not all(word.isdecimal() and len(word) < 3 for word in words):
            raise forms.ValidationError(_("Write whole percentages from 1 to 99, such as 50, 75."))
        return [int(word) for word in words]

    def content(self) -> Content:
        """What was written, as `desk.policies.checked` reads it; only of a valid form."""
        said = self.cleaned_data
        names = {str(n): said[f"c{n}_name"] for n in range(1, CALENDARS + 1) if said[f"c{n}_name"]}
        targets = []
        for metric in METRICS:
            for priority in PRIORITIES:
                key = f"t_{metric}_{_key(priority)}"
                if said[key] is not None:
                    by = said[f"{key}_by"] or ALWAYS
                    calendar = names.get(by, ALWAYS if by == ALWAYS else by)
                    targets.append(
                        {"metric": metric, "priority": priority, "seconds": said[key], "calendar": calendar}
                    )
        return {
            "calendars": {
                name: {
                    "tz": said[f"c{n}_tz"],
                    "weekly": {day: said[f"c{n}_{day}"] for day in DAYS if said[f"c{n}_{day}"]},
                    "holidays": [day.isoformat() for day in said[f"c{n}_holidays"]],
                }
                for n, name in names.items()
            },
            "targets": targets,
            "pause": {metric: list(_PAUSABLE) if said[f"p_{metric}"] else [] for metric in METRICS},
            "warn": said["warn"],
            "chain": said["chain"],
        }


class SourceForm(forms.Form):
    """The same as JSON."""

    source = forms.CharField(
        label=gettext_lazy("Calendars, targets, pauses, warnings"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 28, "class": "mono", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label=gettext_lazy("What changes, and why"),
        max_length=1_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_source(self) -> str:
        try:
            found = json.loads(self.cleaned_data["source"])
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(_("This is not JSON: %(why)s") % {"why": error}) from error
        if not isinstance(found, dict):
            raise forms.ValidationError(_("This is not JSON: %(why)s") % {"why": "{"})
        return str(self.cleaned_data["source"])

    def content(self) -> Content:
        """What was written; only of a valid form."""
        return dict(json.loads(self.cleaned_data["source"]))


def initial(content: Mapping[str, Any]) -> dict[str, Any]:
    """A version's content as the form shows it; call `fits` first."""
    given: dict[str, Any] = {
        "warn": ", ".join(str(one) for one in content.get("warn", ())),
        "chain": content.get("chain", ""),
    }
    slots = {name: n for n, name in enumerate(content.get("calendars", {}), 1)}
    for name, one in content.get("calendars", {}).items():
        key = f"c{slots[name]}"
        given |= {
            f"{key}_name": name,
            f"{key}_tz": one["tz"],
            f"{key}_holidays": "\n".join(one.get("holidays", ())),
        }
        given |= {f"{key}_{day}": typed_windows(windows) for day, windows in one.get("weekly", {}).items()}
    for one in content.get("targets", ()):
        key = f"t_{one['metric']}_{_key(one['priority'])}"
        given[key] = typed_length(one["seconds"])
        given[f"{key}_by"] = str(slots.get(one["calendar"], ALWAYS))
    for metric, statuses in content.get("pause", {}).items():
        given[f"p_{metric}"] = bool(statuses)
    return given


def fits(content: Mapping[str, Any]) -> bool:
    """Whether the form shows all of a version's content."""
    return (
        len(content.get("calendars", {})) <= CALENDARS
        and all(one["priority"] in PRIORITIES for one in content.get("targets", ()))
        and all(statuses in ([], _PAUSABLE) for statuses in content.get("pause", {}).values())
    )


def as_source(content: Mapping[str, Any]) -> str:
    """Content as people read and compare it."""
    return json.dumps(content, ensure_ascii=False, indent=2)


def read_dates(text: str) -> list[date]:
    """The dates of a text, apart by space, commas or lines; raises ValueError with what is none."""
    found = []
    for word in text.replace(",", " ").replace("，", " ").split():
        try:
            found.append(date.fromisoformat(word))
        except ValueError as error:
            raise ValueError(word[:20]) from error
    return sorted(set(found))


def with_holidays(data: Any, slot: str) -> Any:
    """What was posted, with the public holidays of the country and year of a slot added to its holidays.

    Raises BadInput when there are none known.
    """

    filled = data.copy()
    year = str(data.get(f"c{slot}_year", ""))
    if not year.isdecimal() or len(year) != 4:
        raise BadInput(Text("Say of which year.", "请填写年份。"))
    found = public_holidays.of(str(data.get(f"c{slot}_country", "")), int(year))
    before = str(data.get(f"c{slot}_holidays", "")).split()
    filled[f"c{slot}_holidays"] = "\n".join(sorted({*before, *(day.isoformat() for day in found)}))
    return filled


def _key(priority: str) -> str:
    return "any" if priority == "*" else priority
