"""The training queue: texts one by one, the most useful first, for a second look with one key each.

What a person says here is the last word about a text. Nothing in the spaces changes by it; only what later
models learn from. One's own last answer can be taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther
from guildhall.console.house_words import actor_names, known
from guildhall.console.model_words import Heard, heard
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.guard.actions import learning, teaching
from guildhall.guard.models import TrainingRow
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import htmx, navigation, paging

CAP = 999
_CONFLICTS_SHOWN = 6

KEYS = (
    ("S", gettext_lazy("it is a scam or spam")),
    ("F", gettext_lazy("it is fine")),
    ("D", gettext_lazy("discard, no model shall learn from it")),
    ("N", gettext_lazy("skip, look at it later")),
    ("Z", gettext_lazy("undo your last answer")),
)
SAID = {
    "scam": gettext_lazy("Kept as scam or spam."),
    "fine": gettext_lazy("Kept as fine."),
    "discard": gettext_lazy("Put aside; no model learns from it."),
}


@dataclass(frozen=True, slots=True)
class Card:
    """One text to look at. `cursor` stands for its place, so that it can be skipped."""

    row: TrainingRow
    heard: Heard | None
    by: str
    conflicts: tuple[TrainingRow, ...]
    cursor: str


@requires("training.review")
@require_safe
def training(request: HttpRequest) -> HttpResponse:
    """The next text to look at."""
    return render(request, "console/training/page.html", _context(request, request.GET.get("after", "")))


@requires("training.review")
@require_POST
def training_look(request: HttpRequest, row_id: str) -> HttpResponse:
    """Say what a text is, and go on to the next."""
    answer = request.POST.get("answer", "")
    try:
        teaching.look(row_id, answer, known(request).actor)
    except GuildhallError as error:
        return _answer(request, str(error.text), "error")
    navigation.forget_badges()
    return _answer(request, str(SAID.get(answer, "")), "success")


@requires("training.review")
@require_POST
def training_undo(request: HttpRequest) -> HttpResponse:
    """Take back one's own last answer; the text comes again."""
    try:
        row = teaching.undo_look(known(request).actor)
    except GuildhallError as error:
        return _answer(request, str(error.text), "warning")
    navigation.forget_badges()
    return _answer(request, _("Undone. Here it is again."), "info", again=row)


def tabs(reader: Staff, current: str) -> list[dict[str, Any]]:
    """The pages about learning that the reader may see."""
    waiting = paging.capped_count(TrainingRow.objects.filter(asks__gt=0), CAP)
    pages = (
        ("training", _("To look at"), "training.review", waiting),
        ("models", _("Text models"), "models.manage", None),
    )
    return [
        {"label": label, "href": reverse(f"console:{name}"), "current": name == current, "count": count}
        for name, label, permission, count in pages
        if reader.may(permission)
    ]


def _answer(request: HttpRequest, said: str, level: str, again: TrainingRow | None = None) -> HttpResponse:
    after = request.POST.get("after", "")
    if htmx.is_htmx(request):
        context = _context(request, after, again)
        return htmx.toast(render(request, "console/training/card.html", context), said, level)
    messages.add_message(
        request, {"error": messages.ERROR, "warning": messages.WARNING}.get(level, messages.SUCCESS), said
    )
    place = f"?{urlencode({'after': after})}" if after else ""
    return SeeOther(reverse("console:training") + place)


def _context(request: HttpRequest, after: str, again: TrainingRow | None = None) -> dict[str, Any]:
    me = known(request)
    row = again if again is not None and again.asks else _next(after)
    waiting = paging.capped_count(TrainingRow.objects.filter(asks__gt=0), CAP)
    midnight = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    looked = TrainingRow.objects.filter(looked_by=me.actor, looked_at__gte=midnight).count()
    return {
        "card": _card(row) if row is not None else None,
        "after": after if row is not None else "",
        "skipped_all": row is None and waiting.number > 0,
        "waiting": waiting,
        "looked": looked,
        "all_today": looked + waiting.number,
        "tabs": tabs(me, "training"),
        "counts": learning.lessons_counted(),
        "least": learning.LEAST_ROWS,
        "sees_cases": me.may("cases.view"),
        "page_keys": KEYS,
    }


def _next(after: str) -> TrainingRow | None:
    """The most useful text that comes after the place of the last one skipped."""
    rows = TrainingRow.objects.filter(asks__gt=0).order_by("-asks", "id")
    asks, _colon, last = after.partition(":")
    if last and asks.isdigit():
        rows = rows.filter(Q(asks__lt=int(asks)) | Q(asks=int(asks), id__gt=last))
    return rows.select_related("case__space").first()


def _card(row: TrainingRow) -> Card:
    others: tuple[TrainingRow, ...] = ()
    if row.in_conflict:
        found = TrainingRow.objects.filter(group_key=row.group_key, state=TrainingRow.State.REVIEWED)
        others = tuple(found.exclude(pk=row.pk).exclude(label=row.label).order_by("-id")[:_CONFLICTS_SHOWN])
    return Card(
        row,
        heard(row.text),
        actor_names([row.decided_by])[row.decided_by],
        others,
        f"{row.asks}:{row.pk}",
    )
