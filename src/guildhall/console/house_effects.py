"""Effects: what is queued, in hand, done, dead or uncertain; look into one, start it over, give it up,
settle a doubt.

Nobody but a person can say whether an uncertain effect happened, so the page shows all that is known of it
and asks.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import known, subject_href
from guildhall.effects import actions, performers, queries
from guildhall.effects.models import Effect
from guildhall.effects.types import State
from guildhall.people.access import requires
from guildhall.ui import paging, tables

STATES = {
    State.QUEUED: (gettext_lazy("queued"), ""),
    State.LEASED: (gettext_lazy("in hand"), "blue"),
    State.RUNNING: (gettext_lazy("running"), "blue"),
    State.DONE: (gettext_lazy("done"), "green"),
    State.UNCERTAIN: (gettext_lazy("uncertain"), "amber"),
    State.DEAD: (gettext_lazy("dead"), "red"),
    State.CANCELLED: (gettext_lazy("given up"), ""),
}
MAY_RETRY = frozenset({State.DEAD, State.QUEUED})
MAY_GIVE_UP = frozenset({State.QUEUED, State.DEAD, State.UNCERTAIN})


def spec() -> tables.Spec:
    """The table of effects; kinds are those that rooms have registered."""
    kinds = tuple((kind, str(one.describe)) for kind, one in performers.registered().items())
    return tables.Spec(
        columns=(
            tables.Column("what", gettext_lazy("What"), css="lead"),
            tables.Column("state", gettext_lazy("State")),
            tables.Column("attempts", gettext_lazy("Tries"), css="num"),
            tables.Column("cause", gettext_lazy("Because of"), css="desk"),
            tables.Column("created", gettext_lazy("Queued"), sort=("id",)),
            tables.Column("number", gettext_lazy("No."), css="num"),
        ),
        filters=(
            tables.Filter(
                "state", gettext_lazy("State"), "choice", tuple((s.value, w) for s, (w, _c) in STATES.items())
            ),
            tables.Filter("kind", gettext_lazy("Kind"), "choice", kinds),
            tables.Filter("cause", gettext_lazy("Because of"), "text", placeholder="case:…"),
        ),
        default_sort="-created",
        tie="",
    )


@requires("effects.view")
@require_safe
def effects(request: HttpRequest) -> HttpResponse:
    """The figures and the table."""
    state = tables.read(spec(), request.GET)
    found = Effect.objects.all()
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    if state.value("kind"):
        found = found.filter(kind=state.value("kind"))
    if state.value("cause"):
        found = found.filter(cause=state.value("cause"))
    table = paging.fetch(found.defer("payload", "result"), state)
    rows = [_shown(effect) for effect in table.rows]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "figures": _figures(),
        "may_decide": known(request).may("effects.decide"),
    }
    return render(request, "console/house/effects.html", context)


@requires("effects.view")
@require_safe
def effect(request: HttpRequest, effect_id: int) -> HttpResponse:
    """All that is known of one effect."""
    row = get_object_or_404(Effect, pk=effect_id)
    state = State(row.state)
    may_decide = known(request).may("effects.decide")
    context = {
        **_shown(row),
        "is_uncertain": state is State.UNCERTAIN,
        "may_retry": may_decide and state in MAY_RETRY,
        "may_give_up": may_decide and state in MAY_GIVE_UP,
        "may_decide": may_decide,
        "why_waiting": queries.why_waiting(row),
        "cause_href": subject_href(row.cause),
    }
    return render(request, "console/house/effect.html", context)


@requires("effects.view")
@require_safe
def schedules(request: HttpRequest) -> HttpResponse:
    """What happens by itself, and when next."""
    return render(request, "console/house/schedules.html", {"schedules": queries.upcoming()})


@requires("effects.decide")
@require_POST
def effect_retry(request: HttpRequest, effect_id: int) -> HttpResponse:
    """Start a dead effect over, or do a waiting one now."""
    by = known(request).actor
    return carry_out(
        request, lambda: actions.retry(effect_id, by), _("It is queued again."), _page(effect_id)
    )


@requires("effects.decide")
@require_POST
def effect_give_up(request: HttpRequest, effect_id: int) -> HttpResponse:
    """Cancel an effect for good."""
    by, reason = known(request).actor, request.POST.get("reason", "")[:500]
    return carry_out(
        request, lambda: actions.give_up(effect_id, by, reason), _("It will not be done."), _page(effect_id)
    )


@requires("effects.decide")
@require_POST
def effect_settle(request: HttpRequest, effect_id: int) -> HttpResponse:
    """Say whether an uncertain effect happened."""
    by, happened = known(request).actor, request.POST.get("happened") == "yes"
    said = _("Noted as done.") if happened else _("It is queued again.")
    return carry_out(
        request, lambda: actions.resolve_uncertain(effect_id, by, happened), said, _page(effect_id)
    )


def _shown(effect: Effect) -> dict[str, Any]:
    label, colour = STATES[State(effect.state)]
    return {
        "effect": effect,
        "what": performers.describe(effect.kind),
        "state_label": label,
        "colour": colour,
    }


def _figures() -> dict[str, Any]:
    """Effects by state, the oldest that is due, and how many are overdue though nothing explains it."""
    counted = queries.counts()
    age = queries.oldest_queued_age()
    done = counted[State.DONE]
    return {
        "queued": counted[State.QUEUED],
        "in_hand": counted[State.LEASED] + counted[State.RUNNING],
        "uncertain": counted[State.UNCERTAIN],
        "dead": counted[State.DEAD],
        "done": f"{done:,}+" if done >= queries.COUNTED else done,
        "oldest_seconds": age.total_seconds() if age else None,
        "stuck": queries.stuck().count(),
    }


def _page(effect_id: int) -> str:
    return reverse("console:effect", args=[effect_id])
