"""Questions coming in, in groups and in private, until a colleague can see them:
`python -m benchmarks.desk_intake [RATE SECONDS]`.

A whole house runs (web, workers, ticker); RATE messages a second are offered beside it, half of them in
private talks, where each belongs to a ticket, half in a group whose door takes questions. A second connection
looks every 20 ms at what the inbox would show: the time from submission to when the message, and with it the
entry of its ticket (one transaction), can be read. The baseline is the same load without doors.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from tests.house import House

from benchmarks import phrases
from benchmarks.machine import Figure, machine, percentile, report

CEILING_MS = 1000.0
TALKS = 1_000
QUESTIONS = 0.2
LOOK_EVERY_S = 0.02
ASKED = (
    "When does my deposit arrive, it has been two hours?",
    "How do I pass the identity check with a passport?",
    "我的提现为什么还没有到账？",
    "请问手续费怎么计算？",
)


def load(count: int, group: str, talks: Sequence[Any], seed: int) -> list[tuple[str, bytes]]:
    """(platform id, raw body): every second one in a private talk."""
    from guildhall.channels.webchat import external_id, message_body
    from guildhall.core import clock

    random, now, made = Random(seed), clock.now(), []
    for n in range(count):
        talk = random.choice(talks) if n % 2 else None
        visitor = talk.settings["asker"] if talk is not None else f"visitor-{random.randrange(2000)}"
        is_question = random.random() < QUESTIONS
        text = random.choice(ASKED) if is_question else phrases.sentence(random, chinese=n % 4 < 2)
        pk = external_id(visitor, f"desk-{seed}-{n}")
        body = message_body(
            space=talk.slug if talk is not None else group, visitor=visitor, name=visitor, message_id=pk,
            text=f"{text} ({n})", sent_at=now + timedelta(milliseconds=n),
        )  # fmt: skip
        made.append((pk, body))
    return made


class Looking(threading.Thread):
    """Notes when each message, and each entry of a ticket, can first be read by somebody else."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: dict[str, float] = {}
        self.entries = 0
        self.stop = threading.Event()

    def run(self) -> None:
        from guildhall.channels.models import Message
        from guildhall.desk.models import Entry

        last = Message.objects.order_by("-id").values_list("id", flat=True).first() or ""
        last_entry = Entry.objects.order_by("-id").values_list("id", flat=True).first() or ""
        while not self.stop.wait(LOOK_EVERY_S):
            # Ids are made before they are committed, by one process: a little is looked at twice.
            rows = list(
                Message.objects.filter(id__gt=last).order_by("-id").values_list("id", "external_id")[:2000]
            )
            now = time.perf_counter()
            for _id, external in rows:
                self.seen.setdefault(external, now)
            if rows:
                last = rows[min(len(rows) - 1, 200)][0]
            said = list(
                Entry.objects.filter(id__gt=last_entry, kind="customer")
                .order_by("-id")
                .values_list("id", flat=True)[:2000]
            )
            if said:
                self.entries += len(said)
                last_entry = said[0]


def offer(database: str, rate: int, seconds: int, group: str, talks: Sequence[Any], what: str) -> float:
    """Submit at a steady rate; returns the 95th percentile to visible, in ms."""
    from guildhall.channels.webchat import PLATFORM
    from guildhall.core import clock
    from guildhall.intake import batcher
    from guildhall.intake.pipeline import Raw

    made = load(rate * seconds, group, talks, int(time.time() * 1000))
    looking = Looking()
    looking.start()
    sent: dict[str, float] = {}
    waiting = []
    cpu, start = time.process_time(), time.perf_counter()
    for number, (pk, body) in enumerate(made):
        due = start + number / rate
        while (early := due - time.perf_counter()) > 0:
            time.sleep(min(early, 0.001))
        sent[pk] = time.perf_counter()
        waiting.append(batcher.submit(Raw(PLATFORM, body, clock.now())))
    failed = sum(1 for one in waiting if one.exception(60) is not None)
    spent = time.process_time() - cpu
    time.sleep(0.5)
    looking.stop.set()
    looking.join(10)
    waits = [(looking.seen[pk] - at) * 1000 for pk, at in sent.items() if pk in looking.seen]
    load_1, _load_5, _load_15 = os.getloadavg()
    print(
        f"    {what}: {len(made):,} offered, {len(waits):,} seen, {failed} failed, "
        f"{looking.entries:,} entries of tickets, {len(made) / spent:,.0f} messages per CPU second, "
        f"load {load_1:.1f}"
    )
    p95 = percentile(waits, 0.95)
    report(
        Figure(
            "desk intake", f"p50 submission to visible, {rate}/s for {seconds} s, {what}",
            percentile(waits, 0.5), "ms", database,
        )
    )  # fmt: skip
    return p95


def main(rate: int, seconds: int) -> None:
    url = os.environ.get("DATABASE_URL", "")
    database = "postgresql" if url.startswith("postgres") else "sqlite"
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        settings = {"GUILDHALL_LOG_LEVEL": "warning", "GUILDHALL_DEMO": "off", "GUILDHALL_WORKERS": "2"}
        house = House(Path(folder) / "house", url, settings, is_furnished=not url)
        try:
            house.start()
            os.environ.update(house.settings())
            from guildhall.cli.app import start_django

            start_django()
            from benchmarks.intake import fresh_space
            from guildhall.channels.actions.talks import open_talk
            from guildhall.desk.actions import doors
            from guildhall.desk.doors import FOR_PRIVATE, Rules
            from guildhall.guard.actions import install_shipped

            install_shipped(by="system:bench")
            group = fresh_space("bench")
            talks = [open_talk(group, f"asker-{n}") for n in range(TALKS)]
            bare = offer(database, rate, max(5, seconds // 4), group.slug, talks, "no doors")
            doors.set_door(Rules(question=True), "system:bench", space_id=group.pk)
            doors.set_door(FOR_PRIVATE, "system:bench", platform="webchat")
            time.sleep(1.5)
            p95 = offer(database, rate, seconds, group.slug, talks, "with doors")
            report(
                Figure(
                    "desk intake", f"p95 submission to visible, {rate}/s for {seconds} s", p95, "ms",
                    database, baseline="no doors", ratio=p95 / bare, ceiling=CEILING_MS,
                )
            )  # fmt: skip
        finally:
            house.kill()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300, int(sys.argv[2]) if len(sys.argv) > 2 else 600)
