"""The page of one ticket: the talk, its clocks, who asked, and everything that can be done about it; kept
fresh while it is open, so that two colleagues do not answer one question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import (
    desk_asker,
    desk_forms,
    desk_lines,
    desk_lookup_form,
    desk_presence,
    desk_queue,
    desk_thread,
    desk_time,
    escalations,
)
from guildhall.console.house_answers import SeeOther
from guildhall.console.house_words import known
from guildhall.core.ids import is_id
from guildhall.desk import queries, scope, showing
from guildhall.desk.models import Entry, Ticket
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import tables

Others = Sequence[desk_presence.Other]
KEYS = (
    ("R", gettext_lazy("answer")),
    ("N", gettext_lazy("write a note among us")),
    ("M", gettext_lazy("insert a macro")),
    ("Ctrl ↵", gettext_lazy("send")),
    ("Ctrl ⇧ ↵", gettext_lazy("send and solve, go to the next")),
    ("Z", gettext_lazy("take the answer back while it can be")),
    ("A", gettext_lazy("take it yourself")),
    ("G", gettext_lazy("give it to somebody")),
    ("S", gettext_lazy("put it off")),
    ("E", gettext_lazy("solved")),
    ("L", gettext_lazy("look the account up")),
    ("X", gettext_lazy("ask a team of the exchange")),
    ("I", gettext_lazy("back to the inbox")),
)


def found(request: HttpRequest, ticket_id: str) -> Ticket:
    """The ticket, if this reader may see it. Raises Http404."""
    ticket = (
        scope.tickets_for(known(request))
        .select_related("account", "member", "space", "private_space", "category", "assignee", "vendor")
        .filter(pk=ticket_id)
        .first()
        if is_id(ticket_id)
        else None
    )
    if ticket is None:
        raise Http404
    return ticket


@requires("desk.view")
@require_safe
def ticket(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """One ticket beside the list somebody works through; a merged one leads to where it went."""
    one = found(request, ticket_id)
    if one.merged_into_id is not None and "stay" not in request.GET:
        _state, place = desk_queue.read(request.GET, known(request))
        return SeeOther(place.with_query(reverse("console:ticket", args=[one.merged_into_id]), merged=one.pk))
    return page(request, one)


def page(request: HttpRequest, one: Ticket, status: int = 200, **more: Any) -> HttpResponse:
    """The page; `more`: what a form that was refused said (see `desk_forms.Composer`)."""
    me = known(request)
    state, place = desk_queue.read(request.GET, me)
    before = request.GET.get("before", "")
    talk = desk_thread.thread(one, me, before if is_id(before) else "")
    context = {
        **_common(one, me, talk, place, _others(request, one, me)),
        **_beside(one, me, state, place),
        "asker": desk_asker.asker(one, me),
        "composer": desk_forms.Composer.of(one, me, talk),
        "properties": desk_forms.Properties.of(one, me),
        "undo": _undo(request, me, one),
        "merged_from": _merged_from(request, me),
        "page_keys": KEYS,
        "lookup": desk_lookup_form.offered(one, me) if me.may("exchange.lookup") else None,
        **(escalations.on_ticket(one, me) if me.may("desk.work") else {}),
    }
    return render(request, "console/desk/ticket.html", {**context, **more}, status=status)


@requires("desk.view")
@require_safe
def ticket_live(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """What changed since it was shown, for htmx; 204 while nothing did. Tells the others who is here."""
    me = known(request)
    one = found(request, ticket_id)
    others = _others(request, one, me)
    if _seen(one, others) == request.GET.get("seen"):
        return HttpResponse(status=204)
    _state, place = desk_queue.read(request.GET, me)
    context = _common(one, me, desk_thread.thread(one, me), place, others)
    return render(request, "console/desk/ticket_live.html", {**context, "is_live": True})


def _common(
    one: Ticket, me: Staff, talk: desk_thread.Thread, place: desk_queue.Place, others: Others
) -> dict[str, Any]:
    eyes = showing.for_reader(me)
    return {
        "ticket": one,
        "subject": eyes.subject(one),
        "owner": eyes.colleague(one.assignee),
        "where": desk_lines.where_of(one),
        "is_mine": one.assignee_id == me.pk,
        "place": place,
        "talk": talk,
        "clocks": desk_time.clocks(one),
        "others": others,
        "may_work": me.may("desk.work"),
        "seen": _seen(one, others),
    }


def _others(request: HttpRequest, one: Ticket, me: Staff) -> Others:
    return desk_presence.note(one.pk, me, is_writing=bool(request.GET.get("writing")))


def _beside(one: Ticket, me: Staff, state: tables.State, place: desk_queue.Place) -> dict[str, Any]:
    """The list beside the ticket, and the tickets before and after it there."""
    queue = desk_queue.listed(place.view, state, me, desk_queue.BESIDE, beside=True)
    before, after = queue.around(one.pk)

    def href(pk: str) -> str:
        return place.with_query(reverse("console:ticket", args=[pk])) if pk else ""

    return {
        "lines": desk_lines.lines(queue.rows, me),
        "beside": True,
        "chosen": one.pk,
        "previous_href": href(before),
        "next_href": href(after),
        "view_label": queries.VIEWS[place.view],
        "inbox_href": place.with_query(reverse("console:inbox")),
    }


def _seen(one: Ticket, others: Others) -> str:
    """A short word for what the page shows: equal words, equal pages. Asked every few seconds by everybody,
    so it reads next to nothing.
    """
    said = Entry.objects.filter(ticket_id=one.pk).order_by("-id").values_list("pk", "state")
    told = (
        one.changed_at, one.revision, one.assignee_id, one.next_due_at, one.breached,
        list(said[: desk_thread.SHOWN]), others,
    )  # fmt: skip
    return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()


def _undo(request: HttpRequest, me: Staff, one: Ticket) -> desk_thread.Line | None:
    """An answer to another ticket that can still be taken back, when the page before was that one."""
    entry_id = request.GET.get("undo", "")
    if not is_id(entry_id):
        return None
    held = Entry.objects.filter(pk=entry_id, author=me, state=Entry.State.HELD).exclude(ticket=one)
    entry = held.select_related("ticket").first()
    return desk_thread.held_line(entry) if entry is not None else None


def _merged_from(request: HttpRequest, me: Staff) -> int | None:
    """The number of the ticket whose address led here, when it was merged into this one."""
    other = request.GET.get("merged", "")
    if not is_id(other):
        return None
    return scope.tickets_for(me).filter(pk=other).values_list("number", flat=True).first()


@requires("desk.view")
@require_POST
def ticket_leave(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """The page was closed: the others need not be warned any more."""
    desk_presence.leave(found(request, ticket_id).pk, known(request))
    return HttpResponse(status=204)
