"""How promises of time are typed and read: lengths such as `1h 30m`, windows such as `09:00-12:30`, what
a policy says in words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guildhall.channels.models import Space
from guildhall.desk.models import Category, Ticket, Vendor

METRICS: dict[str, Promise] = {
    "first_response": gettext_lazy("First response"),
    "next_response": gettext_lazy("Next response"),
    "resolution": gettext_lazy("Resolution"),
}
PRIORITIES: dict[str, Promise] = {
    "urgent": gettext_lazy("Urgent"),
    "high": gettext_lazy("High"),
    "normal": gettext_lazy("Normal"),
    "low": gettext_lazy("Low"),
    "*": gettext_lazy("Any other"),
}
DAYS: dict[str, Promise] = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_SIZES = {"d": 86_400, "天": 86_400, "h": 3_600, "小时": 3_600, "时": 3_600, "m": 60, "min": 60, "分钟": 60,
          "分": 60, "s": 1, "秒": 1}  # fmt: skip
_LENGTH = re.compile(r"\s*(\d{1,6})\s*(d|天|h|小时|时|min|m|分钟|分|s|秒)", re.IGNORECASE)
_APART = re.compile(r"[,;，；、\s]+")
_WINDOW = re.compile(r"(\d{2}:\d{2})[-–—~至](\d{2}:\d{2})")
_SPACED = re.compile(r"\s*([-–—~至])\s*")


def typed_length(seconds: int) -> str:
    """Seconds as somebody types them: `1h 30m`; no second is lost."""
    parts = []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"


def read_length(text: str) -> int | None:
    """The seconds of `1h 30m`, `2d`, `45 分钟`; none when it cannot be read."""
    at, seconds = 0, 0
    while at < len(text):
        found = _LENGTH.match(text, at)
        if found is None:
            return None
        seconds += int(found[1]) * _SIZES[found[2].lower()]
        at = found.end()
        while at < len(text) and text[at] in " ,，":
            at += 1
    return seconds if text.strip() else None


def said_length(seconds: int | None) -> str:
    """Seconds in words, to the second: `1 h 30 min`."""
    if seconds is None:
        return "—"
    words = {"d": _("%(n)s d"), "h": _("%(n)s h"), "m": _("%(n)s min"), "s": _("%(n)s s")}
    parts, rest = [], seconds
    for unit, size in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(words[unit] % {"n": count})
    return " ".join(parts) or words["s"] % {"n": 0}


def typed_windows(windows: Sequence[Sequence[str]]) -> str:
    """Windows as somebody types them: `09:00-12:30, 13:30-18:00`."""
    return ", ".join(f"{start}-{end}" for start, end in windows)


def read_windows(text: str) -> list[list[str]] | None:
    """The windows of such a line; none when it cannot be read."""
    found = []
    for part in _APART.split(_SPACED.sub(r"\1", text.strip())):
        if not part:
            continue
        window = _WINDOW.fullmatch(part)
        if window is None:
            return None
        found.append([window[1], window[2]])
    return found


def said_hours(weekly: Mapping[str, Sequence[Sequence[str]]]) -> list[tuple[str, str]]:
    """The week of a calendar as (days, windows), days of equal windows together."""
    rows: list[tuple[list[str], str]] = []
    for day, name in DAYS.items():
        windows = typed_windows(weekly.get(day, ())) or _("shut")
        if rows and rows[-1][1] == windows:
            rows[-1][0].append(str(name))
        else:
            rows.append(([str(name)], windows))
    return [(days[0] if len(days) == 1 else f"{days[0]} – {days[-1]}", windows) for days, windows in rows]


def target_grid(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The targets of a policy, a row for each priority it names, most urgent first, `*` last."""
    found = {(one["metric"], one["priority"]): one for one in content.get("targets", ())}
    named = [*PRIORITIES, *sorted({priority for _m, priority in found} - PRIORITIES.keys())]
    return [
        {
            "name": PRIORITIES.get(priority, priority),
            "cells": [
                {
                    "length": said_length(one["seconds"]) if one else "",
                    "calendar": said_calendar(one["calendar"]) if one else "",
                }
                for one in (found.get((metric, priority)) for metric in METRICS)
            ],
        }
        for priority in named
        if any((metric, priority) in found for metric in METRICS)
    ]


def said_calendar(name: str) -> str:
    """A calendar's name; what `always` is called here."""
    return _("around the clock") if name == "always" else name


def said_match(match: Mapping[str, Sequence[str]]) -> list[str]:
    """Which tickets a policy holds for, a sentence each; empty for all of them."""
    names: dict[str, Mapping[str, str]] = {
        "spaces": dict(Space.objects.filter(pk__in=match.get("spaces", ())).values_list("pk", "name")),
        "vendors": dict(Vendor.objects.filter(pk__in=match.get("vendors", ())).values_list("pk", "name")),
        "categories": {one.slug: str(one.called) for one in Category.objects.all()}
        if match.get("categories")
        else {},
        "ways": {value: str(label) for value, label in Ticket.Way.choices},
        "languages": dict(LANGUAGES),
    }
    words = {
        "tiers": _("tier: %(list)s"),
        "spaces": _("space: %(list)s"),
        "categories": _("category: %(list)s"),
        "languages": _("language: %(list)s"),
        "ways": _("asked %(list)s"),
        "vendors": _("in the queue of %(list)s"),
    }
    return [
        words[field] % {"list": ", ".join(str(names.get(field, {}).get(one, one)) for one in match[field])}
        for field in words
        if match.get(field)
    ]


LANGUAGES = (("en", "English"), ("zh", "中文"), ("ja", "日本語"), ("ko", "한국어"), ("vi", "Tiếng Việt"),
             ("th", "ไทย"), ("id", "Bahasa Indonesia"), ("ru", "Русский"), ("es", "Español"),
             ("pt", "Português"), ("tr", "Türkçe"), ("ar", "العربية"))  # fmt: skip
