"""Text models: which one judges, what each learned from, how it compared, and the way to another one.

Putting one in force against its evaluation asks a second person; going back to one that judged before is a
single press, because it must be quick.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console import training
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core import approvals
from guildhall.core.errors import BadInput, GuildhallError
from guildhall.effects.models import Effect
from guildhall.guard import models_in_force
from guildhall.guard.actions import learning
from guildhall.guard.models import Evaluation, ModelVersion
from guildhall.people.access import requires

SHOWN = 30
OUTCOMES: dict[str, tuple[str | Promise, str]] = {
    "better": (gettext_lazy("better"), "green"),
    "not_better": (gettext_lazy("not better"), "red"),
    "too_few": (gettext_lazy("too few kept back to tell"), "amber"),
}
STATES = {"trained": "amber", "live": "green", "retired": "", "refused": "red"}
WHY: dict[str, str | Promise] = {
    "no_lower": gettext_lazy("on average it is no better"),
    "not_surely": gettext_lazy("the difference could be chance"),
    "finds_less": gettext_lazy("it finds less at the same number of false alarms"),
    "punishes_wrongly": gettext_lazy("it would punish more honest messages"),
    "too_few": gettext_lazy("at least 40 kept-back texts are needed, 10 of each kind"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One row of the side-by-side table."""

    name: str | Promise
    live: str
    candidate: str
    is_better: bool | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A version as the page shows it."""

    version: ModelVersion
    colour: str
    by: str
    outcome: tuple[str | Promise, str] | None
    why: tuple[str | Promise, ...]
    against: str
    kept: tuple[int, int]
    measures: tuple[Measure, ...]
    may_go_live: bool
    needs_another: bool
    may_go_back: bool


@requires("models.manage")
@require_safe
def models(request: HttpRequest) -> HttpResponse:
    """The page."""
    versions = list(ModelVersion.objects.defer("blob").order_by("-number")[:SHOWN])
    evaluations = _latest(versions)
    names = actor_names(version.made_by for version in versions)
    scorer = models_in_force.current()
    live = next((version for version in versions if version.state == ModelVersion.State.LIVE), None)
    counts = learning.lessons_counted()
    taught = counts["teach"] + counts["kept_back"]
    context = {
        "tabs": training.tabs(known(request), "models"),
        "versions": [_shown(version, evaluations.get(version.pk), names) for version in versions],
        "in_force": scorer.version if scorer else "",
        "is_shipped": live is None or scorer is None or scorer.version != live.name,
        "shipped": _shipped(),
        "live": live,
        "counts": counts,
        "missing": max(0, learning.LEAST_ROWS - taught),
        "is_training": Effect.objects.filter(
            kind=learning.KIND, state__in=("queued", "leased", "running")
        ).exists(),
        "last": _last_skipped(),
        "to_shipped": {"to": learning.SHIPPED},
        "proposed": approvals.Proposal.objects.filter(
            kind=learning.APPROVAL, state=approvals.Proposal.State.PROPOSED
        ).first(),
    }
    return render(request, "console/training/models.html", context)


@requires("models.manage")
@require_POST
def models_train(request: HttpRequest) -> HttpResponse:
    """Train a candidate now."""
    return carry_out(
        request,
        lambda: learning.start(known(request).actor),
        _("The training has been queued; the page shows when it is done."),
        reverse("console:models"),
    )


@requires("models.manage")
@require_POST
def model_live(request: HttpRequest, version_id: str) -> HttpResponse:
    """Put a version in force, or propose it to somebody else."""
    try:
        version = learning.go_live(version_id, known(request).actor)
    except GuildhallError as error:
        messages.error(request, str(error.text))
    else:
        if version is None:
            messages.info(request, _("Proposed. Somebody else must approve it under Approvals."))
        else:
            messages.success(request, _("Model %(n)s judges from now on.") % {"n": version.number})
    return SeeOther(reverse("console:models"))


@requires("models.manage")
@require_POST
def model_back(request: HttpRequest) -> HttpResponse:
    """Go back to a version that judged before, or to the shipped model."""
    to = request.POST.get("to", "")
    return carry_out(
        request,
        lambda: learning.roll_back(to, known(request).actor),
        _("The shipped model judges from now on.")
        if to == learning.SHIPPED
        else _("The earlier model judges again."),
        reverse("console:models"),
    )


def _shipped() -> str:
    try:
        return models_in_force.shipped().version
    except BadInput:
        return ""


def _last_skipped() -> str:
    """Why the last training trained nothing; '' when it did."""
    result = (
        Effect.objects.filter(kind=learning.KIND, state="done")
        .order_by("-id")
        .values_list("result", flat=True)
        .first()
    )
    return str(result.get("skipped", "")) if isinstance(result, dict) else ""


def _latest(versions: list[ModelVersion]) -> dict[str, Evaluation]:
    rows = Evaluation.objects.filter(candidate__in=[version.pk for version in versions]).order_by("id")
    return {row.candidate_id: row for row in rows}


def _shown(version: ModelVersion, evaluation: Evaluation | None, names: dict[str, str]) -> Shown:
    result: dict[str, Any] = evaluation.result if evaluation else {}
    is_live = version.state == ModelVersion.State.LIVE
    was_live = version.state == ModelVersion.State.RETIRED and version.live_at is not None
    return Shown(
        version=version,
        colour=STATES.get(version.state, ""),
        by=names.get(version.made_by, version.made_by),
        outcome=OUTCOMES.get(evaluation.outcome) if evaluation else None,
        why=tuple(WHY.get(code, code) for code in result.get("why", ())),
        against=evaluation.against if evaluation else "",
        kept=(int(result.get("bad", 0)), int(result.get("fine", 0))),
        measures=_measures(result),
        may_go_live=not is_live and not was_live,
        needs_another=evaluation is None or evaluation.outcome != "better",
        may_go_back=was_live,
    )


def _measures(result: dict[str, Any]) -> tuple[Measure, ...]:
    live, candidate = result.get("live"), result.get("candidate")
    if not live or not candidate:
        return ()
    rows = (
        (_("Log loss (less is better)"), "log_loss", "{:.3f}", -1),
        (_("Found at the same false alarms"), "recall", "{:.1%}", 1),
        (_("Honest texts put before a person"), "alarms", "{:.1f}", -1),
        (_("Honest texts it would punish"), "wrongly_punished", "{:.1f}", -1),
        (_("Bad texts it would punish alone"), "punished_recall", "{:.1%}", 1),
    )
    out = []
    for name, key, shape, sign in rows:
        was, new = float(live[key]), float(candidate[key])
        better = None if abs(was - new) < 1e-9 else (new - was) * sign > 0
        out.append(Measure(name, shape.format(was), shape.format(new), better))
    return tuple(out)
