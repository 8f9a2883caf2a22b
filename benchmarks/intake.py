"""Intake from the raw bytes of a batch to committed, guard in the path: messages per CPU second.

`python -m benchmarks.intake [MESSAGES] [--texts FILE]` on the database of DATABASE_URL, or SQLite
(synchronous=FULL) in a temporary folder. Our own phrases are near copies of each other, so that nearly every
message belongs to a campaign, which is the worst case; `--texts` takes what people wrote from a file of rows
`{"text", "label"}` (label 1: spam, of which 2 % are mixed in). Collector settings are those of the processes
that take messages in. Baseline: the bare message rows through raw multi-row inserts into the same table.
"""

from __future__ import annotations

import os
import tempfile
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import orjson

from benchmarks import phrases
from benchmarks.machine import Figure, machine, report

BATCH = 500
SENDERS = 2_000
SCAM_SHARE = 0.02
LONGEST = 3_000
FLOOR = 3_000


def written(texts: Path) -> tuple[list[str], list[str]]:
    """Honest texts and spam of a file."""
    rows = [orjson.loads(line) for line in texts.read_bytes().splitlines() if line]
    honest = [row["text"][:LONGEST] for row in rows if row["text"] and not row["label"]]
    return honest, [row["text"][:LONGEST] for row in rows if row["text"] and row["label"]]


def bodies(count: int, slug: str, seed: int = 7, texts: Path | None = None) -> list[bytes]:
    """Raw web chat bodies of ordinary talk in two languages (or of a file), with scams among it."""
    from guildhall.channels.webchat import external_id, message_body
    from guildhall.core import clock

    random, now, made = Random(seed), clock.now(), []
    honest, spam = written(texts) if texts is not None else ([], [])
    for n in range(count):
        is_scam = random.random() < SCAM_SHARE
        if texts is not None:
            text = random.choice(spam if is_scam else honest)
        else:
            text = phrases.scam(random) if is_scam else phrases.sentence(random, chinese=n % 2 == 0)
            text = f"{text} ({n})"
        visitor = f"visitor-{random.randrange(SENDERS)}"
        pk = external_id(visitor, f"load-{seed}-{n}")
        at = now + timedelta(milliseconds=n)
        made.append(
            message_body(
                space=slug, visitor=visitor, name=visitor, message_id=pk, text=text, sent_at=at
            )
        )  # fmt: skip
    return made


def fresh_space(slug: str) -> Any:
    """A web chat space to post in."""
    from guildhall.channels import actions
    from guildhall.channels.webchat import PLATFORM

    return actions.create_space(platform=PLATFORM, slug=slug, name=slug, by="system:bench")


def measure(count: int, texts: Path | None = None) -> float:
    """Messages per CPU second through the whole pipeline."""
    from guildhall.channels.webchat import PLATFORM
    from guildhall.core import clock
    from guildhall.effects.processes import settle_memory
    from guildhall.intake.pipeline import Raw, ingest

    now = clock.now()
    raws = [Raw(PLATFORM, body, now) for body in bodies(count, "bench", texts=texts)]
    ingest(raws[:BATCH])
    settle_memory()
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


def main(count: int, texts: Path | None = None) -> None:
    from django.db import connection

    from guildhall.cli.app import start_django

    start_django()
    from guildhall.cli.prepare import migrate
    from guildhall.guard.actions import install_shipped

    migrate()
    install_shipped(by="system:bench")
    space = fresh_space("bench")
    print(machine())
    rate, bare = measure(count, texts), baseline(count, space.id)
    what = "phrases" if texts is None else "real texts"
    report(
        Figure(
            "intake", f"raw bytes to committed, batches of {BATCH}, {what}, {SCAM_SHARE:.0%} scams", rate,
            "messages per CPU second", connection.vendor, baseline="bare rows inserted", ratio=rate / bare,
            floor=FLOOR,
        )
    )  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GUILDHALL_DATA_DIR"] = folder
        os.environ["GUILDHALL_LOG_LEVEL"] = "warning"
        arguments = ArgumentParser()
        arguments.add_argument("messages", type=int, nargs="?", default=20_000)
        arguments.add_argument("--texts", type=Path)
        given = arguments.parse_args()
        main(given.messages, given.texts)
