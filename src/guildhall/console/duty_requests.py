"""Swaps and leave that wait: what colleagues ask of the reader, what the reader asked, what they decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from guildhall.console.duty_forms import LeaveForm
from guildhall.console.duty_mine import off_of
from guildhall.console.duty_words import SWAP_COLOURS, days_label, span_label, tabs
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.people.access import requires
from guildhall.people.models import Staff, TeamMembership
from guildhall.work.duty import actions, queries, swapping
from guildhall.work.duty.rest import Problem
from guildhall.work.duty.seeing import may_plan_person, teams_planned
from guildhall.work.models import Leave, Swap

MOST = 60
_OPEN = (Swap.State.ASKED, Swap.State.ACCEPTED)


@dataclass(frozen=True, slots=True)
class Line:
    """One swap and what the reader can do about it."""

    swap: Swap
    when: str
    back: str
    colour: str
    can: tuple[str, ...] = ()
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_blocked(self) -> bool:
        return any(one.blocks for one in self.problems)


@requires("duty.view")
@never_cache
def requests(request: HttpRequest) -> HttpResponse:
    """Everything that waits and concerns the reader; a POST notes somebody else's leave."""
    me = known(request)
    planned = teams_planned(me)
    plans = planned.exists()
    form = (
        LeaveForm(request.POST if request.method == "POST" else None, people=_people(me)) if plans else None
    )
    if request.method == "POST" and form is not None and attempt(form, lambda: _record(form, me)):
        messages.success(request, _("Noted. Their shifts of these days are open to take."))
        return SeeOther(reverse("console:duty-requests"))
    groups, leaves = _groups(me), _leaves(me) if plans else []
    context = {
        "tabs": tabs(request, "requests"),
        "swap_groups": groups,
        "leaves": leaves,
        "has_some": bool(leaves) or any(lines for _title, _note, lines in groups),
        "form": form,
        "past": [_line(one, ()) for one in _concerning(me).exclude(state__in=_OPEN).order_by("-id")[:15]],
    }
    bound = form is not None and form.is_bound
    return render(request, "console/duty/requests.html", context, status=422 if bound else 200)


@requires("duty.view")
@require_POST
def swap_decide(request: HttpRequest, swap_id: str, answer: str) -> HttpResponse:
    """Accept, decline, withdraw, approve or refuse a swap."""
    me, reason = known(request), request.POST.get("reason", "")
    deeds: dict[str, tuple[Callable[[], object], str]] = {
        "accept": (lambda: actions.accept(swap_id, me), _("Accepted. A planner has to approve it.")),
        "decline": (lambda: actions.decline(swap_id, me, reason=reason), _("Declined.")),
        "withdraw": (lambda: actions.withdraw(swap_id, me), _("Withdrawn.")),
        "approve": (
            lambda: actions.approve(swap_id, me, reason=reason),
            _("Approved. Calendars hear of it."),
        ),
        "refuse": (lambda: actions.refuse(swap_id, me, reason=reason), _("Not granted.")),
    }
    if answer not in deeds:
        raise Http404
    do, said = deeds[answer]
    return carry_out(request, do, said, reverse("console:duty-requests"))


@requires("duty.view")
@require_POST
def leave_decide(request: HttpRequest, leave_id: str, answer: str) -> HttpResponse:
    """Give time off, or not."""
    me, reason = known(request), request.POST.get("reason", "")
    back = reverse("console:duty-requests")
    if answer == "approve":
        said = _("Approved. Shifts of these days are open to take.")
        return carry_out(request, lambda: actions.approve_leave(leave_id, me), said, back)
    if answer == "refuse":
        return carry_out(
            request, lambda: actions.refuse_leave(leave_id, me, reason=reason), _("Not granted."), back
        )
    raise Http404


def waiting_for(me: Staff) -> int:
    """How many swaps and leaves wait for the reader."""
    decide, asked, _offered, _mine = _querysets(me)
    leaves = len(_leaves(me)) if teams_planned(me).exists() else 0
    return decide.count() + asked.count() + leaves


def _querysets(me: Staff) -> tuple[QuerySet[Swap], QuerySet[Swap], QuerySet[Swap], QuerySet[Swap]]:
    """To approve, asked of the reader, offered to their teams, asked by them; the next shift first."""
    coming = _all().filter(shift__starts_at__gt=clock.now(), state__in=_OPEN).order_by("shift__starts_at")
    teams = list(TeamMembership.objects.filter(staff=me).values_list("team_id", flat=True))
    planned = set(teams_planned(me).values_list("pk", flat=True))
    mine = Q(asker=me)
    return (
        coming.filter(state=Swap.State.ACCEPTED, shift__team_id__in=planned).exclude(mine | Q(to=me)),
        coming.filter(state=Swap.State.ASKED, to=me).exclude(mine),
        coming.filter(state=Swap.State.ASKED, to=None, shift__team_id__in=teams).exclude(mine),
        coming.filter(mine),
    )


def _groups(me: Staff) -> list[tuple[str, str, list[Line]]]:
    """(title, note, lines): to approve, asked of me, offered to my team, asked by me."""
    decide, asked, offered, mine = _querysets(me)
    return [
        (
            _("To approve"),
            _("A colleague has accepted; whoever plans the team decides."),
            [_line(one, ("approve", "refuse"), check=True) for one in decide[:MOST]],
        ),
        (_("Asked of you"), "", [_line(one, ("accept", "decline"), check=True) for one in asked[:MOST]]),
        (_("Offered to your team"), "", [_line(one, ("accept",)) for one in offered[:MOST]]),
        (_("Asked by you"), "", [_line(one, ("withdraw",)) for one in mine[:MOST]]),
    ]


def _all() -> QuerySet[Swap]:
    return Swap.objects.select_related("shift", "shift__team", "in_return", "asker", "to")


def _concerning(me: Staff) -> QuerySet[Swap]:
    planned = teams_planned(me).values("pk")
    return _all().filter(Q(asker=me) | Q(to=me) | Q(shift__team_id__in=planned))


def _line(swap: Swap, can: tuple[str, ...], *, check: bool = False) -> Line:
    back = swap.in_return
    return Line(
        swap,
        span_label(swap.shift.starts_at, swap.shift.ends_at),
        span_label(back.starts_at, back.ends_at) if back is not None else "",
        SWAP_COLOURS.get(Swap.State(swap.state), ""),
        can,
        swapping.problems(swap) if check else [],
    )


def _people(me: Staff) -> QuerySet[Staff]:
    teams = teams_planned(me)
    others = Staff.objects.filter(is_active=True).exclude(pk=me.pk)
    return others.filter(teams__in=teams).distinct().order_by("name", "email")


def _record(form: LeaveForm, me: Staff) -> None:
    who = form.cleaned_data["staff"]
    actions.record_leave(who.pk, off_of(form, who), me)


def _leaves(me: Staff) -> list[tuple[Leave, str, int, bool]]:
    """(leave, days, shifts in it, whether the reader decides it) of whoever waits for an answer."""
    rows = Leave.objects.filter(state=Leave.State.ASKED, ends_at__gt=clock.now()).select_related("staff")
    out = []
    for one in rows.order_by("starts_at")[:MOST]:
        if one.staff_id == me.pk or not may_plan_person(me, one.staff_id):
            continue
        hit = len({part.shift_id for part in queries.shifts(one.starts_at, one.ends_at, staff=one.staff_id)})
        out.append((one, days_label(one.starts_at, one.ends_at), hit, True))
    return out
