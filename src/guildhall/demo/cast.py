"""Who lives in the demo: members with names, zones and habits, and staff. Pure; the same for the same seed.

A few talk all day and most hardly ever do; everybody sleeps. Thieves are not here: they come with the plot.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from guildhall.demo import script

PREFIX = "demo-"
"""Platform ids of made-up accounts begin so. A visitor's never does: it is `v` and hexadecimal digits."""
EN, ZH, VIP = "demo-en", "demo-zh", "demo-vip"
LENGTH = timedelta(days=14)
_HOURS = (2, 1, 1, 1, 1, 2, 5, 10, 14, 16, 17, 16, 15, 15, 16, 16, 16, 17, 19, 22, 24, 22, 15, 7)
"""How likely somebody is at the chat, by the hour of their own day."""
_ZONES = {
    "en": ((-8, 4), (-5, 9), (0, 8), (1, 13), (2, 8), (3, 6), (5, 6), (8, 7)),
    "zh": ((8, 46), (7, 2), (1, 2)),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the chats. `zone`: hours from UTC; `weight`: how much they talk; `role`: of staff."""

    id: str
    name: str
    language: str
    zone: int
    weight: float
    spaces: tuple[str, ...]
    joins: datetime
    leaves: datetime | None = None
    role: str = ""
    style: str = ""

    @property
    def code(self) -> str:
        """The language as the house writes it."""
        return {"en": "en", "zh": self.style or "zh-hans"}[self.language]

    def is_in(self, at: datetime) -> bool:
        return self.joins < at and (self.leaves is None or at < self.leaves)

    def presence(self, at: datetime) -> float:
        """How likely it is that they talk at this moment, against others."""
        return self.weight * by_hour(self.zone, at)


def by_hour(zone: int, at: datetime) -> float:
    """Between 0 and 1: the day of people of a zone, weekends a little slower."""
    local = at + timedelta(hours=zone)
    return _HOURS[local.hour] / 24 * (0.62 if local.weekday() >= 5 else 1.0)


def members(seed: int, begins: datetime, length: timedelta = LENGTH) -> list[Person]:
    """Everybody but the staff. Most are there after the first day, the others come in two weeks."""
    chance = random.Random(f"cast {seed}")
    named = {"en": _english(chance), "zh": _chinese(chance)}
    out: list[Person] = []
    for language, space, number in (("en", EN, 178), ("zh", ZH, 164)):
        for rank in range(1, number + 1):
            joins = begins + (
                timedelta(minutes=min(chance.expovariate(1 / 240), 1500))
                if chance.random() < 0.58
                else length * chance.uniform(0.06, 0.97)
            )
            leaves = joins + length * chance.uniform(0.1, 0.9) if chance.random() < 0.09 else None
            zones = _ZONES[language]
            zone = chance.choices([hours for hours, _ in zones], [weight for _, weight in zones])[0]
            is_vip = chance.random() < 0.13 and rank < 90
            name, style = named[language].pop()
            out.append(
                Person(
                    f"{PREFIX}{language}{rank:03d}", name, language, zone, 1 / (rank + 5) ** 0.8,
                    (space, VIP) if is_vip else (space,), joins, None if is_vip else leaves, "", style,
                )
            )  # fmt: skip
    return out


def staff(begins: datetime) -> list[Person]:
    """Those of the staff who are seen in the chats."""
    return [
        Person(
            f"{PREFIX}staff-{one['key']}", one["name"], "en" if one["language"] == "en" else "zh", 0, 1.0,
            tuple(one["chats"]), begins, None, one["roles"][0],
        )
        for one in script.names()["staff"]
        if one.get("chats")
    ]  # fmt: skip


def choose(people: Sequence[Person], at: datetime, chance: random.Random, number: int = 1) -> list[Person]:
    """So many different people who may well be at the chat now; fewer when fewer are in it."""
    there = [one for one in people if one.is_in(at)]
    weights = [one.presence(at) for one in there]
    chosen: list[Person] = []
    while there and len(chosen) < number:
        (place,) = chance.choices(range(len(there)), weights)
        chosen.append(there.pop(place))
        weights.pop(place)
    return chosen


def _english(chance: random.Random) -> list[tuple[str, str]]:
    said = script.names()["en"]
    found: dict[str, tuple[str, str]] = {}
    while len(found) < 200:
        a, b = chance.choice(said["handle_a"]), chance.choice(said["handle_b"])
        given, family = chance.choice(said["given"]), chance.choice(said["family"])
        name = chance.choice(
            (given, f"{given} {family}", f"{given[0]}. {family}", f"{a}_{b}",
             f"{given.lower()}_{chance.randint(2, 99)}", f"{a}{b}", f"0x{b}",
             f"{given.lower()}{family[0].lower()}", f"{a.title()} {b.title()}")
        )  # fmt: skip
        if len(name) > 2:
            found.setdefault(name.lower(), (name, ""))
    return list(found.values())


def _chinese(chance: random.Random) -> list[tuple[str, str]]:
    said = script.names()["zh"]
    found = {name: (name, "zh-hant") for name in said["given_tw"]} | {
        name: (name, "") for name in said["given"]
    }
    while len(found) < 190:
        given = chance.choice(said["given"])
        name = chance.choice(
            (chance.choice(said["nick_a"]) + chance.choice(said["nick_b"]),
             f"{given}{chance.randint(2, 99)}",
             f"{given}_{chance.choice(('btc', 'eth', 'sol', 'hk', 'my'))}")
        )  # fmt: skip
        found.setdefault(name, (name, ""))
    out = list(found.values())
    chance.shuffle(out)
    return out
