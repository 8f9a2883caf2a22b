"""Quality: what waits to be judged, how agents do and how well judges agree; an agent's own answers.

Judges see everything but what would make a second look less blind; agents see their own, the lead of a vendor
those of their people.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import quality_words
from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import known
from guildhall.core.errors import NotAllowed
from guildhall.core.text import Text
from guildhall.desk import quality_queries, scope
from guildhall.desk.actions import quality as actions
from guildhall.desk.models import Appeal, Review, SamplingRule
from guildhall.desk.showing import for_reader
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import paging, tables

WEEKS, AGREEMENT_WEEKS = 4, 12
WAITING = tables.Spec(
    columns=(
        tables.Column("ticket", gettext_lazy("Ticket"), css="lead"),
        tables.Column("agent", gettext_lazy("Agent")),
        tables.Column("week", gettext_lazy("Week of"), sort=("week",)),
        tables.Column("card", gettext_lazy("Scorecard"), css="desk"),
        tables.Column("why", gettext_lazy("Why it was drawn"), css="desk text"),
    ),
    default_sort="week",
    page_size=30,
)
MINE = tables.Spec(
    columns=(
        tables.Column("ticket", gettext_lazy("Ticket"), css="lead"),
        tables.Column("agent", gettext_lazy("Agent")),
        tables.Column("week", gettext_lazy("Week of"), sort=("week",)),
        tables.Column("points", gettext_lazy("Points"), sort=("points",), css="num"),
        tables.Column("state", gettext_lazy("State")),
    ),
    default_sort="-week",
    page_size=30,
)


@requires("desk.view")
@require_safe
def quality(request: HttpRequest) -> HttpResponse:
    """What waits for this judge; somebody who judges nothing sees their own answers."""
    me = known(request)
    if not _judges(me):
        return HttpResponseRedirect(reverse("console:quality-mine"))
    state = tables.read(WAITING, request.GET)
    table = paging.fetch(quality_queries.waiting(me), state, count_cap=500)
    this = quality_words.this_week()
    mean, judged = quality_queries.mean(this - timedelta(weeks=WEEKS), this + timedelta(weeks=1))
    agreed = quality_queries.agreement(this - timedelta(weeks=AGREEMENT_WEEKS), this + timedelta(weeks=1))
    eyes = for_reader(me)
    rows = [{"review": one, "subject": eyes.subject(one.ticket)} for one in table.rows]
    context = {
        "tabs": quality_words.tabs(me, "quality"),
        "table": tables.Table(state, rows, table.next_key, table.previous_key, table.count),
        "mean": quality_words.points(mean),
        "judged": judged,
        "agreed": quality_words.share(agreed.share_bp),
        "agreement": agreed,
        "appeals": _appeals(me),
        "may_manage": me.may("quality.manage"),
        "has_rules": SamplingRule.objects.filter(is_on=True).exists(),
    }
    return render(request, "console/quality/list.html", context)


@requires("desk.view")
@require_safe
def quality_mine(request: HttpRequest) -> HttpResponse:
    """The reader's own answers as they were judged, and what was written to them."""
    me = known(request)
    eyes = for_reader(me)
    found = quality_queries.reviews_for(me).filter(agent=me, state=Review.State.DONE, first=None)
    context = _judged(request, found) | {
        "tabs": quality_words.tabs(me, "quality-mine"),
        "notes": [
            {
                "note": note,
                "text": eyes.text(note.text, note.review.ticket if note.review else None),
                "who": eyes.colleague(note.by),
            }
            for note in quality_queries.coaching_for(me)[:20]
        ],
    }
    return render(request, "console/quality/mine.html", context)


@requires("desk.view")
@require_safe
def quality_team(request: HttpRequest) -> HttpResponse:
    """The answers of a vendor's people, for their lead."""
    me = known(request)
    vendor = scope.leads_vendor(me)
    if vendor is None:
        return HttpResponseRedirect(reverse("console:quality-mine"))
    this = quality_words.this_week()
    people = list(scope.colleagues_of(me).values_list("pk", flat=True))
    lines = quality_queries.by_agent(
        this - timedelta(weeks=WEEKS), this + timedelta(weeks=1), agents=people, vendor_id=vendor.pk
    )
    context = _judged(request, quality_queries.reviews_for(me)) | {
        "tabs": quality_words.tabs(me, "quality-team"),
        "lines": _agents(lines),
        "weeks": WEEKS,
    }
    return render(request, "console/quality/team.html", context)


@requires("quality.review")
@require_safe
def quality_results(request: HttpRequest) -> HttpResponse:
    """How each agent did in the last weeks, the lowest first, and how well judges agree."""
    me = known(request)
    given = request.GET.get("weeks", "")
    weeks = int(given) if given in ("1", "4", "12", "26") else WEEKS
    this = quality_words.this_week()
    since, until = this - timedelta(weeks=weeks), this + timedelta(weeks=1)
    agreed = quality_queries.agreement(since, until)
    mean, judged = quality_queries.mean(since, until)
    context = {
        "tabs": quality_words.tabs(me, "quality-results"),
        "lines": _agents(quality_queries.by_agent(since, until)),
        "agreed": quality_words.share(agreed.share_bp),
        "agreement": agreed,
        "mean": quality_words.points(mean),
        "judged": judged,
        "choices": [
            {
                "label": ngettext("%(n)s week", "%(n)s weeks", n) % {"n": n},
                "href": f"?weeks={n}",
                "current": n == weeks,
            }
            for n in (1, 4, 12, 26)
        ],
    }
    return render(request, "console/quality/results.html", context)


@requires("quality.manage")
@require_POST
def quality_draw(request: HttpRequest) -> HttpResponse:
    """Draw last week now instead of on Monday night."""
    week = quality_words.this_week() - timedelta(weeks=1)
    return carry_out(
        request,
        lambda: actions.draw_week(week, known(request)),
        _("Last week is drawn; what was drawn before stays."),
        reverse("console:quality"),
    )


@requires("quality.review")
@require_POST
def quality_coach(request: HttpRequest, staff_id: int) -> HttpResponse:
    """A note to an agent that belongs to no review."""
    agent = get_object_or_404(Staff, pk=staff_id)

    def deed() -> None:
        if agent.pk == known(request).pk:
            raise NotAllowed(Text("A note is for somebody else.", "辅导记录须写给他人。"))
        actions.coach(agent.pk, request.POST.get("reason", ""), known(request))

    return carry_out(
        request, deed, _("Sent; they see it with their answers."), reverse("console:quality-results")
    )


def _judges(me: Staff) -> bool:
    return me.may("quality.review") and not scope.is_outsourced(me)


def _appeals(me: Staff) -> list[Appeal]:
    return list(quality_queries.open_appeals().exclude(by=me)[:20])


def _agents(lines: list[quality_queries.AgentLine]) -> list[dict[str, Any]]:
    return [
        {
            "line": line,
            "points": quality_words.points(line.points),
            "colour": quality_words.colour(line.points),
        }
        for line in lines
    ]


def _judged(request: HttpRequest, found: QuerySet[Review]) -> dict[str, Any]:
    """A table of finished reviews."""
    me = known(request)
    eyes = for_reader(me)
    state = tables.read(MINE, request.GET)
    table = paging.fetch(found.select_related("appeal"), state)
    rows = [
        {
            "review": one,
            "subject": eyes.subject(one.ticket) if scope.may_see(me, one.ticket) else "",
            "agent": eyes.colleague(one.agent),
            "points": quality_words.points(one.points),
            "colour": quality_words.colour(one.points),
            "appeal": getattr(one, "appeal", None),
        }
        for one in table.rows
    ]
    return {"table": tables.Table(state, rows, table.next_key, table.previous_key)}
