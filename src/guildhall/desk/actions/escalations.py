"""Escalations: a question goes to a team of the exchange as a task with a clock; the team asks back, or
answers, and the answer stands on the ticket.

Each deed is one transaction with its audit row; what was asked and said is in the steps, never in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from guildhall.channels.text import typed
from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, NotAllowed, NotFound
from guildhall.core.text import Text
from guildhall.desk import linting, promises
from guildhall.desk.models import Entry, Escalation, EscalationStep, ExchangeTeam, Ticket
from guildhall.effects import webhooks
from guildhall.paging import actions as paging
from guildhall.people.models import Staff, Team
from guildhall.people.roles import Role
from guildhall.work import actions as work
from guildhall.work.asking import Answer, Ask, Proofs
from guildhall.work.models import Task

TASK = "escalation"
LATE = "desk.escalation_late"
SYSTEM = "system:desk"
_ANSWER = Ask("answer", Text("Answer", "答复"), Answer.TEXT, required=True)
_OUTCOME = Ask("outcome", Text("Outcome", "处理结果"), Answer.TEXT)
_LONGEST, _MOST_SHARED = 4000, 20
_TOLD = {
    "escalated": Text("asked {team}", "已升级至{team}"),
    "escalation_withdrawn": Text("called the question to {team} back", "已撤回向{team}提出的问题"),
    "escalation_late": Text("{team} is late with an answer", "{team}答复超时"),
}
State, Kind = Escalation.State, EscalationStep.Kind


def escalate(
    ticket_id: str,
    team_slug: str,
    question: str,
    *,
    by: str,
    shared: Sequence[tuple[str, str]] = (),
    priority: str = "",
) -> Escalation:
    """Ask a team about a ticket. `shared`: the facts it is given, as (name, value).

    Raises NotFound, BadInput (nothing asked), Conflict (the ticket is over, or this team has an open question
    about it already).
    """
    words = _words(question, "question")
    with transaction.atomic():
        ticket = _ticket(ticket_id)
        team = ExchangeTeam.objects.filter(pk=team_slug, archived_at=None).first()
        if team is None:
            raise NotFound(Text("There is no such team.", "不存在该团队。"))
        if not ticket.is_open:
            raise Conflict(Text("This ticket is over: open it again first.", "该工单已结束，请先重新打开。"))
        if ticket.escalations.filter(team=team, state__in=(State.ASKED, State.RETURNED)).exists():
            raise Conflict(
                Text(
                    "This team has an open question about it already.", "该团队已有一个关于此工单的未答问题。"
                )
            )
        now = clock.now()
        one = Escalation(
            ticket=ticket, team=team, priority=priority or ticket.priority, question=words,
            shared=[[str(name)[:80], str(value)[:300]] for name, value in shared if value][:_MOST_SHARED],
            promise=team.promise, asked_by=by, asked_at=now,
        )  # fmt: skip
        if one.priority not in Ticket.Priority.values:
            raise BadInput(Text("Choose a priority.", "请选择优先级。"), field="priority")
        one.save()
        _step(one, Kind.ASKED, words, by)
        task = work.open_task(_task_for(one, ticket), by=by)
        one.task = task
        one.save(update_fields=["task"])
        _say_on_ticket(one, Entry.Kind.SYSTEM, "", by, "escalated")
        audit.record(by, "escalation.asked", f"escalation:{one.pk}", {"ticket": ticket.pk, "team": team.pk})
        webhooks.announce("escalation.asked", {"escalation": one.pk, "ticket": ticket.pk, "team": team.pk})
    return one


def ask_back(escalation_id: str, text: str, *, by: str) -> Escalation:
    """The team needs more before it can answer: its clock rests until the desk gave it. Raises NotFound,
    BadInput, Conflict.
    """
    words = _words(text, "text")
    with transaction.atomic():
        one = _locked(escalation_id)
        _refuse_unless(one, State.ASKED)
        _step(one, Kind.RETURNED, words, by, state=State.RETURNED)
        _say_on_ticket(one, Entry.Kind.NOTE, words, by, "escalation_returned")
        audit.record(by, "escalation.returned", f"escalation:{one.pk}", {"ticket": one.ticket_id})
    return one


def supply(escalation_id: str, text: str, *, by: str) -> Escalation:
    """Give the team what it asked for, or more unasked; its clock goes on. Raises NotFound, BadInput,
    Conflict.
    """
    words = _words(text, "text")
    with transaction.atomic():
        one = _locked(escalation_id)
        _refuse_unless(one, State.ASKED, State.RETURNED)
        _step(one, Kind.SUPPLIED, words, by, state=State.ASKED)
        _say_on_ticket(one, Entry.Kind.NOTE, words, by, "escalation_supplied")
        audit.record(by, "escalation.supplied", f"escalation:{one.pk}", {"ticket": one.ticket_id})
    return one


def answer(escalation_id: str, text: str, *, by: str, outcome: str = "done") -> Escalation:
    """Answer for the team: its task is done and the answer stands on the ticket. The same answer twice is
    one. Raises NotFound, BadInput, Conflict (answered otherwise, or called back).
    """
    words = _words(text, "answer")
    if outcome not in Escalation.Outcome.values:
        raise BadInput(Text("Choose an outcome.", "请选择处理结果。"), field="outcome")
    with transaction.atomic():
        one = _locked(escalation_id)
        if one.state == State.ANSWERED and (one.answer, one.outcome) == (words, outcome):
            return one
        _refuse_unless(one, State.ASKED, State.RETURNED)
        if one.task_id is None:
            raise NotFound(Text("Its task is gone.", "对应任务已不存在。"))
        work.complete(one.task_id, by=by, answers={"answer": words, "outcome": outcome})
    one.refresh_from_db()
    return one


def withdraw(escalation_id: str, *, by: str, reason: str = "") -> Escalation:
    """Call a question back. Twice is the same as once. Raises NotFound, Conflict (answered meanwhile)."""
    with transaction.atomic():
        one = _locked(escalation_id)
        if one.state == State.WITHDRAWN:
            return one
        _refuse_unless(one, State.ASKED, State.RETURNED)
        if one.task_id is not None:
            work.cancel(one.task_id, by=by, reason=reason[:300])
        _withdrawn(one, reason, by)
    return one


def task_done(task: Task, by: str) -> None:
    """The task of an escalation was done, here or on the page of tasks: that is the answer."""
    with transaction.atomic():
        one = Escalation.objects.select_for_update().filter(task=task).first()
        if one is None or not one.is_open:
            return
        outcome = str(task.result.get("outcome") or "")
        one.answer = str(task.result["answer"])
        one.outcome = outcome if outcome in Escalation.Outcome.values else Escalation.Outcome.DONE
        one.answered_by, one.answered_at = by, clock.now()
        one.save(update_fields=["answer", "outcome", "answered_by", "answered_at"])
        _step(one, Kind.ANSWERED, one.answer, by, state=State.ANSWERED)
        _say_on_ticket(one, Entry.Kind.NOTE, one.answer, by, "escalation_answered")
        paging.resolve_by_key(_page_key(one), by)
        audit.record(
            by,
            "escalation.answered",
            f"escalation:{one.pk}",
            {"ticket": one.ticket_id, "outcome": one.outcome},
        )
        webhooks.announce(
            "escalation.answered", {"escalation": one.pk, "ticket": one.ticket_id, "outcome": one.outcome}
        )


def task_given_up(task: Task, by: str) -> None:
    """The task was skipped: nobody will answer, so the question is back with the desk."""
    with transaction.atomic():
        one = Escalation.objects.select_for_update().filter(task=task).first()
        if one is not None and one.is_open:
            _withdrawn(one, task.reason, by)


def judge(now: datetime) -> int:
    """Note which promises were broken, each once, and have the team told; returns how many. A due second has
    to be over: an answer within it counts.
    """
    late = Escalation.objects.filter(
        state=State.ASKED, breached_at=None, due_at__lte=now - timedelta(seconds=1)
    ).order_by("due_at")
    broken = 0
    for key in list(late.values_list("pk", flat=True)[:200]):
        with transaction.atomic():
            one = _locked(key)
            if one.state != State.ASKED or one.breached_at is not None:
                continue
            _reckon(one, now)
            if one.breached_at is None:
                continue
            broken += 1
            _say_on_ticket(one, Entry.Kind.SYSTEM, "", SYSTEM, "escalation_late")
            audit.record(SYSTEM, "escalation.breached", f"escalation:{one.pk}", {"team": one.team_id})
            webhooks.announce("escalation.breached", {"escalation": one.pk, "ticket": one.ticket_id})
            team = one.team.called
            paging.raise_page(
                LATE,
                Text(f"{team.en} is late with an answer", f"{team.zh}答复超时"),
                by=SYSTEM,
                body=Text(
                    f"Ticket #{one.ticket.number} waits for it.", f"工单 #{one.ticket.number} 正在等待答复。"
                ),
                link=f"/escalations/{one.pk}/",
                dedupe_key=_page_key(one),
            )
    return broken


def save_team(
    slug: str,
    name: Text,
    people: Team | None,
    *,
    hours: Mapping[str, Any],
    seconds: Mapping[str, int],
    by: str,
) -> ExchangeTeam:
    """Set up or change a team that can be asked; a promise changed counts for what is asked from now on.

    people: null makes a team of that name. Raises BadInput.
    """
    if not name.en.strip() or not name.zh.strip():
        raise BadInput(Text("Give it a name in both languages.", "请填写中英文名称。"), field="name")
    promise = promises.promise(hours, seconds)
    with transaction.atomic():
        known = ExchangeTeam.objects.select_for_update().filter(pk=slug).first()
        if known is None:
            people = people or Team.objects.get_or_create(slug=slug, defaults={"name": name.en})[0]
            known = ExchangeTeam(slug=slug, team=people)
        elif people is not None:
            known.team = people
        known.name, known.promise, known.archived_at = name.to_json(), promise, None
        known.save()
        audit.record(
            by, "escalation.team_saved", f"exchange_team:{slug}", {"targets": len(promise["targets"])}
        )
    return known


def archive_team(slug: str, *, by: str) -> None:
    """Ask it nothing more; what is open stays. Raises NotFound."""
    with transaction.atomic():
        if not ExchangeTeam.objects.filter(pk=slug).update(archived_at=clock.now()):
            raise NotFound(Text("There is no such team.", "不存在该团队。"))
        audit.record(by, "escalation.team_archived", f"exchange_team:{slug}")


def may_answer(staff: Staff, one: Escalation) -> bool:
    """Whether somebody may answer for the team: a member of it, or whoever runs the desk."""
    if not staff.may("escalations.answer"):
        return False
    return staff.may("desk.manage") or one.team.team.members.filter(pk=staff.pk).exists()


def tasks_of(staff: Staff) -> Q | None:
    """Which tasks of escalations somebody may see and do: those they may answer. None: all."""
    if not staff.may("escalations.answer"):
        return Q(pk__in=())
    if staff.may("desk.manage"):
        return None
    return Q(pk__in=Escalation.objects.filter(team__team__members=staff).values("task_id"))


def refuse_strangers(staff: Staff, one: Escalation) -> None:
    """Raises NotAllowed for whoever may not answer for the team."""
    if not may_answer(staff, one):
        raise NotAllowed(Text("You do not answer for this team.", "您不属于该团队，无法答复。"))


def _task_for(one: Escalation, ticket: Ticket) -> work.NewTask:
    name = one.team.called
    facts = "\n".join(f"{label}: {value}" for label, value in one.shared)
    body = f"{one.question}\n\n{facts}".strip()
    return work.NewTask(
        kind=TASK,
        title=Text(
            f"{name.en}: question about ticket #{ticket.number}",
            f"{name.zh}：关于工单 #{ticket.number} 的问题",
        ),
        notes=Text(body[:4000], body[:4000]),
        subject=f"ticket:{ticket.pk}",
        due_at=one.due_at,
        role=Role.SPECIALIST.value,
        proofs=Proofs.NONE,
        asks=(_ANSWER, _OUTCOME),
        dedupe_key=f"escalation:{one.pk}",
        data={"escalation": one.pk},
    )


def _withdrawn(one: Escalation, reason: str, by: str) -> None:
    _step(one, Kind.WITHDRAWN, reason[:_LONGEST], by, state=State.WITHDRAWN)
    _say_on_ticket(one, Entry.Kind.SYSTEM, "", by, "escalation_withdrawn")
    paging.resolve_by_key(_page_key(one), by)
    audit.record(by, "escalation.withdrawn", f"escalation:{one.pk}", {"ticket": one.ticket_id})


def _step(one: Escalation, kind: str, text: str, by: str, *, state: str = State.ASKED) -> None:
    now = clock.now()
    EscalationStep.objects.create(escalation=one, kind=kind, text=text, by=by, at=now)
    one.state = state
    one.save(update_fields=["state"])
    _reckon(one, now)


def _reckon(one: Escalation, now: datetime) -> None:
    """Have the clock as the steps have it, in the escalation and in its task."""
    steps = list(one.steps.order_by("id").values_list("kind", "at"))
    found = promises.stand(one.promise, one.priority, steps, now)
    one.due_at, one.breached_at = found.due_at, found.breached_at
    one.save(update_fields=["due_at", "breached_at"])
    if one.task_id is not None and found.due_at is not None:
        Task.objects.filter(pk=one.task_id).update(due_at=found.due_at)


def _say_on_ticket(one: Escalation, kind: str, text: str, by: str, what: str) -> None:
    """An entry of the ticket; whoever owns it is named in it, so that it comes to their notice."""
    entry = Entry.objects.create(
        ticket_id=one.ticket_id, kind=kind, text=text, by=by, author=_author(by),
        data={"what": what, "escalation": one.pk, "team": one.team_id, **_told(what, one.team.called)},
    )  # fmt: skip
    owner = one.ticket.assignee_id
    if owner is not None and by != f"staff:{owner}":
        entry.mentions.add(owner)
    Ticket.objects.filter(pk=one.ticket_id).update(changed_at=clock.now())


def _told(what: str, team: Text) -> dict[str, str]:
    """What the house notes on the ticket, for those entries that say nothing themselves."""
    if what not in _TOLD:
        return {}
    said = _TOLD[what]
    return Text(said.en.format(team=team.en), said.zh.format(team=team.zh)).to_json()


def _author(by: str) -> Staff | None:
    kind, _colon, key = by.partition(":")
    return Staff.objects.filter(pk=key).first() if kind == "staff" and key.isdecimal() else None


def _page_key(one: Escalation) -> str:
    return f"{LATE}:{one.pk}"


def _words(text: str, field: str) -> str:
    words = typed(text)
    if not words or len(words) > _LONGEST:
        raise BadInput(
            Text(f"Write something, at most {_LONGEST} characters.", f"请填写内容，最多 {_LONGEST} 字。"),
            field=field,
        )
    if linting.check(words):
        raise BadInput(
            Text(
                "It seems to ask for a secret (a password, a seed phrase, a code). Nobody may ask for those.",
                "内容疑似索取密码、助记词或验证码，任何人都不得索取。",
            ),
            field=field,
        )
    return words


def _ticket(ticket_id: str) -> Ticket:
    found = Ticket.objects.select_for_update().filter(pk=ticket_id).first()
    if found is None:
        raise NotFound(Text("There is no such ticket.", "不存在该工单。"))
    return found


def _locked(escalation_id: str) -> Escalation:
    found = (
        Escalation.objects.select_for_update(of=("self",))
        .select_related("team", "ticket")
        .filter(pk=escalation_id)
        .first()
    )
    if found is None:
        raise NotFound(Text("There is no such escalation.", "不存在该内部升级。"))
    return found


def _refuse_unless(one: Escalation, *states: str) -> None:
    if one.state not in states:
        raise Conflict(Text("It is over already.", "该内部升级已结束。"))
