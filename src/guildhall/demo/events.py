"""What can happen in the demo, as plain values: the plot is a list of them, live talk makes more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from guildhall.channels.webchat import external_id
from guildhall.demo.cast import Person


class What(StrEnum):
    """The kinds of things that happen. `BAN` and `DEED` are the staff's acts (`text` says which deed, `deeds`
    does it), the others are members'. `ANSWER` is given at a gate: right, wrong, or person to ask for one.
    """

    JOIN = "join"
    LEAVE = "leave"
    SAY = "say"
    EDIT = "edit"
    DELETE = "delete"
    REPORT = "report"
    APPEAL = "appeal"
    BAN = "ban"
    ANSWER = "answer"
    DEED = "deed"


class Truth(StrEnum):
    """What a message is, whatever the guard thinks: talk, a scam, or fine though it looks like one."""

    TALK = ""
    SCAM = "scam"
    FINE = "fine"


@dataclass(frozen=True, slots=True)
class Event:
    """One thing at one time. `key` is the platform id of the message it is about; `text` what is said."""

    at: datetime
    what: What
    space: str
    who: str
    name: str
    language: str
    key: str = ""
    text: str = ""
    reply_to: str = ""
    truth: Truth = Truth.TALK


class Keys:
    """Platform ids of made-up messages: the n-th of a person in a run is always the same."""

    def __init__(self, run: str) -> None:
        self._run, self._count = run, 0

    def next(self, who: str) -> str:
        self._count += 1
        return external_id(who, f"{self._run}-{self._count}")


def joined(person: Person, space: str, at: datetime) -> Event:
    """Somebody comes."""
    return Event(at, What.JOIN, space, person.id, person.name, person.code)


def said(
    person: Person,
    space: str,
    at: datetime,
    key: str,
    text: str,
    reply_to: str = "",
    truth: Truth = Truth.TALK,
) -> Event:
    """Somebody says something."""
    return Event(at, What.SAY, space, person.id, person.name, person.code, key, text, reply_to, truth)
