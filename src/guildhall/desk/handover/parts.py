"""The five parts of a handover and what makes each of them whole. Pure.

The shape is the one measured in hospitals (I-PASS; Starmer and others 2014, nine hospitals, 10,740
admissions: 23 % fewer errors): how serious, a summary, actions with owner and time, what to watch and "if
then", and the receiver's reading back. The rules have numbers, which docs/handover.md explains:

- HND-1 A ticket is critical when a promise to a waiting member is broken, when it is urgent and the member
  waits, or when its clock runs out within `SOON` of the end of the shift.
- HND-2 It needs watching when its clock runs out within `LATER`, when it is high or urgent, or when the
  member waits. Everything else is calm.
- HND-3 The note is at least as serious as its most serious ticket; its writer may only say more.
- HND-4 The summary says something: at least ten letters or five Chinese characters.
- HND-5 Every action says what, and by when; every critical ticket has one. "Nothing to do" has to be said.
- HND-6 Every watch has an "if" and a "then". "Nothing to watch" has to be said.
- HND-7 The receiver ticks every action and every watch, and says in words of their own what they took over:
  at least as much as a summary, and no copy of it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.core.text import Text

STABLE, WATCH, CRITICAL = "stable", "watch", "critical"
RANK = {STABLE: 0, WATCH: 1, CRITICAL: 2}
SOON, LATER = timedelta(minutes=30), timedelta(hours=4)
MOST_ACTIONS = 20
_LETTERS = 10


@dataclass(frozen=True, slots=True)
class TicketNow:
    """One open ticket as it stands. Times are aware UTC; `breached`: one of its clocks was broken."""

    ticket_id: str
    number: int
    priority: str = "normal"
    waiting: bool = False
    next_due_at: datetime | None = None
    breached: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """Something to be done. owner_id: a colleague, None for whoever accepts; due_at: aware UTC."""

    text: str
    due_at: datetime | None
    owner_id: int | None = None
    ticket_id: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """What may happen, and what to do then."""

    when: str
    then: str
    ticket_id: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A handover as somebody writes it. `tickets`: how serious each ticket is, by id."""

    severity: str
    summary: str
    actions: tuple[Action, ...]
    watches: tuple[Watch, ...]
    tickets: dict[str, str]
    nothing_to_do: bool = False
    nothing_to_watch: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """What a note lacks: the rule, the part of the page it belongs to, and a sentence for its writer."""

    rule: str
    part: str
    text: Text


def severity_of(ticket: TicketNow, ends_at: datetime) -> str:
    """HND-1, HND-2: how serious one ticket is for whoever comes after `ends_at`."""
    due = ticket.next_due_at
    if ticket.waiting and (ticket.breached or ticket.priority == "urgent"):
        return CRITICAL
    if due is not None and due <= ends_at + SOON:
        return CRITICAL
    if (
        ticket.waiting
        or ticket.priority in ("high", "urgent")
        or (due is not None and due <= ends_at + LATER)
    ):
        return WATCH
    return STABLE


def worst(severities: Iterable[str]) -> str:
    """The most serious of them; calm when there is none."""
    return max(severities, key=lambda one: RANK[one], default=STABLE)


def missing(note: Note) -> list[Missing]:
    """What has to be mended before the note can be given, in the order of the page; empty: it is whole."""
    return [*_severity(note), *_summary(note), *_actions(note), *_watches(note)]


def unread(readback: str, *, summary: str, wanted: Collection[str], ticked: Collection[str]) -> list[Missing]:
    """HND-7: what is still missing before the receiver has taken over. wanted, ticked: keys of actions and
    watches.
    """
    out = []
    left = len(set(wanted) - set(ticked))
    if left:
        text = Text(
            f"Tick what you take over: {left} left.", f"请逐项勾选您接手的事项：还有 {left} 项未勾选。"
        )
        out.append(Missing("HND-7", "readback", text))
    if not says_something(readback):
        text = Text("Say in a sentence of your own what you took over.", "请用自己的话复述一遍您接手的内容。")
        out.append(Missing("HND-7", "readback", text))
    elif _plain(readback) == _plain(summary):
        text = Text(
            "This is the summary word for word: say it in your own words.",
            "与摘要完全相同：请用自己的话复述。",
        )
        out.append(Missing("HND-7", "readback", text))
    return out


def says_something(text: str) -> bool:
    """HND-4: at least ten letters; a character of Chinese, Japanese or Korean counts for two."""
    weight = 0
    for char in text:
        if unicodedata.category(char)[0] in "LN":
            weight += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return weight >= _LETTERS


def _severity(note: Note) -> list[Missing]:
    if note.severity not in RANK:
        return [Missing("HND-3", "severity", Text("Say how serious it is.", "请选择严重程度。"))]
    if RANK[note.severity] < RANK[worst(note.tickets.values())]:
        text = Text("A ticket in it is more serious than the note.", "其中有工单的严重程度高于本交班记录。")
        return [Missing("HND-3", "severity", text)]
    return []


def _summary(note: Note) -> list[Missing]:
    if says_something(note.summary):
        return []
    return [Missing("HND-4", "summary", Text("Say what is going on.", "请填写情况摘要。"))]


def _actions(note: Note) -> list[Missing]:
    out = []
    for one in note.actions:
        if not one.text.strip():
            out.append(Missing("HND-5", "actions", Text("An action says nothing.", "有一项待办未填写内容。")))
        if one.due_at is None:
            text = Text(f"By when? “{one.text[:40]}”", f"截止时间？“{one.text[:40]}”")
            out.append(Missing("HND-5", "actions", text))
    if not note.actions and not note.nothing_to_do:
        text = Text("Name an action, or say that there is nothing to do.", "请填写待办，或勾选“无待办”。")
        out.append(Missing("HND-5", "actions", text))
    done_for = {one.ticket_id for one in note.actions}
    bare = [pk for pk, severity in note.tickets.items() if severity == CRITICAL and pk not in done_for]
    # Beyond what anybody reads, one action stands for the rest.
    if bare and len(note.actions) < MOST_ACTIONS:
        text = Text(
            f"{len(bare)} critical tickets have no action.", f"{len(bare)} 张严重工单没有对应的待办。"
        )
        out.append(Missing("HND-5", "actions", text))
    return out


def _watches(note: Note) -> list[Missing]:
    out = []
    if any(not (one.when.strip() and one.then.strip()) for one in note.watches):
        text = Text("What to watch needs an “if” and a “then”.", "请同时填写“若……”和“则……”。")
        out.append(Missing("HND-6", "watches", text))
    if not note.watches and not note.nothing_to_watch:
        text = Text(
            "Name what to watch, or say that there is nothing.", "请填写需关注的情况，或勾选“无需关注”。"
        )
        out.append(Missing("HND-6", "watches", text))
    return out


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


def first_draft(
    tickets: Sequence[TicketNow], ends_at: datetime, watches: Sequence[tuple[Text, Text]], language: str
) -> Note:
    """A note filled from what is known, in the language of its writer: an action for every critical ticket,
    a watch for those whose clock runs out in the next shift, and `watches` (if, then) of the house.
    """
    ranked = {one.ticket_id: severity_of(one, ends_at) for one in tickets}
    critical = [one for one in in_order(tickets) if ranked[one.ticket_id] == CRITICAL]
    actions = [_answer(one, ends_at, language) for one in critical[: MOST_ACTIONS - 1]]
    if len(critical) >= MOST_ACTIONS:
        rest = Text(
            f"Answer the other {len(critical) - len(actions)} critical tickets, what is due first first",
            f"处理其余 {len(critical) - len(actions)} 张严重工单，先到期者优先",
        )
        actions.append(Action(rest.for_language(language), ends_at + SOON))
    found = [Watch(when.for_language(language), then.for_language(language)) for when, then in watches]
    soon = [
        one for one in in_order(tickets) if one.next_due_at is not None and one.next_due_at <= ends_at + LATER
    ]
    late = [one for one in soon if ranked[one.ticket_id] == WATCH]
    found += [_if_late(one, language) for one in late[:MOST_ACTIONS]]
    return Note(
        severity=worst(ranked.values()),
        summary=_counted(tickets, ranked).for_language(language),
        actions=tuple(actions),
        watches=tuple(found),
        tickets=ranked,
        nothing_to_do=False,
        nothing_to_watch=False,
    )


def in_order(tickets: Iterable[TicketNow]) -> list[TicketNow]:
    """What is due first comes first; what has no clock comes last."""
    return sorted(
        tickets,
        key=lambda one: (
            one.next_due_at is None,
            one.next_due_at.timestamp() if one.next_due_at else 0,
            one.number,
        ),
    )


def _answer(one: TicketNow, ends_at: datetime, language: str) -> Action:
    """By when its clock says; what is late already, or has no clock, soon after the change of shift."""
    due = ends_at + SOON if one.breached or one.next_due_at is None else one.next_due_at
    text = Text(f"Answer #{one.number}", f"回复工单 #{one.number}")
    return Action(text.for_language(language), due, None, one.ticket_id)


def _if_late(one: TicketNow, language: str) -> Watch:
    when = Text(
        f"#{one.number} is not answered a quarter of an hour before it is due",
        f"#{one.number} 在到期前 15 分钟仍未回复",
    )
    then = Text("answer it before anything else, or tell whoever leads", "优先回复，或告知负责人")
    return Watch(when.for_language(language), then.for_language(language), one.ticket_id)


def _counted(tickets: Sequence[TicketNow], ranked: dict[str, str]) -> Text:
    n, waiting = len(tickets), sum(one.waiting for one in tickets)
    broken = sum(one.breached for one in tickets)
    critical = sum(one == CRITICAL for one in ranked.values())
    return Text(
        f"{n} open tickets, {waiting} wait for us, {broken} with a broken clock, {critical} critical.",
        f"未结工单 {n} 张，其中待我方回复 {waiting} 张，已超时 {broken} 张，严重 {critical} 张。",
    )
