"""One sending as it goes out: how far it is, what was held or failed and why, and everything that can be done
about it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.broadcast import actions, queries
from guildhall.broadcast.actions import Written
from guildhall.broadcast.models import Delivery, Rendering, Run
from guildhall.console import broadcast_words as words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core import approvals
from guildhall.core.errors import GuildhallError
from guildhall.core.ids import is_id
from guildhall.core.models import Proposal
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import paging, tables

State = Delivery.State
_LIVE = (Run.State.PLANNED, Run.State.RUNNING)
_ORDER = (
    State.SENT, State.WAITING, State.QUEUED, State.PLANNED, State.UNCERTAIN, State.FAILED, State.HELD,
    State.CANCELLED,
)  # fmt: skip
SPEC = tables.Spec(
    columns=(
        tables.Column("place", gettext_lazy("Place"), css="lead"),
        tables.Column("platform", gettext_lazy("Platform")),
        tables.Column("language", gettext_lazy("Language")),
        tables.Column("region", gettext_lazy("Region"), css="desk"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("why", gettext_lazy("Why")),
        tables.Column("at", gettext_lazy("When"), css="num"),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name of a space")),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=tuple((code, word) for code, (word, _c) in words.DELIVERIES.items()),
        ),
    ),
    tie="id",
    page_size=50,
)


class CorrectionForm(forms.Form):
    """Other words, a field for each language that was sent."""

    def __init__(self, *args: Any, written: Written, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for code, text in written.content.texts:
            self.fields[code] = forms.CharField(
                label=words.language(code), initial=text, max_length=20_000,
                widget=forms.Textarea(attrs={"rows": 6, "lang": code, "dir": "auto"}),
            )  # fmt: skip


@requires("broadcasts.view")
@never_cache
@require_safe
def run_page(request: HttpRequest, run_id: str) -> HttpResponse:
    """One sending: what came of it, place by place."""
    run = _run(run_id)
    return render(request, "console/broadcasts/run.html", _context(request, run))


@requires("broadcasts.view")
@never_cache
@require_safe
def run_live(request: HttpRequest, run_id: str) -> HttpResponse:
    """What changes by itself, for htmx."""
    return render(request, "console/broadcasts/run_live.html", _live(known(request), _run(run_id)))


def _context(request: HttpRequest, run: Run, form: CorrectionForm | None = None) -> dict[str, Any]:
    written = Written.of(run.version)
    state = tables.read(SPEC, request.GET)
    found = queries.deliveries(run, state=state.value("state"), sought=state.value("q"))
    table = paging.fetch(found, state)
    rows = [_row(one) for one in table.rows]
    corrections = [(one, _proposal_word(one.proposal)) for one in run.corrections.order_by("-id")[:5]]
    return {
        **_live(known(request), run),
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "texts": [(words.language(code), code, text) for code, text in written.content.texts],
        "times": words.times(written.schedule),
        "form": form or CorrectionForm(written=written),
        "form_open": form is not None,
        "corrections": corrections,
        "by": actor_names([run.started_by])[run.started_by],
        "held": _held(run),
    }


def _live(me: Staff, run: Run) -> dict[str, Any]:
    told = queries.progress(run)
    may = me.may("broadcasts.edit")
    is_over = run.state in (Run.State.FINISHED, Run.State.STOPPED)
    return {
        "run": run,
        "one": run.broadcast,
        "told": told,
        "state": words.run_word(run, told.of(State.WAITING)),
        "standing": max(told.of(State.SENT) - told.taken_back - told.changing, 0),
        "by_hand": told.of(State.WAITING),
        "is_live": run.state in _LIVE or bool(told.of(State.QUEUED)) or bool(told.changing),
        "figures": [
            (words.DELIVERIES[code][0], told.of(code), f"?state={code}")
            for code in _ORDER
            if told.of(code) or code == State.SENT
        ],
        "platforms": [
            (words.platform(name), sum(counts.values()), counts.get(State.SENT, 0), counts)
            for name, counts in told.per_platform
        ],
        "sent": told.of(State.SENT),
        "failed": told.of(State.FAILED),
        "unsure": told.of(State.UNCERTAIN),
        "kept": told.of(State.HELD),
        "left": told.of(State.PLANNED) + told.of(State.QUEUED),
        "may_pause": may and run.state == Run.State.RUNNING,
        "may_resume": may and run.state == Run.State.PAUSED,
        "may_stop": may and run.state in (*_LIVE, Run.State.PAUSED, Run.State.MISSED, Run.State.BLOCKED),
        "may_begin": may and run.state == Run.State.MISSED,
        "may_ask": may and run.state == Run.State.BLOCKED,
        "may_again": may and is_over,
        "may_change": may and run.state in (Run.State.FINISHED, Run.State.STOPPED, Run.State.PAUSED),
        "may_settle": may and me.may("effects.decide"),
    }


@requires("broadcasts.edit")
@require_POST
def run_act(request: HttpRequest, run_id: str, deed: str) -> HttpResponse:
    """Pause, go on, stop, send again, try again, send late, ask again, take back."""
    run, by = _run(run_id), known(request).actor
    if deed not in _DEEDS:
        raise Http404
    act, say = _DEEDS[deed]
    said: list[str] = []

    def do() -> None:
        said.append(say(act(run.pk, by)))

    try:
        do()
    except GuildhallError as error:
        messages.error(request, str(error.text))
    else:
        messages.success(request, said[0])
    return SeeOther(_page(run))


@requires("effects.decide")
@require_POST
def delivery_settle(request: HttpRequest, delivery_id: str) -> HttpResponse:
    """Say of a message in doubt whether it arrived."""
    one = Delivery.objects.filter(pk=delivery_id).select_related("run").first()
    if one is None:
        raise Http404
    arrived, by = request.POST.get("arrived") == "yes", known(request).actor
    said = _("Noted: it arrived.") if arrived else _("It is sent again.")
    return carry_out(request, lambda: actions.settle(one.pk, by, arrived=arrived), said, _page(one.run))


@requires("broadcasts.edit")
@require_POST
def run_correct(request: HttpRequest, run_id: str) -> HttpResponse:
    """Say it in other words where it stands."""
    run, by = _run(run_id), known(request).actor
    form = CorrectionForm(request.POST, written=Written.of(run.version))
    if not attempt(form, lambda: actions.correct(run.pk, dict(form.cleaned_data), by)):
        return render(request, "console/broadcasts/run.html", _context(request, run, form), status=422)
    latest = run.corrections.order_by("-id").first()
    if latest is not None and latest.carried_out_at is None:
        messages.success(request, _("It waits for somebody else to approve it."))
    else:
        messages.success(request, _("The messages are being changed."))
    return SeeOther(_page(run))


@requires("broadcasts.view")
@require_safe
def run_csv(request: HttpRequest, run_id: str) -> StreamingHttpResponse:
    """What came of it in every place, as a table."""
    run = _run(run_id)
    response = StreamingHttpResponse(_lines(run), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="broadcast-{run.id}.csv"'
    return response


class _Line:
    """What a CSV writer writes to: gives each line back."""

    def write(self, line: str) -> str:
        return line


def _lines(run: Run) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield "\ufeff" + writer.writerow(
        (
            "space",
            "topic",
            "platform",
            "language",
            "region",
            "state",
            "afterwards",
            "why",
            "原因",
            "due (UTC)",
            "settled (UTC)",
            "message",
        )
    )
    for one in queries.deliveries(run).order_by("id").iterator(chunk_size=1000):
        cells = (
            one.space.name, one.thread_id, one.rendering.platform, one.rendering.language,
            one.rendering.region, one.state, one.afterwards, one.why.get("en", ""), one.why.get("zh", ""),
            f"{one.due_at:%Y-%m-%d %H:%M:%S}",
            f"{one.settled_at:%Y-%m-%d %H:%M:%S}" if one.settled_at else "", one.message_id,
        )  # fmt: skip
        # A spreadsheet must not take somebody's words for a formula.
        yield writer.writerow(
            [f"'{cell}" if str(cell)[:1] in ("=", "+", "@", "-", "\t", "\r") else cell for cell in cells]
        )


def _row(one: Delivery) -> dict[str, Any]:
    return {
        "one": one,
        "space": one.space,
        "platform": words.platform(one.rendering.platform),
        "language": words.language(one.rendering.said_in or one.rendering.language),
        "region": words.region(one.rendering.region),
        "state": words.DELIVERIES[one.state],
        "after": words.AFTERWARDS.get(one.afterwards),
        "why": words.said(one.why),
        "unsure": one.state == State.UNCERTAIN,
    }


def _held(run: Run) -> list[tuple[Any, str, str]]:
    """Kinds of place that get nothing, and why."""
    rows = Rendering.objects.filter(run=run).exclude(held="").order_by("platform", "region")[:20]
    return [
        (
            words.HELD_BY.get(one.held, ""),
            f"{words.platform(one.platform)} · {words.region(one.region)} · {words.language(one.language)}",
            words.said(one.why),
        )
        for one in rows
    ]


def _proposal_word(proposal_id: str) -> bool:
    """Whether a correction still waits for somebody."""
    return Proposal.objects.filter(pk=proposal_id, state__in=approvals.OPEN).exists()


def _run(run_id: str) -> Run:
    found = Run.objects.select_related("broadcast", "version").filter(pk=run_id) if is_id(run_id) else None
    run = found.first() if found is not None else None
    if run is None:
        raise Http404
    return run


def _page(run: Run) -> str:
    return reverse("console:broadcast-run", args=[run.pk])


def _places(number: object) -> str:
    count = number if isinstance(number, int) else 0
    return ngettext("%(n)s place is sent to again.", "%(n)s places are sent to again.", count) % {"n": count}


def _removals(number: object) -> str:
    count = number if isinstance(number, int) else 0
    return ngettext("%(n)s message is being taken back.", "%(n)s messages are being taken back.", count) % {
        "n": count
    }


_DEEDS: dict[str, tuple[Callable[[str, str], object], Callable[[object], str]]] = {
    "pause": (actions.pause, lambda _done: _("Paused. What was in a platform's hands still arrives.")),
    "resume": (actions.resume, lambda _done: _("It goes on.")),
    "stop": (actions.stop, lambda _done: _("Stopped. What had left cannot be recalled; take it back below.")),
    "begin": (actions.begin_missed, lambda _done: _("It goes out.")),
    "ask": (actions.ask_again, lambda _done: _("It waits for somebody else to approve it.")),
    "resend": (actions.resend_failed, _places),
    "held": (actions.try_held, _places),
    "take-back": (actions.take_back, _removals),
}
