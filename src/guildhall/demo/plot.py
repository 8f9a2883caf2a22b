"""All that happens in the demo's two weeks, in order: a pure function of the seed and the moment it ends at.

What lies after that moment is left out: the world of the demo is all past. `waiting` are the messages about
which moderators have not decided yet, so that whoever looks at the house has something to do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from guildhall.demo import market as markets
from guildhall.demo import stories, stories_guard
from guildhall.demo.cast import EN, LENGTH, VIP, ZH, Person, members, staff
from guildhall.demo.events import Event, Keys, Truth, What, joined
from guildhall.demo.talk import Talk
from guildhall.demo.trouble import Troubles

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SCAMS_A_DAY = {EN: 6.5, ZH: 6.5, VIP: 1.2}
SUSPECTS_A_DAY = {EN: 1.7, ZH: 1.7, VIP: 0.4}
QUIET_A_DAY = {EN: 0.8, ZH: 0.7, VIP: 0.15}
GRUDGES = 0.002
"""The share of messages that are reported although nothing is wrong with them."""
APPEALED, APPEALED_IN_VAIN = 0.4, 0.07
LAST = timedelta(minutes=170)
"""The end of the plot, of which much still waits for a decision."""
_WAITING_SCAMS = {EN: 2, ZH: 2, VIP: 1}


@dataclass(frozen=True, slots=True)
class Plot:
    """`events` in order; `people` without thieves; `truths` and `waiting` by platform id of a message."""

    begins: datetime
    ends: datetime
    events: tuple[Event, ...]
    people: tuple[Person, ...]
    staff: tuple[Person, ...]
    market: markets.Market
    truths: dict[str, Truth]
    appealed: frozenset[str]
    waiting: frozenset[str]


def write(seed: int, ends: datetime, length: timedelta = LENGTH) -> Plot:
    """The plot of a seed that ends at `ends` (aware UTC); a short one lacks stories of before it begins."""
    begins = ends - length
    people, team = members(seed, begins, length), staff(begins)
    market = markets.make(seed, begins.replace(minute=0, second=0, microsecond=0))
    chance, keys = random.Random(f"plot {seed}"), Keys(f"s{seed}")
    events: list[Event] = []
    waiting: set[str] = set()
    for person in (*team, *people):
        events += [
            joined(person, space, max(begins, person.joins - timedelta(seconds=5 * n)))
            for n, space in enumerate(person.spaces)
        ]
        if person.leaves is not None:
            gone = joined(person, person.spaces[0], person.leaves)
            events.append(replace(gone, what=What.LEAVE))
    for space in (EN, ZH, VIP):
        talk = Talk(space, people, team, market, chance, keys)
        moment = begins + 2 * HOUR
        while moment < ends:
            events += talk.hour(moment, min(moment + HOUR, ends))
            moment += HOUR
        trouble = Troubles(space, people, market, chance, keys, "p")
        events += _troubles(trouble, begins + 8 * HOUR, ends - LAST, chance)
        events += _grudges(trouble, [one for one in events if one.space == space], ends - LAST, chance)
        last, left = _last(trouble, ends, chance, _WAITING_SCAMS[space])
        events += last
        waiting |= left
    raided = _the_evening_before(begins, ends)
    played = ends - timedelta(days=6, hours=4)
    if raided - begins > 8 * HOUR:
        events += stories.raid(ZH if seed % 2 else EN, raided, people, team, market, chance, keys)
    if played - begins > DAY:
        events += stories.impersonator(played, people, team, market, chance, keys)
    stage = stories_guard.Stage(begins, ends, people, team, market, random.Random(f"guard {seed}"), keys)
    if length >= stories_guard.GATE_SINCE:
        told = list(stories_guard.tell(stage))
        waiting |= stories_guard.undecided(told)
        events = stories_guard.at_their_first_word([*events, *told], ends)
    past = sorted((one for one in events if begins <= one.at < ends), key=lambda one: one.at)
    truths = {one.key: one.truth for one in past if one.what is What.SAY and one.truth}
    appealed = frozenset(one.key for one in past if one.what is What.APPEAL)
    return Plot(
        begins, ends, tuple(past), tuple(people), tuple(team), market, truths, appealed, frozenset(waiting)
    )


def _the_evening_before(begins: datetime, ends: datetime) -> datetime:
    """An evening in Asia, early in an hour of the building, so that a raid is begun and over within one."""
    evening = (ends - DAY).replace(hour=12, minute=40, second=0)
    return begins + HOUR * ((evening - begins) // HOUR) + timedelta(minutes=6)


def _times(begins: datetime, ends: datetime, a_day: float, chance: random.Random) -> Iterator[datetime]:
    """Moments at random, so many a day."""
    moment = begins
    while (moment := moment + timedelta(days=chance.expovariate(a_day))) < ends:
        yield moment


def _troubles(trouble: Troubles, begins: datetime, ends: datetime, chance: random.Random) -> Iterator[Event]:
    space = trouble.space
    for at in _times(begins, ends, SCAMS_A_DAY[space], chance):
        _thief, events = trouble.scam(at)
        yield from events
        if chance.random() < APPEALED_IN_VAIN:
            yield trouble.appeal(events[1])
    for at in _times(begins, ends, SUSPECTS_A_DAY[space], chance):
        _person, events = trouble.suspect(at)
        yield from events
        if events and chance.random() < APPEALED:
            yield trouble.appeal(events[0])
    for at in _times(begins, ends, QUIET_A_DAY[space], chance):
        yield from trouble.quiet(at)


def _grudges(trouble: Troubles, there: list[Event], ends: datetime, chance: random.Random) -> Iterator[Event]:
    """Somebody reports what only annoyed them."""
    talk = [
        one
        for one in there
        if one.what is What.SAY and not one.truth and one.at < ends and len(one.text) > 20
    ]
    for event in chance.sample(talk, k=round(len(talk) * GRUDGES)):
        yield from trouble.reports(event, 1)


def _last(
    trouble: Troubles, ends: datetime, chance: random.Random, scams: int
) -> tuple[list[Event], set[str]]:
    """The last hours: what nobody has decided yet."""
    events: list[Event] = []
    for number in range(scams):
        events += trouble.scam(ends - LAST * (number + chance.uniform(0.15, 0.85)) / scams)[1]
    _person, suspected = trouble.suspect(ends - timedelta(minutes=chance.uniform(35, 110)), surely=True)
    events += suspected
    if trouble.space != VIP:
        if suspected:
            events.append(trouble.appeal(suspected[0]))
        events += trouble.quiet(ends - timedelta(minutes=chance.uniform(20, 80)))
    waiting = {one.key for one in events if one.key}
    return events, waiting
