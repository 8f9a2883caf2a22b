"""Count round: all groups of a phone on one sheet, a number beside each, saved together.

What is filled in becomes the day's entry of its group and closes the count its checklist asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache

from guildhall.channels.wecom.assisted import counts
from guildhall.channels.wecom.assisted_models import AssistedEntry, AssistedGroup
from guildhall.console.house_answers import SeeOther
from guildhall.console.house_words import known
from guildhall.console.tasks_page import tabs
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation
from guildhall.work import actions as work
from guildhall.work import assisted
from guildhall.work.models import Task

PAGE = 60
SHOWN = ("heads", "messages")


@dataclass(slots=True)
class Row:
    """One group on the sheet: what was counted today so far, and what somebody just wrote."""

    group: AssistedGroup
    values: dict[str, str]
    problem: str = ""


@requires("tasks.do")
@never_cache
def count_sheet(request: HttpRequest) -> HttpResponse:
    """Show the sheet, or take in what was filled in."""
    me = known(request)
    today = timezone.localtime(clock.now()).date()
    mine = request.GET.get("who") != "all"
    found = AssistedGroup.objects.filter(space__archived_at__isnull=True).select_related("space")
    if mine:
        found = found.filter(caretaker=me)
    number = request.GET.get("page", "1")
    page = max(1, int(number)) if number.isdecimal() and len(number) < 5 else 1
    ordered = found.order_by("phone", "space__name", "pk")
    groups = list(ordered[(page - 1) * PAGE : page * PAGE + 1])
    rows = _rows(groups[:PAGE], today)
    if request.method == "POST":
        saved = _save(request, rows, today, me)
        if saved:
            said = ngettext("%(n)s group counted.", "%(n)s groups counted.", saved)
            messages.success(request, said % {"n": saved})
        if not any(row.problem for row in rows):
            if not saved:
                messages.info(request, _("Nothing new was filled in."))
            navigation.forget_badges()
            return SeeOther(request.get_full_path())
    context = {
        "rows": rows,
        "today": today,
        "mine": mine,
        "page": page,
        "has_more": len(groups) > PAGE,
        "tabs": tabs(request, ""),
        "others": mine and not rows and AssistedGroup.objects.exists(),
    }
    wrong = any(row.problem for row in rows)
    return render(request, "console/tasks/counts.html", context, status=422 if wrong else 200)


def _rows(groups: list[AssistedGroup], today: date) -> list[Row]:
    """The sheet with what was entered today; where a group's own day is ahead of the reader's, that day."""
    keys = [group.pk for group in groups]
    found = AssistedEntry.objects.filter(day__gte=today, space_id__in=keys).order_by("day")
    entries = {entry.space_id: entry for entry in found}
    out = []
    for group in groups:
        entry = entries.get(group.pk)
        numbers = {name: getattr(entry, name) if entry else None for name in SHOWN}
        out.append(Row(group, {name: "" if n is None else str(n) for name, n in numbers.items()}))
    return out


def _save(request: HttpRequest, rows: list[Row], today: date, me: Staff) -> int:
    """Enter what is new on each row; returns how many groups were counted."""
    saved = 0
    for row in rows:
        key = row.group.pk
        given = {name: request.POST.get(f"{name}-{key}", "").strip() for name in SHOWN}
        changed = {name: said for name, said in given.items() if said and said != row.values[name]}
        row.values = given
        if not changed:
            continue
        try:
            _enter(key, {name: _number(said) for name, said in changed.items()}, today, me)
            saved += 1
        except GuildhallError as error:
            row.problem = str(error.text)
    return saved


def _enter(space_id: str, numbers: dict[str, int], today: date, me: Staff) -> None:
    """One group's numbers, for the day its checklist asks about; with them its task is done."""
    asked = (
        Task.objects.filter(space_id=space_id, kind=assisted.HEADCOUNT, state=Task.State.OPEN)
        .order_by("-day", "id")
        .first()
    )
    day = date.fromisoformat(asked.day) if asked is not None and asked.day else today
    with transaction.atomic():
        counts.enter(space_id, day, numbers, by=me.actor)
        if asked is not None and "heads" in numbers:
            work.complete(asked.pk, by=me.actor, answers=numbers)


def _number(said: str) -> int:
    """A number, or one that is refused where it is entered."""
    plain = said.replace(",", "").replace("，", "").replace(" ", "")
    return int(plain) if plain.isdecimal() and len(plain) < 9 else -1
