"""One review: the talk beside the scorecard, the marks given, the agent's appeal and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import desk_thread, quality_words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.desk import quality_queries, scope
from guildhall.desk.actions import quality as actions
from guildhall.desk.models import Appeal, Review, Scorecard, Ticket
from guildhall.desk.models.quality import marks_of
from guildhall.desk.quality import candidates
from guildhall.desk.quality.scorecards import Card, Criterion
from guildhall.desk.showing import Showing, for_reader
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import navigation

_NONE = "-"


class MarksForm(forms.Form):
    """A mark and maybe a comment for each criterion of a card; a word to the agent at the end."""

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.card = card
        for one in card.criteria:
            self.fields[f"mark_{one.key}"] = forms.ChoiceField(
                label=str(one.name), choices=_choices(one), widget=forms.RadioSelect, help_text=str(one.guide)
            )
            self.fields[f"comment_{one.key}"] = forms.CharField(
                label=_("Comment"), required=False, max_length=1000, widget=forms.Textarea(attrs={"rows": 1})
            )

    def marks(self) -> dict[str, int | None]:
        """Criterion → mark; None where it does not apply."""
        given = {one.key: self.cleaned_data[f"mark_{one.key}"] for one in self.card.criteria}
        return {key: None if value == _NONE else int(value) for key, value in given.items()}

    def comments(self) -> dict[str, str]:
        """Criterion → comment."""
        return {one.key: self.cleaned_data[f"comment_{one.key}"] for one in self.card.criteria}

    def lines(self) -> list[tuple[Criterion, Any, Any]]:
        """(criterion, its mark, its comment), for the page."""
        return [(one, self[f"mark_{one.key}"], self[f"comment_{one.key}"]) for one in self.card.criteria]


class JudgeForm(MarksForm):
    """The marks of a review."""

    coaching = forms.CharField(required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        super().__init__(card, *args, **kwargs)
        self.fields["coaching"].label = _("A word to the agent")
        self.fields["coaching"].help_text = _("They read it with their score.")


class AnswerForm(MarksForm):
    """What becomes of an appeal: refused with a reason, or granted with the marks that count instead."""

    answer = forms.CharField(max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, card: Card, *args: Any, **kwargs: Any) -> None:
        super().__init__(card, *args, **kwargs)
        self.fields["answer"].label = _("Your answer to the agent")


@dataclass(frozen=True, slots=True)
class Mark:
    """A criterion as it was judged. `before`: the mark before an appeal was granted, '' when none was."""

    criterion: Criterion
    mark: str
    comment: str
    is_missed: bool
    before: str = ""


@requires("desk.view")
@never_cache
def review(request: HttpRequest, review_id: str) -> HttpResponse:
    """Judge it, or read how it was judged."""
    me = known(request)
    one = _seen(me, review_id)
    form = None
    if one.state == Review.State.WAITING and quality_queries.waiting(me).filter(pk=one.pk).exists():
        form = JudgeForm(one.version.card, request.POST if request.method == "POST" else None)

        def deed() -> None:
            assert form is not None
            actions.judge(
                one.pk, form.marks(), by=me, comments=form.comments(), coaching=form.cleaned_data["coaching"]
            )

        if request.method == "POST" and attempt(form, deed):
            messages.success(request, _("Judged."))
            return SeeOther(_next(me))
    if request.method not in ("POST", "GET", "HEAD"):
        raise Http404
    if me.pk == one.agent_id:
        actions.note_seen(one.pk, me)
    return render(request, "console/quality/review.html", _context(me, one, form), status=_status(form))


@requires("desk.view")
@require_POST
def review_appeal(request: HttpRequest, review_id: str) -> HttpResponse:
    """The agent does not agree."""
    me = known(request)
    one = _seen(me, review_id)
    return carry_out(
        request,
        lambda: actions.appeal(one.pk, request.POST.get("reason", ""), me),
        _("Somebody who did not judge this will decide."),
        reverse("console:quality-review", args=[one.pk]),
    )


@requires("quality.review")
@require_POST
def review_drop(request: HttpRequest, review_id: str) -> HttpResponse:
    """Not judge it after all."""
    me = known(request)
    return carry_out(request, lambda: actions.drop(review_id, me), _("Left out."), reverse("console:quality"))


@requires("quality.manage")
@never_cache
def appeal(request: HttpRequest, appeal_id: str) -> HttpResponse:
    """Decide an appeal."""
    me = known(request)
    found = get_object_or_404(
        Appeal.objects.select_related("review__ticket", "by", "decided_by"), pk=appeal_id
    )
    one = quality_queries.reviews_for(me).get(pk=found.review_id)
    form = AnswerForm(
        one.version.card,
        request.POST if request.method == "POST" else None,
        initial={f"mark_{key}": _said(mark) for key, mark in marks_of(one.marks).items()},
    )
    granted = request.POST.get("granted") == "yes"

    def deed() -> None:
        actions.decide_appeal(
            found.pk, granted, form.cleaned_data["answer"], by=me, marks=form.marks() if granted else None
        )

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Decided; the agent reads your answer."))
        return SeeOther(reverse("console:quality"))
    may_decide = found.state == Appeal.State.OPEN and me.pk not in (one.agent_id, one.reviewer_id)
    context = _context(me, one, None) | {"answer": form if may_decide else None, "appeal": found}
    return render(request, "console/quality/review.html", context, status=_status(form))


@requires("quality.review")
@require_safe
def choose(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Have an answer judged that no rule drew: which card, for whom."""
    me = known(request)
    ticket = get_object_or_404(scope.tickets_for(me), pk=ticket_id)
    agent = Staff.objects.filter(pk=candidates.answered_by([ticket.pk]).get(ticket.pk, 0)).first()
    cards = list(Scorecard.objects.filter(archived_at=None).order_by("pk"))
    context = {"ticket": ticket, "subject": for_reader(me).subject(ticket), "agent": agent, "cards": cards}
    return render(request, "console/quality/choose.html", context)


@requires("quality.review")
@require_POST
def chosen(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Carry that out."""
    me = known(request)
    ticket: Ticket = get_object_or_404(scope.tickets_for(me), pk=ticket_id)
    agent = candidates.answered_by([ticket.pk]).get(ticket.pk)
    if agent is None:
        raise Http404
    card_id = request.POST.get("card", "")
    return carry_out(
        request,
        lambda: actions.choose(ticket.pk, agent, card_id, me),
        _("It waits to be judged."),
        reverse("console:quality"),
    )


def _seen(me: Staff, review_id: str) -> Review:
    return get_object_or_404(quality_queries.reviews_for(me), pk=review_id)


def _context(me: Staff, one: Review, form: JudgeForm | None) -> dict[str, Any]:
    eyes = for_reader(me)
    sees_ticket = scope.may_see(me, one.ticket)
    sees_marks = quality_queries.sees_marks(one, me)
    found = Appeal.objects.filter(review=one).select_related("by", "decided_by").first()
    return {
        "review": one,
        "form": form,
        "agent": eyes.colleague(one.agent),
        "reviewer": eyes.colleague(one.reviewer) if sees_marks else "",
        "ticket": one.ticket,
        "subject": eyes.subject(one.ticket) if sees_ticket else "",
        "talk": desk_thread.thread(one.ticket, me) if sees_ticket else None,
        "may_work": False,
        "place": {"query": ""},
        "marks": _marks(one, eyes) if sees_marks else [],
        "sees_marks": sees_marks,
        "points": quality_words.points(one.points) if sees_marks else "—",
        "points_before": quality_words.points((one.before or {}).get("points")),
        "colour": quality_words.colour(one.points),
        "appeal": found if sees_marks else None,
        "decided_by": eyes.colleague(found.decided_by) if found else "",
        "notes": [eyes.text(note.text, one.ticket) for note in one.coaching.all()] if sees_marks else [],
        "appeal_text": eyes.text(found.text, one.ticket) if found else "",
        "appeal_answer": eyes.text(found.answer, one.ticket) if found else "",
        "may_appeal": me.pk == one.agent_id and found is None and one.state == Review.State.DONE,
        "may_drop": one.state == Review.State.WAITING and me.may("quality.review"),
        "may_decide": me.may("quality.manage"),
        "tabs": quality_words.tabs(me, ""),
    }


def _marks(one: Review, eyes: Showing) -> list[Mark]:
    marks, before = marks_of(one.marks), marks_of((one.before or {}).get("marks") or {})
    return [
        Mark(
            criterion,
            _shown(criterion, marks.get(criterion.key)),
            eyes.text(one.comments.get(criterion.key, ""), one.ticket),
            criterion.key in one.failed,
            _shown(criterion, before[criterion.key])
            if criterion.key in before and before[criterion.key] != marks.get(criterion.key)
            else "",
        )
        for criterion in one.version.card.criteria
    ]


def _choices(one: Criterion) -> list[tuple[str, str]]:
    if one.scale == 1:
        return [("1", _("Yes")), ("0", _("No")), (_NONE, _("does not apply"))]
    return [*((str(mark), str(mark)) for mark in range(one.scale + 1)), (_NONE, _("does not apply"))]


def _shown(criterion: Criterion, mark: int | None) -> str:
    if mark is None:
        return _("does not apply")
    return f"{mark} / {criterion.scale}" if criterion.scale > 1 else _("Yes") if mark else _("No")


def _said(mark: int | None) -> str:
    return _NONE if mark is None else str(mark)


def _next(me: Staff) -> str:
    """The next one to judge, so that nobody goes back to the list in between."""
    navigation.forget_badges()
    coming = quality_queries.waiting(me).order_by("week", "pk").first()
    return reverse("console:quality-review", args=[coming.pk]) if coming else reverse("console:quality")


def _status(form: forms.Form | None) -> int:
    return 422 if form is not None and form.is_bound else 200
