"""What is done with one ticket beside answering: an owner, a status, what it is about, later, merging,
splitting, spam. After something that ends it, the next ticket of the same list is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import desk_queue
from guildhall.console.desk_ticket import found
from guildhall.console.house_answers import SeeOther
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.core.errors import BadInput, GuildhallError, NotFound
from guildhall.core.text import Text
from guildhall.desk import fields, on_hand, scope, showing
from guildhall.desk.actions import tickets as actions
from guildhall.desk.models import Ticket
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation

MOST_COLLEAGUES = 60
LONGEST_AWAY_Y = 10


def _do(
    request: HttpRequest, one: Ticket, deed: Callable[[], object], said: object, *, ends: bool = False
) -> HttpResponse:
    """Carry something out; then this ticket again, or the next one when this one needs nobody any more."""
    me = known(request)
    state, place = desk_queue.read(request.GET, me)
    here = place.with_query(reverse("console:ticket", args=[one.pk]))
    after = ""
    if ends:
        rows = desk_queue.listed(place.view, state, me, desk_queue.BESIDE, beside=True)
        after = rows.around(one.pk)[1]
    try:
        deed()
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(here)
    navigation.forget_badges()
    if not ends:
        messages.success(request, str(said))
        return SeeOther(here)
    again = format_html(' <a href="{}">#{}</a>', here, one.number)
    messages.success(request, format_html("{}{}", said, again))
    if after and after != one.pk:
        return SeeOther(place.with_query(reverse("console:ticket", args=[after])))
    return SeeOther(place.with_query(reverse("console:inbox")))


@requires("desk.work")
@require_POST
def ticket_assign(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Give it to somebody (`who`: a colleague's id, `me`, or empty for nobody)."""
    me, one = known(request), found(request, ticket_id)
    who = request.POST.get("who", "")
    to = me.pk if who == "me" else int(who) if _is_number(who) else None
    said = _("It is yours.") if to == me.pk else _("Assigned.") if to else _("Nobody has it now.")
    why = request.POST.get("why", "").strip()[:300]
    return _do(request, one, lambda: actions.assign(one.pk, to, me, why), said)


@requires("desk.work")
@require_safe
def ticket_colleagues(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Whom it can be given to, for htmx: those on duty first, with how much each has in hand."""
    me, one = known(request), found(request, ticket_id)
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:40]
    rows = scope.colleagues_of(me).filter(is_active=True, name__icontains=sought).order_by("name")
    able = [row for row in rows.prefetch_related("grants")[:400] if row.may("desk.work")]
    now = clock.now()
    here = on_hand.present(now)
    agents = {one.staff_id: one for one in on_hand.agents(now, here=here)}
    shown = [
        {"staff": row, "agent": agents.get(row.pk), "on_duty": row.pk in here, "is_me": row.pk == me.pk}
        for row in able
    ]
    shown.sort(key=lambda row: (not row["on_duty"], row["agent"] is None))
    context = {"colleagues": shown[:MOST_COLLEAGUES], "ticket": one}
    return render(request, "console/desk/colleagues.html", context)


@requires("desk.work")
@require_POST
def ticket_status(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Say where it stands."""
    me, one = known(request), found(request, ticket_id)
    to = request.POST.get("to", "")
    said = {
        "open": _("It is in hand again."),
        "pending": _("It waits for the member."),
        "solved": _("Solved."),
        "closed": _("Closed."),
    }.get(to, "")
    ends = to in (Ticket.Status.SOLVED, Ticket.Status.CLOSED)
    return _do(request, one, lambda: actions.set_status(one.pk, to, me), said, ends=ends)


@requires("desk.work")
@require_POST
def ticket_set(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Set what the form at the side says: category, priority, tier, queue, what is known."""
    me, one = known(request), found(request, ticket_id)
    said = request.POST

    def deed() -> None:
        if said.get("priority", one.priority) != one.priority:
            actions.set_priority(one.pk, said["priority"], me)
        if "tier" in said and said["tier"] != one.tier and not scope.is_outsourced(me):
            actions.set_tier(one.pk, said["tier"], me)
        if "vendor" in said and said["vendor"] != (one.vendor_id or "") and not scope.is_outsourced(me):
            actions.move_to_vendor(one.pk, said["vendor"] or None, me)
        if said.get("category", one.category_id or "") != (one.category_id or ""):
            actions.set_category(one.pk, said["category"] or None, me)
        elif one.category is not None:
            _set_fields(one, me, said)

    return _do(request, one, deed, _("Saved."))


def _set_fields(one: Ticket, me: Staff, said: Any) -> None:
    """Only what was written: what a reader sees masked and left empty stays as it is."""
    assert one.category is not None
    eyes, values = showing.for_reader(me), {}
    for field in fields.fields_of(one.category.fields):
        written = said.get(f"fields.{field.key}")
        kept = str(one.fields.get(field.key, ""))
        is_hidden = (
            eyes.masked
            and kept != ""
            and (field.kind in (fields.Kind.UID, fields.Kind.TXID) or eyes.text(kept, one) != kept)
        )
        if written is None or written == kept or (is_hidden and not written.strip()):
            continue
        values[field.key] = written
    if values:
        actions.set_fields(one.pk, values, me)


@requires("desk.work")
@require_POST
def ticket_snooze(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Put it off: for some hours, until tomorrow morning in the reader's zone, or until a time of theirs."""
    me, one = known(request), found(request, ticket_id)

    def deed() -> None:
        actions.snooze(one.pk, until(request.POST), me)

    return _do(request, one, deed, _("It comes back by itself:"), ends=True)


def until(said: Any) -> datetime:
    """The moment a form names. Raises BadInput."""
    now, kind = clock.now(), said.get("for", "")
    local = timezone.localtime(now)
    if _is_number(kind):
        return now + timedelta(minutes=min(int(kind), 60 * 24 * 60))
    if kind in ("tomorrow", "monday"):
        days = 1 if kind == "tomorrow" else (7 - local.weekday()) or 7
        morning = (local + timedelta(days=days)).replace(
            hour=9, minute=0, second=0, microsecond=0, tzinfo=None
        )
        return timezone.make_aware(morning)
    try:
        at = datetime.fromisoformat(said.get("at", ""))
    except ValueError as error:
        raise BadInput(Text("Say until when.", "请选择恢复时间。"), field="at") from error
    if not now.year - 1 <= at.year <= now.year + LONGEST_AWAY_Y:
        raise BadInput(Text("Say until when.", "请选择恢复时间。"), field="at")
    return at if at.tzinfo else timezone.make_aware(at)


def _is_number(said: str) -> bool:
    return said.isdecimal() and len(said) <= 15


@requires("desk.work")
@require_POST
def ticket_wake(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Bring it back now."""
    me, one = known(request), found(request, ticket_id)
    return _do(request, one, lambda: actions.wake(one.pk, me), _("Back in the inbox."))


@requires("desk.work")
@require_POST
def ticket_merge(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Make it a part of another ticket, named by its number."""
    me, one = known(request), found(request, ticket_id)
    place = desk_queue.read(request.GET, me)[1]
    number = request.POST.get("into", "").strip().lstrip("#")
    into = scope.tickets_for(me).filter(number=int(number)).first() if _is_number(number) else None
    try:
        if into is None:
            raise NotFound(Text("There is no ticket of that number.", "没有该编号的工单。"))
        actions.merge(one.pk, into.pk, me)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(place.with_query(reverse("console:ticket", args=[one.pk])))
    navigation.forget_badges()
    messages.success(request, _("#%(a)s is a part of #%(b)s now.") % {"a": one.number, "b": into.number})
    return SeeOther(place.with_query(reverse("console:ticket", args=[into.pk])))


@requires("desk.work")
@require_POST
def ticket_split(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Make a ticket of its own of some of what was said."""
    me, one = known(request), found(request, ticket_id)
    place = desk_queue.read(request.GET, me)[1]
    try:
        entries = request.POST.getlist("entry")
        fresh = actions.split(one.pk, entries, request.POST.get("subject", ""), me)
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(place.with_query(reverse("console:ticket", args=[one.pk])))
    messages.success(request, _("#%(n)s is a ticket of its own now.") % {"n": fresh.number})
    return SeeOther(place.with_query(reverse("console:ticket", args=[fresh.pk])))


@requires("desk.work")
@require_POST
def ticket_spam(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """It is spam: close it, and have the guard judge its message again."""
    me, one = known(request), found(request, ticket_id)
    return _do(request, one, lambda: actions.mark_spam(one.pk, me), _("Closed as spam:"), ends=True)


@requires("desk.work")
@require_POST
def ticket_not_spam(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """It was no spam after all."""
    me, one = known(request), found(request, ticket_id)
    return _do(request, one, lambda: actions.not_spam(one.pk, me), _("Open again."))
