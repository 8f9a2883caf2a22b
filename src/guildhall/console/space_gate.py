"""The gate of one space: who waits at it, how it went today, how it asks, and what a newcomer would see.

Settings are shown to the newcomer's eye before they are saved, in both languages; the question can be tried.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.console.space_gate_form import GateForm
from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.text import Text
from guildhall.guard import gate_queries
from guildhall.guard.actions import gates
from guildhall.guard.actions.gates import means
from guildhall.guard.gates import words
from guildhall.guard.gates.deciding import Stage
from guildhall.guard.gates.settings import Kind, Settings
from guildhall.guard.models import Gate, GateAttempt
from guildhall.people import queries
from guildhall.people.access import requires
from guildhall.ui import charts, paging

SHOWN = 50
CAP = 9_999
_SEED = 64
State = GateAttempt.State
REASONS = {
    "asked": Text("asked for a person", "请求人工处理"),
    "unreachable": Text("could not be asked", "无法收到验证问题"),
    "unasked": Text("compliance lets nothing be said there", "合规规则不允许在此发送消息"),
    "tries": Text("no right answer", "未能答对"),
    "too_often": Text("too often today", "当天次数过多"),
    "": Text("did not answer in time", "未在时限内作答"),
}


@requires("spaces.view")
@never_cache
@require_safe
def space_gate(request: HttpRequest, slug: str) -> HttpResponse:
    """The page."""
    space = _space(slug)
    row, settings = gate_queries.settings_of(space.pk)
    return _page(request, space, GateForm.of(settings, space, is_on=bool(row and row.is_on)))


def _page(request: HttpRequest, space: Space, form: GateForm, status: int = 200) -> HttpResponse:
    me = known(request)
    row, settings = gate_queries.settings_of(space.pk)
    context = {
        **_now(request, space, row),
        "space": space,
        "form": form,
        "together": form.groups(),
        "is_on": bool(row and row.is_on),
        "hard": _hard(row),
        "gate": row,
        "lacks": means.lacks(space),
        "ways": means.ways_of(space),
        "may_edit": me.may("spaces.edit"),
        "preview": gate_queries.preview(space, settings, secrets.token_hex(6)),
    }
    return render(request, "console/spaces/gate.html", context, status=status)


def _hard(row: Gate | None) -> datetime | None:
    return row.hard_until if row and row.hard_until and row.hard_until > clock.now() else None


@requires("spaces.view")
@never_cache
@require_safe
def space_gate_live(request: HttpRequest, slug: str) -> HttpResponse:
    """What changes by itself: who waits and how it goes, for htmx."""
    space = _space(slug)
    row, _settings = gate_queries.settings_of(space.pk)
    return render(request, "console/spaces/gate_live.html", {"space": space, **_now(request, space, row)})


def _now(request: HttpRequest, space: Space, row: Gate | None) -> dict[str, Any]:
    me = known(request)
    waiting = gate_queries.waiting(space.pk)
    trials = gate_queries.on_trial(space.pk)
    day = gate_queries.day(space.pk)
    labels = {
        State.PASSED: _("passed"), State.LET_IN: _("let in by hand"), State.FAILED: _("did not pass"),
        State.EXPIRED: _("ran out of time"), State.DECLINED: _("turned away"),
    }  # fmt: skip
    rows = [{"at": at, "n": n, "what": labels[state]} for at, state, n in gate_queries.hours(space.pk)]
    sees = me.may("members.view")
    return {
        "waiting": [(one, queries.mask_account(one.account, me), _why(one)) for one in waiting[:SHOWN]]
        if sees
        else [],
        "waiting_count": paging.capped_count(waiting.order_by(), CAP),
        "trials": [(one, queries.mask_account(one.account, me)) for one in trials[:SHOWN]] if sees else [],
        "trials_count": paging.capped_count(trials.order_by(), CAP),
        "day": day,
        "drawing": charts.columns(
            rows, x="at", y="n", series="what",
            labels={"at": _("Hour"), "n": _("People"), "what": _("What")}, height=130,
        )
        if any(one["n"] for one in rows)
        else None,
        "may_answer": me.may("members.restrict"),
        "is_open": row is not None and (row.is_on or _hard(row) is not None),
    }  # fmt: skip


def _why(one: GateAttempt) -> Text:
    """What somebody waits for, in words."""
    if one.state != State.WAITING or one.stage == GateAttempt.Stage.PERSON:
        return REASONS.get(one.why, REASONS[""])
    return words.STAGES[Stage(one.stage)]


@requires("spaces.edit")
@require_POST
def space_gate_save(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep how the gate asks."""
    space = _space(slug)
    form = GateForm(request.POST, space=space)

    def deed() -> None:
        is_on = form.cleaned_data["is_on"]
        gates.set_gate(space.pk, form.settings(), is_on=is_on, by=known(request).actor)

    if not attempt(form, deed):
        return _page(request, space, form, status=422)
    is_on = form.cleaned_data["is_on"]
    messages.success(
        request,
        _("The gate asks newcomers from now on.") if is_on else _("Saved. The gate asks nobody."),
    )
    return SeeOther(_back(space))


@requires("spaces.view")
@never_cache
@require_safe
def space_gate_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """What a newcomer would see under the settings as they stand in the form, saved or not."""
    space = _space(slug)
    form = GateForm(request.GET, space=space)
    settings: Settings | None = form.settings() if form.is_valid() else None
    seed = request.GET.get("seed", "")[:_SEED] or secrets.token_hex(6)
    if "another" in request.GET:
        seed = secrets.token_hex(6)
    shown = gate_queries.preview(space, settings, seed) if settings is not None else None
    return render(request, "console/spaces/gate_preview.html", {"space": space, "preview": shown})


@requires("spaces.view")
@never_cache
@require_safe
def space_gate_try(request: HttpRequest, slug: str) -> HttpResponse:
    """Whether an answer to a previewed question would be right."""
    _space(slug)
    kind, seed = request.GET.get("kind", ""), request.GET.get("seed", "")[:_SEED]
    if kind not in list(Kind):
        raise Http404
    said = request.GET.get("choice", "")
    choice = int(said) if said.isdigit() and len(said) < 3 else -1
    right = gate_queries.tried(kind, seed, choice=choice, text=request.GET.get("text", ""))
    return render(request, "console/spaces/gate_tried.html", {"right": right})


@requires("members.restrict")
@require_POST
def space_gate_decide(request: HttpRequest, slug: str, answer: str) -> HttpResponse:
    """Let in or turn away one who waits, let in everybody, or end a trial."""
    space, by = _space(slug), known(request).actor
    wanted = request.POST.get("attempt", "")
    if answer == "all":
        said = _("Everybody who waited is let in.")
        return carry_out(request, lambda: gates.let_everybody_in(space.pk, by), said, _back(space))
    if answer == "free":
        return carry_out(
            request, lambda: gates.end_by_hand(space.pk, wanted, by), _("The trial is over."), _back(space)
        )
    deeds = {
        "let-in": (gates.let_in, _("They are let in.")),
        "turn-away": (gates.turn_away, _("They are turned away.")),
    }
    if answer not in deeds:
        raise Http404

    def deed() -> None:
        if not GateAttempt.objects.filter(pk=wanted, space=space).exists():
            raise NotFound(Text("Nobody waits here under this number.", "此处没有该等待记录。"))
        deeds[answer][0](wanted, by)

    return carry_out(request, deed, deeds[answer][1], _back(space))


@requires("spaces.edit")
@require_POST
def space_gate_soften(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask as usual again although a raid made the gate harder."""
    space, by = _space(slug), known(request).actor
    return carry_out(
        request, lambda: gates.soften(space.pk, by), _("The gate asks as usual again."), _back(space)
    )


def card(space: Space) -> dict[str, Any]:
    """What other pages of a space show of its gate; empty where there can be none."""
    if not means.ways_of(space):
        return {}
    row, settings = gate_queries.settings_of(space.pk)
    return {
        "gate_card": {
            "is_on": bool(row and row.is_on),
            "hard": _hard(row),
            "kind": words.KINDS[settings.challenge],
            "waiting": paging.capped_count(gate_queries.waiting(space.pk).order_by(), CAP),
            "has_trial": settings.has_trial,
            "rules": settings.rules,
        }
    }


def _space(slug: str) -> Space:
    one = Space.objects.filter(slug=slug).first()
    if one is None or not means.ways_of(one):
        raise Http404
    return one


def _back(space: Space) -> str:
    return reverse("console:space-gate", args=[space.slug])
