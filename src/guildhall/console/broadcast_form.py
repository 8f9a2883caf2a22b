"""The form a broadcast is written in, and the way from it to what the room understands and back.

Everything is on one page: the words side by side, whom, when. What cannot be read is an error at its field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guildhall.broadcast import timing
from guildhall.broadcast.actions import Written
from guildhall.broadcast.audience import MEMBERS, SPACES, parse_audience
from guildhall.broadcast.content import MOST_FILES, parse_content
from guildhall.broadcast.timing import parse_schedule
from guildhall.broadcast.zones import is_zone
from guildhall.channels.models import Enclosure, Space
from guildhall.compliance.acts import LABELS, Act
from guildhall.console import broadcast_words as words
from guildhall.core.errors import BadInput
from guildhall.people.models import Member

BUTTONS = 3
COMMON_ZONES = (
    "UTC", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Taipei", "Asia/Tokyo", "Asia/Dubai", "Europe/London",
    "Europe/Berlin", "America/New_York", "America/Sao_Paulo",
)  # fmt: skip
_DAILY, _WEEKDAYS, _WEEKLY, _MONTHLY, _RULE = "daily", "weekdays", "weekly", "monthly", "rule"
_SEGMENTS = ("platforms", "languages", "regions", "tiers", "themes")
_FIELDS = {"texts": "text_en", "buttons": "button_1_url", "cron": "repeat", "files": "upload"}
"""At which field an error of the room stands."""


class ManyFiles(forms.ClearableFileInput):
    """A file field that takes several."""

    allow_multiple_selected = True


def _area(label: Any, language: str, rows: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=False, help_text=help_text, strip=False, max_length=20_000,
        widget=forms.Textarea(attrs={"rows": rows, "lang": language, "dir": "auto"}),
    )  # fmt: skip


class BroadcastForm(forms.Form):
    """What is said, to whom, when."""

    name = forms.CharField(
        label=gettext_lazy("What you call it"),
        max_length=120,
        help_text=gettext_lazy("For us; nobody outside sees it."),
    )
    act = forms.ChoiceField(
        label=gettext_lazy("What kind of message"),
        help_text=gettext_lazy("Compliance is asked for exactly this, region by region."),
    )
    text_en = _area("English", "en", 9)
    text_zh_hans = _area("简体中文", "zh-Hans", 9)
    text_zh_hant = _area("繁體中文", "zh-Hant", 4, gettext_lazy("Left empty it is made from Simplified."))
    fallback = forms.ChoiceField(
        label=gettext_lazy("Readers of other languages get"),
        choices=(("en", "English"), ("zh-hans", "简体中文"), ("", gettext_lazy("nothing"))),
        required=False,
    )
    together = forms.BooleanField(
        label=gettext_lazy("Everybody gets all languages in one message"), required=False
    )
    upload = forms.FileField(
        label=gettext_lazy("Add files"),
        required=False,
        widget=ManyFiles(attrs={"multiple": True}),
        help_text=gettext_lazy("PNG, JPEG, GIF, WebP, PDF, MP4, OGG or MP3, 10 MB each."),
    )
    kept_files = forms.MultipleChoiceField(
        label=gettext_lazy("Files"), required=False, widget=forms.CheckboxSelectMultiple
    )
    without_files = forms.BooleanField(
        label=gettext_lazy("Where a platform takes no files, send the words alone"), required=False
    )
    to = forms.ChoiceField(
        label=gettext_lazy("Sent to"),
        choices=(
            (SPACES, gettext_lazy("groups, channels and servers")),
            (MEMBERS, gettext_lazy("members, in their private talks with us")),
        ),
        widget=forms.RadioSelect,
    )
    everyone = forms.BooleanField(
        label=gettext_lazy("All of them"),
        required=False,
        help_text=gettext_lazy(
            "Without this, only what is ticked below. With nothing ticked it reaches nobody."
        ),
    )
    include = forms.MultipleChoiceField(label=gettext_lazy("These too"), required=False)
    exclude = forms.MultipleChoiceField(label=gettext_lazy("But not these"), required=False)
    within = forms.MultipleChoiceField(label=gettext_lazy("Only members of these spaces"), required=False)
    seen_days = forms.IntegerField(
        label=gettext_lazy("Seen within so many days"), required=False, min_value=0, max_value=3650
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=(
            (timing.NOW, gettext_lazy("at once")),
            (timing.ONCE, gettext_lazy("at a time")),
            (timing.EVERY, gettext_lazy("again and again")),
        ),
        widget=forms.RadioSelect,
    )
    at = forms.DateTimeField(
        label=gettext_lazy("Day and time"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    repeat = forms.ChoiceField(
        label=gettext_lazy("How often"),
        required=False,
        choices=(
            (_DAILY, gettext_lazy("every day")),
            (_WEEKDAYS, gettext_lazy("Monday to Friday")),
            (_WEEKLY, gettext_lazy("on days of the week")),
            (_MONTHLY, gettext_lazy("on a day of the month")),
            (_RULE, gettext_lazy("by a rule of cron")),
        ),
    )
    clock = forms.TimeField(
        label=gettext_lazy("Time"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    days = forms.MultipleChoiceField(
        label=gettext_lazy("Days of the week"),
        required=False,
        choices=words.WEEKDAYS,
        widget=forms.CheckboxSelectMultiple,
    )
    day = forms.IntegerField(
        label=gettext_lazy("Day of the month"), required=False, min_value=1, max_value=28
    )
    rule = forms.CharField(label=gettext_lazy("Rule of cron"), required=False, max_length=80)
    until = forms.DateField(
        label=gettext_lazy("Through"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    each_zone = forms.BooleanField(
        label=gettext_lazy("By each audience's own clock"),
        required=False,
        help_text=gettext_lazy("By the region of each space; where nobody knows it, by the zone below."),
    )
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choose(self, "act", [(act.value, str(LABELS[act])) for act in Act])
        for number in range(1, BUTTONS + 1):
            self.fields[f"button_{number}_url"] = forms.CharField(
                label=gettext_lazy("Web address"), required=False, max_length=500,
                widget=forms.URLInput(attrs={"placeholder": "https://"}),
            )  # fmt: skip
            self.fields[f"button_{number}_en"] = forms.CharField(
                label="English", required=False, max_length=60
            )
            self.fields[f"button_{number}_zh"] = forms.CharField(
                label="简体中文", required=False, max_length=60
            )
        spaces = Space.objects.filter(archived_at__isnull=True).exclude(kind="private")
        for key, column, name in (
            ("platforms", "platform", words.platform), ("languages", "language", words.language),
            ("regions", "region", words.region), ("tiers", "tier", str), ("themes", "theme", str),
        ):  # fmt: skip
            values = set(spaces.order_by().values_list(column, flat=True).distinct())
            if key == "languages":
                values |= set(words.SPOKEN)
            if key == "regions":
                values |= set(
                    Member.objects.exclude(region="").order_by().values_list("region", flat=True).distinct()
                )
            values |= set(self._given(key))
            self.fields[key] = forms.MultipleChoiceField(
                label=_LABELS[key], required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(value, name(value)) for value in sorted(values) if value or key == "regions"],
            )  # fmt: skip
        listed = [
            (pk, f"{title} · {words.platform(platform)}")
            for pk, title, platform in spaces.order_by("name").values_list("id", "name", "platform")
        ]
        for key in ("include", "exclude", "within"):
            _choose(self, key, listed)
            self.fields[key].widget.attrs["size"] = 5
        held = Enclosure.objects.filter(pk__in=self._given("kept_files")).values_list("id", "name")
        _choose(self, "kept_files", list(held))

    def _given(self, key: str) -> Sequence[str]:
        if self.is_bound and hasattr(self.data, "getlist"):
            return [str(one) for one in self.data.getlist(key)]
        return [str(one) for one in self.initial.get(key) or ()]

    @property
    def buttons(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each button, for the page."""
        return [
            (self[f"button_{n}_url"], self[f"button_{n}_en"], self[f"button_{n}_zh"])
            for n in range(1, BUTTONS + 1)
        ]

    @property
    def uploads(self) -> list[UploadedFile]:
        """The files that came with the form."""
        return list(self.files.getlist("upload")) if hasattr(self.files, "getlist") else []

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data.get("zone") or "UTC").strip()
        if not is_zone(zone):
            raise forms.ValidationError(_("This is not a time zone; write one such as Asia/Singapore."))
        return zone

    def written(self, files: Sequence[str] = ()) -> Written:
        """What was written, with `files` that were uploaded beside those kept. Raises BadInput."""
        said = self.cleaned_data
        kept = [*said.get("kept_files", ()), *files]
        if len(kept) > MOST_FILES:
            raise BadInput(_("At most %(n)s files.") % {"n": MOST_FILES}, field="upload")
        try:
            return Written(
                Act(said["act"]),
                parse_content(self._content(kept)),
                parse_audience(self._audience()),
                parse_schedule(self._schedule()),
            )
        except BadInput as wrong:
            raise BadInput(wrong.text, field=_FIELDS.get(wrong.field, wrong.field)) from wrong

    def _content(self, files: Sequence[str]) -> dict[str, Any]:
        said = self.cleaned_data
        texts = {
            code: said.get(f"text_{code.replace('-', '_')}", "") for code in ("en", "zh-hans", "zh-hant")
        }
        texts = {code: text for code, text in texts.items() if text.strip()}
        fallback = said.get("fallback", "")
        buttons = [
            {
                "url": said[f"button_{n}_url"],
                "labels": {"en": said[f"button_{n}_en"], "zh-hans": said[f"button_{n}_zh"]}
                | ({"zh-hant": said[f"button_{n}_zh"]} if "zh-hant" in texts else {}),
            }
            for n in range(1, BUTTONS + 1)
            if said.get(f"button_{n}_url") or said.get(f"button_{n}_en") or said.get(f"button_{n}_zh")
        ]
        return {
            "texts": texts,
            "buttons": buttons,
            "files": list(files),
            "fallback": fallback if fallback in texts else "",
            "together": said.get("together"),
            "without_files": said.get("without_files"),
        }

    def _audience(self) -> dict[str, Any]:
        said = self.cleaned_data
        found: dict[str, Any] = {key: list(said.get(key, ())) for key in _SEGMENTS}
        for key in ("include", "exclude", "within"):
            found[key] = list(said.get(key, ()))
        if said["to"] == MEMBERS:
            found["include"] = []
        else:
            found["within"] = []
        seen = said.get("seen_days") or 0
        return {
            **{key: value for key, value in found.items() if value},
            "to": said["to"],
            "everyone": said.get("everyone", False),
            "seen_days": seen if said["to"] == MEMBERS else 0,
        }

    def _schedule(self) -> dict[str, Any]:
        said = self.cleaned_data
        at, until = said.get("at"), said.get("until")
        return {
            "kind": said["when"],
            "at": at.replace(tzinfo=None).isoformat(timespec="minutes") if at else "",
            "cron": self._cron() if said["when"] == timing.EVERY else "",
            "until": until.isoformat() if until else "",
            "zone": said.get("zone") or "UTC",
            "each_zone": said.get("each_zone"),
        }

    def _cron(self) -> str:
        said = self.cleaned_data
        if said.get("repeat") == _RULE:
            return str(said.get("rule", ""))
        clock = said.get("clock")
        if clock is None:
            raise BadInput(_("Say at what time."), field="clock")
        at = f"{clock.minute} {clock.hour}"
        match said.get("repeat"):
            case "weekdays":
                return f"{at} * * 1-5"
            case "weekly":
                if not said.get("days"):
                    raise BadInput(_("Say on which days."), field="days")
                return f"{at} * * {','.join(said['days'])}"
            case "monthly":
                if not said.get("day"):
                    raise BadInput(_("Say on which day."), field="day")
                return f"{at} {said['day']} * *"
        return f"{at} * * *"


_LABELS = {
    "platforms": gettext_lazy("Platform"),
    "languages": gettext_lazy("Language"),
    "regions": gettext_lazy("Region"),
    "tiers": gettext_lazy("Tier"),
    "themes": gettext_lazy("Theme"),
}


def _choose(form: forms.Form, key: str, choices: Any) -> None:
    field = form.fields[key]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def blank(zone: str, language: str) -> dict[str, Any]:
    """What a new form begins with."""
    return {
        "act": Act.SERVICE.value, "to": SPACES, "when": timing.NOW, "zone": zone, "repeat": _DAILY,
        "fallback": "zh-hans" if language.startswith("zh") else "en",
    }  # fmt: skip


def initial(name: str, written: Written) -> dict[str, Any]:
    """A form's fields for what was written."""
    content, audience, schedule = written.content, written.audience, written.schedule
    found: dict[str, Any] = {
        "name": name, "act": written.act.value, "fallback": content.fallback, "together": content.together,
        "without_files": content.without_files, "kept_files": list(content.files), "to": audience.to,
        "everyone": audience.everyone, "seen_days": audience.seen_days or None, "when": schedule.kind,
        "at": schedule.at, "each_zone": schedule.each_zone, "zone": schedule.zone, "until": schedule.until,
        **{key: list(getattr(audience, key)) for key in (*_SEGMENTS, "include", "exclude", "within")},
        **{f"text_{code.replace('-', '_')}": text for code, text in content.texts},
        **_repeat(schedule.cron),
    }  # fmt: skip
    for number, button in enumerate(content.buttons[:BUTTONS], 1):
        found[f"button_{number}_url"] = button.url
        found[f"button_{number}_en"] = dict(button.labels).get("en", "")
        found[f"button_{number}_zh"] = dict(button.labels).get("zh-hans", "")
    return found


def _repeat(cron: str) -> dict[str, Any]:
    if not cron:
        return {"repeat": _DAILY}
    minute, hour, day, month, weekday = cron.split()
    if month != "*" or not (minute.isdecimal() and hour.isdecimal()):
        return {"repeat": _RULE, "rule": cron}
    found: dict[str, Any] = {"clock": f"{int(hour):02}:{int(minute):02}"}
    if day == "*" and weekday == "*":
        return {**found, "repeat": _DAILY}
    if day == "*" and weekday == "1-5":
        return {**found, "repeat": _WEEKDAYS}
    if day == "*" and all(one in dict(words.WEEKDAYS) for one in weekday.split(",")):
        return {**found, "repeat": _WEEKLY, "days": weekday.split(",")}
    if weekday == "*" and day.isdecimal():
        return {**found, "repeat": _MONTHLY, "day": int(day)}
    return {"repeat": _RULE, "rule": cron}
