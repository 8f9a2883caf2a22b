"""Discord from the bytes of its gateway to committed: a gateway process that hears a busy server.

`python -m benchmarks.discord [EVENTS]` on the database of DATABASE_URL, or SQLite (synchronous=FULL) in a
temporary folder. Discord is our fake one in a process of its own. CPU seconds are those of the gateway
process: decompressing, reading, judging, recording, noting how far it is. Baseline: the bare message rows
through raw multi-row inserts.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.discord import Fake
from tests.house import COMMAND, REPOSITORY, House, wait_for

from benchmarks import discord_events
from benchmarks.intake import baseline
from benchmarks.machine import Figure, machine, report
from benchmarks.telegram import cpu_of
from guildhall.cli.orphans import die_with

FLOOR = 1_500


def give(fake: Fake, events: Sequence[discord_events.Told]) -> None:
    """Have these events told to the bot."""
    for start in range(0, len(events), 500):
        chunk = events[start : start + 500]
        fake.control.play(
            [["deliver_raw", {"bot": fake.bot_id, "event": name, "data": data}] for name, data in chunk]
        )


def furnish(fake: Fake) -> None:
    """A bot of the house's."""
    from guildhall.channels.discord.models import DiscordBot, secret_name
    from guildhall.core import secrets

    DiscordBot.objects.update_or_create(
        bot_id=int(fake.bot_id),
        defaults={
            "application_id": int(fake.bot_id), "username": "bench", "name": "Bench",
            "created_by": "system:bench",
        },
    )  # fmt: skip
    secrets.put(secret_name(int(fake.bot_id)), fake.token)


def server(fake: Fake) -> str:
    """Our id of the server, judged by the policy of the house."""
    from guildhall.channels.models import Space
    from guildhall.guard.actions import assign_policy

    space = Space.objects.get(platform="discord", external_id=fake.guild)
    assign_policy(space.pk, "default", by="system:bench")
    return str(space.pk)


def stored() -> int:
    from guildhall.channels.models import Delivery

    return Delivery.objects.count()


def listen(fake: Fake, count: int, database: str) -> None:
    """Events per CPU second of a gateway process, from when they are told to when all are committed."""
    from guildhall.channels.models import Space

    parent = os.getpid()
    environment = {**os.environ, "GUILDHALL_DISCORD_API": fake.api}
    gateway = subprocess.Popen(
        [*COMMAND, "gateway", "--name", "bench"],
        env=environment,
        cwd=REPOSITORY,
        preexec_fn=lambda: die_with(parent),
    )
    try:
        wait_for(lambda: Space.objects.filter(external_id=fake.guild).exists(), 60, "the gateway to begin")
        bare = baseline(5_000, server(fake))
        now = int(time.time() * 1000)
        before = stored()
        give(fake, discord_events.made(600, fake.guild, fake.bot_id, now - 60_000, seed=1))
        wait_for(lambda: stored() - before == 600, 60, "the gateway to be warm")
        before = stored()
        events = discord_events.made(count, fake.guild, fake.bot_id, now)
        # A burst: everything waits at Discord before the gateway comes to hear it.
        gateway.send_signal(signal.SIGSTOP)
        give(fake, events)
        cpu, wall = cpu_of([gateway.pid]), time.perf_counter()
        gateway.send_signal(signal.SIGCONT)
        wait_for(lambda: stored() - before == count, 300, "everything to be recorded")
        spent, took = cpu_of([gateway.pid]) - cpu, time.perf_counter() - wall
        print(f"  {count:,} events in {took:.1f} s, {spent:.2f} s of the gateway's CPU")
    finally:
        gateway.terminate()
        gateway.wait(20)
    report(
        Figure(
            "discord", "gateway bytes to committed, the gateway process", count / spent,
            "events per CPU second", database, baseline="bare rows inserted", ratio=count / spent / bare,
            floor=FLOOR,
        )
    )  # fmt: skip


def main(count: int) -> None:
    url = os.environ.get("DATABASE_URL", "")
    fake = Fake("--no-limits")
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        extra = {"GUILDHALL_LOG_LEVEL": "warning", "GUILDHALL_DISCORD_API": fake.api}
        house = House(Path(folder) / "house", url, extra)
        os.environ.update(house.settings())
        try:
            from guildhall.cli.app import start_django

            settings = start_django()
            from django.db import connection

            from guildhall.cli.prepare import prepare

            prepare(settings)
            furnish(fake)
            listen(fake, count, connection.vendor)
        finally:
            house.kill()
            fake.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
