"""Intake from the raw bytes of a batch to committed, guard in the path: messages per CPU second.

`python -m benchmarks.intake [MESSAGES]` on the database of DATABASE_URL, or SQLite (synchronous=FULL) in a
temporary folder. Baseline: the bare message rows through raw multi-row inserts into the same table.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import timedelta
from random import Random
from typing import Any

from benchmarks import phrases
from benchmarks.machine import Figure, machine, report

BATCH = 500
SENDERS = 2_000
SCAM_SHARE = 0.02
FLOOR = 3_000


def bodies(count: int, slug: str, seed: int = 7) -> list[bytes]:
    """Raw web chat bodies of ordinary talk in two languages, with scams among it."""
    from guildhall.channels.webchat import external_id, message_body
    from guildhall.core import clock

    random, now, made = Random(seed), clock.now(), []
    for n in range(count):
        is_scam = random.random() < SCAM_SHARE
        text = phrases.scam(random) if is_scam else phrases.sentence(random, chinese=n % 2 == 0)
        visitor = f"visitor-{random.randrange(SENDERS)}"
        pk = external_id(visitor, f"load-{seed}-{n}")
        at = now + timedelta(milliseconds=n)
        made.append(
            message_body(
                space=slug, visitor=visitor, name=visitor, message_id=pk, text=f"{text} ({n})", sent_at=at
            )
        )  # fmt: skip
    return made


def fresh_space(slug: str) -> Any:
    """A web chat space to post in."""
    from guildhall.channels import actions
    from guildhall.channels.webchat import PLATFORM

    return actions.create_space(platform=PLATFORM, slug=slug, name=slug, by="system:bench")


def measure(count: int) -> float:
    """Messages per CPU second through the whole pipeline."""
    from guildhall.channels.webchat import PLATFORM
    from guildhall.core import clock
    from guildhall.intake.pipeline import Raw, ingest

    now = clock.now()
    raws = [Raw(PLATFORM, body, now) for body in bodies(count, "bench")]
    ingest(raws[:BATCH])
    cpu, wall = time.process_time(), time.perf_counter()
    for start in range(BATCH, count, BATCH):
        ingest(raws[start : start + BATCH])
    spent, took = time.process_time() - cpu, time.perf_counter() - wall
    print(f"  {count - BATCH:,} messages in {took:.1f} s, {spent:.1f} s of them CPU")
    return (count - BATCH) / spent


def baseline(count: int, space_id: str) -> float:
    """Bare rows per CPU second into the same table."""
    from django.db import transaction

    from benchmarks.world import MESSAGE_COLUMNS
    from guildhall.channels.models import Message
    from guildhall.core import bulk, clock
    from guildhall.core.ids import new_id

    at = clock.now()
    rows = [
        (
            new_id(), space_id, None, "in", f"bare-{n}", 1, "bare words", "[]", "[]", "[]", "", "", "",
            at, at, None, True, None, "", "", False,
        )
        for n in range(count)
    ]  # fmt: skip
    cpu = time.process_time()
    for start in range(0, count, BATCH):
        with transaction.atomic():
            bulk.insert(Message, MESSAGE_COLUMNS.split(), rows[start : start + BATCH])
    return count / (time.process_time() - cpu)


def main(count: int) -> None:
    from django.db import connection

    from guildhall.cli.app import start_django

    start_django()
    from guildhall.cli.prepare import migrate
    from guildhall.guard.actions import install_shipped

    migrate()
    install_shipped(by="system:bench")
    space = fresh_space("bench")
    print(machine())
    rate, bare = measure(count), baseline(count, space.id)
    report(
        Figure(
            "intake", f"raw bytes to committed, batches of {BATCH}, {SCAM_SHARE:.0%} scams", rate,
            "messages per CPU second", connection.vendor, baseline="bare rows inserted", ratio=rate / bare,
            floor=FLOOR,
        )
    )  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GUILDHALL_DATA_DIR"] = folder
        os.environ["GUILDHALL_LOG_LEVEL"] = "warning"
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
