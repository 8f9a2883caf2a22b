"""Raids: what happened, what was done about it, and what a person may do: declare, extend, end, take one
step or take it back, let one newcomer go. Below the list stand floods of reactions and invites by single
accounts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects.models import Effect
from guildhall.guard import actions, rulebook
from guildhall.guard.models import Arrival, Raid, RaidNewcomer, RaidStep, Surge
from guildhall.people.access import requires
from guildhall.ui import charts, paging, tables

State = Raid.State
COLOURS = {State.SUSPECTED: "amber", State.ON: "red", State.OVER: ""}
STEP_COLOURS = {RaidStep.State.DONE: "green", RaidStep.State.MANUAL: "amber", RaidStep.State.UNDONE: ""}
OFFERS = {
    "newcomers": gettext_lazy("Make newcomers read-only"),
    "doors": gettext_lazy("Hold the doors"),
    "slow": gettext_lazy("Slow mode"),
    "lock": gettext_lazy("Lock the space"),
}
NEWCOMERS_SHOWN, SURGES_SHOWN = 50, 20
_LONGEST_BY_MINUTE = timedelta(hours=3)
SPEC = tables.Spec(
    columns=(
        tables.Column("space", gettext_lazy("Space"), css="lead"),
        tables.Column("began", gettext_lazy("Began"), sort=("id",)),
        tables.Column("joins", gettext_lazy("Came"), css="num"),
        tables.Column("why", gettext_lazy("Evidence")),
        tables.Column("state", gettext_lazy("State")),
    ),
    filters=(tables.Filter("state", gettext_lazy("State"), "choice", tuple(State.choices)),),
    default_sort="-began",
    tie="",
)


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step as a page shows it. `waiting`, `failed`: acts not done yet, and refused; `error` says why."""

    step: RaidStep
    colour: str
    by: str
    manual: Text | None
    done: int = 0
    waiting: int = 0
    failed: int = 0
    error: str = ""


@requires("cases.view")
@require_safe
def raids(request: HttpRequest) -> HttpResponse:
    """All raids, the latest first; floods by single accounts below."""
    me = known(request)
    state = tables.read(SPEC, request.GET)
    found = Raid.objects.select_related("space")
    if state.value("state"):
        found = found.filter(state=state.value("state"))
    table = paging.fetch(found, state)
    rows = [
        {"raid": row, "colour": COLOURS[State(row.state)], "why": evidence_words(row.evidence)}
        for row in table.rows
    ]
    surges = Surge.objects.filter(state=Surge.State.OPEN).select_related("space", "account").order_by("-id")
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "surges": [(one, surge_words(one)) for one in surges[:SURGES_SHOWN]],
        "spaces": Space.objects.filter(archived_at=None).exclude(kind="private").order_by("name")[:500],
        "may_act": me.may("members.restrict"),
    }
    return render(request, "console/raids/list.html", context)


@requires("cases.view")
@require_safe
def raid(request: HttpRequest, raid_id: str) -> HttpResponse:
    """One raid: what happened, why, what was done, and who came."""
    me, one = known(request), _raid(raid_id)
    newcomers = RaidNewcomer.objects.filter(raid=one).select_related("account").order_by("-id")
    steps = list(one.steps.order_by("id"))
    names = actor_names({one.declared_by, one.ended_by, *(step.by for step in steps)} - {""})
    taken = {step.kind for step in steps if step.state != RaidStep.State.UNDONE}
    drawing, described = _course(one)
    context = {
        "one": one,
        "colour": COLOURS[State(one.state)],
        "why": evidence_words(one.evidence),
        "steps": [_step(step, names) for step in steps],
        "offered": [(kind, label) for kind, label in OFFERS.items() if kind not in taken],
        "newcomers": newcomers[:NEWCOMERS_SHOWN],
        "newcomers_count": paging.capped_count(newcomers, 9_999),
        "declared_by": names.get(one.declared_by, ""),
        "ended_by": names.get(one.ended_by, ""),
        "ends_at": max(one.last_seen + timedelta(minutes=one.quiet_minutes), one.until or one.last_seen),
        "drawing": drawing,
        "described": described,
        "is_on": one.state == State.ON,
        "may_act": me.may("members.restrict"),
        "page_keys": (("E", gettext_lazy("end the raid")),) if me.may("members.restrict") else (),
    }
    return render(request, "console/raids/page.html", context)


@requires("members.restrict")
@require_POST
def raid_declare(request: HttpRequest) -> HttpResponse:
    """A person sees what the machine does not."""
    space = Space.objects.filter(pk=request.POST.get("space", "")).first()
    if space is None:
        raise Http404
    made: list[Raid] = []
    note = request.POST.get("reason", "").strip()[:2000]
    answer = carry_out(
        request,
        lambda: made.append(actions.declare_raid(space.pk, known(request).actor, note=note)),
        _("Declared. Newcomers of the last minutes are read only now."),
        reverse("console:raids"),
    )
    if made:
        answer["Location"] = reverse("console:raid", args=[made[0].pk])
    return answer


@requires("members.restrict")
@require_POST
def raid_extend(request: HttpRequest, raid_id: str) -> HttpResponse:
    """Keep it on."""
    written = request.POST.get("minutes", "")
    minutes = int(written) if written.isdigit() else 0
    return _deed(
        request,
        raid_id,
        lambda by: actions.extend_raid(raid_id, by, minutes),
        _("It stays on for that long at least."),
    )


@requires("members.restrict")
@require_POST
def raid_end(request: HttpRequest, raid_id: str) -> HttpResponse:
    """It is over: everything is taken back."""
    return _deed(
        request, raid_id, lambda by: actions.end_raid(raid_id, by), _("Over. Everything is being taken back.")
    )


@requires("members.restrict")
@require_POST
def raid_step(request: HttpRequest, raid_id: str) -> HttpResponse:
    """Take a step that was not taken, or was taken back."""
    kind = request.POST.get("kind", "")
    return _deed(request, raid_id, lambda by: actions.take_step(raid_id, kind, by), _("Step taken."))


@requires("members.restrict")
@require_POST
def raid_step_undo(request: HttpRequest, raid_id: str, step_id: str) -> HttpResponse:
    """Take one step back; the others stay."""
    return _deed(request, raid_id, lambda by: actions.undo_step(step_id, by), _("Step taken back."))


@requires("members.restrict")
@require_POST
def raid_release(request: HttpRequest, raid_id: str) -> HttpResponse:
    """Let one newcomer write."""
    account = request.POST.get("account", "")
    return _deed(
        request,
        raid_id,
        lambda by: actions.release_newcomer(raid_id, account, by),
        _("They may write again."),
    )


@requires("members.restrict")
@require_POST
def surge_decide(request: HttpRequest, surge_id: str, answer: str) -> HttpResponse:
    """A flood by one account: restrict them, or it was none."""
    by = known(request).actor
    deeds = {"uphold": actions.uphold_surge, "undo": actions.undo_surge}
    if answer not in deeds:
        raise Http404
    said = _("Restricted.") if answer == "uphold" else _("Left alone.")
    return carry_out(request, lambda: deeds[answer](surge_id, by), said, reverse("console:raids"))


def evidence_words(evidence: Iterable[dict[str, Any]]) -> list[str]:
    """What speaks for a raid, in sentences."""
    return [_sentence(one) for one in evidence]


def surge_words(surge: Surge) -> Text:
    """What one account did, in the words of its rule."""
    return rulebook.text(surge.rule, {"count": str(surge.count), "seconds": str(surge.seconds)})


def on_now() -> int:
    """How many raids go on or are suspected, and floods wait; for the menu."""
    open_raids = Raid.objects.exclude(state=State.OVER).count()
    return open_raids + paging.capped_count(Surge.objects.filter(state=Surge.State.OPEN), 99).number


def _sentence(one: dict[str, Any]) -> str:
    n, of, sample = int(one.get("n", 0)), int(one.get("of", 0)), str(one.get("sample", ""))
    words = {
        "rate": ngettext("%(n)s person came at once, where %(of)s is usual",
                         "%(n)s people came at once, where %(of)s is usual", n),
        "ages": _("%(n)s of %(of)s accounts are younger than a month"),
        "together": _("%(n)s of %(of)s accounts were made within a day and a half of each other"),
        "names": _("%(n)s of %(of)s have a name of one pattern: %(sample)s"),
        "text": _("%(n)s of them posted nearly the same text"),
        "removed": _("%(n)s messages of theirs were removed"),
    }.get(str(one.get("kind", "")), "")  # fmt: skip
    return words % {"n": n, "of": of, "sample": sample.partition("|")[2].strip("@") or sample}


def _course(one: Raid) -> tuple[charts.Chart | None, str]:
    """Who came, by the minute; by ten minutes when it lasted long."""
    began, ended = one.since - timedelta(minutes=10), one.ended_at or clock.now()
    step = 1 if ended - began <= _LONGEST_BY_MINUTE else 10
    ended = min(ended, began + timedelta(days=1))
    times = Arrival.objects.filter(space_id=one.space_id, at__gte=began, at__lt=ended).values_list(
        "at", flat=True
    )
    counted = Counter(_floor(at, step) for at in times.iterator())
    if not counted:
        return None, ""
    rows, at = [], _floor(began, step)
    while at <= ended:
        rows.append({"at": at, "n": counted.get(at, 0), "what": _("came")})
        at += timedelta(minutes=step)
    labels = {"at": _("Minute"), "n": _("People"), "what": _("What")}
    described = (
        _("%(n)s people came; at most %(most)s in one minute.")
        if step == 1
        else _("%(n)s people came; at most %(most)s in ten minutes.")
    )
    said = described % {"n": sum(counted.values()), "most": max(counted.values())}
    return charts.area(rows, x="at", y="n", series="what", labels=labels, height=150), said


def _floor(at: datetime, minutes: int) -> datetime:
    return at.replace(minute=at.minute - at.minute % minutes, second=0, microsecond=0)


def _step(step: RaidStep, names: dict[str, str]) -> StepShown:
    manual = Text.from_json(step.manual_step) if step.manual_step else None
    shown = StepShown(step, STEP_COLOURS[RaidStep.State(step.state)], names.get(step.by, ""), manual)
    verbs = {"newcomers": "restrict", "lock": "lock", "slow": "slow_mode", "doors": "decline_join"}
    if step.state != RaidStep.State.DONE:
        return shown
    mine = [
        (str(one.state), str(one.error))
        for one in Effect.objects.filter(cause=f"raid:{step.raid_id}").order_by("-id")[:2_000]
        if one.payload.get("verb") == verbs[step.kind]
    ]
    failed = [error for state, error in mine if state == "dead"]
    done = sum(state == "done" for state, _error in mine)
    return StepShown(
        step, shown.colour, shown.by, manual, done, len(mine) - done - len(failed), len(failed),
        next((error for error in failed if error), ""),
    )  # fmt: skip


def _deed(request: HttpRequest, raid_id: str, deed: Any, said: str) -> HttpResponse:
    by = known(request).actor
    return carry_out(request, lambda: deed(by), said, reverse("console:raid", args=[raid_id]))


def _raid(raid_id: str) -> Raid:
    one = Raid.objects.select_related("space").filter(pk=raid_id).first()
    if one is None:
        raise Http404
    return one
