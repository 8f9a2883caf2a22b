"""Saying something in a ticket: answers, notes, macros; taking an answer back, sending it again; and being
told before sending that words ask for a secret.
"""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import desk_forms, desk_queue, desk_thread
from guildhall.console.desk_ticket import found, page
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import known
from guildhall.core.errors import BadInput, Conflict, GuildhallError
from guildhall.core.text import Text
from guildhall.desk import linting, placeholders, queries, scope
from guildhall.desk.actions import tickets as actions
from guildhall.desk.models import Entry, Ticket
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation

MOST_FILE_BYTES = 10 << 20
MOST_MACROS = 40
NEXT_AFTER = ("solved", "closed")


@requires("desk.work")
@require_POST
def ticket_reply(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Send what was written, to the member or among us; refused words come back as they were written."""
    me, one = known(request), found(request, ticket_id)
    said = request.POST
    then = said.get("then", "")
    try:
        entry = _note(one, me, said) if said.get("where") == "note" else _reply(request, one, me, then)
    except GuildhallError as error:
        return _refused(request, one, me, error)
    navigation.forget_badges()
    state, place = desk_queue.read(request.GET, me)
    if then in NEXT_AFTER and entry.kind == Entry.Kind.REPLY:
        rows = desk_queue.listed(place.view, state, me, desk_queue.BESIDE, beside=True)
        _before, after = rows.around(one.pk)
        if after and after != one.pk:
            href = place.with_query(reverse("console:ticket", args=[after]), undo=entry.pk)
            return SeeOther(href)
    return SeeOther(place.with_query(reverse("console:ticket", args=[one.pk])))


def _reply(request: HttpRequest, one: Ticket, me: Staff, then: str) -> Entry:
    files = []
    for file in request.FILES.getlist("files"):
        if (file.size or 0) > MOST_FILE_BYTES:
            raise BadInput(Text("A file has at most 10 MB.", "单个文件最大 10 MB。"), field="files")
        files.append((file.name or "file", file.read()))
    said = request.POST
    revision = said.get("revision", "")
    return actions.reply(
        one.pk,
        by=me,
        text=said.get("text", ""),
        where=said.get("where", ""),
        files=files,
        macro_id=said.get("macro_id", ""),
        then_status=then,
        revision=int(revision) if revision.isdecimal() and "anyway" not in said else None,
    )


def _note(one: Ticket, me: Staff, said: Any) -> Entry:
    text = said.get("text", "")
    return actions.note(one.pk, me, text, mentions=mentioned(text, me))


def mentioned(text: str, me: Staff) -> list[int]:
    """The colleagues whose name stands behind an @ in a text; of two that begin alike, the longer name."""
    if "@" not in text:
        return []
    after = [text[at.end() :][:80].casefold() for at in re.finditer("@", text)]
    names = scope.colleagues_of(me).filter(is_active=True).values_list("pk", "name")
    called: set[int] = set()
    for words in after:
        fitting = [(len(name), pk) for pk, name in names if name and words.startswith(name.casefold())]
        if fitting:
            longest = max(length for length, _pk in fitting)
            called.update(pk for length, pk in fitting if length == longest)
    return sorted(called)


def _refused(request: HttpRequest, one: Ticket, me: Staff, error: GuildhallError) -> HttpResponse:
    """The page again, with what was written and why it did not go."""
    talk = desk_thread.thread(one, me)
    composer = desk_forms.Composer.of(
        one,
        me,
        talk,
        said=request.POST,
        problems=[str(error.text)],
        is_stale=isinstance(error, Conflict) and error.code == "ticket_changed",
    )
    return page(request, one, status=409 if composer.is_stale else 422, composer=composer)


@requires("desk.work")
@require_POST
def ticket_lint(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """What in these words cannot go, for htmx, while they are written."""
    found(request, ticket_id)
    problems = (
        [] if request.POST.get("where") == "note" else linting.check(request.POST.get("text", "")[:20_000])
    )
    shown = list(dict.fromkeys(str(one.why) for one in problems))
    return render(request, "console/desk/problems.html", {"problems": shown})


@requires("desk.work")
@require_POST
def entry_unsend(request: HttpRequest, ticket_id: str, entry_id: str) -> HttpResponse:
    """Take an answer back; its words come back into the composer."""
    one = found(request, ticket_id)
    _own(one, entry_id)
    _state, place = desk_queue.read(request.GET, known(request))
    back = place.with_query(reverse("console:ticket", args=[one.pk]))
    return carry_out(
        request, lambda: actions.unsend(entry_id, known(request)), _("Taken back: nobody got it."), back
    )


@requires("desk.work")
@require_POST
def entry_retry(request: HttpRequest, ticket_id: str, entry_id: str) -> HttpResponse:
    """Send an answer again that the platform refused."""
    one = found(request, ticket_id)
    _own(one, entry_id)
    _state, place = desk_queue.read(request.GET, known(request))
    back = place.with_query(reverse("console:ticket", args=[one.pk]))
    return carry_out(request, lambda: actions.retry(entry_id, known(request)), _("It is sent again."), back)


def _own(one: Ticket, entry_id: str) -> None:
    if not Entry.objects.filter(pk=entry_id, ticket=one, kind=Entry.Kind.REPLY).exists():
        raise Http404


@requires("desk.work")
@require_safe
def ticket_macros(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Macros that fit some words, filled in for this ticket, for htmx; those of its category first."""
    me, one = known(request), found(request, ticket_id)
    sought = request.GET.get("q", "").strip()[:100]
    rows = queries.macros(me, category=one.category_id or "", words=sought)
    shown = [
        {
            "macro": row,
            "name": row.called.for_language(one.language),
            "text": placeholders.fill(row, one, me, one.language),
        }
        for row in rows[:MOST_MACROS]
    ]
    return render(request, "console/desk/macros.html", {"macros": shown})


@requires("desk.work")
@require_safe
def colleagues(request: HttpRequest) -> HttpResponse:
    """Names of colleagues that begin like some letters, for the composer."""
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:40]
    rows = scope.colleagues_of(known(request)).filter(is_active=True, name__icontains=sought)
    names = list(rows.exclude(name="").order_by("name").values_list("name", flat=True).distinct()[:60])
    names.sort(key=lambda name: (not name.casefold().startswith(sought.casefold()), name))
    return JsonResponse({"names": names[:8]})
