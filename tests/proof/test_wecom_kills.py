"""Kills of any process of a house while customers write to its 微信客服 desk and answers leave: every message is
here once, nothing was said twice, every doubt is listed. KILLS: how many (default 50). SEED: which.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import Counter

import pytest

from tests.house import House, wait_for
from tests.proof.fire import PATIENCE_S, kill_some
from tests.proof.wecom_house import Connected, connected

pytestmark = pytest.mark.proof
KILLS = int(os.environ.get("KILLS", "50"))
SEED = int(os.environ.get("SEED", "20261123"))
CUSTOMERS, SAY_EVERY_S, WORKER_THREADS = 30, 0.05, 4

STORED = """
from guildhall.channels.models import Message, Quarantine
rows = Message.objects.filter(direction="in", space__platform="wecom").values_list("text", flat=True)
print(json.dumps({"texts": list(rows), "aside": Quarantine.objects.count()}))
"""
ASK = """
from django.db import transaction
from guildhall.effects import actions as effects
from guildhall.intake.wecom_jobs import POLL
with transaction.atomic():
    effects.enqueue(effects.NewEffect(POLL, {"n": %d}))
print("1")
"""
OPEN = """
from guildhall.effects.models import Effect
live = Effect.objects.filter(state__in=["queued", "leased", "running"])
print(json.dumps(live.filter(kind__in=["wecom.kf_sync", "wecom.kf_poll", "channels.act"]).count()))
"""
ANSWER = """
from guildhall.channels import actions
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core import clock
from guildhall.core.clearance import Clearance, content_hash
first, count = %d, 0
for number, space in enumerate(Space.objects.filter(external_id__startswith="kf:").order_by("id")):
    text = f"answer {first + number}"
    yes = Clearance("service", "", content_hash(text), ("proof",), clock.now())
    actions.request_many(
        [actions.Wanted(Act(Verb.SEND, space.pk, text=text), yes, f"kill:{first + number}")],
        actor="system:proof", reason="kill proof",
    )
    count += 1
print(count)
"""
SENDS = """
from guildhall.effects import queries
from guildhall.effects.models import Effect
acts = Effect.objects.filter(unique_key__startswith="kill:")
print(json.dumps({"states": {e.unique_key.removeprefix("kill:"): e.state for e in acts},
    "uncertain": Effect.objects.filter(state="uncertain").count(), "listed": len(list(queries.uncertain()))}))
"""


class Customers(threading.Thread):
    """People writing to the desk until told to stop; remembers everything they said."""

    def __init__(self, at: Connected) -> None:
        super().__init__(daemon=True)
        self.at, self.said, self.ended = at, set[str](), threading.Event()
        self.people = [at.fake.add_customer(at.corp, f"C{n}", "lilei") for n in range(CUSTOMERS)]

    def run(self) -> None:
        number = 0
        while not self.ended.is_set():
            text = f"question {number}"
            self.at.fake.kf_say(self.at.corp, self.at.desk, self.people[number % CUSTOMERS], text)
            self.said.add(text)
            number += 1
            time.sleep(SAY_EVERY_S)


def test_fifty_kills_lose_nothing_and_say_nothing_twice(tmp_path):
    with connected(tmp_path, GUILDHALL_WORKER_THREADS=str(WORKER_THREADS)) as at:
        house, customers = at.house, Customers(at)
        at.fake.callback_manners(twice=0.1, swap=0.1)
        customers.start()
        wait_for(lambda: len(house.django(STORED)["texts"]) >= CUSTOMERS, 120, "everybody to be heard")
        answering = Answering(house)
        answering.start()
        killed = kill_some(house, KILLS, SEED)
        answering.ended.set()
        customers.ended.set()
        answering.join(300)
        customers.join(30)
        wait_for(house.answers, PATIENCE_S, "web to be back")
        house.django(ASK % 1)
        wait_for(lambda: house.django(OPEN) == 0, 300, "everything to be fetched and said")
        stored, sends = house.django(STORED), house.django(SENDS)
        shown = Counter(
            one["text"]["content"]
            for who in customers.people
            for one in at.fake.kf_shown(at.corp, at.desk, who)
        )
        states = Counter(sends["states"].values())
        print(
            f"\n{killed.total()} kills {dict(killed)}: {len(customers.said)} questions, answers {dict(states)}"
        )
        counts = Counter(stored["texts"])
        assert customers.said - set(counts) == set()
        assert [text for text, times in counts.items() if times > 1] == []
        assert stored["aside"] == 0
        assert [text for text, times in shown.items() if times > 1] == []
        said = {number for number, state in sends["states"].items() if state == "done"}
        assert {f"answer {number}" for number in said} <= set(shown)
        assert sends["uncertain"] == sends["listed"] <= killed.total() * WORKER_THREADS
        assert at.fake.violations() == []


class Answering(threading.Thread):
    """Has the house answer every customer once every few seconds."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self.house, self.ended = house, threading.Event()

    def run(self) -> None:
        first = 0
        while not self.ended.wait(5.0):
            # The database may not be to be had just then; what was queued is counted at the end.
            with contextlib.suppress(AssertionError, OSError):
                self.house.django(ANSWER % first)
            first += 1000
