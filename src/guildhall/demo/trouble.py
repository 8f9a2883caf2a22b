"""What thieves do in the demo, who is suspected wrongly, and how members take it: scams, reports, appeals.

Pure but for the chance it is given. `Troubles` says the words of one language; the plot decides when.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from guildhall.demo import script
from guildhall.demo.cast import PREFIX, VIP, ZH, Person, choose
from guildhall.demo.events import Event, Keys, Truth, What, joined, said
from guildhall.demo.market import Market
from guildhall.demo.wording import Deck, Slots, fill

_SURE = 2
_NOT_KINDS = ("fine", "quiet", "appeals_lost", "reports", "raid", "raid_talk")


class Troubles:
    """The troubles of one space."""

    def __init__(self, space: str, people: Sequence[Person], market: Market, chance: random.Random,
                 keys: Keys, run: str) -> None:  # fmt: skip
        self.space, self.market, self.chance, self.keys, self.run = space, market, chance, keys, run
        self.people = [one for one in people if space in one.spaces]
        self._thieves = 0
        self._decks: dict[str, Deck[tuple[str, str]]] = {}
        self._defence: dict[str, str] = {}

    def language(self) -> str:
        """What is spoken here, or one of the two."""
        return "zh" if self.space == ZH or (self.space == VIP and self.chance.random() < 0.5) else "en"

    def thief(self, name: str, language: str, joins: datetime) -> Person:
        """Somebody who came to steal."""
        self._thieves += 1
        tag = f"{self.space.removeprefix(PREFIX)}{self._thieves:03d}"
        return Person(f"{PREFIX}x-{self.run}{tag}", name, language, 0, 0, (self.space,), joins)

    def scam(self, at: datetime) -> tuple[Person, list[Event]]:
        """A thief comes, and posts once or a few times."""
        language = self.language()
        said_there = script.scams()[language]
        kinds = [kind for kind in said_there if kind not in _NOT_KINDS]
        cards = [(kind, text) for kind in kinds for text in said_there[kind]["texts"]]
        kind, template = self._decks.setdefault(language, Deck(cards, self.chance)).draw()
        slots = Slots(self.chance, language, self.market, at)
        thief = self.thief(
            fill(self.chance.choice(said_there[kind]["names"]), slots),
            language,
            at - timedelta(minutes=self.chance.uniform(1, 45)),
        )
        events = [joined(thief, self.space, thief.joins)]
        for _ in range(self.chance.choices((1, 2, 3), (6, 3, 1))[0]):
            text = fill(template, slots)
            events.append(said(thief, self.space, at, self.keys.next(thief.id), text, truth=Truth.SCAM))
            at += timedelta(seconds=self.chance.uniform(15, 90))
        return thief, events

    def suspect(self, at: datetime, *, surely: bool = False) -> tuple[Person | None, list[Event]]:
        """A member who only looks like a thief. `surely`: in words the guard never lets pass."""
        language = self.language()
        speakers = [one for one in self.people if one.language == language]
        found = choose(speakers, at, self.chance)
        if not found:
            return None, []
        one = self.chance.choice(script.scams()[language]["fine"][: _SURE if surely else None])
        text = fill(one["text"], Slots(self.chance, language, self.market, at))
        event = said(found[0], self.space, at, self.keys.next(found[0].id), text, truth=Truth.FINE)
        self._defence[event.key] = one["appeal"]
        return found[0], [event]

    def quiet(self, at: datetime) -> list[Event]:
        """A scam no rule sees; members do, and report it."""
        language = self.language()
        words = script.scams()[language]
        slots = Slots(self.chance, language, self.market, at)
        thief = self.thief(f"{'阿' if language == 'zh' else 'mr_'}{slots['hash'][:3]}", language,
                           at - timedelta(hours=self.chance.uniform(1, 7)))  # fmt: skip
        text = fill(self.chance.choice(words["quiet"]["texts"]), slots)
        event = said(thief, self.space, at, self.keys.next(thief.id), text, truth=Truth.SCAM)
        return [
            joined(thief, self.space, thief.joins),
            event,
            *self.reports(event, self.chance.randint(1, 3)),
        ]

    def reports(self, about: Event, number: int) -> Iterator[Event]:
        """Members who report a message."""
        words = script.scams()[about.language[:2]]["reports"]
        at = about.at
        for person in choose([one for one in self.people if one.id != about.who], at, self.chance, number):
            at += timedelta(seconds=self.chance.uniform(20, 400))
            yield Event(at, What.REPORT, self.space, person.id, person.name, person.code, about.key,
                        self.chance.choice(words))  # fmt: skip

    def appeal(self, about: Event) -> Event:
        """The author asks for a person to look again."""
        words = self._defence.get(about.key) or self.chance.choice(
            script.scams()[about.language[:2]]["appeals_lost"]
        )
        at = about.at + timedelta(minutes=self.chance.uniform(1.5, 14))
        return Event(at, What.APPEAL, self.space, about.who, about.name, about.language, about.key, words)
