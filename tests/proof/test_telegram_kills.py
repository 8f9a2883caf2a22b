"""A hundred kills of any process of a house that two Telegram bots serve, one fetched and one by webhook.

Members talk in two groups; scams among it are removed with a notice to their sender; sends leave
for private talks. Afterwards every message Telegram delivered is here once, nothing was said twice, and every
doubt is listed. KILLS: how many (default 100). SEED: which.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from guildhall.cli.orphans import die_with
from tests.house import REPOSITORY, House, wait_for
from tests.proof.fire import PATIENCE_S, kill_some
from tests.proof.telegram_sender import words
from tests.telegram import Fake

pytestmark = pytest.mark.proof
KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", "20261123"))
PUBLIC = "https://guild.example.org"
PEOPLE = 30
WORKER_THREADS = 4
SAY_EVERY_S = 0.04
SCAM_EVERY = 45
"""Odd, so that both groups get some; no more than their senders may be told in a minute (20 a group)."""
ADD_BOTS = """
from guildhall.channels.models import TelegramBot
from guildhall.channels.telegram import bots, client, polled
hooked = bots.add_bot(%r, "system:proof")
fetched = bots.add_bot(%r, "system:proof")
client.call(fetched.bot_id, "delete_webhook", drop_pending_updates=False)
TelegramBot.objects.filter(pk=fetched.pk).update(way="polling")
polled.mark()
print(json.dumps([TelegramBot.objects.get(pk=b.pk).way for b in (hooked, fetched)]))
"""
SPACES = """
from guildhall.channels.models import Space
print(json.dumps(list(Space.objects.filter(platform="telegram").values_list("external_id", flat=True))))
"""
JUDGE = """
from guildhall.channels.models import Space
from guildhall.guard.actions import assign_policy
for space in Space.objects.filter(platform="telegram", kind="supergroup"):
    assign_policy(space.pk, "default", by="system:proof")
print("1")
"""
STORED = """
from guildhall.channels.models import Message, Quarantine
rows = Message.objects.filter(direction="in", space__kind="supergroup").values_list("text", flat=True)
print(json.dumps({"texts": list(rows), "aside": Quarantine.objects.count()}))
"""
EFFECTS = """
from collections import Counter
from guildhall.effects import queries
from guildhall.effects.models import Effect
acts = Effect.objects.filter(kind="channels.act")
words = acts.filter(mode="once")
print(json.dumps({
    "sends": {e.unique_key: e.state for e in words.filter(unique_key__startswith="kill:")},
    "notices": Counter(words.exclude(unique_key__startswith="kill:").values_list("state", flat=True)),
    "acts": Counter(acts.exclude(mode="once").values_list("state", flat=True)),
    "open": acts.filter(state__in=["queued", "leased", "running"]).count(),
    "uncertain": Effect.objects.filter(state="uncertain").count(),
    "listed": len(list(queries.uncertain())),
    "why": [str(e.error)[:200] for e in Effect.objects.filter(state="dead")[:5]],
}))
"""


class Talk(threading.Thread):
    """People talking in two groups until told to stop; remembers every message Telegram took from them."""

    def __init__(self, fake: Fake, groups: list[int], people: list[int], tokens: list[str]) -> None:
        super().__init__(daemon=True)
        self.fake, self.groups, self.people, self.tokens = fake, groups, people, tokens
        self.said: dict[str, bool] = {}
        self.ended = threading.Event()

    def run(self) -> None:
        number = 0
        while not self.ended.wait(SAY_EVERY_S):
            number += 1
            if is_scam := number % SCAM_EVERY == 0:
                person = self._newcomer(number)
                text = f"Support team: send your seed phrase to verify at https://wallet-verify{number}.top/unlock"
            else:
                person = self.people[number % len(self.people)]
                text = f"ordinary words about funding rates, number {number}"
            if self.fake.control.say(self.groups[number % 2], person, text):
                self.said[text] = is_scam

    def _newcomer(self, number: int) -> int:
        """Somebody who has not been silenced yet, and whom the bot may write to."""
        person = int(self.fake.control.add_user(f"Newcomer {number}", username=f"newcomer{number}"))
        self.fake.control.join(self.groups[number % 2], person)
        self.fake.control.start(person, self.tokens[number % 2])
        return person


class Sender:
    """Queues sends in a process beside the house; what it said was queued is kept."""

    def __init__(self, house: House) -> None:
        parent = os.getpid()
        self.queued: set[int] = set()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.proof.telegram_sender", "1"], env=house.settings(), cwd=REPOSITORY,
            text=True, stdout=subprocess.PIPE, preexec_fn=lambda: die_with(parent),
        )  # fmt: skip
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.queued.add(int(line.split()[1]))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def settle_in(house: House, fake: Fake) -> tuple[list[int], list[int], list[str]]:
    """Two bots, two groups, people who have begun to talk to both; ids of the groups and people, and tokens."""
    control = fake.control
    control.route(PUBLIC, house.url)
    tokens = [fake.token, control.add_bot(username="fetched_bot", name="Fetched").token]
    assert house.django(ADD_BOTS % tuple(tokens)) == ["webhook", "polling"]
    owner = control.add_user("Owner")
    people = [control.add_user(f"Trader {n}", username=f"trader{n}") for n in range(PEOPLE)]
    groups = []
    for token, title in zip(tokens, ("Perpetuals", "Spot"), strict=True):
        groups.append(control.add_chat("supergroup", title, owner=owner))
        control.add_bot_to_chat(token, groups[-1], owner, {"all": True})
        for person in people:
            control.join(groups[-1], person)
            control.start(person, token)
    wait_for(
        lambda: len(house.django(SPACES)) == 2 + 2 * PEOPLE,
        PATIENCE_S,
        "groups and private talks to be found",
    )
    house.django(JUDGE)
    return groups, people, tokens


def test_a_hundred_kills_lose_nothing_and_double_nothing_on_telegram(tmp_path: Path) -> None:
    fake = Fake()
    house = House(
        tmp_path / "data",
        os.environ.get("DATABASE_URL", ""),
        {
            "GUILDHALL_TELEGRAM_API": fake.url,
            "GUILDHALL_PUBLIC_URL": PUBLIC,
            "GUILDHALL_LOG_LEVEL": "warning",
            "GUILDHALL_WORKER_THREADS": str(WORKER_THREADS),
        },
    )
    try:
        house.start(PATIENCE_S)
        groups, people, tokens = settle_in(house, fake)
        talk, sender = Talk(fake, groups, people, tokens), Sender(house)
        talk.start()
        wait_for(lambda: len(sender.queued) > 10, PATIENCE_S, "the sends to begin")
        killed = kill_some(house, KILLS, SEED)
        sender.stop()
        talk.ended.set()
        talk.join()
        wait_for(house.answers, PATIENCE_S, "web to be back")
        wait_for(
            lambda: not any(fake.control.pending(token) for token in tokens), 120, "Telegram to be rid of all"
        )
        time.sleep(1)
        effects = wait_for(lambda: _settled(house), 900, "every act to be settled")
        _judge(house, fake, talk, sender, groups, killed, effects)
    finally:
        house.kill()
        fake.stop()


def _judge(
    house: House,
    fake: Fake,
    talk: Talk,
    sender: Sender,
    groups: list[int],
    killed: Counter[str],
    effects: Any,
) -> None:
    stored = house.django(STORED)
    here = Counter(stored["texts"])
    sends = {int(key.partition(":")[2]): state for key, state in effects["sends"].items()}
    spoken = Counter(sent["text"] for sent in fake.control.sent)
    notices = sum(times for text, times in spoken.items() if not text.startswith("Notice number"))
    left = {m["text"] for group in groups for m in fake.control.messages(group) if "text" in m}
    in_doubt = [n for n, state in sends.items() if state == "uncertain"]
    print(
        f"\n{killed.total()} kills {dict(killed)}: {len(talk.said)} messages said, "
        f"{sum(talk.said.values())} of them scams; {len(sends)} sends {dict(Counter(sends.values()))}; "
        f"notices {effects['notices']}, {notices} heard; other acts {effects['acts']}; "
        f"uncertain {effects['uncertain']}; put aside {stored['aside']}; dead: {effects['why']}"
    )
    assert [text for text in talk.said if here[text] == 0] == [], "lost"
    assert [text for text in talk.said if here[text] > 1] == [], "doubled"
    assert stored["aside"] == 0
    assert [n for n in sender.queued if n not in sends] == []
    assert [n for n in sends if spoken[words(n)] > 1] == [], "said twice"
    assert [n for n, state in sends.items() if state == "done" and spoken[words(n)] != 1] == []
    assert set(sends.values()) <= {"done", "uncertain"}
    told, doubtful = effects["notices"].get("done", 0), effects["notices"].get("uncertain", 0)
    assert told <= notices <= told + doubtful, "a notice was lost or doubled"
    assert [text for text, is_scam in talk.said.items() if is_scam and text in left] == [], (
        "a scam still stands"
    )
    # A supervisor takes both its workers along.
    in_flight_at_most = WORKER_THREADS * (killed["worker"] + 2 * killed["up"])
    assert len(in_doubt) + doubtful <= in_flight_at_most
    assert effects["listed"] == effects["uncertain"] == len(in_doubt) + doubtful
    verified = house.run("audit", "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def _settled(house: House) -> Any:
    """The effects once none is under way, else None."""
    effects = house.django(EFFECTS)
    return effects if effects["open"] == 0 else None
