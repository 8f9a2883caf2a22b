"""The rules that make a message a ticket: read from data, and decided. Pure; no clock, no I/O.

A space (or all private talks of a platform) has rules: what counts as asking us, how long what the same
person says next belongs to the same ticket, whether they are told its number. What nobody asked us stays
talk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.desk.intents import Words, category_of, is_question, is_thanks

SHORTEST_WINDOW_S, LONGEST_WINDOW_S = 0, 7 * 86_400
MOST_TOPICS = 50


class What(StrEnum):
    """What becomes of a message."""

    NOTHING = "nothing"
    OPENS = "opens"
    JOINS = "joins"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of one door. What may open a ticket:

    command: /ask and its like; mention: our bot is named; reply: a message of ours or of a colleague is
    answered; question: it asks something; words: it speaks of a category and asks something; everything:
    whatever a member says. topics: threads that `question`, `words` and `everything` hold in (empty: all).
    window_s: for so many seconds after the asker's last message further ones belong to the same ticket.
    tells: they hear number, place and wait. rates: they are asked what they thought of it.
    """

    command: bool = True
    mention: bool = True
    reply: bool = True
    question: bool = False
    words: bool = False
    everything: bool = False
    topics: tuple[str, ...] = ()
    window_s: int = 600
    category: str = ""
    priority: str = ""
    tells: bool = True
    rates: bool = True

    def hears(self, thread_id: str) -> bool:
        """Whether the looser rules hold in a thread."""
        return not self.topics or thread_id in self.topics


FOR_PRIVATE = Rules(everything=True, window_s=24 * 3600)
"""What a door for private talks begins with: whoever writes to us asks us."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message as the rules see it. to_us: it answers a message of ours or of a colleague; to_other: it
    answers somebody else's; of_ticket: the asker's own ticket which the answered message belongs to.
    """

    text: str
    at: datetime
    thread_id: str = ""
    is_private: bool = False
    is_command: bool = False
    mentions_us: bool = False
    to_us: bool = False
    to_other: bool = False
    of_ticket: str = ""
    of_open_ticket: bool = True


@dataclass(frozen=True, slots=True)
class Running:
    """A ticket of the same asker in the same place. last_at: when they last said something in it."""

    ticket_id: str
    last_at: datetime
    is_open: bool = True
    thread_id: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of a message: the ticket it joins or the category of a new one; `why` names the rule."""

    what: What
    why: str = ""
    ticket_id: str = ""
    category: str = ""


NOTHING = Decision(What.NOTHING)


def decide(said: Said, rules: Rules, running: Sequence[Running], more: Words | None = None) -> Decision:
    """What becomes of a message of a member. more: the house's words of categories."""
    if not said.text.strip():
        return NOTHING
    if said.of_ticket:
        if not said.of_open_ticket and is_thanks(said.text):
            return NOTHING
        return Decision(What.JOINS, "answers it", said.of_ticket)
    asked = _asks(said, rules, more)
    if is_thanks(said.text) and not any(one.is_open for one in running):
        return NOTHING
    joined = _follows(said, rules, running, asked)
    if joined:
        return Decision(What.JOINS, asked or "follows", joined)
    if not asked:
        return NOTHING
    return Decision(What.OPENS, asked, category=category_of(said.text, more) or rules.category)


def _asks(said: Said, rules: Rules, more: Words | None) -> str:
    """The rule by which a message asks us; '' when it does not."""
    if said.is_command and rules.command:
        return "command"
    if said.mentions_us and rules.mention:
        return "mention"
    if said.to_us and rules.reply and is_question(said.text):
        return "reply"
    if said.to_other or not rules.hears(said.thread_id):
        return ""
    if rules.everything:
        return "everything"
    if is_question(said.text):
        if rules.question:
            return "question"
        if rules.words and category_of(said.text, more):
            return "words"
    return ""


def _follows(said: Said, rules: Rules, running: Sequence[Running], asked: str) -> str:
    """The asker's ticket a message goes on with: the latest in the same thread, within the window.

    In private an open ticket takes whatever is said next, however late.
    """
    if said.to_other:
        return ""
    window = timedelta(seconds=rules.window_s)
    for one in sorted(running, key=lambda one: one.last_at, reverse=True):
        if one.thread_id != said.thread_id:
            continue
        is_near = said.at - one.last_at <= window
        if is_near and (one.is_open or asked or said.is_private):
            return one.ticket_id
        if said.is_private and one.is_open and not said.is_command:
            return one.ticket_id
    return ""


def from_json(data: Mapping[str, Any]) -> Rules:
    """Rules as stored. Raises BadInput naming the field that cannot be."""
    known = {one.name: one for one in fields(Rules)}
    for name, value in data.items():
        if name not in known:
            raise _bad(name)
        if name == "topics":
            fine = (
                isinstance(value, list | tuple)
                and len(value) <= MOST_TOPICS
                and all(isinstance(one, str) and 0 < len(one) <= 190 for one in value)
            )
        elif name == "window_s":
            is_number = isinstance(value, int) and not isinstance(value, bool)
            fine = is_number and SHORTEST_WINDOW_S <= value <= LONGEST_WINDOW_S
        elif name == "priority":
            fine = value in ("", "low", "normal", "high", "urgent")
        elif name == "category":
            fine = isinstance(value, str) and len(value) <= 40
        else:
            fine = isinstance(value, bool)
        if not fine:
            raise _bad(name)
    given = dict(data)
    if "topics" in given:
        given["topics"] = tuple(given["topics"])
    return Rules(**given)


def to_json(rules: Rules) -> dict[str, Any]:
    """Rules as they are stored."""
    return {one.name: getattr(rules, one.name) for one in fields(Rules)} | {"topics": list(rules.topics)}


def _bad(name: str) -> BadInput:
    return BadInput(
        Text(f"The rule {name} cannot be read.", f"无法识别规则“{name}”。"), field=name, code="bad_rule"
    )
