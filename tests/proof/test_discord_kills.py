"""A hundred broken connections and fifty `kill -9`s of the gateway that hears a Discord server.

Members talk in two channels and a thread, some join. Connections are cut, closed with codes, asked to come
again, called invalid, turned into zombies; sessions are forgotten. Afterwards every message that was said is
here once, everybody who joined is known, and nothing was put aside. BREAKS and KILLS: how many (default 100
and 50). SEED: which.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.discord import Fake
from tests.house import House, kill_9, wait_for
from tests.proof.fire import PATIENCE_S

pytestmark = pytest.mark.proof
BREAKS = int(os.environ.get("BREAKS", "100"))
KILLS = int(os.environ.get("KILLS", "50"))
SEED = int(os.environ.get("SEED", "20261123"))
PEOPLE = 30
SAY_EVERY_S = 0.04
JOIN_EVERY = 40
ADD_BOT = """
from guildhall.channels.discord import bots
bot = bots.add_bot(%r, "system:proof")
print(json.dumps(bot.bot_id))
"""
KNOWN = """
from guildhall.channels.models import Space
print(json.dumps(Space.objects.filter(platform="discord", kind="server").count()))
"""
STORED = """
from collections import Counter
from guildhall.channels.discord.models import DiscordShard
from guildhall.channels.models import Message, Quarantine, SpaceMember
texts = Counter(Message.objects.filter(direction="in", space__platform="discord").values_list("text", flat=True))
print(json.dumps({
    "texts": texts,
    "people": list(SpaceMember.objects.filter(joined_at__isnull=False).values_list("account__external_id", flat=True)),
    "aside": Quarantine.objects.count(),
    "why": [str(one.reason)[:200] + bytes(one.raw)[:300].decode() for one in Quarantine.objects.all()[:3]],
    "gaps": DiscordShard.objects.filter(gap_since__isnull=False).count(),
}))
"""


class Talk(threading.Thread):
    """People talking and joining until told to stop; remembers what Discord took from them."""

    def __init__(self, fake: Fake, people: list[str], channels: list[str]) -> None:
        super().__init__(daemon=True)
        self.fake, self.people, self.channels = fake, people, channels
        self.said: set[str] = set()
        self.joined: set[str] = set()
        self.ended = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ended.wait(SAY_EVERY_S):
            number += 1
            if number % JOIN_EVERY == 0:
                person = str(self.fake.control.add_user(f"newcomer{number}"))
                self.fake.control.join(self.fake.guild, person)
                self.joined.add(person)
            text = f"ordinary words about funding rates, number {number}"
            channel = self.channels[number % len(self.channels)]
            if self.fake.control.say(channel, self.people[number % PEOPLE], text):
                self.said.add(text)


def breaks(fake: Fake) -> list[tuple[str, Callable[[], Any]]]:
    """Ways a connection ends; sessions are lost in two of ten."""
    control, bot = fake.control, fake.bot_id
    return [
        ("cut", lambda: control.drop(bot)),
        ("cut", lambda: control.drop(bot)),
        ("closed 1001", lambda: control.drop(bot, 1001)),
        ("closed 4000", lambda: control.drop(bot, 4000)),
        ("closed 4009", lambda: control.drop(bot, 4009)),
        ("asked to reconnect", lambda: control.ask_to_reconnect(bot)),
        ("invalid, resumable", lambda: control.invalidate(bot, True)),
        ("zombie", lambda: control.zombie(bot)),
        ("invalid", lambda: control.invalidate(bot, False)),
        ("forgotten", lambda: control.forget_sessions(bot)),
    ]


def gateway_of(house: House) -> list[int]:
    return [pid for pid, name in house.processes().items() if name == "gateway"]


def wreck(house: House, fake: Fake) -> Counter[str]:
    """Break and kill in an order that chance names, mostly what stands, sometimes what is just rising."""
    random, done = Random(SEED), Counter[str]()
    ways = breaks(fake)
    blows = ["break"] * BREAKS + ["kill"] * KILLS
    random.shuffle(blows)
    for blow in blows:
        if random.random() < 0.8:
            wait_for(lambda: fake.control.lines(fake.bot_id), PATIENCE_S, f"a connection\n{house.tail()}")
        time.sleep(random.uniform(0.05, 0.8))
        if blow == "kill":
            pids = wait_for(lambda: gateway_of(house), PATIENCE_S, "the gateway to be back")
            kill_9(pids[0])
            done["kill -9"] += 1
        else:
            wait_for(lambda: fake.control.lines(fake.bot_id), PATIENCE_S, "a connection to break")
            name, way = random.choice(ways)
            way()
            done[name] += 1
    return done


def test_breaks_and_kills_lose_nothing_and_double_nothing_on_discord(tmp_path: Path) -> None:
    fake = Fake()
    house = House(
        tmp_path / "data",
        os.environ.get("DATABASE_URL", ""),
        {"GUILDHALL_DISCORD_API": fake.api, "GUILDHALL_LOG_LEVEL": "warning"},
    )
    try:
        fake.control.set_gateway(heartbeat_ms=2000)
        people = [str(fake.control.add_user(f"trader{n}")) for n in range(PEOPLE)]
        for person in people:
            fake.control.join(fake.guild, person)
        second = str(fake.control.add_channel(fake.guild, "spot"))
        thread = str(fake.control.thread(fake.general, people[0], "liquidations"))
        house.start(PATIENCE_S)
        house.django(ADD_BOT % fake.token)
        wait_for(lambda: house.django(KNOWN), PATIENCE_S, "the server to be found")
        talk = Talk(fake, people, [fake.general, second, thread])
        talk.start()
        done = wreck(house, fake)
        talk.ended.set()
        talk.join()
        stored = (
            wait_for(
                lambda: _complete(house, talk),
                240,
                "everything to be recorded",
            )
            or {}
        )
        _judge(house, fake, talk, done, stored)
    finally:
        house.kill()
        fake.stop()


def _complete(house: House, talk: Talk) -> Any:
    stored = house.django(STORED)
    return stored if talk.said <= set(stored["texts"]) and not stored["gaps"] else None


def _judge(house: House, fake: Fake, talk: Talk, done: Counter[str], stored: Any) -> None:
    stats = fake.control.stats()
    print(
        f"\n{done.total()} blows {dict(done)}: {len(talk.said)} messages said, {len(talk.joined)} joined; "
        f"{stats['resumes']} resumes, {stats['identifies']} sessions; put aside {stored['aside']} {stored['why']}"
    )
    assert sum(done.values()) == BREAKS + KILLS
    assert {text for text in talk.said if stored["texts"].get(text, 0) == 0} == set(), "lost"
    assert {text for text, times in stored["texts"].items() if times > 1} == set(), "doubled"
    assert talk.joined <= set(stored["people"])
    assert stored["aside"] == 0
    assert fake.control.violations() == []
    verified = house.run("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
