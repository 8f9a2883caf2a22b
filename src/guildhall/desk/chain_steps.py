"""Carries out the steps of escalation chains: each once, and only while the clock is still unmet.

A step that comes due while the clock is on hold waits and is tried again later; one that comes due after the
clock was met is not needed. What is done is said in the ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.urls import NoReverseMatch, reverse

from guildhall.core import audit, clock
from guildhall.core.text import Text
from guildhall.desk import chains
from guildhall.desk.actions import assigning, tickets
from guildhall.desk.chains import Step
from guildhall.desk.clocking.ending import page_key
from guildhall.desk.clocking.telling import NAMES, STEP, SYSTEM
from guildhall.desk.models import ChainStep, Clock, Entry, Ticket
from guildhall.effects import actions as effects
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.paging.actions import raise_page
from guildhall.paging.escalating import Course
from guildhall.paging.escalating import Step as PageStep
from guildhall.people.models import Staff, TeamMembership
from guildhall.work.duty import queries as duty

KIND = "desk.clock"
ON_HOLD = timedelta(minutes=10)
OVERDUE = Text("Ticket #{number}: {metric} is overdue", "工单 #{number}：{metric}已超时")
SHORT = Text("Ticket #{number}: {metric} is running short", "工单 #{number}：{metric}即将超时")
TOLD = Text("Escalation: {who} told.", "升级：已通知 {who}。")
PAGED = Text("Escalation: {who} paged.", "升级：已呼叫 {who}。")
PAGED_PLAN = Text("Escalation: paged by the usual plan.", "升级：已按默认告警方案呼叫。")
HANDED_ON = Text("Escalation: handed on.", "升级：已改派。")
RAISED = Text("Escalation: priority raised.", "升级：已提高优先级。")
NOBODY = Text("Escalation: nobody could be found for “{step}”.", "升级：“{step}”未找到可联系的人员。")
WORDS = {
    chains.NOTIFY: Text("tell somebody", "通知"),
    chains.PAGE: Text("page somebody", "呼叫"),
    chains.REASSIGN: Text("hand on", "改派"),
    chains.RAISE: Text("raise the priority", "提高优先级"),
}


def perform(effect: Claimed) -> Done:
    """Carry out the step an effect names; twice is the same as once."""
    return take_step(
        int(effect.payload["clock"]),
        int(effect.payload["number"]),
        chains.step_of(effect.payload["step"]),
        tried=int(effect.payload.get("tried", 0)),
    )


def take_step(clock_id: int, number: int, step: Step, *, tried: int = 0) -> Done:
    """The step in one transaction with the row that says it was taken."""
    with transaction.atomic():
        ticket_id = Clock.objects.filter(pk=clock_id).values_list("ticket_id", flat=True).first()
        ticket = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
        row = Clock.objects.filter(pk=clock_id).first()
        if ticket is None or row is None:
            return Done({"outcome": "gone"})
        if ChainStep.objects.filter(clock=row, since=step.since, number=number).exists():
            return Done({"outcome": "taken before"})
        if row.state == Clock.State.PAUSED:
            _wait(row, number, step, tried)
            return Done({"outcome": "on hold"})
        outcome = ChainStep.Outcome.NOT_NEEDED
        if row.is_unmet and not (step.since == chains.WARNING and row.breached_at is not None):
            outcome = _DEEDS[step.do](ticket, row, number, step)
        ChainStep.objects.create(
            clock=row, since=step.since, number=number, do=step.do, outcome=outcome, at=clock.now()
        )
        data = {"clock": row.pk, "since": step.since, "number": number, "do": step.do, "outcome": outcome}
        audit.record(SYSTEM, "ticket.escalation_step", f"ticket:{ticket.pk}", data)
        if outcome == ChainStep.Outcome.NOBODY:
            _say(ticket, "escalation_nobody", _filled(NOBODY, "step", WORDS[step.do]))
    return Done({"outcome": outcome})


def people(ticket: Ticket, whom: str) -> list[Staff]:
    """Whom a step means, active people only."""
    kind, _, key = whom.partition(":")
    active = Staff.objects.filter(is_active=True)
    if kind == "assignee":
        owner = active.filter(pk=ticket.assignee_id).first() if ticket.assignee_id is not None else None
        return [owner] if owner is not None else leads(ticket)
    if kind == "lead":
        return leads(ticket)
    if kind == "on_call":
        on_call = duty.on_duty(clock.now(), team=key, kind="on_call")
        first = min((one.layer for one in on_call), default=None)
        return list(
            active.filter(pk__in=[one.staff_id for one in on_call if one.layer == first]).order_by("pk")
        )
    if kind == "role":
        return list(active.filter(grants__role=key).distinct().order_by("pk"))
    return list(active.filter(pk=int(key))) if kind == "staff" else []


def leads(ticket: Ticket) -> list[Staff]:
    """Who leads the team whose ticket it is: the ticket's, its vendor's, or its owner's teams."""
    team = ticket.team_id or (ticket.vendor.team_id if ticket.vendor else None)
    memberships = TeamMembership.objects.filter(is_lead=True, staff__is_active=True)
    if team is not None:
        memberships = memberships.filter(team=team)
    else:
        memberships = memberships.filter(team__memberships__staff=ticket.assignee_id)
    wanted = memberships.values_list("staff_id", flat=True)
    return list(Staff.objects.filter(pk__in=list(wanted)).order_by("pk"))


def _notify(ticket: Ticket, row: Clock, number: int, step: Step) -> ChainStep.Outcome:
    who = people(ticket, step.whom)
    if not who:
        return ChainStep.Outcome.NOBODY
    entry = _say(ticket, "escalation_told", TOLD.format(who=_names(who)))
    entry.mentions.set(who)
    return ChainStep.Outcome.DONE


def _page(ticket: Ticket, row: Clock, number: int, step: Step) -> ChainStep.Outcome:
    who = people(ticket, step.whom) if step.whom else []  # nobody there: whom the plans of paging name
    words = OVERDUE if row.breached_at is not None else SHORT
    name = NAMES[Clock.Metric(row.metric)]
    is_made_up = ticket.space is not None and ticket.space.settings.get("is_demo")
    if not is_made_up:
        raise_page(
            KIND,
            Text(
                words.en.format(number=ticket.number, metric=name.en),
                words.zh.format(number=ticket.number, metric=name.zh),
            ),
            by=SYSTEM,
            severity=step.severity,
            link=_path(ticket),
            dedupe_key=page_key(row.pk, number),
            course=Course((PageStep(tuple(f"staff:{one.pk}" for one in who)),)) if who else None,
        )
    _say(ticket, "escalation_paged", PAGED.format(who=_names(who)) if who else PAGED_PLAN)
    return ChainStep.Outcome.DONE


def _reassign(ticket: Ticket, row: Clock, number: int, step: Step) -> ChainStep.Outcome:
    before = ticket.assignee_id
    if step.whom and step.whom != "assignee":
        others = [one for one in people(ticket, step.whom) if one.pk != before]
        if not others:
            return ChainStep.Outcome.NOBODY
        tickets.assign(ticket.pk, others[0].pk, SYSTEM, why=HANDED_ON.en)
    else:
        assigning.assign_best(ticket.pk, SYSTEM, exclude=() if before is None else (before,))
    after = Ticket.objects.filter(pk=ticket.pk).values_list("assignee_id", flat=True).first()
    if after is None or after == before:
        return ChainStep.Outcome.NOBODY
    _say(ticket, "escalation_handed_on", HANDED_ON)
    return ChainStep.Outcome.DONE


def _raise(ticket: Ticket, row: Clock, number: int, step: Step) -> ChainStep.Outcome:
    wanted = chains.raised(ticket.priority, step.priority)
    if wanted == ticket.priority:
        return ChainStep.Outcome.NOT_NEEDED
    _say(ticket, "escalation_raised", RAISED)
    tickets.set_priority(ticket.pk, wanted, SYSTEM)
    return ChainStep.Outcome.DONE


_DEEDS = {chains.NOTIFY: _notify, chains.PAGE: _page, chains.REASSIGN: _reassign, chains.RAISE: _raise}


def _wait(row: Clock, number: int, step: Step, tried: int) -> None:
    effects.enqueue(
        NewEffect(
            STEP,
            {"clock": row.pk, "number": number, "step": step.to_json(), "tried": tried + 1},
            unique_key=f"{STEP}:{row.pk}:{step.since}:{number}:{tried + 1}",
            due_at=clock.now() + ON_HOLD,
            priority=30,
            cause=f"ticket:{row.ticket_id}",
        )
    )


def _say(ticket: Ticket, what: str, words: Text) -> Entry:
    return Entry.objects.create(
        ticket=ticket,
        kind=Entry.Kind.SYSTEM,
        by=SYSTEM,
        data={"what": what, **words.to_json()},
        at=clock.now(),
    )


def _names(who: Sequence[Staff]) -> str:
    return ", ".join(str(one) for one in who)


def _filled(words: Text, place: str, by: Text) -> Text:
    return Text(words.en.format(**{place: by.en}), words.zh.format(**{place: by.zh}))


def _path(ticket: Ticket) -> str:
    """The ticket's page of the console, which stands above this room; '' where it is not there."""
    try:
        return reverse("console:ticket", args=[ticket.pk])
    except NoReverseMatch:
        return ""
