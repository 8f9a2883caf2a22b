"""Handovers: what waits to be written, what waits to be accepted, what somebody took over and has to do.

The five parts stand on the page in their order. Whoever writes sees what is missing; whoever takes over ticks
each action and each watch and says in their own words what they have now. Texts and tickets are shown as the
reader may see them (`desk.showing`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.handover_form import NoteForms
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import known, subject_href
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.text import Text
from guildhall.desk import on_hand, scope, showing
from guildhall.desk.actions import handover as actions
from guildhall.desk.handover import parts, queries
from guildhall.desk.models import Handover, HandoverLine
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation, paging, tables

CAP = 999
COLOURS = {"stable": "green", "watch": "amber", "critical": "red"}
STATES = {"draft": "blue", "given": "amber", "accepted": "green", "void": ""}
PAST = tables.Spec(
    columns=(
        tables.Column("from", gettext_lazy("From"), css="lead"),
        tables.Column("to", gettext_lazy("Taken over by")),
        tables.Column("severity", gettext_lazy("Severity")),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("at", gettext_lazy("End of shift"), sort=("ends_at",)),
    ),
    filters=(
        tables.Filter(
            "state", gettext_lazy("State"), choices=tuple((s.value, s.label) for s in Handover.State)
        ),
        tables.Filter("from", gettext_lazy("From"), "date"),
    ),
    default_sort="-at",
    page_size=30,
)


@requires("desk.work")
@never_cache
@require_safe
def handovers(request: HttpRequest) -> HttpResponse:
    """What waits for the reader, and what was handed over before."""
    me, now = known(request), clock.now()
    state = tables.read(PAST, request.GET)
    found: QuerySet[Handover] = queries.visible(me).select_related("staff", "to_staff", "accepted_by")
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    else:
        found = found.exclude(state=Handover.State.VOID)
    since = state.day("from")
    if since is not None:
        found = found.filter(ends_at__date__gte=since)
    table = paging.fetch(found, state, count_cap=CAP)
    eyes = showing.for_reader(me)
    shown = tables.Table(
        state, [_row(one, eyes) for one in table.rows], table.next_key, table.previous_key, table.count
    )
    to_accept = list(queries.to_accept(me)[:20])
    mine = {one.pk for one in to_accept}
    others = [one for one in queries.unaccepted(me)[:20] if one.pk not in mine and one.staff_id != me.pk]
    doing = list(queries.my_actions(me)[:60])
    context = {
        "table": shown,
        "to_write": list(queries.to_write(me)),
        "to_accept": [_row(one, eyes) for one in to_accept],
        "others": [_row(one, eyes) for one in others] if me.may("duty.plan") else [],
        "doing": [
            {"action": one, "text": eyes.text(one.text, one.ticket), "late": one.due_at < now}
            for one in doing
        ],
        "here": on_hand.present(now).get(me.pk),
        "now": now,
    }
    return render(request, "console/handover/list.html", context)


def waiting() -> int:
    """Handovers that waited too long, for the badge of the menu."""
    late = Handover.objects.filter(state=Handover.State.GIVEN, accept_by__lte=clock.now())
    return paging.capped_count(late, 99).number


@requires("desk.work")
@require_POST
def handover_new(request: HttpRequest) -> HttpResponse:
    """Begin the note of the reader's shift, or go to the one that is there."""
    me, now = known(request), clock.now()
    here = on_hand.present(now).get(me.pk)
    shift = here.shift_id if here is not None else ""
    ends = here.ends_at if here is not None and here.ends_at is not None else now + timedelta(minutes=30)
    note = actions.open_note(me, shift, ends, by=me.actor)
    return SeeOther(_href(note.pk))


@requires("desk.work")
@never_cache
def handover(request: HttpRequest, handover_id: str) -> HttpResponse:
    """One note: to be written by its writer, to be read and taken over by everybody else."""
    me, note = _found(request, handover_id)
    if note.staff_id == me.pk and note.state == Handover.State.DRAFT:
        return _write(request, me, note)
    if request.method == "POST":
        return _accept(request, me, note)
    return _read(request, me, note)


@requires("desk.work")
@require_POST
def handover_take_back(request: HttpRequest, handover_id: str) -> HttpResponse:
    """Write on."""
    me, note = _found(request, handover_id)
    return carry_out(
        request, lambda: actions.take_back(note.pk, me), _("It is a draft again."), _href(note.pk)
    )


@requires("desk.work")
@require_POST
def handover_refill(request: HttpRequest, handover_id: str) -> HttpResponse:
    """Fill it anew from what is known now."""
    me, note = _found(request, handover_id)
    return carry_out(request, lambda: actions.refill(note.pk, me), _("Filled anew."), _href(note.pk))


@requires("desk.work")
@require_POST
def handover_action(request: HttpRequest, action_id: str) -> HttpResponse:
    """Tick an action, or untick it."""
    me = known(request)
    done = request.POST.get("done") == "1"
    back = reverse("console:handovers")
    note = request.POST.get("note", "")
    if note and queries.visible(me).filter(pk=note).exists():
        back = _href(note)
    return carry_out(
        request, lambda: actions.set_done(action_id, done, me), _("Done.") if done else _("Open again."), back
    )


def _write(request: HttpRequest, me: Staff, note: Handover) -> HttpResponse:
    if request.method != "POST":
        actions.refresh(note.pk, me)
        note.refresh_from_db()
    lines = _lines(note)
    forms = NoteForms(note, lines, request.POST if request.method == "POST" else None)
    lacking: list[parts.Missing] = []
    if request.method == "POST" and forms.is_valid():
        try:
            revision = forms.note.cleaned_data["revision"]
            if request.POST.get("deed") == "give":
                actions.give(note.pk, me, written=forms.written(), revision=revision)
                messages.success(request, _("Handed over: it waits to be accepted."))
                navigation.forget_badges()
                return SeeOther(_href(note.pk))
            actions.write(note.pk, forms.written(), me, revision=revision)
            messages.success(request, _("Saved."))
            return SeeOther(_href(note.pk))
        except actions.Unfinished as error:
            # What was typed is kept all the same: the page goes on from there.
            lacking = error.missing
            note.refresh_from_db()
            posted = request.POST.copy()
            posted["revision"] = str(note.revision)
            forms = NoteForms(note, lines, posted)
        except GuildhallError as error:
            forms.note.add_error(None, str(error.text))
    eyes = showing.for_reader(me)
    context = {
        "note": note,
        "forms": forms,
        "lacking": lacking,
        "lines": [_line(one, eyes, note) | {"form": forms.lines[one.ticket_id]} for one in lines],
        "facts": _facts(note),
        "colours": COLOURS,
    }
    return render(
        request, "console/handover/write.html", context, status=422 if _refused(forms, lacking) else 200
    )


def _refused(forms: NoteForms, lacking: list[parts.Missing]) -> bool:
    return bool(lacking) or (forms.note.is_bound and (bool(forms.note.errors) or not forms.is_valid()))


def _accept(request: HttpRequest, me: Staff, note: Handover) -> HttpResponse:
    try:
        actions.accept(
            note.pk,
            me,
            readback=request.POST.get("readback", ""),
            ticked=request.POST.getlist("ticked"),
        )
    except actions.Unfinished as error:
        return _read(request, me, note, error.missing, status=422)
    except GuildhallError as error:
        messages.error(request, str(error.text))
    else:
        navigation.forget_badges()
        messages.success(request, _("Taken over: what has to be done here is yours now."))
    return SeeOther(_href(note.pk))


def _read(
    request: HttpRequest,
    me: Staff,
    note: Handover,
    lacking: list[parts.Missing] | None = None,
    status: int = 200,
) -> HttpResponse:
    eyes, now = showing.for_reader(me), clock.now()
    ticked = set(request.POST.getlist("ticked"))
    refusal = ""
    if note.state == Handover.State.GIVEN:
        try:
            actions.check_receiver(note, me, now)
        except GuildhallError as error:
            refusal = str(error.text)
    rows = _lines(note)
    about = [one.ticket for one in rows]
    doing = [
        {
            "action": one,
            "key": f"action:{one.pk}",
            "text": eyes.text(one.text, one.ticket, *about),
            "owner": eyes.colleague(one.owner),
            "late": one.done_at is None and one.due_at < now,
            "ticked": f"action:{one.pk}" in ticked,
        }
        for one in note.actions.select_related("owner", "ticket").order_by("due_at", "id")
    ]
    watches = [
        {
            "key": f"watch:{n}",
            "when": eyes.text(str(one.get("if", "")), *about),
            "then": eyes.text(str(one.get("then", "")), *about),
            "ticked": f"watch:{n}" in ticked,
        }
        for n, one in enumerate(note.watches)
    ]
    context = {
        **_row(note, eyes),
        "lines": [_line(one, eyes, note) for one in rows],
        "summary": eyes.text(note.summary, *about),
        "readback": eyes.text(note.readback, *about) or request.POST.get("readback", ""),
        "accepted_by": eyes.colleague(note.accepted_by),
        "doing": doing,
        "watches": watches,
        "facts": _facts(note) if not scope.is_outsourced(me) else [],
        "lacking": lacking or [],
        "may_accept": note.state == Handover.State.GIVEN and not refusal,
        "refusal": refusal if note.staff_id != me.pk else "",
        "is_mine": note.staff_id == me.pk,
    }
    return render(request, "console/handover/read.html", context, status=status)


def _row(note: Handover, eyes: showing.Showing) -> dict[str, Any]:
    return {
        "note": note,
        "from": eyes.colleague(note.staff),
        "to": eyes.colleague(note.accepted_by or note.to_staff),
        "severity_colour": COLOURS.get(note.severity, ""),
        "state_colour": STATES.get(note.state, ""),
        "href": _href(note.pk),
    }


def _lines(note: Handover) -> list[HandoverLine]:
    rows = note.lines.select_related(
        "ticket", "ticket__account", "ticket__member", "ticket__category", "to_staff"
    )
    return sorted(
        rows,
        key=lambda one: (
            -parts.RANK.get(one.severity, 0),
            one.ticket.next_due_at is None,
            one.ticket.next_due_at.timestamp() if one.ticket.next_due_at else 0,
            one.ticket.number,
        ),
    )


def _line(line: HandoverLine, eyes: showing.Showing, note: Handover) -> dict[str, Any]:
    seen = scope.may_see(eyes.staff, line.ticket)
    return {
        "line": line,
        "ticket": line.ticket,
        "subject": eyes.subject(line.ticket) if seen else "",
        "asker": eyes.asker(line.ticket) if seen else "",
        "note": eyes.text(line.note, line.ticket),
        "to": eyes.colleague(line.to_staff),
        "colour": COLOURS.get(line.severity, ""),
        "seen": seen,
    }


def _facts(note: Handover) -> list[dict[str, Any]]:
    return [
        {
            "text": Text.from_json(one["text"]),
            "colour": COLOURS.get(str(one.get("severity")), ""),
            "href": subject_href(str(one.get("subject", ""))),
        }
        for one in note.facts
    ]


def _found(request: HttpRequest, handover_id: str) -> tuple[Staff, Handover]:
    """A note the reader may see. Raises Http404."""
    me = known(request)
    note = (
        queries.visible(me)
        .select_related("staff", "to_staff", "accepted_by", "vendor")
        .filter(pk=handover_id)
        .first()
    )
    if note is None:
        raise Http404
    return me, note


def _href(handover_id: str) -> str:
    return reverse("console:handover", args=[handover_id])
