"""The demo's stories about the guard: two campaigns and a poem, a gate with newcomers, look-alikes, a policy.

Pure but for the chance it is given. Members' part are events like any other; what the staff does about them
are deeds, which `deeds` carries out when their time has come.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.demo import script
from guildhall.demo.cast import EN, PREFIX, VIP, ZH, Person, choose
from guildhall.demo.events import Event, Keys, Truth, What, joined, said
from guildhall.demo.market import Market
from guildhall.demo.wording import Slots, fill

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SLEEPS = timedelta(hours=5)
"""So long before they write the senders of a campaign came at the latest."""
GATE_SINCE = timedelta(hours=26)
GATE_ASKED = timedelta(seconds=45)
"""So long a newcomer thinks about a question."""
_STAFF = {"jonas": "demo-staff-jonas", "xu": "demo-staff-xu", "mei": "demo-staff-mei"}


@dataclass(frozen=True, slots=True)
class Stage:
    """What every story is given."""

    begins: datetime
    ends: datetime
    people: Sequence[Person]
    staff: Sequence[Person]
    market: Market
    chance: random.Random
    keys: Keys

    def somebody(self, tag: str, name: str, language: str, space: str, joins: datetime) -> Person:
        """A newcomer of a story, with the name's slots filled."""
        slots = Slots(self.chance, language, self.market, joins)
        return Person(
            f"{PREFIX}g-{tag}", fill(name, slots), language, 0, 0, (space,), max(self.begins, joins)
        )

    def words(self, texts: Sequence[str], language: str, at: datetime) -> str:
        """One of some templates, filled."""
        return fill(self.chance.choice(texts), Slots(self.chance, language, self.market, at))


def deed(at: datetime, who: str, what: str, space: str = "", key: str = "", note: str = "") -> Event:
    """Something a member of staff does; `key` names the message or account it is about."""
    return Event(at, What.DEED, space, _STAFF[who], note, "", key, what)


def tell(stage: Stage) -> Iterator[Event]:
    """All stories, in no order."""
    yield from _campaign(stage)
    yield from _waiting(stage)
    yield from _meme(stage)
    yield from _gate(stage)
    yield from _suspects(stage)
    yield from _policy(stage)


def undecided(events: Sequence[Event]) -> set[str]:
    """Messages that are not for the moderators' round: a campaign is decided as one, or waits."""
    return {
        one.key
        for one in events
        if one.what is What.SAY and one.who.startswith((f"{PREFIX}g-camp", f"{PREFIX}g-wait"))
    }


def _campaign(stage: Stage) -> Iterator[Event]:
    """Sleepers in two spaces post nearly the same; a moderator confirms it, and two more come too late."""
    words = script.guard()["campaign"]
    at = stage.ends - 17 * HOUR
    first = ""
    for number, name in enumerate(words["names"]):
        space = (EN, VIP)[number % 3 == 2]
        joins = at - SLEEPS - stage.chance.uniform(1, 4) * HOUR - (6 * HOUR if space == VIP else 0 * HOUR)
        person = stage.somebody(f"camp{number}", name, "en", space, joins)
        yield joined(person, space, person.joins)
        late = 75 * MINUTE if number >= len(words["names"]) - 2 else 0 * MINUTE
        key = stage.keys.next(person.id)
        first = first or key
        text = stage.words(words["texts"], "en", at)
        yield said(person, space, at + late, key, text, truth=Truth.SCAM)
        at += stage.chance.uniform(3, 8) * MINUTE
    yield deed(stage.ends - 16 * HOUR, "jonas", "campaign-confirm", EN, first, words["note"])


def _waiting(stage: Stage) -> Iterator[Event]:
    """Newcomers recommend the same thing; nobody has said yet what it is."""
    words = script.guard()["waiting"]
    at = stage.ends - 96 * MINUTE
    for number, name in enumerate(words["names"]):
        person = stage.somebody(f"wait{number}", name, "zh", ZH, at - stage.chance.uniform(20, 200) * MINUTE)
        yield joined(person, ZH, person.joins)
        text = stage.words(words["texts"], "zh", at)
        yield said(person, ZH, at, stage.keys.next(person.id), text, truth=Truth.SCAM)
        at += stage.chance.uniform(4, 11) * MINUTE


def _meme(stage: Stage) -> Iterator[Event]:
    """Members post the same poem; the guard asks, and a moderator says that it is no harm."""
    words = script.guard()["meme"]
    at = stage.ends - 21 * HOUR
    here = [one for one in stage.people if EN in one.spaces and one.language == "en"]
    first = ""
    for person in choose([one for one in here if one.joins < at - HOUR], at, stage.chance, 6):
        key = stage.keys.next(person.id)
        first = first or key
        text = stage.words(words["texts"], "en", at)
        yield said(person, EN, at, key, text, truth=Truth.FINE)
        at += stage.chance.uniform(2, 6) * MINUTE
    yield deed(at + 5 * MINUTE, "jonas", "campaign-clear", EN, first, words["note"])


def _gate(stage: Stage) -> Iterator[Event]:
    """The VIP space asks newcomers from some day on: who passes, who fails, and who needs a person."""
    opened = max(stage.begins + 90 * MINUTE, stage.ends - GATE_SINCE)
    yield deed(opened, "jonas", "gate", VIP)
    comers = script.guard()["gate"]
    room = (stage.ends - opened - 3 * HOUR) / len(comers)
    for number, one in enumerate(comers):
        at = opened + room * number + 20 * MINUTE
        if one["goes"] == "person":
            at = stage.ends - 70 * MINUTE
        person = stage.somebody(f"gate{number}", one["name"], one["language"], VIP, at - 3 * MINUTE)
        yield joined(person, VIP, person.joins)
        is_thief = one["goes"] in ("wrong", "silent")
        text = fill(one["says"], Slots(stage.chance, one["language"], stage.market, at))
        yield said(
            person, VIP, at, stage.keys.next(person.id), text, truth=Truth.SCAM if is_thief else Truth.TALK
        )
        yield from _answers(person, at, one["goes"])
    # Members who come to the VIP space after that are asked as well, with their first message.
    for person in stage.people:
        if VIP in person.spaces and opened - 10 * MINUTE < person.joins:
            yield Event(stage.ends, What.ANSWER, VIP, person.id, person.name, person.code, "", "right")


def _answers(person: Person, at: datetime, goes: str) -> Iterator[Event]:
    given = {"right": ["right"], "second": ["wrong", "right"], "wrong": ["wrong"] * 3, "let-in": ["person"],
             "person": ["person"], "silent": []}[goes]  # fmt: skip
    for answer in given:
        at += GATE_ASKED
        yield Event(at, What.ANSWER, VIP, person.id, person.name, person.code, "", answer)
    if goes == "let-in":
        yield deed(at + 11 * MINUTE, "jonas", "let-in", VIP, person.id)


def at_their_first_word(events: Sequence[Event], ends: datetime) -> list[Event]:
    """The answers of `_gate`'s members moved to just after what they first say; those who say nothing are
    asked nothing.
    """
    moving = {one.who for one in events if one.what is What.ANSWER and one.at == ends}
    first: dict[str, datetime] = {}
    for one in sorted(events, key=lambda event: event.at):
        if one.what is What.SAY and one.space == VIP and one.who in moving:
            first.setdefault(one.who, one.at)
    out = []
    for one in events:
        if one.what is not What.ANSWER or one.at != ends:
            out.append(one)
        elif one.who in first:
            out.append(
                Event(first[one.who] + GATE_ASKED, one.what, one.space, one.who, one.name, one.language, "",
                      one.text)
            )  # fmt: skip
    return out


def _suspects(stage: Stage) -> Iterator[Event]:
    """Look-alikes of the staff come; one is found out, two wait."""
    names = {one["key"]: one["name"] for one in script.names()["staff"]}
    for number, one in enumerate(script.guard()["suspects"]):
        name = str(names[one["of"]])
        for letter, other in one.get("letters", {}).items():
            name = name.replace(letter, other, 1)
        name += one.get("after", "")
        is_decided = one["goes"] == "confirmed"
        at = stage.ends - (9 * HOUR if is_decided else (25 + 34 * number) * MINUTE)
        language = "zh" if one["space"] == ZH else "en"
        person = Person(f"{PREFIX}g-like{number}", name, language, 0, 0, (one["space"],), at)
        yield joined(person, one["space"], at)
        if is_decided:
            yield deed(at + 14 * MINUTE, "jonas", "suspect-confirm", one["space"], person.id)


def _policy(stage: Stage) -> Iterator[Event]:
    """A policy with words of the house, a draft that was tried, and one that was refused."""
    words = script.guard()["policy"]
    yield deed(stage.begins + 2 * HOUR, "mei", "policy", note=words["note"])
    yield deed(stage.ends - 200 * MINUTE, "mei", "second-looks")
    yield deed(stage.ends - 150 * MINUTE, "jonas", "policy-draft", note=words["draft"])
    yield deed(stage.ends - 65 * MINUTE, "mei", "policy-refused", note=words["refused"])
