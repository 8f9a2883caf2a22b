"""One task: what to copy, what to answer, the picture that shows it; done with a thumb, and on to the next.

A picture is opened and drawn anew before it is kept, so that where a phone took it does not travel with it.
"""

from __future__ import annotations

import io
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Enclosure
from guildhall.channels.wecom.assisted_models import AssistedGroup
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.tasks_page import STATES, kind_label
from guildhall.core import clock
from guildhall.core.errors import BadInput, GuildhallError
from guildhall.guard.vision.opening import MOST_BYTES, open_picture
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation
from guildhall.work import actions as work
from guildhall.work import queries
from guildhall.work.asking import Ask
from guildhall.work.models import Proof, Task

_QUALITY = 85


@requires("tasks.view")
@never_cache
@require_safe
def task(request: HttpRequest, task_id: str) -> HttpResponse:
    """One task."""
    return _page(request, _task(request, task_id))


@requires("tasks.do")
@never_cache
@require_POST
def task_done(request: HttpRequest, task_id: str) -> HttpResponse:
    """Note it as done, with the answers and a picture where there is one, and go on to the next."""
    one, me = _task(request, task_id), known(request)
    said = {ask.name: request.POST.get(ask.name, "") for ask in one.questions}
    try:
        _keep_pictures(request, one, me)
        work.complete(one.pk, by=me.actor, answers=said)
    except GuildhallError as error:
        field = error.field if isinstance(error, BadInput) else ""
        return _page(request, _task(request, task_id), said, str(error.text), field, status=422)
    navigation.forget_badges()
    following = queries.next_after(one, me)
    if following is None:
        messages.success(request, _("Done. Nothing else waits for you."))
        return SeeOther(reverse("console:tasks"))
    messages.success(request, _("Done. Here is the next one."))
    return SeeOther(reverse("console:task", args=[following.pk]))


@requires("tasks.do")
@require_POST
def task_skip(request: HttpRequest, task_id: str) -> HttpResponse:
    """Note that it will not be done, and why."""
    one, by = _task(request, task_id), known(request).actor
    reason = request.POST.get("reason", "")
    return carry_out(request, lambda: work.skip(one.pk, by=by, reason=reason), _("Skipped."), _address(one))


@requires("tasks.do")
@require_POST
def task_reopen(request: HttpRequest, task_id: str) -> HttpResponse:
    """Open it again."""
    one, by = _task(request, task_id), known(request).actor
    return carry_out(request, lambda: work.reopen(one.pk, by=by), _("Open again."), _address(one))


@requires("tasks.do")
@require_POST
def task_take(request: HttpRequest, task_id: str) -> HttpResponse:
    """Take it on, or leave it to everybody again."""
    one, me = _task(request, task_id), known(request)
    mine = one.assigned_to_id == me.pk
    if not mine and one.assigned_to_id is not None and not me.may("tasks.manage"):
        messages.error(request, _("This is somebody else's task."))
        return SeeOther(_address(one))
    said = _("Left to everybody.") if mine else _("It is yours.")
    return carry_out(
        request, lambda: work.assign(one.pk, None if mine else me.pk, by=me.actor), said, _address(one)
    )


@requires("tasks.manage")
@require_POST
def task_assign(request: HttpRequest, task_id: str) -> HttpResponse:
    """Give it to a colleague."""
    one, by = _task(request, task_id), known(request).actor
    given = request.POST.get("staff", "")
    staff_id = int(given) if given.isdecimal() and len(given) < 10 else None
    return carry_out(request, lambda: work.assign(one.pk, staff_id, by=by), _("Given."), _address(one))


@requires("tasks.do")
@require_POST
def task_proof(request: HttpRequest, task_id: str) -> HttpResponse:
    """Keep a picture that shows it."""
    one, me = _task(request, task_id), known(request)
    if not request.FILES.getlist("proof"):
        messages.error(request, _("Choose a picture."))
        return SeeOther(_address(one))
    return carry_out(request, lambda: _keep_pictures(request, one, me), _("Picture kept."), _address(one))


@requires("tasks.do")
@require_POST
def proof_remove(request: HttpRequest, proof_id: str) -> HttpResponse:
    """Take a picture back."""
    proof, by = get_object_or_404(_proof(request, proof_id).defer("body")), known(request).actor
    return carry_out(
        request,
        lambda: work.remove_proof(proof.pk, by=by),
        _("Picture removed."),
        reverse("console:task", args=[proof.task_id]),
    )


@requires("tasks.view")
@require_safe
def proof_picture(request: HttpRequest, proof_id: str) -> HttpResponse:
    """The picture itself."""
    proof = get_object_or_404(_proof(request, proof_id))
    return _file(bytes(proof.body), proof.mime)


@requires("tasks.view")
@require_safe
def task_file(request: HttpRequest, task_id: str, file_id: str) -> HttpResponse:
    """A file that goes along with a post, to be saved on the phone."""
    one = _task(request, task_id)
    if file_id not in one.data.get("media", ()):
        raise Http404
    found = get_object_or_404(Enclosure, pk=file_id)
    answer = _file(bytes(found.body), found.mime)
    answer["Content-Disposition"] = "attachment"
    return answer


def _file(body: bytes, mime: str) -> HttpResponse:
    answer = HttpResponse(body, content_type=mime)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer


def _keep_pictures(request: HttpRequest, one: Task, me: Staff) -> None:
    for given in request.FILES.getlist("proof")[:6]:
        if (given.size or 0) > MOST_BYTES:
            raise BadInput(_("The picture is larger than 20 MB."), field="proof")
        work.add_proof(one.pk, name=str(given.name), body=drawn_anew(given.read()), by=me.actor)


def drawn_anew(body: bytes) -> bytes:
    """A picture as JPEG, at most 1,600 pixels long, without anything a phone wrote into it. Raises
    BadInput.
    """
    out = io.BytesIO()
    open_picture(body).save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _page(
    request: HttpRequest,
    one: Task,
    said: dict[str, str] | None = None,
    problem: str = "",
    field: str = "",
    status: int = 200,
) -> HttpResponse:
    me = known(request)
    proofs = list(one.proofs.defer("body").order_by("id"))
    names = actor_names({one.closed_by, one.made_by, *(proof.by for proof in proofs)} - {""})
    media = list(one.data.get("media", ())) if isinstance(one.data, dict) else []
    context = {
        "task": one,
        "kind": kind_label(one),
        "colour": STATES[one.state],
        "is_open": one.state == Task.State.OPEN,
        "is_late": one.state == Task.State.OPEN and one.due_at is not None and one.due_at < clock.now(),
        "asks": [_ask(ask, one, said, field) for ask in one.questions],
        "proofs": proofs,
        "names": names,
        "closed_by": names.get(one.closed_by, ""),
        "made_by": names.get(one.made_by, ""),
        "files": list(Enclosure.objects.filter(pk__in=media).defer("body")),
        "group": AssistedGroup.objects.filter(pk=one.space_id).first() if one.space_id else None,
        "problem": problem,
        "proof_problem": problem if field == "proof" else "",
        "may_do": me.may("tasks.do"),
        "may_manage": me.may("tasks.manage"),
        "is_mine": one.assigned_to_id == me.pk,
        "may_reopen": one.state in (Task.State.SKIPPED, Task.State.MISSED) and one.kind != "assisted_post",
        "colleagues": list(Staff.objects.filter(is_active=True).order_by("name", "email")[:200])
        if me.may("tasks.manage")
        else [],
        "language": get_language(),
    }
    return render(request, "console/tasks/task.html", context, status=status)


def _ask(ask: Ask, one: Task, said: dict[str, str] | None, field: str) -> dict[str, Any]:
    given = one.result.get(ask.name, "") if said is None else said.get(ask.name, "")
    return {"ask": ask, "label": str(ask.label), "value": given, "is_wrong": field == ask.name}


def _task(request: HttpRequest, task_id: str) -> Task:
    seen = queries.seen_by(known(request)).select_related("space", "assigned_to", "checklist")
    return get_object_or_404(seen, pk=task_id)


def _proof(request: HttpRequest, proof_id: str) -> QuerySet[Proof]:
    """The picture, where its task is one they may see."""
    return Proof.objects.filter(pk=proof_id, task__in=queries.seen_by(known(request)))


def _address(one: Task) -> str:
    return reverse("console:task", args=[one.pk])
