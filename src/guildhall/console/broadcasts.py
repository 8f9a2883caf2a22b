"""Broadcasts: what was said to many, what will be, and one of them in full before it is let go.

The page of a broadcast is its dry run: how many places, which words, what is held and why, how long it takes.
What was read is what is sent: the version is posted back.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.broadcast import actions, queries
from guildhall.broadcast.actions import Written
from guildhall.broadcast.actions.sending import is_open
from guildhall.broadcast.models import Broadcast, Delivery, Run
from guildhall.channels.models import Space
from guildhall.compliance.acts import LABELS
from guildhall.console import broadcast_words as words
from guildhall.console.broadcast_editor import find, picture
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core.errors import GuildhallError
from guildhall.people.access import requires
from guildhall.ui import paging, tables

State = Broadcast.State
RUNS_SHOWN = 20
SPEC = tables.Spec(
    columns=(
        tables.Column("name", gettext_lazy("Broadcast"), css="lead"),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("when", gettext_lazy("When")),
        tables.Column("places", gettext_lazy("Places"), css="num"),
        tables.Column("by", gettext_lazy("Written by"), css="desk"),
        tables.Column("at", gettext_lazy("Begun"), sort=("id",)),
    ),
    filters=(
        tables.Filter("q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Name of a broadcast")),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=tuple((code, word) for code, (word, _c) in words.STATES.items()),
        ),
    ),
    default_sort="-at",
    tie="",
    page_size=25,
)


@requires("broadcasts.view")
@require_safe
def broadcast_list(request: HttpRequest) -> HttpResponse:
    """Every broadcast, the latest first; what goes out now stands above."""
    state = tables.read(SPEC, request.GET)
    found = Broadcast.objects.all()
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    else:
        found = found.exclude(state=State.DISCARDED)
    if state.value("q"):
        found = found.filter(name__icontains=state.value("q"))
    table = paging.fetch(found, state)
    names = actor_names(one.created_by for one in table.rows)
    rows = [_row(one, names) for one in table.rows]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "tabs": _tabs("list"),
        "live": [(run, queries.progress(run)) for run in queries.live()[:10]],
        "needs": [(run, words.RUNS[run.state]) for run in queries.needing_somebody()[:10]],
        "may_edit": known(request).may("broadcasts.edit"),
    }
    return render(request, "console/broadcasts/list.html", context)


@requires("broadcasts.view")
@require_safe
def broadcast_calendar(request: HttpRequest) -> HttpResponse:
    """What is scheduled for the next month, day by day in the reader's zone."""
    coming = queries.calendar()
    days = [
        (day, list(rows)) for day, rows in groupby(coming, key=lambda one: timezone.localtime(one.at).date())
    ]
    context = {"days": days, "tabs": _tabs("calendar"), "may_edit": known(request).may("broadcasts.edit")}
    return render(request, "console/broadcasts/calendar.html", context)


@requires("broadcasts.view")
@require_safe
def broadcast_page(request: HttpRequest, broadcast_id: str) -> HttpResponse:
    """One broadcast in full, and what it would do."""
    one, me = find(broadcast_id), known(request)
    version = actions.version_of(one)
    written = Written.of(version)
    state = one.state
    if state == State.WAITING and not is_open(one.proposal):
        state = State.DRAFT
    runs = list(one.runs.order_by("-id")[:RUNS_SHOWN])
    told_of = [(run, queries.progress(run)) for run in runs]
    is_draft = state == State.DRAFT
    context: dict[str, Any] = {
        "one": one,
        "version": version,
        "state": words.broadcast_word(state, sum(told.of(Delivery.State.WAITING) for _run, told in told_of)),
        "act": LABELS[written.act],
        "whom": words.places(written.audience),
        "runs": [(run, words.run_word(run, told.of(Delivery.State.WAITING)), told) for run, told in told_of],
        "by": actor_names([version.by])[version.by],
        "approved_by": actor_names([version.approved_by]).get(version.approved_by, "")
        if version.approved_by
        else "",
        "is_draft": is_draft,
        "is_waiting": state == State.WAITING,
        "is_armed": state == State.ARMED,
        "is_closed": state in (State.ENDED, State.DISCARDED),
        "may_edit": me.may("broadcasts.edit"),
        "trial_spaces": _trial_spaces() if is_draft or state == State.WAITING else [],
        **picture(written),
    }
    return render(request, "console/broadcasts/page.html", context)


@requires("broadcasts.edit")
@require_POST
def broadcast_submit(request: HttpRequest, broadcast_id: str) -> HttpResponse:
    """Let it go, or put it before a second pair of eyes."""
    one, me = find(broadcast_id), known(request)
    read = request.POST.get("read", "")
    try:
        done = actions.submit(one.pk, me.actor, int(read) if read.isdecimal() and len(read) < 7 else 0)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(_page(one))
    if done.state == State.WAITING:
        messages.success(request, _("It waits for somebody else to approve it."))
        return SeeOther(_page(one))
    run = done.runs.order_by("-id").first()
    if run is not None and done.next_at is None:
        messages.success(request, _("It goes out."))
        return SeeOther(reverse("console:broadcast-run", args=[run.pk]))
    messages.success(request, _("It is on the calendar."))
    return SeeOther(_page(one))


@requires("broadcasts.edit")
@require_POST
def broadcast_unschedule(request: HttpRequest, broadcast_id: str) -> HttpResponse:
    """Take it off the calendar."""
    one, by = find(broadcast_id), known(request).actor
    said = _("It is a draft again; nothing more of it is sent.")
    return carry_out(request, lambda: actions.unschedule(one.pk, by), said, _page(one))


@requires("broadcasts.edit")
@require_POST
def broadcast_discard(request: HttpRequest, broadcast_id: str) -> HttpResponse:
    """Put it away."""
    one, by = find(broadcast_id), known(request).actor
    return carry_out(
        request, lambda: actions.discard(one.pk, by), _("Put away."), reverse("console:broadcasts")
    )


@requires("broadcasts.edit")
@require_POST
def broadcast_copy(request: HttpRequest, broadcast_id: str) -> HttpResponse:
    """The same as a new draft."""
    one = actions.copy(find(broadcast_id).pk, known(request).actor)
    messages.success(request, _("This is a copy; nothing was sent."))
    return SeeOther(_page(one))


@requires("broadcasts.edit")
@require_POST
def broadcast_try(request: HttpRequest, broadcast_id: str) -> HttpResponse:
    """Send it to one space only, to look at it there."""
    one, by = find(broadcast_id), known(request).actor
    space = request.POST.get("space", "")
    try:
        if not Space.objects.filter(pk=space, archived_at__isnull=True).exists():
            messages.error(request, _("Choose where to try it."))
            return SeeOther(_page(one))
        trial = actions.try_out(one.pk, space, by)
        actions.submit(trial.pk, by, trial.version)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(_page(one))
    messages.success(request, _("It goes to that space only."))
    run = Run.objects.filter(broadcast=trial).first()
    return SeeOther(reverse("console:broadcast-run", args=[run.pk]) if run else _page(trial))


def _row(one: Broadcast, names: dict[str, str]) -> dict[str, Any]:
    written = Written.of(actions.version_of(one))
    run = one.runs.order_by("-id").first()
    waiting = run.deliveries.filter(state=Delivery.State.WAITING)[:1].count() if run else 0
    return {
        "one": one,
        "state": words.broadcast_word(one.state, waiting),
        "when": words.times(written.schedule),
        "run": run,
        "places": run.targets if run else None,
        "by": names[one.created_by],
        "spoken": ", ".join(words.language(code) for code in written.content.languages),
    }


def _tabs(current: str) -> list[dict[str, Any]]:
    return [
        {"label": _("Broadcasts"), "href": reverse("console:broadcasts"), "current": current == "list"},
        {
            "label": _("Calendar"),
            "href": reverse("console:broadcast-calendar"),
            "current": current == "calendar",
        },
    ]


def _trial_spaces() -> list[tuple[str, str]]:
    spaces = Space.objects.filter(archived_at__isnull=True).exclude(kind="private").order_by("name")
    return [
        (pk, f"{name} · {words.platform(platform)}")
        for pk, name, platform in spaces.values_list("id", "name", "platform")[:1000]
    ]


def _page(one: Broadcast) -> str:
    return reverse("console:broadcast", args=[one.pk])
