"""What the teams of the exchange were asked: the list of those one may see, one question with its clock, and
the deeds on it. The desk asks from a ticket; the team answers here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.desk import scope, showing
from guildhall.desk.actions import escalations as deeds
from guildhall.desk.models import Escalation, EscalationStep, ExchangeTeam, Ticket
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import paging, tables

State = Escalation.State
_LATER = Value(datetime(9999, 1, 1, tzinfo=UTC))
"""What has no due time comes last."""
COLOURS = {State.ASKED: "blue", State.RETURNED: "amber", State.ANSWERED: "green", State.WITHDRAWN: ""}
LIST = tables.Spec(
    columns=(
        tables.Column("what", gettext_lazy("Question"), css="lead"),
        tables.Column("team", gettext_lazy("Team")),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("due", gettext_lazy("Answer due"), sort=("due_order",)),
        tables.Column("asked", gettext_lazy("Asked"), sort=("id",)),
    ),
    filters=(
        tables.Filter(
            "state",
            gettext_lazy("State"),
            "choice",
            (("over", gettext_lazy("Answered or called back")), ("all", gettext_lazy("All of them"))),
            gettext_lazy("Open questions"),
        ),
    ),
    default_sort="due",
)


@requires("escalations.view")
@never_cache
@require_safe
def escalations(request: HttpRequest) -> HttpResponse:
    """The questions one may see, those due first."""
    me = known(request)
    state = tables.read(LIST, request.GET)
    found = visible_to(me).select_related("team", "ticket").annotate(due_order=Coalesce("due_at", _LATER))
    match state.value("state"):
        case "over":
            found = found.filter(state__in=(State.ANSWERED, State.WITHDRAWN))
        case "all":
            pass
        case _:
            found = found.filter(state__in=(State.ASKED, State.RETURNED))
    table = paging.fetch(found, state)
    rows = [{"one": one, **look(one)} for one in table.rows]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "has_teams": ExchangeTeam.objects.filter(archived_at=None).exists(),
        "may_manage": me.may("desk.manage"),
    }
    return render(request, "console/escalations/list.html", context)


@requires("escalations.view")
@never_cache
@require_safe
def escalation(request: HttpRequest, escalation_id: str) -> HttpResponse:
    """One question: what was asked and given, its clock, what was said since, and the answer."""
    me, one = known(request), _seen(known(request), escalation_id)
    steps = list(one.steps.order_by("id"))
    names = actor_names({step.by for step in steps})
    ticket = one.ticket if scope.may_see(me, one.ticket) else None
    context = {
        "one": one,
        "ticket": ticket,
        **look(one),
        "steps": [{"step": step, "by": names[step.by]} for step in steps],
        "asked_by": names.get(one.asked_by, ""),
        "may_answer": one.is_open and deeds.may_answer(me, one),
        "may_supply": one.is_open and ticket is not None and me.may("desk.work"),
        "outcomes": Escalation.Outcome.choices,
    }
    return render(request, "console/escalations/escalation.html", context)


@requires("escalations.answer")
@require_POST
def escalation_answer(request: HttpRequest, escalation_id: str) -> HttpResponse:
    """Answer for the team."""
    me, one = known(request), _seen(known(request), escalation_id)

    def deed() -> None:
        deeds.refuse_strangers(me, one)
        said, outcome = request.POST.get("text", ""), request.POST.get("outcome", "done")
        deeds.answer(one.pk, said, by=me.actor, outcome=outcome)

    return carry_out(request, deed, _("Answered. It stands on the ticket now."), _address(one))


@requires("escalations.answer")
@require_POST
def escalation_return(request: HttpRequest, escalation_id: str) -> HttpResponse:
    """Ask the desk for more."""
    me, one = known(request), _seen(known(request), escalation_id)

    def deed() -> None:
        deeds.refuse_strangers(me, one)
        deeds.ask_back(one.pk, request.POST.get("text", ""), by=me.actor)

    return carry_out(request, deed, _("Asked back. Your clock rests until the desk answers."), _address(one))


@requires("desk.work")
@require_POST
def escalation_supply(request: HttpRequest, escalation_id: str) -> HttpResponse:
    """Give the team more."""
    one, by = _of_the_desk(request, escalation_id), known(request).actor
    text = request.POST.get("text", "")
    return carry_out(
        request, lambda: deeds.supply(one.pk, text, by=by), _("The team has it."), _back(request, one)
    )


@requires("desk.work")
@require_POST
def escalation_withdraw(request: HttpRequest, escalation_id: str) -> HttpResponse:
    """Call the question back."""
    one, by = _of_the_desk(request, escalation_id), known(request).actor
    reason = request.POST.get("reason", "").strip()
    return carry_out(
        request, lambda: deeds.withdraw(one.pk, by=by, reason=reason), _("Called back."), _back(request, one)
    )


@requires("desk.work")
@require_POST
def ticket_escalate(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Ask a team about a ticket, with those of its facts that were ticked."""
    me = known(request)
    ticket = scope.tickets_for(me).filter(pk=ticket_id).first()
    if ticket is None:
        raise Http404
    ticked = set(request.POST.getlist("share"))
    shared = [(name, value) for key, name, value in shareable(ticket) if key in ticked]

    def deed() -> None:
        deeds.escalate(
            ticket.pk,
            request.POST.get("team", ""),
            request.POST.get("question", ""),
            by=me.actor,
            shared=shared,
            priority=request.POST.get("priority", ""),
        )

    said = _("Asked. The answer comes to this ticket.")
    return carry_out(request, deed, said, reverse("console:ticket", args=[ticket.pk]))


def on_ticket(ticket: Ticket, me: Staff) -> dict[str, Any]:
    """What the partial `console/escalations/on_ticket.html` of a ticket's page shows."""
    reader = showing.for_reader(me)
    found = ticket.escalations.select_related("team").order_by("-id")[:20]
    return {
        "escalations": [
            {
                "one": one,
                **look(one),
                "question": reader.text(one.question, ticket),
                "answer": reader.text(one.answer, ticket),
                "back": _asked_back(one),
            }
            for one in found
        ],
        "exchange_teams": list(ExchangeTeam.objects.filter(archived_at=None).order_by("order", "slug")),
        "shareable": [(key, name, reader.text(value, ticket)) for key, name, value in shareable(ticket)],
        "may_open_escalation": me.may("escalations.view"),
    }


def shareable(ticket: Ticket) -> list[tuple[str, str, str]]:
    """The facts of a ticket that can be given to a team: (key, name, value)."""
    labels = {
        str(one.get("key", one.get("name", ""))): one
        for one in (ticket.category.fields if ticket.category else [])
    }
    out = []
    for key, value in ticket.fields.items():
        if value in ("", None):
            continue
        label = labels.get(key, {}).get("label") or {}
        out.append((key, _worded(label) or key, str(value)))
    return out


def _worded(label: Any) -> str:
    is_text = isinstance(label, dict) and {"en", "zh"} <= label.keys()
    return str(Text.from_json(label)) if is_text else str(label)


def look(one: Escalation) -> dict[str, Any]:
    """How a question is shown: its colour, whether it is late, seconds left (below zero: late)."""
    running = one.state == State.ASKED and one.due_at is not None
    left = int((one.due_at - clock.now()).total_seconds()) if running and one.due_at else None
    return {
        "colour": COLOURS.get(State(one.state), ""),
        "late": one.breached_at is not None,
        "left": left,
    }


def visible_to(me: Staff) -> QuerySet[Escalation]:
    """The questions somebody may see: those of their teams; for the desk those of its tickets."""
    if not me.may("desk.view"):
        return Escalation.objects.filter(team__team__members=me)
    return Escalation.objects.filter(ticket__in=scope.tickets_for(me).values("pk"))


def waiting_for(me: Staff) -> int:
    """How many open questions wait for somebody's teams."""
    return Escalation.objects.filter(state=State.ASKED, team__team__members=me).count()


def _asked_back(one: Escalation) -> str:
    if one.state != State.RETURNED:
        return ""
    last = one.steps.filter(kind=EscalationStep.Kind.RETURNED).order_by("-id").first()
    return last.text if last is not None else ""


def _seen(me: Staff, escalation_id: str) -> Escalation:
    one = visible_to(me).select_related("team", "ticket", "ticket__category").filter(pk=escalation_id).first()
    if one is None:
        raise Http404
    return one


def _of_the_desk(request: HttpRequest, escalation_id: str) -> Escalation:
    tickets = scope.tickets_for(known(request)).values("pk")
    one = Escalation.objects.select_related("team").filter(pk=escalation_id, ticket__in=tickets).first()
    if one is None:
        raise Http404
    return one


def _address(one: Escalation) -> str:
    return reverse("console:escalation", args=[one.pk])


def _back(request: HttpRequest, one: Escalation) -> str:
    """To the ticket, where the deed was asked for there."""
    if request.POST.get("from") == "ticket":
        return reverse("console:ticket", args=[one.ticket_id])
    return _address(one)
