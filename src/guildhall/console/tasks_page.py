"""Tasks: what people do by hand, on a phone, with one hand. By group, or one thing for many groups at once.

A post to fifty groups is copied once and ticked off group by group; counts of all groups stand on one
sheet. Whatever is done here is done through `work.actions`.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation, paging, tables
from guildhall.work import actions as work
from guildhall.work import kinds, queries
from guildhall.work.models import Task

CAP = 999
MOST_AT_ONCE = 200
STATES = {
    Task.State.DONE.value: "green",
    Task.State.SKIPPED.value: "amber",
    Task.State.MISSED.value: "red",
    Task.State.CANCELLED.value: "",
    Task.State.OPEN.value: "blue",
}
PAST = tables.Spec(
    columns=(
        tables.Column("title", gettext_lazy("Task"), css="lead"),
        tables.Column("space", gettext_lazy("Group")),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("by", gettext_lazy("By")),
        tables.Column("at", gettext_lazy("When"), sort=("closed_at",)),
    ),
    filters=(
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=tuple((s.value, s.label) for s in Task.State if s is not Task.State.OPEN),
        ),
        tables.Filter("from", gettext_lazy("From"), "date"),
    ),
    default_sort="-at",
    page_size=40,
)


@requires("tasks.view")
@never_cache
@require_safe
def tasks(request: HttpRequest) -> HttpResponse:
    """What is to do: mine or everybody's, by group or by task."""
    me = known(request)
    everybody = request.GET.get("who") == "all"
    by_task = request.GET.get("by") == "task"
    found = queries.open_tasks().filter(kinds.seen_by(me)) if everybody else queries.for_staff(me)
    count = paging.capped_count(found, CAP)
    most = queries.MOST_TOGETHER if by_task else queries.MOST_LISTED
    shown = list(queries.in_order(found)[:most])
    late = paging.capped_count(queries.late(found, clock.now()), CAP)
    context = {
        "tabs": tabs(request, "all" if everybody else "mine", by_task),
        "views": _views(everybody, by_task),
        "by_task": by_task,
        "everybody": everybody,
        "count": count,
        "late": late,
        "task_groups": [] if by_task else queries.by_group(shown),
        "batches": queries.by_batch(shown) if by_task else [],
        "left_off": max(0, count.number - len(shown)),
        "now": clock.now(),
        "may_do": me.may("tasks.do"),
        "may_manage": me.may("tasks.manage"),
        "done_today": _done_today(me),
        "has_counts": any(task.kind == "headcount" for task in shown),
    }
    return render(request, "console/tasks/page.html", context)


def tabs(request: HttpRequest, current: str, by_task: bool = False) -> list[dict[str, Any]]:
    """The tabs of Tasks."""
    page = reverse("console:tasks")
    more = "&by=task" if by_task else ""
    out = [
        {"label": _("Mine"), "href": f"{page}{'?by=task' if by_task else ''}", "current": current == "mine"},
        {"label": _("Everybody's"), "href": f"{page}?who=all{more}", "current": current == "all"},
        {"label": _("Closed"), "href": reverse("console:tasks-past"), "current": current == "past"},
    ]
    if known(request).may("tasks.manage"):
        out.append(
            {
                "label": _("Checklists"),
                "href": reverse("console:checklists"),
                "current": current == "checklists",
            }
        )
    return [{"count": None, **one} for one in out]


def _views(everybody: bool, by_task: bool) -> list[dict[str, Any]]:
    who = "who=all" if everybody else ""
    return [
        {"label": _("By group"), "href": f"?{who}", "current": not by_task, "count": None},
        {
            "label": _("By task"),
            "href": f"?{who}{'&' if who else ''}by=task",
            "current": by_task,
            "count": None,
        },
    ]


def _done_today(me: Staff) -> int:
    start = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return Task.objects.filter(state=Task.State.DONE, closed_by=me.actor, closed_at__gte=start).count()


def waiting() -> int:
    """Open tasks whose time is over, for the badge of the menu."""
    return paging.capped_count(queries.late(queries.open_tasks(), clock.now()), 99).number


@requires("tasks.view")
@never_cache
@require_safe
def past(request: HttpRequest) -> HttpResponse:
    """What was done, skipped, missed or called off, newest first."""
    state = tables.read(PAST, request.GET)
    found: QuerySet[Task] = (
        queries.seen_by(known(request)).exclude(state=Task.State.OPEN).select_related("space")
    )
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    since = state.day("from")
    if since is not None:
        found = found.filter(closed_at__date__gte=since)
    table = paging.fetch(found, state, count_cap=CAP)
    names = actor_names(str(task.closed_by) for task in table.rows)
    rows = [
        {"task": task, "by": names.get(task.closed_by, ""), "colour": STATES[task.state]}
        for task in table.rows
    ]
    shown = tables.Table(state, rows, table.next_key, table.previous_key, table.count)
    return render(request, "console/tasks/past.html", {"table": shown, "tabs": tabs(request, "past")})


@requires("tasks.do")
@require_POST
def tasks_several(request: HttpRequest) -> HttpResponse:
    """Note several tasks as done at once: the same post in many groups."""
    me, done, refused = known(request), 0, ""
    ticked = request.POST.getlist("task")[:MOST_AT_ONCE]
    seen = set(queries.seen_by(me).filter(pk__in=ticked).values_list("pk", flat=True))
    by, chosen = me.actor, [one for one in ticked if one in seen]
    for task_id in chosen:
        try:
            work.complete(task_id, by=by)
            done += 1
        except GuildhallError as error:
            refused = str(error.text)
    navigation.forget_badges()
    if done:
        messages.success(request, ngettext("%(n)s task done.", "%(n)s tasks done.", done) % {"n": done})
    if refused or not chosen:
        messages.error(request, refused or _("Tick at least one."))
    return SeeOther(back_to_list(request))


def back_to_list(request: HttpRequest) -> str:
    """The list as it was looked at."""
    asked = [
        f"{name}={value}"
        for name, value in (("who", "all"), ("by", "task"))
        if request.POST.get(name) == value
    ]
    return reverse("console:tasks") + (f"?{'&'.join(asked)}" if asked else "")


def kind_label(task: Task) -> str:
    """What kind of task it is, in words."""
    return str(kinds.of(task.kind).label)
