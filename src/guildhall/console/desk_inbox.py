"""The inbox: the list of a view, kept fresh without moving under the hand, and what is done with many tickets
at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import desk_lines, desk_queue, desk_words
from guildhall.console.house_answers import SeeOther
from guildhall.console.house_words import known
from guildhall.core.errors import GuildhallError
from guildhall.desk import queries, scope
from guildhall.desk.actions import tickets as actions
from guildhall.desk.models import Ticket
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation, tables

MOST_AT_ONCE = 200
KEYS = (
    ("T", gettext_lazy("take the next one that waits")),
    ("X", gettext_lazy("choose the line under the cursor")),
    ("/", gettext_lazy("find in tickets")),
)


@requires("desk.view")
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    """The list of a view; `#123` or a number leads straight to that ticket."""
    me = known(request)
    straight = _by_number(request.GET.get("q", ""), me)
    if straight:
        return SeeOther(reverse("console:ticket", args=[straight]))
    return render(request, "console/desk/page.html", _context(request, me))


@requires("desk.view")
@require_safe
def inbox_live(request: HttpRequest) -> HttpResponse:
    """The same list and the counts again, for htmx; 204 while nothing of what is seen has changed."""
    me = known(request)
    context = _context(request, me)
    if context["seen"] == request.GET.get("seen"):
        return HttpResponse(status=204)
    return render(request, "console/desk/inbox_live.html", {**context, "is_live": True})


def _context(request: HttpRequest, me: Staff) -> dict[str, Any]:
    state, place = desk_queue.read(request.GET, me)
    page = desk_queue.listed(place.view, state, me)
    views = views_of(place, me)
    table = tables.Table(state, page.rows, page.next_key)
    return {
        "place": place,
        "views": views,
        "lines": desk_lines.lines(page.rows, me),
        "table": table,
        "q": state.value("q"),
        "sort": ("-" if state.descending else "") + state.sort,
        "sorts": desk_queue.SORTS,
        "filters": [pair for pair in table.bound_filters if pair[0].key != "q"],
        "has_filters": any(value for key, value in state.values.items() if key != "q"),
        "colleagues": dict(state.spec.filters[6].choices[1:]).items(),
        "priorities": desk_words.PRIORITIES.items(),
        "may_work": me.may("desk.work"),
        "seen": _seen(page.rows, views),
        "page_keys": KEYS,
    }


def views_of(place: desk_queue.Place, me: Staff) -> list[dict[str, Any]]:
    """The views as links with their counts."""
    counts = desk_queue.counts(me)
    return [
        {
            "label": label,
            "href": "?" + urlencode({"view": key}),
            "current": key == place.view,
            "count": counts.get(key),
            "hot": key in ("breached", "at_risk"),
        }
        for key, label in queries.VIEWS.items()
    ]


def _seen(rows: Sequence[Ticket], views: Sequence[dict[str, Any]]) -> str:
    """A short word for what the page shows: equal words, equal pages."""
    told: list[tuple[Any, ...]] = [(one.pk, one.changed_at, one.next_due_at, one.breached) for one in rows]
    told += [(one["label"], str(one["count"])) for one in views]
    return hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest()


def _by_number(sought: str, me: Staff) -> str:
    word = sought.strip().removeprefix("#")
    if not (word.isascii() and word.isdecimal() and len(word) < 16):
        return ""
    return scope.tickets_for(me).filter(number=int(word)).values_list("pk", flat=True).first() or ""


@requires("desk.work")
@require_POST
def inbox_next(request: HttpRequest) -> HttpResponse:
    """Take the ticket that is due first among those nobody has, and open it."""
    me = known(request)
    state, place = desk_queue.read(request.GET, me)
    waiting = desk_queue.tickets("unassigned", state, me)
    for one in desk_queue.page(waiting, state, size=5).rows:
        try:
            actions.assign(one.pk, me.pk, by=me.actor)
        except GuildhallError:
            continue  # a colleague was quicker: the next one then
        navigation.forget_badges()
        return SeeOther(place.with_query(reverse("console:ticket", args=[one.pk])))
    messages.info(request, _("Nothing waits without an owner."))
    return SeeOther(place.with_query(reverse("console:inbox")))


@requires("desk.work")
@require_POST
def inbox_bulk(request: HttpRequest) -> HttpResponse:
    """Take, assign, set the priority of, or solve all that were ticked; those that could not be are named."""
    me = known(request)
    _state, place = desk_queue.read(request.GET, me)
    back = place.with_query(reverse("console:inbox"))
    chosen = request.POST.getlist("ticket")[:MOST_AT_ONCE]
    deed = _deed(request.POST, me)
    if deed is None or not chosen:
        messages.info(request, _("Tick some tickets first, and say what to do with them."))
        return SeeOther(back)
    done = 0
    for one in scope.tickets_for(me).filter(pk__in=chosen).order_by("id"):
        try:
            deed(one.pk)
        except GuildhallError as error:
            messages.warning(request, f"#{one.number}: {error.text}")
        else:
            done += 1
    if done:
        navigation.forget_badges()
        messages.success(request, ngettext("%(n)s ticket done.", "%(n)s tickets done.", done) % {"n": done})
    return SeeOther(back)


def _deed(params: Any, me: Staff) -> Callable[[str], object] | None:
    by = me.actor
    match params.get("do", ""):
        case "take":
            return lambda pk: actions.assign(pk, me.pk, by=by)
        case "assign" if params.get("who", "").isdecimal():
            who = int(params["who"])
            return lambda pk: actions.assign(pk, who, by=by)
        case "priority" if params.get("priority", "") in desk_words.PRIORITIES:
            return lambda pk: actions.set_priority(pk, params["priority"], by=by)
        case "solve":
            return lambda pk: actions.set_status(pk, Ticket.Status.SOLVED, by=by)
    return None
