"""Alerts: what needs somebody now and whom it was told to. Taking one stops the escalation; saying that it
is over closes incidents elsewhere too.
"""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.paging import actions, escalating, finding
from guildhall.paging.kinds import NoticeState, PageState, Severity
from guildhall.paging.models import Notice, Page
from guildhall.people.access import requires
from guildhall.ui import paging, tables

_CAP = 99
STATES = {
    PageState.OPEN.value: "red",
    PageState.ACKNOWLEDGED.value: "amber",
    PageState.RESOLVED.value: "green",
}
SEVERITIES = {Severity.INFO.value: "", Severity.WARNING.value: "amber", Severity.CRITICAL.value: "red"}
NOTICES = {
    NoticeState.PLANNED.value: "blue", NoticeState.HELD.value: "amber", NoticeState.SENT.value: "green",
    NoticeState.FAILED.value: "red", NoticeState.SKIPPED.value: "",
}  # fmt: skip
SPEC = tables.Spec(
    columns=(
        tables.Column("title", gettext_lazy("Alert"), css="lead"),
        tables.Column("severity", gettext_lazy("How pressing")),
        tables.Column("state", gettext_lazy("State")),
        tables.Column("by", gettext_lazy("Taken by")),
        tables.Column("at", gettext_lazy("When"), sort=("id",)),
    ),
    filters=(tables.Filter("state", gettext_lazy("State"), choices=tuple(PageState.choices)),),
    default_sort="-at",
    tie="",
    page_size=40,
)


def waiting() -> int:
    """How many alerts nobody has taken, for the menu."""
    return paging.capped_count(Page.objects.filter(state=PageState.OPEN), _CAP).number


@requires("pages.view")
@never_cache
@require_safe
def alert_list(request: HttpRequest) -> HttpResponse:
    """Every alert, the open ones first to be seen."""
    state = tables.read(SPEC, request.GET)
    found: QuerySet[Page] = Page.objects.all()
    if state.values.get("state"):
        found = found.filter(state=state.values["state"])
    table = paging.fetch(found, state, count_cap=1000)
    pages: list[Page] = list(table.rows)
    names = actor_names([one.acknowledged_by for one in pages if one.acknowledged_by])
    lines = [(one, STATES[one.state], names.get(one.acknowledged_by, "")) for one in pages]
    return render(request, "console/alerts/page.html", {"table": table, "lines": lines})


@requires("pages.view")
@never_cache
@require_safe
def alert(request: HttpRequest, page_id: str) -> HttpResponse:
    """One alert: what it says, who was told by what means, and what comes next."""
    page = get_object_or_404(Page, pk=page_id)
    notices = list(page.notices.select_related("pager", "staff").order_by("id")[:200])
    names = actor_names([one for one in (page.acknowledged_by, page.resolved_by) if one])
    context = {
        "page": page,
        "colour": STATES[page.state],
        "pressing": SEVERITIES[page.severity],
        "notices": [(one, NOTICES[one.state], _to(one)) for one in notices],
        "next": _next(page),
        "taken_by": names.get(page.acknowledged_by, page.acknowledged_by),
        "ended_by": names.get(page.resolved_by, page.resolved_by),
    }
    return render(request, "console/alerts/alert.html", context)


@requires("pages.view")
@require_POST
def alert_take(request: HttpRequest, page_id: str) -> HttpResponse:
    """I am on it."""
    by = known(request).actor
    said = _("You are on it. Nobody else is woken.")
    return carry_out(request, lambda: actions.acknowledge(page_id, by), said, _back(page_id))


@requires("pages.view")
@require_POST
def alert_end(request: HttpRequest, page_id: str) -> HttpResponse:
    """It is over."""
    by = known(request).actor
    return carry_out(request, lambda: actions.resolve(page_id, by), _("It is over."), _back(page_id))


def _to(notice: Notice) -> str:
    """Whom a notice went to."""
    if notice.staff is not None:
        return str(notice.staff)
    return str(notice.pager) if notice.pager is not None else _("somebody who is gone")


def _next(page: Page) -> list[str]:
    """Who is told next, while nobody is on it."""
    if page.state != PageState.OPEN or page.next_at is None:
        return []
    course = escalating.course_of(page.plan)
    who = course.steps[page.step].who if page.step < len(course.steps) else ()
    return sorted({str(reach.staff or reach.pager) for reach in finding.reaches(who, page.severity)})


def _back(page_id: str) -> str:
    return reverse("console:alert", args=[page_id])
