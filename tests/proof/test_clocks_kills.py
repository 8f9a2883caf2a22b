"""Fifty `kill -9` of the leading ticker and of workers while clocks run out: every breach is recorded with its exact
second, told once, and every step of its chain taken once.

KILLS: how many (default 50). SEED: which (default: the time, printed).
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.house import House, kill_9, wait_for

pytestmark = pytest.mark.proof
KILLS = int(os.environ.get("KILLS", "50"))
SEED = int(os.environ.get("SEED", str(int(time.time()))))
AT_ONCE = 12

PROMISE = """
from guildhall.desk.actions.chains import save_chain
from guildhall.desk.testing import promising
from guildhall.people.roles import Role
from guildhall.people.testing import make_staff
manager = make_staff(Role.MANAGER)
steps = [
    {"do": "notify", "whom": f"staff:{manager.pk}"},
    {"do": "raise", "priority": "urgent", "after_s": 2},
    {"do": "notify", "whom": f"staff:{manager.pk}", "since": "warning"},
]
chain = save_chain("Kills", steps, "system:test")
promising.promise(promising.content(first_response=3, resolution=7) | {"warn": [40], "chain": chain.pk})
print(json.dumps(chain.pk))
"""
OPEN = """
import random
from django.db import transaction
from guildhall.core import clock
from guildhall.desk import clocking
from guildhall.desk.actions import tickets
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.models import Clock, Ticket
drafts = [tickets.Draft("api", text="Where is it?", external_key=f"%(first)d-{n}") for n in range(%(many)d)]
tickets.open_many(drafts, by="token:1", at=clock.now())
waiting = Clock.objects.filter(metric="first_response", state="running").order_by("?")[:4]
for row in waiting.select_related("ticket"):
    with transaction.atomic():
        clocking.note([(row.ticket, [Event(row.ticket_id, clock.now(), "agent_reply")])], at=clock.now())
print(json.dumps(len(drafts)))
"""
LEADS = """
from guildhall.core import clock
from guildhall.effects.models import Leader
row = Leader.objects.filter(pk="ticker", until__gt=clock.now()).first()
print(json.dumps(int(row.owner.split("/")[1]) if row and row.owner else 0))
"""
REST = """
from guildhall.desk.models import Clock
from guildhall.effects.models import Effect
live = Effect.objects.filter(kind="desk.chain_step", state__in=("queued", "leased", "running")).count()
due = Clock.objects.filter(due_at__isnull=False).count()
untold = Clock.objects.filter(breached_at__isnull=False, announced_at__isnull=True).count()
print(json.dumps(live + due + untold))
"""
PROVE = """
from collections import Counter
from guildhall.core.models import AuditEntry
from guildhall.desk.clocking.replaying import Versions, replay, stored
from guildhall.desk.models import ChainStep, Clock, Entry, Ticket
from guildhall.effects.models import Effect
from guildhall.core import clock
ids = list(Ticket.objects.values_list("pk", flat=True))
lines = stored(ids)
versions = Versions(int(one.value) for line in lines.values() for one in line if one.type == "policy")
wanted = {}
for pk, line in lines.items():
    for one in replay(sorted(line, key=lambda event: event.at), versions)[0].clocks(clock.now()):
        if one.breached_at:
            wanted[f"{pk} {one.metric} {one.instance}"] = one.breached_at.isoformat()
rows = {row.pk: row for row in Clock.objects.all()}
name = lambda row: f"{row.ticket_id} {row.metric} {row.instance}"
recorded = {name(row): row.breached_at.isoformat() for row in rows.values() if row.breached_at}
told = Counter(name(rows[data["clock"]]) for data in
               Entry.objects.filter(data__what="clock_breached").values_list("data", flat=True))
audited = Counter(
    name(rows[data["clock"]]) for data in
    AuditEntry.objects.filter(verb="ticket.clock_breached").values_list("data", flat=True)
)
steps = Counter(ChainStep.objects.filter(since="breach").values_list("number", "outcome"))
mentions = Entry.objects.filter(data__what="escalation_told").count()
done = ChainStep.objects.filter(do="notify", outcome="done").count()
late = sorted((row.announced_at - row.breached_at).total_seconds() for row in rows.values() if row.breached_at)
print(json.dumps({
    "wrong": sum(wanted.get(key) != recorded.get(key) for key in wanted.keys() | recorded.keys()),
    "breaches": len(recorded), "tickets": len(ids),
    "missed": [key for key in recorded if told[key] < 1 or audited[key] < 1],
    "doubled": [key for key in recorded if told[key] > 1 or audited[key] > 1],
    "steps": sum(steps.values()), "mentions": mentions, "done": done,
    "effects": Counter(Effect.objects.filter(kind="desk.chain_step").values_list("state", flat=True)),
    "median_s": late[len(late) // 2], "worst_s": late[-1],
}))
"""


def test_fifty_kills_of_ticker_and_workers_miss_no_breach_and_double_none(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chance, killed, opened = random.Random(SEED), Counter[str](), 0
    house = House(tmp_path / "house", os.environ.get("DATABASE_URL", ""), {"GUILDHALL_LOG_LEVEL": "warning"})
    with house:
        house.django(PROMISE)
        while sum(killed.values()) < KILLS:
            opened += house.django(OPEN % {"first": opened, "many": AT_ONCE})
            time.sleep(chance.uniform(0.1, 1.2))
            victims = {
                pid: name for pid, name in house.processes().items() if name.startswith(("worker", "ticker"))
            }
            leader = house.django(LEADS)
            tickers = [pid for pid, name in victims.items() if name == "ticker" and pid == leader]
            workers = [pid for pid, name in victims.items() if name != "ticker"]
            if not tickers and not workers:
                continue
            pid = chance.choice(
                tickers if tickers and (chance.random() < 0.5 or not workers) else workers or tickers
            )
            killed[victims[pid].partition("-")[0]] += 1
            kill_9(pid)
        wait_for(lambda: house.django(REST) == 0, 180, "every clock to be judged and every step taken")
        time.sleep(2)
        found: dict[str, Any] = house.django(PROVE)
    print(f"killed {dict(killed)}: {json.dumps({**found, 'missed': len(found['missed'])})}")
    assert found["tickets"] == opened
    assert found["breaches"] > KILLS
    assert found["wrong"] == 0
    assert not found["missed"]
    assert not found["doubled"]
    assert found["steps"] == 2 * found["breaches"]
    assert found["mentions"] == found["done"]
    assert set(found["effects"]) == {"done"}
