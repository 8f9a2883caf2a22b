"""Settlement: the runs, one of them as it goes, what it came to, and what it changed against the run before.

A run computes every trade of its months by the deals in force and posts only what differs from the ledger, so
starting one again is always safe.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import partner_words as words
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.partner_list import this_month
from guildhall.core.errors import GuildhallError
from guildhall.core.ids import is_id
from guildhall.partners import actions, queries
from guildhall.partners.models import Change, Run
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import charts, navigation, paging, tables

State = Run.State
LIVE = (State.PLANNED, State.RUNNING)
MONTHS_OFFERED = 12
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_MOST_PARTNERS = 200
_DRAWN = 10
SPEC = tables.Spec(
    columns=(
        tables.Column("at", gettext_lazy("Begun"), sort=("id",), css="lead"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("months", gettext_lazy("Months")),
        tables.Column("trades", gettext_lazy("Trades"), css="num"),
        tables.Column("changed", gettext_lazy("Postings"), css="num"),
        tables.Column("by", gettext_lazy("Started by"), css="desk"),
    ),
    filters=(
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=tuple((code, word) for code, (word, _c) in words.RUNS.items()),
        ),
    ),
    default_sort="-at",
    tie="",
    page_size=25,
)
CHANGES = tables.Spec(
    columns=(
        tables.Column("partner", gettext_lazy("Partner"), css="lead"),
        tables.Column("day", gettext_lazy("Day")),
        tables.Column("kind", gettext_lazy("Kind")),
        tables.Column("before", gettext_lazy("Before"), css="num"),
        tables.Column("after", gettext_lazy("After"), css="num"),
        tables.Column("difference", gettext_lazy("Difference"), css="num"),
    ),
    tie="id",
    page_size=25,
)


@requires("partners.view")
@never_cache
@require_safe
def settlement_list(request: HttpRequest) -> HttpResponse:
    """Every run, the latest first."""
    me = known(request)
    state = tables.read(SPEC, request.GET)
    found = Run.objects.all()
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    table = paging.fetch(found, state)
    names = actor_names(one.started_by for one in table.rows)
    rows = [
        {
            "one": one,
            "state": words.RUNS[one.state],
            "months": words.months(one),
            "trades": sum(one.reasons.values()) or one.total,
            "by": names[one.started_by],
        }
        for one in table.rows
    ]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "tabs": tabs("runs"),
        "live": [(run, _percent(run)) for run in Run.objects.filter(state__in=LIVE).order_by("id")[:3]],
        "months": _offered(),
        "may_settle": me.may("partners.settle"),
    }
    return render(request, "console/partners/runs.html", context)


@requires("partners.settle")
@require_POST
def settlement_start(request: HttpRequest) -> HttpResponse:
    """Settle what changed, the months that were chosen, or everything."""
    by = known(request).actor
    what = request.POST.get("what", "")
    chosen = [one for one in request.POST.getlist("months") if _MONTH.fullmatch(one)][:240]
    if what == "months" and not chosen:
        messages.error(request, _("Choose at least one month."))
        return SeeOther(reverse("console:settlements"))
    try:
        run = actions.start_run(
            by=by, months=chosen if what == "months" else (), everything=what == "everything"
        )
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(reverse("console:settlements"))
    navigation.forget_badges()
    messages.success(request, _("The settlement has begun; it goes on when you leave the page."))
    return SeeOther(_page(run))


@requires("partners.view")
@never_cache
@require_safe
def settlement_page(request: HttpRequest, run_id: str) -> HttpResponse:
    """One run: how far it is, what it came to, what it changed."""
    run = _find(run_id)
    state = tables.read(CHANGES, request.GET)
    table = paging.fetch(queries.run_changes(run.pk), state)
    context: dict[str, Any] = {
        **_live(known(request), run),
        "table": tables.Table(
            state, [_change(row) for row in table.rows], table.next_key, table.previous_key
        ),
        "by": actor_names([run.started_by])[run.started_by],
        "pinned": sorted(run.versions.items()),
        "deals": len(run.deals),
    }
    if run.state == State.FINISHED:
        context |= _came_to(run)
    return render(request, "console/partners/run.html", context)


@requires("partners.view")
@never_cache
@require_safe
def settlement_live(request: HttpRequest, run_id: str) -> HttpResponse:
    """What changes by itself, for htmx; once it is over the whole page is fetched again."""
    run = _find(run_id)
    answer = render(request, "console/partners/run_live.html", _live(known(request), run))
    if run.state not in LIVE:
        answer["HX-Refresh"] = "true"
    return answer


@requires("partners.settle")
@require_POST
def settlement_act(request: HttpRequest, run_id: str, deed: str) -> HttpResponse:
    """Stop a run, or let one that failed or was stopped go on."""
    run, by = _find(run_id), known(request).actor
    match deed:
        case "stop":
            said = _("Stopped. What it had posted stays; the next run goes on from there.")
            return carry_out(request, lambda: actions.stop_run(run.pk, by=by), said, _page(run))
        case "retry":
            return carry_out(request, lambda: actions.retry_run(run.pk, by=by), _("It goes on."), _page(run))
    raise Http404


@requires("partners.view")
@require_safe
def settlement_csv(request: HttpRequest, run_id: str) -> StreamingHttpResponse:
    """What it changed, as a table: base units, whole."""
    run = _find(run_id)
    answer = StreamingHttpResponse(_lines(run), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="settlement-{run.pk}.csv"'
    return answer


def tabs(current: str) -> list[dict[str, Any]]:
    """The pages about settlement, side by side."""
    named = (("runs", _("Runs"), "console:settlements"), ("why", _("Why"), "console:why"))
    return [{"label": label, "href": reverse(url), "current": key == current} for key, label, url in named]


def _live(me: Staff, run: Run) -> dict[str, Any]:
    may = me.may("partners.settle")
    reasons = sorted(run.reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    return {
        "run": run,
        "state": words.RUNS[run.state],
        "is_live": run.state in LIVE,
        "percent": _percent(run),
        "step": Run.Step(run.step).label,
        "months": words.months(run),
        "reasons": [(words.reason(code), count) for code, count in reasons],
        "trades": sum(run.reasons.values()),
        "totals": _totals(run),
        "why": words.why(run.error),
        "may_stop": may and run.state in LIVE,
        "may_retry": may and run.state in (State.FAILED, State.STOPPED),
    }


def _came_to(run: Run) -> dict[str, Any]:
    """Totals by partner and against the run before."""
    changes = queries.run_by_partner(run.pk)
    rows = [
        {
            "partner": row.partner.pk,
            "name": row.partner.name,
            "asset": row.asset,
            "kind": words.kind(row.kind),
            "before": row.before,
            "after": row.after,
            "difference": row.after - row.before,
        }
        for row in changes
    ]
    return {
        "partners": rows[:_MOST_PARTNERS],
        "more_partners": max(0, len(rows) - _MOST_PARTNERS),
        "drawings": _drawings(rows),
    }


def _drawings(rows: list[dict[str, Any]]) -> list[tuple[str, charts.Chart]]:
    """For each asset the partners whose amount changed most."""
    by_asset: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        if row["difference"]:
            by_asset[row["asset"]][row["name"]] += row["difference"]
    drawn = []
    for asset, found in sorted(by_asset.items())[:3]:
        most = sorted(found.items(), key=lambda pair: -abs(pair[1]))[:_DRAWN]
        bars = charts.bars(
            [{"name": name[:40], "units": units} for name, units in most],
            x="units", y="name", labels={"units": _("Difference"), "name": _("Partner")},
            height=max(130, 30 * len(most)),
        )  # fmt: skip
        drawn.append((asset, charts.in_units(bars, "x", 8)))
    return drawn


def _totals(run: Run) -> list[tuple[str, str, int]]:
    """(asset, kind, base units) of the months settled."""
    return [(one["asset"], words.kind(one["kind"]), int(one["units"])) for one in run.totals]


def _percent(run: Run) -> int:
    if run.state == State.FINISHED:
        return 100
    return min(99, run.done * 100 // run.total) if run.total else 0


def _change(row: Change) -> dict[str, Any]:
    return {
        "one": row,
        "posted": row.posted,
        "partner": row.posted.partner,
        "kind": words.kind(row.posted.kind),
        "difference": row.after - row.before,
    }


def _offered() -> list[str]:
    """The months that can be chosen: this one and those before it."""
    first, _next = this_month()
    found = []
    for _n in range(MONTHS_OFFERED):
        found.append(f"{first:%Y-%m}")
        first = (first - timedelta(days=1)).replace(day=1)
    return found


class _Line:
    """What a CSV writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(run: Run) -> Iterator[str]:
    writer = csv.writer(_Line())
    head = (
        "partner",
        "name",
        "day",
        "venue",
        "asset",
        "kind",
        "deal",
        "before",
        "after",
        "ledger_key",
    )
    yield "\ufeff" + writer.writerow(head)
    for row in queries.run_changes(run.pk).order_by("id").iterator(chunk_size=1000):
        posted = row.posted
        name = posted.partner.name
        yield writer.writerow(
            (
                posted.partner_id,
                f"'{name}" if name[:1] in ("=", "+", "@", "-", "\t", "\r") else name,
                posted.day, posted.venue, posted.asset, posted.kind, posted.deal_version,
                row.before, row.after, posted.ledger_key,
            )
        )  # fmt: skip


def _find(run_id: str) -> Run:
    run = Run.objects.select_related("previous").filter(pk=run_id).first() if is_id(run_id) else None
    if run is None:
        raise Http404
    return run


def _page(run: Run) -> str:
    return reverse("console:settlement", args=[run.pk])
