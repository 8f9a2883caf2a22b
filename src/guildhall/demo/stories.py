"""Two stories of the demo: a raid of sixty within three minutes, and somebody who plays support for two days.

Pure but for the chance it is given.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from guildhall.demo import script
from guildhall.demo.cast import EN, PREFIX, VIP, Person, choose
from guildhall.demo.events import Event, Keys, Truth, What, joined, said
from guildhall.demo.market import Market
from guildhall.demo.wording import Slots, fill

RAIDERS = 60
_LONG = timedelta(minutes=3)


def raid(
    space: str, at: datetime, people: Sequence[Person], staff: Sequence[Person], market: Market,
    chance: random.Random, keys: Keys,
) -> Iterator[Event]:  # fmt: skip
    """Sixty fresh accounts say the same within three minutes; members wonder; a moderator bans them all."""
    language = "zh" if space.endswith("zh") else "en"
    words = script.scams()[language]
    text = fill(words["raid"], Slots(chance, language, market, at))
    moderator = next(one for one in staff if one.role == "moderator" and space in one.spaces)
    raiders = []
    for number in range(RAIDERS):
        joins = at + _LONG * (number / RAIDERS) * chance.uniform(0.9, 1.0)
        name = f"{chance.choice(script.names()[language]['given'])}{chance.randint(1000, 9999)}"
        raider = Person(f"{PREFIX}r{number:02d}", name, language, 0, 0, (space,), joins)
        raiders.append(raider)
        yield joined(raider, space, joins)
        later = joins + timedelta(seconds=chance.uniform(3, 40))
        yield said(raider, space, later, keys.next(raider.id), text, truth=Truth.SCAM)
    moment = at + timedelta(seconds=50)
    here = [one for one in people if space in one.spaces and one.language == language]
    for person, line in zip(choose(here, at, chance, 5), script.lines_of(words["raid_talk"]), strict=False):
        slots = Slots(chance, language, market, moment)
        yield said(person, space, moment, keys.next(person.id), fill(line, slots))
        moment += timedelta(seconds=chance.uniform(25, 80))
    banned = at + timedelta(minutes=9)
    for number, raider in enumerate(raiders):
        yield Event(
            banned + timedelta(seconds=2 * number), What.BAN, space, moderator.id, raider.id, raider.code
        )


def impersonator(
    at: datetime, people: Sequence[Person], staff: Sequence[Person], market: Market, chance: random.Random,
    keys: Keys,
) -> Iterator[Event]:  # fmt: skip
    """A look-alike of a support agent: stopped, renamed, banned; two days later back among the VIP."""
    words = script.scams()["impersonator"]["en"]
    real = next(one for one in staff if one.role == "support_agent" and EN in one.spaces)
    moderator = next(one for one in staff if one.role == "moderator" and EN in one.spaces)
    slots = Slots(chance, "en", market, at)
    slots["staff"] = real.name
    here = [one for one in people if EN in one.spaces]
    asking, *watching = choose(here, at, chance, 4)
    slots["who"] = asking.name
    false = Person(
        f"{PREFIX}imp1", real.name.replace("i", "і"), "en", 0, 0, (EN,), at - timedelta(minutes=20)
    )
    yield joined(false, EN, false.joins)
    question = said(
        asking, EN, at, keys.next(asking.id), "deposit of 850 usdt still pending after an hour, anyone?"
    )
    yield question
    minute = timedelta(minutes=1)
    first = said(
        false, EN, at + 2 * minute, keys.next(false.id), fill(words["first"], slots), question.key, Truth.SCAM
    )
    second = said(
        false, EN, at + 9 * minute, keys.next(false.id), fill(words["second"], slots), "", Truth.SCAM
    )
    yield first
    yield second
    for person, line in zip(watching, script.lines_of(words["warnings"]), strict=False):
        yield said(person, EN, at + 5 * minute, keys.next(person.id), fill(line, slots))
        yield Event(at + 6 * minute, What.REPORT, EN, person.id, person.name, person.code, first.key,
                    fill(words["report"], slots))  # fmt: skip
        break
    renamed = Person(false.id, f"Official {real.name.split()[0]} | Support", "en", 0, 0, (EN,), false.joins)
    third = said(
        renamed, EN, at + 260 * minute, keys.next(false.id), fill(words["renamed"], slots), "", Truth.SCAM
    )
    yield third
    yield Event(at + 271 * minute, What.BAN, EN, moderator.id, false.id, "en")
    yield said(real, EN, at + 274 * minute, keys.next(real.id), fill(words["staff"], slots))
    again = at + timedelta(days=2, minutes=37)
    back = Person(
        f"{PREFIX}imp2", real.name.upper().replace("L", "I"), "en", 0, 0, (VIP,), again - 4 * minute
    )
    yield joined(back, VIP, back.joins)
    last = said(back, VIP, again, keys.next(back.id), fill(words["back"], slots), "", Truth.SCAM)
    yield last
    for person in choose(
        [one for one in people if VIP in one.spaces and one.language == "en"], again, chance, 2
    ):
        yield Event(again + 3 * minute, What.REPORT, VIP, person.id, person.name, person.code, last.key,
                    fill(words["report"], slots))  # fmt: skip
    yield Event(again + 12 * minute, What.BAN, VIP, moderator.id, back.id, "en")
