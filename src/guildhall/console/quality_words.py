"""Words and figures that the pages of quality and of vendors share: scores, shares, weeks, tabs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from guildhall.core import clock
from guildhall.desk import scope
from guildhall.desk.models import Review
from guildhall.people.models import Staff

GOOD, FAIR = 8_500, 7_000
COLOURS = {Review.State.WAITING: "amber", Review.State.DONE: "green", Review.State.DROPPED: ""}


def points(value: int | None) -> str:
    """A score in hundredths of a point with one decimal, cut off; a dash for none."""
    return "—" if value is None else f"{value // 100}.{value % 100 // 10}"


def share(value: int | None) -> str:
    """A share in hundredths of a percent with one decimal, cut off; a dash for none."""
    return "—" if value is None else f"{value // 100}.{value % 100 // 10} %"


def colour(value: int | None) -> str:
    """Green, amber or red for a score or a share of promises kept."""
    if value is None:
        return ""
    return "green" if value >= GOOD else "amber" if value >= FAIR else "red"


def this_week() -> date:
    """The Monday of this week, UTC."""
    today = clock.now().date()
    return today - timedelta(days=today.weekday())


def tabs(me: Staff, current: str) -> list[dict[str, Any]]:
    """The pages of quality that `me` may open."""
    judges = me.may("quality.review") and not scope.is_outsourced(me)
    pages = [
        ("quality-mine", _("My answers"), True),
        ("quality-team", _("My team"), bool(scope.leads_vendor(me))),
    ]
    if judges:
        pages = [
            ("quality", _("To judge"), True),
            ("quality-results", _("Results"), True),
            ("quality-mine", _("My answers"), True),
            ("quality-cards", _("Scorecards"), me.may("quality.manage")),
            ("quality-rules", _("What is drawn"), me.may("quality.manage")),
        ]
    return [
        {"label": label, "href": reverse(f"console:{name}"), "current": name == current}
        for name, label, is_shown in pages
        if is_shown
    ]
