"""Telegram from its bytes to committed: a gateway that fetches, and a web server that is called.

`python -m benchmarks.telegram [UPDATES]` on the database of DATABASE_URL, or SQLite (synchronous=FULL) in a
temporary folder. The Bot API is our fake one in a process of its own. CPU seconds are those of the gateway
process and of the web processes. Baseline: the bare message rows through raw multi-row inserts.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import orjson
from tests.house import COMMAND, REPOSITORY, House, wait_for
from tests.telegram import Fake

from benchmarks import updates
from benchmarks.intake import baseline
from benchmarks.machine import Figure, machine, percentile, report
from guildhall.channels.telegram import HOOK_CONNECTIONS
from guildhall.cli.orphans import die_with

POLL_FLOOR, HOOK_FLOOR, P99_CEILING_MS = 2_000, 1_500, 50.0
HOOK_RATE, HOOK_SECONDS, CALLERS = 300, 20, HOOK_CONNECTIONS
HOOK_SECRET = "bench-secret-of-the-hook"
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of(pids: Sequence[int]) -> float:
    """CPU seconds that processes have used so far, with those of their ended children."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / _TICKS


def give(fake: Fake, given: Sequence[updates.Update]) -> None:
    """Have these updates wait for the bot."""
    for start in range(0, len(given), 1000):
        chunk = given[start : start + 1000]
        fake.control.play([["deliver_raw", {"bot": fake.token, "update": one}] for one in chunk])


def furnish(fake: Fake, way: str) -> str:
    """A bot and a group that the policy of the house judges; returns our id of the bot."""
    from guildhall.channels.telegram.models import TelegramBot, hook_secret_name, secret_name
    from guildhall.core import clock, secrets
    from guildhall.guard.actions import assign_policy
    from guildhall.intake.pipeline import Raw, ingest

    bot, _ = TelegramBot.objects.update_or_create(
        bot_id=fake.bot_id,
        defaults={"username": "bench_bot", "name": "Bench", "created_by": "system:bench", "way": way},
    )
    secrets.put(secret_name(fake.bot_id), fake.token)
    secrets.put(hook_secret_name(fake.bot_id), HOOK_SECRET)
    (first,) = updates.made(1, int(time.time()), first=1)
    ingest([Raw("telegram", orjson.dumps({"bot": fake.bot_id, "update": first}), clock.now())])
    assign_policy(group(), "default", by="system:bench")
    return str(bot.pk)


def group() -> str:
    """Our id of the group."""
    from guildhall.channels.models import Space

    return str(Space.objects.get(platform="telegram", external_id=str(updates.GROUP)).pk)


def stored() -> int:
    from guildhall.channels.models import Delivery

    return Delivery.objects.count()


def poll(fake: Fake, count: int, database: str, bare: float) -> None:
    """Updates per CPU second of a gateway process, from when they are there to when all are confirmed."""
    from guildhall.channels.models import TelegramBot

    parent = os.getpid()
    environment = {**os.environ, "GUILDHALL_TELEGRAM_API": fake.url}
    gateway = subprocess.Popen(
        [*COMMAND, "gateway", "--name", "bench"],
        env=environment,
        cwd=REPOSITORY,
        preexec_fn=lambda: die_with(parent),
    )
    try:
        wait_for(lambda: TelegramBot.objects.filter(lease_owner__gt="").exists(), 60, "the gateway to begin")
        give(fake, updates.made(300, int(time.time()), seed=1, first=10))
        wait_for(lambda: fake.control.pending(fake.token) == 0, 60, "the gateway to be warm")
        before = stored()
        given = updates.made(count, int(time.time()), first=1_000)
        cpu, wall = cpu_of([gateway.pid]), time.perf_counter()
        give(fake, given)
        wait_for(lambda: fake.control.pending(fake.token) == 0, 300, "everything to be confirmed")
        spent, took = cpu_of([gateway.pid]) - cpu, time.perf_counter() - wall
        assert stored() - before == count, f"{stored() - before} of {count} recorded"
        print(f"  {count:,} updates in {took:.1f} s, {spent:.2f} s of the gateway's CPU")
    finally:
        gateway.terminate()
        gateway.wait(20)
    report(
        Figure(
            "telegram", "getUpdates bytes to committed and confirmed, the gateway process", count / spent,
            "updates per CPU second", database, baseline="bare rows inserted", ratio=count / spent / bare,
            floor=POLL_FLOOR,
        )
    )  # fmt: skip


class Caller(threading.Thread):
    """Calls the webhook over one kept connection, as Telegram does; keeps how long each call took."""

    def __init__(self, port: int, path: str, bodies: Sequence[bytes], rate: float) -> None:
        super().__init__(daemon=True)
        self.port, self.path, self.bodies, self.rate = port, path, bodies, rate
        self.waits: list[float] = []
        self.refused = 0

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"X-Telegram-Bot-Api-Secret-Token": HOOK_SECRET, "Content-Type": "application/json"}
        random, due = Random(self.name), time.perf_counter()
        for body in self.bodies:
            if self.rate:
                due += random.expovariate(self.rate)
                time.sleep(max(0.0, due - time.perf_counter()))
            status = 0
            began = time.perf_counter()
            while status != 200:
                connection.request("POST", self.path, body, headers)
                answer = connection.getresponse()
                answer.read()
                status = answer.status
                self.refused += status != 200
            self.waits.append(time.perf_counter() - began)
        connection.close()


def offer(port: int, path: str, given: Sequence[updates.Update], rate: float) -> list[Caller]:
    """Call the webhook with these updates; `rate` a second together, 0 for as fast as they are answered."""
    bodies = [orjson.dumps(one) for one in given]
    callers = [Caller(port, path, bodies[n::CALLERS], rate / CALLERS) for n in range(CALLERS)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    return callers


def hook(house: House, fake: Fake, count: int, database: str, bare: float) -> None:
    """The webhook of a running house: how long a call takes, and what it costs the web processes."""
    from guildhall.channels.telegram.hook import PREFIX

    pk = furnish(fake, "webhook")
    web = [pid for pid, name in house.processes().items() if name.startswith("web")]
    path, now = PREFIX + pk, int(time.time())
    offer(house.port, path, updates.made(300, now, seed=2, first=1_000_000), 0)
    paced = offer(
        house.port, path, updates.made(HOOK_RATE * HOOK_SECONDS, now, seed=3, first=2_000_000), HOOK_RATE
    )
    waits = [wait for caller in paced for wait in caller.waits]
    print(f"  {len(waits):,} paced calls, {sum(c.refused for c in paced)} of them asked to come again")
    for share, ceiling in ((0.5, None), (0.99, P99_CEILING_MS)):
        report(
            Figure(
                "telegram", f"webhook, p{share * 100:.0f} to 200 at {HOOK_RATE}/s beside workers and ticker",
                percentile(waits, share) * 1000, "ms", database, ceiling=ceiling,
            )
        )  # fmt: skip
    before, cpu, wall = stored(), cpu_of(web), time.perf_counter()
    offer(house.port, path, updates.made(count, now, seed=4, first=3_000_000), 0)
    spent, took = cpu_of(web) - cpu, time.perf_counter() - wall
    assert stored() - before == count, f"{stored() - before} of {count} recorded"
    print(f"  {count:,} calls in {took:.1f} s, {spent:.2f} s of web's CPU")
    report(
        Figure(
            "telegram", "webhook call to committed and answered, the web processes", count / spent,
            "updates per CPU second", database, baseline="bare rows inserted", ratio=count / spent / bare,
            floor=HOOK_FLOOR,
        )
    )  # fmt: skip


def main(count: int) -> None:
    url = os.environ.get("DATABASE_URL", "")
    fake = Fake()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        extra = {"GUILDHALL_LOG_LEVEL": "warning", "GUILDHALL_TELEGRAM_API": fake.url}
        house = House(Path(folder) / "house", url, extra)
        os.environ.update(house.settings())
        try:
            from guildhall.cli.app import start_django

            settings = start_django()
            from django.db import connection

            from guildhall.cli.prepare import prepare

            prepare(settings)
            furnish(fake, "polling")
            bare = baseline(5_000, group())
            poll(fake, count, connection.vendor, bare)
            house.start()
            hook(house, fake, count, connection.vendor, bare)
        finally:
            house.kill()
            fake.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
