"""Everyday talk of one chat: who says what to whom, and how fast. Pure but for the chance it is given.

A stretch of talk is a scene (a question and its answers), a run of remarks about the market, or chatter; when
the market moves, people talk about that.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from guildhall.demo import script
from guildhall.demo.cast import EN, VIP, ZH, Person, by_hour, choose
from guildhall.demo.events import Event, Keys, What, said
from guildhall.demo.market import Market
from guildhall.demo.wording import Deck, Slots, as_typed, fill

DAILY = {EN: 200, ZH: 215, VIP: 58}
"""Messages on an ordinary day."""
BUSY_MOVE = 1.1
"""Percent in an hour from which on everybody talks about the market."""
_REPLIES = 0.55
_ZONES_OF = {EN: (0, 1, 5, -5), ZH: (8,), VIP: (0, 8)}


class Talk:
    """The talk of one space. Every draw is from `chance`, so the same chance gives the same talk."""

    def __init__(self, space: str, people: Sequence[Person], staff: Sequence[Person], market: Market,
                 chance: random.Random, keys: Keys) -> None:  # fmt: skip
        self.space, self.market, self.chance, self.keys = space, market, chance, keys
        self.people = [one for one in people if space in one.spaces]
        self.staff = [one for one in staff if space in one.spaces]
        self._decks: dict[tuple[str, str], Deck[object]] = {}

    def rate(self, at: datetime) -> float:
        """Messages an hour to be expected at a moment."""
        zones = _ZONES_OF[self.space]
        share = sum(by_hour(zone, at) for zone in zones) / len(zones) / 0.5
        return DAILY[self.space] / 24 * share * (1 + 1.1 * max(0.0, abs(self.market.move(at)) - BUSY_MOVE))

    def hour(self, at: datetime, until: datetime) -> Iterator[Event]:
        """Everything said from `at` (within one hour) to before `until`."""
        length = (until - at).total_seconds()
        wanted = self.rate(at) * length / 3600
        left = int(wanted) + (self.chance.random() < wanted % 1)
        while left > 0:
            start = at + timedelta(seconds=self.chance.uniform(0, length))
            stretch = list(self.stretch(start))
            left -= max(1, len(stretch))
            yield from stretch

    def stretch(self, at: datetime) -> Iterator[Event]:
        """One stretch of talk beginning at a moment."""
        move = self.market.move(at)
        language = "zh" if self.space == ZH or (self.space == VIP and self.chance.random() < 0.5) else "en"
        slots = Slots(self.chance, language, self.market, at)
        if abs(move) >= BUSY_MOVE and self.chance.random() < 0.75:
            slots.code = "BTC" if self.chance.random() < 0.6 else slots.code
            yield from self._remarks(
                at, "pump" if move > 0 else "dump", language, slots, self.chance.randint(2, 5), 9
            )
            return
        kinds = ("scene", "market", "chatter", "vip") if self.space == VIP else ("scene", "market", "chatter")
        weights = (4, 3, 1, 4) if self.space == VIP else (9, 5, 5)
        kind = self.chance.choices(kinds, weights)[0]
        if kind == "scene":
            yield from self._scene(at, language, slots)
        else:
            yield from self._remarks(
                at, kind, language, slots, self.chance.choices((1, 2, 3), (5, 4, 2))[0], 45
            )

    def _scene(self, at: datetime, language: str, slots: Slots) -> Iterator[Event]:
        book = script.script(language)
        scenes = book.vip_scenes if self.space == VIP and self.chance.random() < 0.6 else book.scenes
        turns = self._deck(language, "vip_scenes" if scenes is book.vip_scenes else "scenes", scenes).draw()
        assert isinstance(turns, tuple)
        yield from self.play(turns, at, language, slots)

    def play(
        self, turns: Iterable[script.Turn], at: datetime, language: str, slots: Slots
    ) -> Iterator[Event]:
        """A scene with its parts given to people who may be there."""
        parts: dict[str, Person] = {}
        speakers = choose(self._who_speak(language), at, self.chance, 4)
        before = ""
        last_of: dict[str, str] = {}
        for role, template in turns:
            if role not in parts:
                found = self._office(role, language) or (speakers.pop(0) if speakers else None)
                if found is None:
                    return
                parts[role] = found
            person = parts[role]
            text = fill(template, slots)
            if not person.role:
                text = as_typed(text, self.chance, language)
            if not text:
                continue
            reply = (
                before if before and before != last_of.get(role) and self.chance.random() < _REPLIES else ""
            )
            key = self.keys.next(person.id)
            yield said(person, self.space, at, key, text, reply)
            before = last_of[role] = key
            slow = 3.0 if role == "s" else 1.0
            at += timedelta(seconds=8 + min(self.chance.expovariate(1 / (38 * slow)), 420))

    def _remarks(
        self, at: datetime, kind: str, language: str, slots: Slots, number: int, pace_s: float
    ) -> Iterator[Event]:
        lines = script.script(language).lines[kind]
        before = ""
        for person in choose(self._who_speak(language), at, self.chance, number):
            own = Slots(self.chance, language, self.market, at)
            own.code = slots.code
            template = str(self._deck(language, kind, lines).draw())
            text = as_typed(fill(template, own), self.chance, language)
            key = self.keys.next(person.id)
            if text:
                reply = before if before and self.chance.random() < 0.2 else ""
                yield from self._typed(person, at, key, text, reply)
                before = key
            at += timedelta(seconds=4 + min(self.chance.expovariate(1 / pace_s), 300))

    def _typed(self, person: Person, at: datetime, key: str, text: str, reply: str) -> Iterator[Event]:
        """What somebody says; now and then it is mended or taken back."""
        luck = self.chance.random()
        if luck < 0.018 and len(text) > 24:
            place = self.chance.randint(6, len(text) - 6)
            yield said(person, self.space, at, key, text[:place] + text[place + 1 :], reply)
            later = at + timedelta(seconds=self.chance.randint(9, 70))
            yield Event(later, What.EDIT, self.space, person.id, person.name, person.code, key, text)
            return
        yield said(person, self.space, at, key, text, reply)
        if luck > 0.993:
            later = at + timedelta(seconds=self.chance.randint(20, 600))
            yield Event(later, What.DELETE, self.space, person.id, person.name, person.code, key)

    def _who_speak(self, language: str) -> list[Person]:
        return [one for one in self.people if one.language == language]

    def _office(self, role: str, language: str) -> Person | None:
        """Who of the staff answers; None for a member's part."""
        if role not in "sm":
            return None
        wanted = ("support_agent", "vendor_agent") if role == "s" else ("moderator",)
        found = [one for one in self.staff if one.role in wanted]
        speaking = [one for one in found if one.language == language] or found
        return self.chance.choice(speaking) if speaking else None

    def _deck(self, language: str, kind: str, cards: Iterable[object]) -> Deck[object]:
        key = (language, kind)
        if key not in self._decks:
            self._decks[key] = Deck(cards, self.chance)
        return self._decks[key]
