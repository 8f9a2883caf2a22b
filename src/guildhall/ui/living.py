"""What the living page shows: an example of every component, made of invented rows. Nothing here reads a
database.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from guildhall.core import clock
from guildhall.ui import charts
from guildhall.ui.tables import Column, Count, Filter, Spec, Table, read

COLOURS = (
    "bg",
    "panel",
    "line",
    "ink",
    "ink-2",
    "ink-3",
    "brand",
    "brand-soft",
    "red",
    "amber",
    "green",
    "blue",
)
ICONS = (
    "hall",
    "today",
    "review",
    "messages",
    "members",
    "spaces",
    "policies",
    "approvals",
    "effects",
    "audit",
    "staff",
    "settings",
    "search",
    "more",
    "sun",
    "moon",
    "contrast",
    "globe",
    "user",
    "check",
    "close",
    "undo",
    "remove",
    "ban",
    "plus",
    "edit",
    "download",
    "open",
    "copy",
    "warning",
    "info",
    "left",
    "right",
    "down",
    "sort-up",
    "sort-down",
    "key",
    "link",
    "train",
    "logout",
    "keyboard",
    "eye",
    "pause",
    "retry",
    "history",
    "empty",
    "flag",
    "partners",
    "settlement",
    "why",
)

SCAM = (
    "Support team here, sync your wallet at binance-cla\u0456m.app "
    "and enter your 12 words\u200b\u200b\u200b. 客服提醒：请输入助记词。"
)
SPANS = ((0, 12), (19, 35), (39, 57), (62, 81), (92, 98))

OLD = (
    "mode: shadow\nthresholds:\n  review: 400\n  delete: 700\nladder:\n  - strikes: 3\n    action: restrict\n"
)
NEW = OLD.replace("shadow", "act").replace("700", "650") + "    duration: 24h\n"

SPEC = Spec(
    columns=(
        Column("text", gettext_lazy("Message"), css="lead text"),
        Column("space", gettext_lazy("Space")),
        Column("at", gettext_lazy("When"), sort=("at",)),
        Column("score", gettext_lazy("Score"), sort=("score",), css="num"),
    ),
    filters=(
        Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Words in Chinese or English")),
        Filter(
            "state",
            gettext_lazy("State"),
            choices=(("removed", gettext_lazy("removed")), ("kept", gettext_lazy("kept"))),
        ),
        Filter("since", gettext_lazy("Since"), "date"),
    ),
    default_sort="-at",
)


class ExampleForm(forms.Form):
    """A form with a wrong value in it."""

    name = forms.CharField(
        label=gettext_lazy("Space name"), help_text=gettext_lazy("As members will see it.")
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=(("zh", "中文"), ("en", "English")))
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    public = forms.BooleanField(label=gettext_lazy("Anyone may read along"), required=False)


@dataclass(frozen=True, slots=True)
class ExampleRow:
    """A row of the example table."""

    text: str
    space: str
    state: str
    at: datetime
    score: int


def context(request: HttpRequest) -> dict[str, Any]:
    """Everything `ui/living.html` needs."""
    now = clock.now()
    rows = [
        ExampleRow(
            "funding flipped, anyone hedging on OKX?", "Perps EN", "kept", now - timedelta(minutes=2), 40
        ),
        ExampleRow("加客服微信领取空投，名额有限", "现货新手群", "removed", now - timedelta(hours=3), 910),
        ExampleRow(
            "Bridge is slow again, 20 confirmations", "Perps EN", "kept", now - timedelta(days=2), 120
        ),
    ]
    state = read(SPEC, request.GET)
    return {
        "colours": COLOURS,
        "icons": ICONS,
        "now": now,
        "earlier": now - timedelta(hours=5),
        "last_year": now - timedelta(days=500),
        "scam": SCAM,
        "spans": SPANS,
        "old": OLD,
        "new": NEW,
        "form": ExampleForm({"name": "", "language": "zh"}),
        "table": Table(state, rows, next_key=(now, "x"), count=Count(1000, capped=True)),
        "nothing": Table(read(SPEC, {}), []),
        "tab_items": [
            {"label": _("Waiting"), "href": "?", "current": True, "count": 14},
            {"label": _("Appeals"), "href": "?tab=appeals", "current": False, "count": 2},
            {"label": _("Decided"), "href": "?tab=decided", "current": False},
        ],
        "course": [4, 6, 5, 9, 12, 8, 7, 11, 15, 13, 18, 14],
        "line_chart": charts.line(_hours(now), x="at", y="n", series="language", labels=_labels()),
        "column_chart": charts.columns(_hours(now), x="at", y="n", series="language", labels=_labels()),
        "bar_chart": charts.bars(_named(), x="n", y="name", labels={"n": _("Messages"), "name": _("Space")}),
        "heat_chart": charts.heat(
            _week(), x="hour", y="day", value="n", labels={"n": _("Messages")}, height=130
        ),
        "waterfall_chart": charts.waterfall(
            _steps(), scale=8, labels={"name": _("Step"), "said": _("Amount")}
        ),
    }


def _labels() -> dict[str, str]:
    return {"at": _("Time"), "n": _("Messages"), "language": _("Language")}


def _hours(now: datetime) -> list[dict[str, Any]]:
    start = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=47)
    return [
        {
            "at": start + timedelta(hours=hour),
            "language": name,
            "n": round(size * (1.2 + math.sin((hour + turn) / 3.8))),
        }
        for name, size, turn in (("中文", 90, 0), ("English", 60, 9))
        for hour in range(48)
    ]


def _named() -> list[dict[str, Any]]:
    return [
        {"name": name, "n": n}
        for name, n in (("VIP 中文群", 912), ("Perps EN", 640), ("现货新手群", 431), ("Bots", 80))
    ]


def _steps() -> list[charts.Step]:
    unit = 10**8
    return [
        charts.Step(_("Fee"), 0, 125 * unit // 10, "12.5 USDT", "fee"),
        charts.Step(_("Kept by the house"), 5 * unit, 125 * unit // 10, "−7.5", "out"),
        charts.Step(_("To the trader"), 4 * unit, 5 * unit, "−1", "out"),
        charts.Step(_("To the partner"), 0, 4 * unit, "4 USDT", "partner"),
    ]


def _week() -> list[dict[str, Any]]:
    days = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri")]
    return [
        {"day": day, "hour": hour, "n": round(40 + 40 * math.sin((hour - 6 + n) / 3.5))}
        for n, day in enumerate(days)
        for hour in range(24)
    ]
