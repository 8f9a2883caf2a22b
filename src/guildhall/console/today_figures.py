"""The figures of Today, counted by key ranges and remembered for some seconds, so that a wall of open pages
costs little.

Ids carry their time, so "the last 24 hours" is a range of the primary key and no column has to be read. Hours
that are over are remembered for some minutes: mostly the present one is counted again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Count, Q

from guildhall.channels.models import Message, Space
from guildhall.console import words
from guildhall.console.remembered import remembered
from guildhall.core import clock
from guildhall.core.ids import lowest_id
from guildhall.core.text import Text
from guildhall.guard import queries as guard_queries
from guildhall.guard import rulebook
from guildhall.guard.models import Case

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FRESH_S = 10
PAST_S = 300
"""A past hour still changes: a removal, an import of history, a demo being built."""
MEASURED = 500
"""A median is taken of the oldest so many open cases."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Ages in seconds; shares in per mille of what was decided in 24 hours, None while nothing was."""

    messages: int
    removed: int
    upheld_permille: int | None
    undone: int
    decided: int
    open_cases: int
    open_capped: bool
    appeals: int
    median_age_s: float | None
    oldest_age_s: float | None
    course: tuple[int, ...]

    @property
    def open_shown(self) -> str:
        return f"{self.open_cases}+" if self.open_capped else str(self.open_cases)

    @property
    def removed_percent(self) -> str:
        return f"{self.removed / self.messages:.1%}" if self.messages else ""

    @property
    def upheld_percent(self) -> str:
        return "" if self.upheld_permille is None else f"{self.upheld_permille / 10:.1f} %"


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: messages by the language of their space, and how many of all are removed."""

    at: datetime
    messages: tuple[tuple[str, int], ...]
    removed: int


def figures() -> Figures:
    """The figures as they were at most some seconds ago."""
    return remembered("figures", FRESH_S, _figures)


def _figures() -> Figures:
    now = clock.now()
    hours = course(now)
    decided = dict(
        Case.objects.filter(decided_at__gte=now - DAY)
        .exclude(kind=Case.Kind.SAMPLE)
        .values_list("state")
        .annotate(n=Count("pk"))
    )
    upheld, undone = decided.get(Case.State.UPHELD, 0), decided.get(Case.State.UNDONE, 0)
    waiting = Case.objects.filter(state=Case.State.OPEN).exclude(kind=Case.Kind.SAMPLE)
    opened = list(waiting.order_by("id").values_list("opened_at", "kind")[: MEASURED + 1])
    ages = [(now - at).total_seconds() for at, _kind in opened]
    return Figures(
        messages=sum(n for hour in hours for _language, n in hour.messages),
        removed=sum(hour.removed for hour in hours),
        upheld_permille=upheld * 1000 // (upheld + undone) if upheld + undone else None,
        undone=undone,
        decided=upheld + undone,
        open_cases=min(len(opened), MEASURED),
        open_capped=len(opened) > MEASURED,
        appeals=sum(1 for _at, kind in opened if kind == Case.Kind.APPEAL),
        median_age_s=median(ages) if ages else None,
        oldest_age_s=max(ages, default=None),
        course=tuple(sum(n for _language, n in hour.messages) for hour in hours),
    )


def course(now: datetime | None = None) -> list[Hour]:
    """The last 24 hours, hour by hour, the present one last."""
    present = (now or clock.now()).replace(minute=0, second=0, microsecond=0)
    languages = _languages()
    return [_hour(present - HOUR * back, languages, is_over=back > 1) for back in range(23, -1, -1)]


def _hour(at: datetime, languages: Mapping[str, str], *, is_over: bool) -> Hour:
    counted = remembered(("hour", at), PAST_S if is_over else FRESH_S, lambda: _counted(at))
    totals: dict[str, int] = dict.fromkeys(
        sorted(set(languages.values()), key=lambda name: name.isascii()), 0
    )
    removed = 0
    for space, n, gone in counted:
        name = languages.get(space, "English")
        totals[name] = totals.get(name, 0) + n
        removed += gone
    return Hour(at, tuple(totals.items()), removed)


def _counted(at: datetime) -> list[tuple[str, int, int]]:
    within = Message.objects.filter(
        pk__gte=lowest_id(at), pk__lt=lowest_id(at + HOUR), direction=Message.Direction.IN
    )
    return list(
        within.order_by()
        .values_list("space_id")
        .annotate(n=Count("pk"), gone=Count("pk", filter=Q(removed_at__isnull=False)))
    )


def _languages() -> dict[str, str]:
    """What the language of each space is called, the two Chinese ones as one."""
    return {
        pk: "中文" if code.startswith("zh") else str(words.LANGUAGES.get(code, code.upper()))
        for pk, code in Space.objects.values_list("pk", "language")
    }


def rules() -> list[tuple[str, Text, int]]:
    """The rules that spoke most often in cases of the last day: id, family, how often."""
    spoke = remembered("rules", 60, lambda: guard_queries.figures(clock.now() - DAY).by_rule)
    return [(rule, rulebook.family(rule), n) for rule, n in spoke]
