"""Figures: how right the guard is, what it misses, how fast it is; by space, rule, model and policy.

Every estimate stands with its interval and with how many checked messages it rests on, and is a link to
them. Where too little was checked, the page says what is missing instead of a number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from guildhall.channels.models import Space
from guildhall.console.house_words import known
from guildhall.console.remembered import remembered
from guildhall.core import clock
from guildhall.guard import figures, rulebook
from guildhall.guard.actions.figures import counted_at
from guildhall.guard.estimates import Estimate
from guildhall.guard.figures import ALLOWED, FLAGGED, PUNISHED, Strata
from guildhall.people.access import requires
from guildhall.ui import charts
from guildhall.ui.templatetags.ui import duration

RANGES = (7, 30, 90)
VIEWS: dict[str, str | Promise] = {
    "space": gettext_lazy("By space"),
    "rule": gettext_lazy("By rule"),
    "model": gettext_lazy("By text model"),
    "policy": gettext_lazy("By policy version"),
}
FRESH_S = 30
_MOST_LINES = 200
_CHARTED = 12


@dataclass(frozen=True, slots=True)
class Share:
    """An estimate as people read it: `value` in percent, the interval, n, where the rows are; `missing`
    says what is lacking instead.
    """

    value: str = ""
    interval: str = ""
    n: int = 0
    href: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    key: str
    name: str
    seen: int
    punished: int
    flagged: int
    precision: Share
    recall: Share
    appeals: Share
    median: str


@requires("figures.view")
@require_safe
def figures_page(request: HttpRequest) -> HttpResponse:
    """The page."""
    days, view, space = _asked(request)
    may_see = known(request).may("cases.view")
    key = ("figures", days, view, space, may_see, get_language())
    context = {
        "days": days,
        "ranges": [
            {
                "label": _("%(n)s days") % {"n": n},
                "href": _address(n, view, space),
                "current": n == days,
                "count": None,
            }
            for n in RANGES
        ],
        "views": [
            {"label": label, "href": _address(days, key, space), "current": key == view, "count": None}
            for key, label in VIEWS.items()
        ],
        "view": view,
        "space": space,
        "spaces": list(
            Space.objects.filter(archived_at=None).order_by("name").values_list("pk", "name")[:500]
        ),
        "counted": counted_at(),
        "export": f"{reverse('console:figures-export')}?{_query(days, view, space)}",
        "samples_url": f"{reverse('console:review')}?tab=samples",
        **remembered(key, FRESH_S, lambda: _read(view, space, _Rows(days, space, may_see))),
    }
    return render(request, "console/figures/page.html", context)


def _read(view: str, space: str, rows_of: _Rows) -> dict[str, Any]:
    """Everything that is counted, estimated and drawn."""
    since, until = _span(rows_of.days)
    total = figures.overall(since, until, space=space)
    lines = _lines(view, since, until, space, rows_of)
    return {
        "seen": {"punished": total.of(PUNISHED).seen, "flagged": total.of(FLAGGED).seen},
        "precision": _precision(total, rows_of()),
        "recall": _recall(total, rows_of()),
        "appeals": _share(total.appeals_granted, rows_of(kind="appeal"), _("no appeal decided yet")),
        "median": _wait(total.delay(0.5)),
        "slow": _wait(total.delay(0.9)),
        "lines": lines,
        "intervals": _intervals(lines),
        "course": _course(since, until, space),
        "checked": {stratum: total.of(stratum).answered for stratum in (ALLOWED, FLAGGED, PUNISHED)},
    }


@requires("figures.view")
@require_safe
def figures_export(request: HttpRequest) -> HttpResponse:
    """The same figures as CSV: shares from 0 to 1, seconds, counts."""
    days, view, space = _asked(request)
    since, until = _span(days)
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="guard-figures-{view}-{until}-{days}d.csv"'
    answer.write("\ufeff")
    out = csv.writer(answer)
    out.writerow(
        [
            view, "name", "since", "until", "messages", "punished", "flagged", "checked_punished",
            "precision", "precision_low", "precision_high", "checked_allowed", "recall", "recall_low",
            "recall_high", "appeals", "appeals_granted", "appeals_refused", "p50_s", "p90_s",
        ]
    )  # fmt: skip
    for key, name, found in _groups(view, since, until, space):
        precision = found.precision
        recall = found.recall if view != "rule" else None
        out.writerow(
            [
                _plain(key), _plain(name), since, until, found.seen, found.of(PUNISHED).seen,
                found.of(FLAGGED).seen, found.of(PUNISHED).answered, *_numbers(precision),
                found.of(ALLOWED).answered, *_numbers(recall), found.appeals, found.granted, found.refused,
                *(("" if (s := found.delay(q)) is None else f"{s:.1f}") for q in (0.5, 0.9)),
            ]
        )  # fmt: skip
    return answer


def bounds(days: int) -> tuple[datetime, datetime]:
    """The first and the last moment of a range, as the figures count it."""
    since, until = _span(days)
    return (
        datetime.combine(since, time(), UTC),
        datetime.combine(until + timedelta(days=1), time(), UTC),
    )


def chosen_days(given: str) -> int:
    """The range an address asks for; 30 days when it asks for none of ours."""
    return int(given) if given.isdigit() and int(given) in RANGES else 30


@dataclass(frozen=True, slots=True)
class _Rows:
    """Makes the addresses of the rows behind a figure; '' for whoever may not see cases."""

    days: int
    space: str
    may_see: bool

    def __call__(self, **more: str) -> str:
        if not self.may_see:
            return ""
        given = {"days": str(self.days), "space": self.space} | more
        chosen = {key: value for key, value in given.items() if value}
        return f"{reverse('console:figures-rows')}?{urlencode(chosen)}"


def _asked(request: HttpRequest) -> tuple[int, str, str]:
    view = request.GET.get("by", "")
    space = request.GET.get("space", "")
    return chosen_days(request.GET.get("days", "")), view if view in VIEWS else "space", space[:26]


def _span(days: int) -> tuple[date, date]:
    until = clock.now().astimezone(UTC).date()
    return until - timedelta(days=days - 1), until


def _query(days: int, view: str, space: str) -> str:
    chosen = {"days": str(days), "by": view}
    return urlencode(chosen | {"space": space} if space else chosen)


def _address(days: int, view: str, space: str) -> str:
    return f"?{_query(days, view, space)}"


def _groups(view: str, since: date, until: date, space: str) -> Iterable[tuple[str, str, Strata]]:
    """(key, name, counts) of every row of a view, most punished first."""
    found = (
        figures.by_rule(since, until) if view == "rule" else figures.grouped(since, until, view, space=space)
    )
    names = dict(Space.objects.values_list("pk", "name")) if view == "space" else {}
    ranked = sorted(found.items(), key=lambda pair: (-pair[1].of(PUNISHED).seen, -pair[1].seen, pair[0]))
    for key, strata in ranked[:_MOST_LINES]:
        if view == "rule":
            name = f"{key} · {rulebook.family(key)}"
        elif view == "model":
            name = key or _("no model")
        else:
            name = names.get(key, key)
        yield key, name, strata


def _lines(view: str, since: date, until: date, space: str, rows_of: _Rows) -> list[Line]:
    out = []
    for key, name, found in _groups(view, since, until, space):
        own = {view: key} if key else {}
        is_rule = view == "rule"
        out.append(
            Line(
                key,
                name,
                found.seen,
                found.of(PUNISHED).seen,
                found.of(FLAGGED).seen,
                _precision(found, rows_of(**own, stratum=PUNISHED)),
                Share() if is_rule else _recall(found, rows_of(**own)),
                Share() if is_rule else _share(found.appeals_granted, rows_of(**own, kind="appeal"), ""),
                _wait(found.delay(0.5)),
            )
        )
    return out


def _precision(found: Strata, href: str) -> Share:
    if not found.of(PUNISHED).seen:
        return Share(missing=_("nothing punished"))
    lacking = found.missing(PUNISHED)
    return _share(found.precision, href, _needed(lacking))


def _recall(found: Strata, href: str) -> Share:
    if not found.seen:
        return Share(missing=_("no message"))
    lacking = found.missing(ALLOWED)
    if lacking:
        return Share(missing=_needed(lacking))
    return _share(found.recall, href, _("nothing bad was found"))


def _needed(lacking: int) -> str:
    return _("%(n)s more samples needed") % {"n": lacking} if lacking else ""


def _share(estimate: Estimate | None, href: str, missing: str) -> Share:
    if estimate is None:
        return Share(missing=missing)
    return Share(
        f"{estimate.value:.1%}",
        f"{estimate.low:.1%} – {estimate.high:.1%}",
        estimate.n,
        href,
    )


def _wait(seconds: float | None) -> str:
    """A time to removal as people read it; '' for none."""
    if seconds is None:
        return ""
    return _("under 1 s") if seconds < 1 else duration(seconds)


def _numbers(estimate: Estimate | None) -> tuple[str, str, str]:
    if estimate is None:
        return "", "", ""
    return f"{estimate.value:.5f}", f"{estimate.low:.5f}", f"{estimate.high:.5f}"


def _plain(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _intervals(lines: list[Line]) -> charts.Chart | None:
    """Precision with its interval, row by row."""
    rows: list[dict[str, Any]] = []
    for line in lines:
        if line.precision.n and len(rows) < _CHARTED:
            low, _dash, high = line.precision.interval.partition(" – ")
            rows.append(
                {
                    "name": line.name[:40],
                    "value": float(line.precision.value.rstrip("%")),
                    "low": float(low.rstrip("%")),
                    "high": float(high.rstrip("%")),
                }
            )
    if not rows:
        return None
    labels = {"value": _("precision, %"), "low": _("from"), "high": _("to"), "name": _("what")}
    return charts.intervals(
        rows, x="value", low="low", high="high", y="name", labels=labels, height=max(60, 30 * len(rows))
    )


def _course(since: date, until: date, space: str) -> charts.Chart | None:
    """What was punished and put before people, day by day."""
    rows: list[dict[str, Any]] = []
    names = {PUNISHED: _("acted on"), FLAGGED: _("put before a person")}
    any_seen = False
    for key, found in figures.grouped(since, until, "day", space=space, with_delays=False).items():
        for stratum, name in names.items():
            n = found.of(stratum).seen
            any_seen = any_seen or bool(n)
            rows.append({"at": datetime.fromisoformat(key), "n": n, "what": name})
    if not any_seen:
        return None
    labels = {"at": _("Day"), "n": _("Messages"), "what": _("What")}
    return charts.line(rows, x="at", y="n", series="what", labels=labels, height=190)
