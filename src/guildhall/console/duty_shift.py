"""One shift: who stands in which part of it, what can be done about it, and what was done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guildhall.console.duty_forms import CoverForm, ShiftForm, SwapForm
from guildhall.console.duty_words import KINDS, SWAP_COLOURS, asked_day, hours_label, names_of, span_label
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, deed, known
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.models import AuditEntry
from guildhall.core.text import Text
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.work.duty import actions, queries, swapping
from guildhall.work.duty.actions import NewShift
from guildhall.work.duty.seeing import check_plans, may_plan, teams_planned, teams_seen
from guildhall.work.duty.wall import typed, zone_of
from guildhall.work.models import Cover, Shift, Swap

_MOST_IN_RETURN = 40


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the shift as the page tells it."""

    hours: str
    who: str
    instead_of: str
    away: str


@requires("duty.view")
@never_cache
def shift(request: HttpRequest, shift_id: str) -> HttpResponse:
    """One shift; a POST asks for a swap, or puts somebody in."""
    me, row = known(request), _seen(request, shift_id)
    plans = may_plan(me, row.team_id)
    mine = bool(swapping.parts(row, me.pk))
    swap = SwapForm(row.team, me, _in_return(row), _posted(request, "swap"))
    cover = CoverForm(row.team, _posted(request, "cover"), initial={})
    if request.method == "POST":
        form, done, said = (
            (swap, lambda: _ask(row, me, swap), _("Asked. You hear of it under Swaps and leave."))
            if request.POST.get("deed") == "swap"
            else (cover, lambda: _cover(row, me, cover), _("Changed. Calendars hear of it."))
        )
        if attempt(form, done):
            messages.success(request, said)
            return SeeOther(reverse("console:duty-shift", args=[row.pk]))
    context = {
        "shift": row,
        "title": span_label(row.starts_at, row.ends_at),
        "kind": KINDS[row.kind],
        "parts": _parts(row),
        "there": _in_its_zone(row),
        "covers": _covers(row),
        "swaps": _swaps(row),
        "past": _past(row),
        "swap": swap,
        "cover": cover,
        "mine": mine,
        "open": bool(swapping.parts(row, None)),
        "coming": row.starts_at > clock.now() and row.state == Shift.State.PLANNED,
        "in_team": me.memberships.filter(team=row.team_id).exists(),
        "may_plan": plans,
        "is_cancelled": row.state == Shift.State.CANCELLED,
    }
    return render(
        request, "console/duty/shift.html", context, status=422 if request.method == "POST" else 200
    )


@requires("duty.view")
@never_cache
def shift_new(request: HttpRequest) -> HttpResponse:
    """Add one shift by hand, for who plans a team."""
    return _edit(request, None)


@requires("duty.view")
@never_cache
def shift_edit(request: HttpRequest, shift_id: str) -> HttpResponse:
    """Move a shift or give it to somebody for good."""
    row = _seen(request, shift_id)
    if not may_plan(known(request), row.team_id):
        raise Http404
    return _edit(request, row)


@requires("duty.view")
@require_POST
def shift_switch(request: HttpRequest, shift_id: str) -> HttpResponse:
    """Cancel a shift, or let it take place after all."""
    me, row = known(request), _seen(request, shift_id)
    cancelled = row.state == Shift.State.CANCELLED
    act = actions.restore_shift if cancelled else actions.cancel_shift

    def do() -> None:
        check_plans(me, row.team_id)
        act(row.pk, by=me.actor)

    said = _("It takes place after all.") if cancelled else _("Cancelled. Calendars hear of it.")
    return carry_out(request, do, said, reverse("console:duty-shift", args=[row.pk]))


@requires("duty.view")
@require_POST
def shift_uncover(request: HttpRequest, shift_id: str, cover_id: str) -> HttpResponse:
    """Take a cover back."""
    me, row = known(request), _seen(request, shift_id)
    if not Cover.objects.filter(pk=cover_id, shift=row).exists():
        raise Http404

    def do() -> None:
        check_plans(me, row.team_id)
        actions.uncover(cover_id, by=me.actor)

    return carry_out(request, do, _("Cover taken back."), reverse("console:duty-shift", args=[row.pk]))


@requires("duty.view")
@require_POST
def shift_claim(request: HttpRequest, shift_id: str) -> HttpResponse:
    """Ask for a shift that nobody has."""
    me, row = known(request), _seen(request, shift_id)
    said = _("Asked for. A planner has to approve it.")
    back = reverse("console:duty-shift", args=[row.pk])
    return carry_out(request, lambda: actions.claim(row.pk, me), said, back)


def _seen(request: HttpRequest, shift_id: str) -> Shift:
    row = Shift.objects.filter(pk=shift_id).select_related("team", "staff", "pattern").first()
    if row is None or not teams_seen(known(request)).filter(pk=row.team_id).exists():
        raise Http404
    return row


def _posted(request: HttpRequest, which: str) -> Any:
    return request.POST if request.method == "POST" and request.POST.get("deed") == which else None


def _ask(row: Shift, me: Staff, form: SwapForm) -> None:
    given = form.cleaned_data
    to = given["to"].pk if given["to"] else None
    actions.ask(row.pk, me, to=to, in_return=given["in_return"], note=given["note"])


def _cover(row: Shift, me: Staff, form: CoverForm) -> None:
    check_plans(me, row.team_id)
    given = form.cleaned_data
    start, end = (_within(row, given[name], name) for name in ("start", "end"))
    if start is not None and end is not None and end <= start:
        raise BadInput(Text("That is no part of the shift.", "所选时间不在该班次之内。"), field="start")
    actions.cover(row.pk, form.taker(), by=me.actor, start=start, end=end, why=given["why"])


def _within(row: Shift, at: Any, field: str) -> datetime | None:
    """The moment within a shift at which the reader's wall shows a time. Raises BadInput."""
    if at is None:
        return None
    zone = timezone.get_current_timezone_name()
    day = timezone.localtime(row.starts_at).date()
    for days in range((row.ends_at - row.starts_at).days + 2):
        for later in (False, True):
            found = typed(datetime.combine(day + timedelta(days=days), at), zone, later=later, field=field)
            if row.starts_at <= found <= row.ends_at:
                return found
    raise BadInput(Text("That is no part of the shift.", "所选时间不在该班次之内。"), field=field)


def _parts(row: Shift) -> list[Part]:
    found = queries.resolved([row])
    names = names_of(who for one in found for who in (one.staff_id, one.instead_of_id, one.away_id))
    return [
        Part(
            hours_label(one.starts_at, one.ends_at),
            names.get(one.staff_id or 0, ""),
            names.get(one.instead_of_id or 0, ""),
            names.get(one.away_id or 0, ""),
        )
        for one in found
    ]


def _in_its_zone(row: Shift) -> str:
    """The hours on the wall they were meant for, when that is not the reader's."""
    if row.zone == timezone.get_current_timezone_name():
        return ""
    with timezone.override(zone_of(row.zone)):
        return f"{span_label(row.starts_at, row.ends_at)} {row.zone}"


def _covers(row: Shift) -> list[tuple[Cover, str]]:
    rows = row.covers.filter(removed_at=None).select_related("staff").order_by("id")
    return [(one, hours_label(one.starts_at or row.starts_at, one.ends_at or row.ends_at)) for one in rows]


def _swaps(row: Shift) -> list[tuple[Swap, str]]:
    found = row.swaps.select_related("asker", "to").order_by("-id")[:20]
    return [(one, SWAP_COLOURS.get(Swap.State(one.state), "")) for one in found]


def _past(row: Shift) -> list[dict[str, Any]]:
    entries = list(AuditEntry.objects.filter(subject=f"shift:{row.pk}").order_by("-id")[:20])
    names = actor_names(one.actor for one in entries)
    return [{"at": one.at, "by": names[one.actor], "what": deed(one.verb)} for one in entries]


def _in_return(row: Shift) -> list[tuple[str, str]]:
    """Shifts of colleagues in the same team that have not begun."""
    now = clock.now()
    found = queries.shifts(now, now + timedelta(days=42), teams=[row.team_id], kind=row.kind)
    some = [one for one in found if one.staff_id and one.starts_at > now and one.shift_id != row.pk]
    names = names_of(one.staff_id for one in some)
    label = "{who}: {when}"
    return [
        (
            one.shift_id,
            label.format(who=names[one.staff_id or 0], when=span_label(one.starts_at, one.ends_at)),
        )
        for one in some[:_MOST_IN_RETURN]
    ]


def _edit(request: HttpRequest, row: Shift | None) -> HttpResponse:
    me = known(request)
    teams = teams_planned(me)
    if not teams.exists():
        raise Http404
    zone = row.zone if row else timezone.get_current_timezone_name()
    form = ShiftForm(
        teams, zone, request.POST if request.method == "POST" else None, initial=_initial(request, row, zone)
    )
    made: list[Shift] = []

    def do() -> None:
        given = form.cleaned_data
        start, end = form.span()
        wanted = NewShift(
            given["team"].pk, given["staff"].pk if given["staff"] else None, start, end, kind=given["kind"],
            layer=given["layer"], zone=given["zone"], note=given["note"],
            languages=(given["language"],) if given["language"] else (),
        )  # fmt: skip
        made.append(
            actions.change_shift(row.pk, wanted, by=me.actor)
            if row
            else actions.add_shift(wanted, by=me.actor)
        )

    if request.method == "POST" and attempt(form, do):
        messages.success(request, _("Saved. Calendars hear of it."))
        return SeeOther(reverse("console:duty-shift", args=[made[0].pk]))
    context = {"form": form, "shift": row}
    return render(request, "console/duty/shift_edit.html", context, status=422 if form.is_bound else 200)


def _initial(request: HttpRequest, row: Shift | None, zone: str) -> dict[str, Any]:
    if row is None:
        return {"day": asked_day(request, "day"), "start": "09:00", "end": "17:00"}
    start, end = row.starts_at.astimezone(zone_of(zone)), row.ends_at.astimezone(zone_of(zone))
    return {
        "team": row.team_id, "staff": row.staff_id, "kind": row.kind, "layer": row.layer, "day": start.date(),
        "start": start.time(), "end": end.time(), "note": row.note,
        "language": row.languages[0] if row.languages else "",
    }  # fmt: skip
