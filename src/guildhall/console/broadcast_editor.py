"""Broadcasts are written here: both languages side by side, whom and when, and under it what every platform
would show, as it is typed.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from guildhall.broadcast import actions, targets
from guildhall.broadcast.actions import Written, proposing
from guildhall.broadcast.audience import SPACES
from guildhall.broadcast.forecast import Forecast, forecast
from guildhall.broadcast.models import Broadcast
from guildhall.channels import enclosures, registry
from guildhall.console import broadcast_words as words
from guildhall.console.broadcast_form import COMMON_ZONES, BroadcastForm, blank, initial
from guildhall.console.broadcast_previews import Bubble, bubbles
from guildhall.console.house_answers import SeeOther, attempt
from guildhall.console.house_words import known
from guildhall.core import clock
from guildhall.core.errors import GuildhallError, NotFound
from guildhall.people.access import requires

_MOST_LOOKED_AT = 3_000
"""Beyond this many places the preview counts and does not ask each platform about each place."""


@requires("broadcasts.edit")
def broadcast_new(request: HttpRequest) -> HttpResponse:
    """Write one."""
    me = known(request)
    form = BroadcastForm(
        request.POST or None, request.FILES or None, initial=blank(me.zone, get_language() or "en")
    )
    made: list[Broadcast] = []

    def deed() -> None:
        made.append(actions.create(form.cleaned_data["name"], _written(form, me.actor), me.actor))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved. Read it once more, then let it go."))
        return SeeOther(reverse("console:broadcast", args=[made[0].pk]))
    return _page(request, form, None)


@requires("broadcasts.edit")
def broadcast_edit(request: HttpRequest, broadcast_id: str) -> HttpResponse:
    """Change one that was not sent."""
    one, me = find(broadcast_id), known(request)
    before = Written.of(actions.version_of(one))
    form = BroadcastForm(request.POST or None, request.FILES or None, initial=initial(one.name, before))

    def deed() -> None:
        read = request.POST.get("read", "")
        actions.rewrite(
            one.pk, form.cleaned_data["name"], _written(form, me.actor), me.actor,
            read=int(read) if read.isdecimal() and len(read) < 7 else 0,
        )  # fmt: skip

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved. Read it once more, then let it go."))
        return SeeOther(reverse("console:broadcast", args=[one.pk]))
    return _page(request, form, one)


@requires("broadcasts.edit")
@require_POST
def broadcast_preview(request: HttpRequest) -> HttpResponse:
    """What is in the form as every platform would show it, for htmx; nothing is saved."""
    form = BroadcastForm(request.POST)
    form.fields["name"].required = False
    context: dict[str, Any] = {"problem": ""}
    if form.is_valid():
        try:
            context |= picture(form.written(), uploaded=_count(request))
        except GuildhallError as error:
            context["problem"] = str(error.text)
    else:
        context["problem"] = next(iter(form.errors.values()))[0]
    return render(request, "console/broadcasts/preview.html", context)


def picture(written: Written, *, uploaded: int = 0) -> dict[str, Any]:
    """What a written broadcast would do, for a page. `uploaded`: files in the form that were not sent yet."""
    found = targets.find(written.audience)
    told: Forecast = forecast(
        written.content, written.act, written.schedule, found, clock.now(), look=len(found) <= _MOST_LOOKED_AT
    )
    shown: list[Bubble] = bubbles(written, told)
    return {
        "told": told,
        "bubbles": shown,
        "uploaded": uploaded,
        "eyes": proposing.needs_eyes(written.audience, len(found)),
        "platforms": [(words.platform(name), number) for name, number in told.by_platform],
        "regions": [(words.region(name), number) for name, number in told.by_region],
        "spoken": [(words.language(name), number) for name, number in told.by_language],
        "held": [(words.HELD_BY[one.by], one) for one in told.held],
        "takes": told.takes.total_seconds() if told.takes else 0,
        "times": words.times(written.schedule),
        "is_spaces": written.audience.to == SPACES,
        "is_now": written.schedule.kind == "now",
    }


def find(broadcast_id: str) -> Broadcast:
    """A broadcast for a page, or a page that says there is none."""
    try:
        return actions.find(broadcast_id)
    except NotFound as error:
        raise Http404 from error


def _written(form: BroadcastForm, by: str) -> Written:
    ids = [enclosures.keep(str(one.name), _body(one), by=by) for one in form.uploads]
    return form.written(ids)


def _body(upload: UploadedFile) -> bytes:
    """Its bytes; of one that is too large no more than shows it."""
    return upload.read(enclosures.MOST_BYTES + 1)


def _count(request: HttpRequest) -> int:
    given = request.POST.get("uploads", "")
    return int(given) if given.isdecimal() and len(given) < 3 else 0


def _page(request: HttpRequest, form: BroadcastForm, one: Broadcast | None) -> HttpResponse:
    context = {
        "form": form,
        "one": one,
        "zones": COMMON_ZONES,
        "segments": [form[key] for key in ("platforms", "languages", "regions", "tiers", "themes")],
        "limits": [
            (str(adapter.name), adapter.limits.text) for adapter in registry.all() if adapter.limits.text
        ],
        "was_armed": one is not None and one.state == Broadcast.State.ARMED,
        "was_waiting": one is not None and one.state == Broadcast.State.WAITING,
    }
    return render(request, "console/broadcasts/editor.html", context, status=422 if form.errors else 200)
