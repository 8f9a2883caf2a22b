"""Lets the demo's world go on in real time: talk by the rhythm of the hour, now and then a thief.

Everything goes through intake, as visitors' words do; what moderators order is done by the house's workers.
Time runs some tens of times faster than in the world's past, so that a page moves while one looks.
"""

from __future__ import annotations

import heapq
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from guildhall.channels.models import Message, Space
from guildhall.channels.webchat import PLATFORM
from guildhall.core import clock
from guildhall.core.errors import Conflict, GuildhallError
from guildhall.core.text import Text
from guildhall.demo import plot as plots
from guildhall.demo import script
from guildhall.demo.building import body_of
from guildhall.demo.cast import PREFIX, VIP, ZH, Person
from guildhall.demo.events import Event, Keys, Truth, What, joined, said
from guildhall.demo.models import World
from guildhall.demo.moderating import Desk, Moderators
from guildhall.demo.talk import Talk
from guildhall.demo.trouble import Troubles
from guildhall.demo.wording import Slots, fill
from guildhall.guard import actions as guard
from guildhall.intake import batcher
from guildhall.intake.pipeline import Raw
from guildhall.people.models import Account, Staff

FASTER = 32
"""So much more is said in an hour than in the world's past, at speed 1."""
CLOSER = 5
"""Answers come so many times sooner."""
_SCAM, _SUSPECT, _QUIET, _JOIN, _COPIES = 0.045, 0.02, 0.012, 0.05, 0.006
_COPIERS = 5
_APPEALED = 0.5
_WORK_S = 5.0
_TURN_S = 0.25
Heard = Callable[[Event], None]


class Live:
    """The world as it goes on. `turn` does what is due; `run` turns until told to stop."""

    def __init__(self, world: World, *, speed: float = 1.0, seed: int | None = None) -> None:
        if world.state != World.State.READY or not world.total:
            raise Conflict(
                Text(
                    "There is no demo world here yet: guildhall demo build",
                    "尚无演示世界：guildhall demo build",
                ),
                code="no_demo",
            )
        plot = plots.write(world.seed, world.ends, timedelta(hours=world.total))
        began = clock.now()
        self._run = f"l{int(began.timestamp()):x}"
        self.chance = random.Random(f"live {seed}") if seed is not None else random.Random()
        self.speed = speed
        self.ids = dict(Space.objects.filter(pk__in=world.spaces).values_list("slug", "pk"))
        people = [one for one in plot.people if one.leaves is None]
        keys = Keys(self._run)
        self._talks = {
            space: Talk(space, people, plot.staff, plot.market, self.chance, keys) for space in self.ids
        }
        self._troubles = {
            space: Troubles(space, people, plot.market, self.chance, keys, self._run) for space in self.ids
        }
        self._truths = dict(plot.truths)
        self._moderators = Moderators(self._desk(world, plot))
        self._queue: list[tuple[datetime, int, Event]] = []
        self._order = count()
        self._newcomers = count(1)
        self._turned_at, self._worked_at = began, began

    def run(self, heard: Heard = lambda event: None, until: Callable[[], bool] = lambda: False) -> None:
        """Go on until `until` says so, or the demo is removed."""
        while not until():
            if not Space.objects.filter(pk__in=self.ids.values()).exists():
                return
            for event in self.turn():
                heard(event)
            time.sleep(_TURN_S)

    def turn(self) -> Iterator[Event]:
        """Make up what begins now, and let in what is due; gives what was let in."""
        now = clock.now()
        seconds, self._turned_at = (now - self._turned_at).total_seconds(), now
        for space, talk in self._talks.items():
            wanted = talk.rate(now) * FASTER * self.speed * seconds / 3600 / 2.5  # remarks in a stretch
            if self.chance.random() < wanted:
                self._plan(self._begin(space, now), now)
        due = []
        while self._queue and self._queue[0][0] <= now:
            due.append(replace(heapq.heappop(self._queue)[2], at=clock.now()))
        yield from self._let_in(due)
        if (now - self._worked_at).total_seconds() >= _WORK_S:
            self._worked_at = now
            self._moderators.look()
            self._moderators.decide(now)

    def _begin(self, space: str, now: datetime) -> list[Event]:
        luck, trouble = self.chance.random(), self._troubles[space]
        if luck < _SCAM:
            return trouble.scam(now + timedelta(minutes=4))[1]
        if luck < _SCAM + _SUSPECT:
            events = trouble.suspect(now)[1]
            return [*events, *(trouble.appeal(one) for one in events if self.chance.random() < _APPEALED)]
        if luck < _SCAM + _SUSPECT + _QUIET:
            return trouble.quiet(now)
        if luck < _SCAM + _SUSPECT + _QUIET + _JOIN and space != VIP:
            return [self._newcomer(space, now)]
        if luck > 1 - _COPIES and space != VIP:
            return self._copies(space, now)
        return list(self._talks[space].stretch(now))

    def _newcomer(self, space: str, now: datetime) -> Event:
        language = "zh" if space == ZH else "en"
        names = script.names()[language]
        name = f"{self.chance.choice(names['given'])}{self.chance.randint(100, 999)}"
        who = f"{PREFIX}{self._run}n{next(self._newcomers):03d}"
        return joined(Person(who, name, language, 0, 0.2, (space,), now), space, now)

    def _copies(self, space: str, now: datetime) -> list[Event]:
        """Newcomers post nearly the same, one after the other: a campaign for the guard to find."""
        language = "zh" if space == ZH else "en"
        texts = script.guard()["waiting" if space == ZH else "campaign"]["texts"]
        talk, events = self._talks[space], []
        for number in range(1, _COPIERS + 1):
            came = self._newcomer(space, now)
            person = Person(came.who, came.name, language, 0, 0.0, (space,), now)
            text = fill(self.chance.choice(texts), Slots(self.chance, language, talk.market, now))
            at = now + number * timedelta(minutes=4)
            events += [came, said(person, space, at, talk.keys.next(came.who), text, truth=Truth.SCAM)]
        return events

    def _plan(self, events: list[Event], now: datetime) -> None:
        """Put events into the queue, closer together than they were thought up; joins come first."""
        if not events:
            return
        first = min(event.at for event in events)
        for event in sorted(events, key=lambda one: one.at):
            wait = min((event.at - first) / CLOSER, timedelta(minutes=4)) / max(self.speed, 1.0) ** 0.5
            heapq.heappush(self._queue, (now + wait, next(self._order), event))

    def _let_in(self, due: list[Event]) -> Iterator[Event]:
        waiting = []
        for event in due:
            body = body_of(event)
            if body is None:
                self._act(event)
                yield event
                continue
            if event.truth:
                self._truths[event.key] = event.truth
            waiting.append((event, batcher.submit(Raw(PLATFORM, body, event.at))))
        for event, future in waiting:
            future.result(30)
            yield event

    def _act(self, event: Event) -> None:
        """Reports and appeals: done only when there is something to report or appeal against."""
        message = Message.objects.filter(space=self.ids[event.space], external_id=event.key).first()
        account = Account.objects.filter(platform=PLATFORM, external_id=event.who).first()
        if message is None or account is None:
            return
        try:
            if event.what is What.APPEAL:
                guard.open_appeal(message.pk, account.pk, event.text)
            elif event.what is What.REPORT:
                guard.report_message(message.pk, f"account:{account.pk}", event.text)
        except GuildhallError:
            return

    def _desk(self, world: World, plot: plots.Plot) -> Desk:
        keys = Staff.objects.filter(pk__in=world.staff).values_list("email", "pk")
        return Desk(
            world.seed, {pk: slug for slug, pk in self.ids.items()},
            {email.partition("@")[0]: pk for email, pk in keys}, self._truths, frozenset(), plot.waiting,
        )  # fmt: skip
