"""What the words of the figures are called on screens, and how shares and times are said there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from guildhall.channels.models import Space
from guildhall.console.sla_words import LANGUAGES, PRIORITIES, said_length
from guildhall.desk.figures.summary import Share
from guildhall.desk.models import Category, Ticket, Vendor
from guildhall.people.models import Staff


def namers(by: str, keys: Sequence[str]) -> Callable[[Any], str]:
    """How the keys of a group are called."""
    names = _names(by, keys)
    nothing = {
        "agent": _("nobody"), "vendor": _("our own people"), "category": _("no category"),
        "space": _("no space"), "tier": _("no tier"),
    }.get(by, "—")  # fmt: skip

    def name(key: Any) -> str:
        if isinstance(key, date):
            return key.isoformat()
        if isinstance(key, int):
            return f"{key:02}:00"
        return str(names.get(key, key)) if key else nothing

    return name


def _names(by: str, keys: Sequence[str]) -> Mapping[str, Any]:
    match by:
        case "agent":
            ids = [int(key) for key in keys if key.isdecimal()]
            return {str(pk): name for pk, name in Staff.objects.filter(pk__in=ids).values_list("pk", "name")}
        case "vendor":
            return dict(Vendor.objects.filter(pk__in=keys).values_list("pk", "name"))
        case "space":
            return dict(Space.objects.filter(pk__in=keys).values_list("pk", "name"))
        case "category":
            return {one.slug: one.called for one in Category.objects.all()}
        case "priority":
            return PRIORITIES
        case "way":
            return dict(Ticket.Way.choices)
        case "language":
            return {**dict(LANGUAGES), "zh-hans": "简体中文", "zh-hant": "繁體中文"}
    return {}


def percent(share: Share) -> str:
    """A share as people read it, '—' of nothing; it stands with how many it is of where there is room."""
    return "—" if share.percent is None else f"{share.percent:.0f} %"


def said_times(median: int | None, p90: int | None) -> str:
    """Median and nine of ten, short."""
    if median is None:
        return "—"
    return f"{_rounded(median)} · {_rounded(p90)}"


def _rounded(seconds: int | None) -> str:
    """A length to what matters: minutes over an hour, hours over two days."""
    if seconds is None:
        return "—"
    size = 1 if seconds < 120 else 60 if seconds < 86_400 * 2 else 3_600
    return said_length(seconds // size * size)
