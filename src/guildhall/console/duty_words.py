"""Words and frames that the pages about duty share: hours as the reader's wall shows them, names, tabs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import available_timezones

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from guildhall.console.house_words import known
from guildhall.people.models import Staff, Team
from guildhall.work.duty.seeing import teams_planned, teams_seen
from guildhall.work.duty.wall import comes_twice
from guildhall.work.models import DutyKind, Leave, Swap

COMMON_ZONES = ("UTC", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Dubai", "Europe/London",
                "Europe/Berlin", "America/New_York", "America/Chicago", "America/Los_Angeles")  # fmt: skip
LANGUAGES = (
    ("", "—"), ("zh", "中文"), ("en", "English"), ("ja", "日本語"), ("ko", "한국어"), ("vi", "Tiếng Việt"),
    ("id", "Bahasa Indonesia"), ("th", "ไทย"), ("ru", "Русский"), ("tr", "Türkçe"),
    ("es", "Español"), ("pt", "Português"), ("fr", "Français"), ("de", "Deutsch"),
    ("ar", "العربية"), ("hi", "हिन्दी"),
)  # fmt: skip
SWAP_COLOURS = {Swap.State.ASKED: "amber", Swap.State.ACCEPTED: "blue", Swap.State.APPROVED: "green"}
LEAVE_COLOURS = {Leave.State.ASKED: "blue", Leave.State.APPROVED: "green"}
KINDS: dict[str, str | Promise] = {
    DutyKind.SHIFT: gettext_lazy("Shift"),
    DutyKind.ON_CALL: gettext_lazy("On call"),
}


def zone_choices(first: str = "") -> list[tuple[str, str]]:
    """Every zone, the reader's and common ones first."""
    head = dict.fromkeys(one for one in (first, *COMMON_ZONES) if one)
    return [(name, name) for name in (*head, *sorted(available_timezones() - set(head)))]


def tabs(request: HttpRequest, current: str) -> list[dict[str, Any]]:
    """The tabs of Duty; patterns for who plans a team."""
    me = known(request)
    pages = [
        ("week", _("Week"), "console:duty"),
        ("mine", _("My shifts"), "console:duty-mine"),
        ("requests", _("Swaps and leave"), "console:duty-requests"),
        ("gaps", _("Gaps"), "console:duty-gaps"),
    ]
    if teams_planned(me).exists():
        pages.append(("patterns", _("Patterns"), "console:duty-patterns"))
    return [
        {"label": label, "href": reverse(name), "current": key == current, "count": None}
        for key, label, name in pages
    ]


def teams_of(request: HttpRequest) -> list[Team]:
    """The teams the reader may see."""
    return list(teams_seen(known(request)))


def chosen_team(request: HttpRequest, teams: Iterable[Team]) -> Team | None:
    """The team in the address, among those given. Raises Http404 for another one."""
    slug = request.GET.get("team", "")
    if not slug:
        return None
    for team in teams:
        if team.slug == slug:
            return team
    raise Http404


def names_of(people: Iterable[int | None]) -> dict[int, str]:
    """How colleagues are called, by id."""
    return {one.pk: str(one) for one in Staff.objects.filter(pk__in={who for who in people if who})}


def day_label(day: date) -> str:
    """A date as a heading: Mon 23 Nov, 11月23日 周一."""
    chinese = (get_language() or "").startswith("zh")
    return dateformat.format(day, "n月j日 D" if chinese else "D j M")


def date_label(day: date) -> str:
    """A date without its weekday: 23 Nov, 11月23日."""
    chinese = (get_language() or "").startswith("zh")
    return dateformat.format(day, "n月j日" if chinese else "j M")


def clock_label(at: datetime) -> str:
    """HH:MM on the reader's wall; where the clocks are put back, which of the two it is."""
    local = timezone.localtime(at)
    nth = comes_twice(at, timezone.get_current_timezone_name())
    if nth:
        return f"{local:%H:%M} " + (_("(1st)") if nth == 1 else _("(2nd)"))
    return f"{local:%H:%M}"


def hours_label(start: datetime, end: datetime) -> str:
    """09:00–17:00 on the reader's wall, 22:00–06:00 +1 over a midnight; with both dates when it is longer."""
    days = _midnights(start, end)
    if days > 1:
        first, last = date_label(local_day(start)), date_label(local_day(end))
        return f"{first} {clock_label(start)} – {last} {clock_label(end)}"
    return f"{clock_label(start)}–{clock_label(end)}{' +1' if days else ''}"


def _midnights(start: datetime, end: datetime) -> int:
    """How many midnights of the reader's wall lie within."""
    return (local_day(end - timedelta(microseconds=1)) - local_day(start)).days


def local_day(at: datetime) -> date:
    """The date on the reader's wall."""
    return timezone.localtime(at).date()


def span_label(start: datetime, end: datetime) -> str:
    """Date and hours on the reader's wall."""
    if _midnights(start, end) > 1:
        return hours_label(start, end)
    return f"{day_label(local_day(start))} {hours_label(start, end)}"


def days_label(start: datetime, end: datetime) -> str:
    """From which date to which, both included, on the reader's wall."""
    first, last = local_day(start), local_day(end - timedelta(microseconds=1))
    return day_label(first) if first == last else f"{day_label(first)} – {day_label(last)}"


def asked_day(request: HttpRequest, name: str) -> date:
    """The date in the address; today on the reader's wall when there is none or no sensible one."""
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return timezone.localtime().date()
    return day if 2000 <= day.year <= 2100 else timezone.localtime().date()
