"""How many effects one worker carries out, in effects per CPU-second and per second, beside many finished
ones.

`python -m benchmarks.effects [EFFECTS [FINISHED]]` uses the database of the environment, or a SQLite file
(durable, synchronous=FULL) of its own. The performers do nothing, so what is measured is the engine. The
baseline is what a queue without batches costs: one durable transaction for each effect.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

EFFECTS, FINISHED, BASELINE = 6_000, 200_000, 300
THREADS = 4
PER_SECOND = 1_500


@dataclass(frozen=True, slots=True)
class Spent:
    """wall_s, cpu_s: seconds, and CPU seconds of this process, for `count` effects."""

    count: int
    wall_s: float
    cpu_s: float

    @property
    def per_s(self) -> float:
        return self.count / self.wall_s

    @property
    def per_cpu_s(self) -> float:
        return self.count / self.cpu_s


def spend(count: int, work: Callable[[], None]) -> Spent:
    """Do the work and say what it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(count, time.perf_counter() - wall, time.process_time() - cpu)


def main(effects: int, finished: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.machine import machine
    from guildhall.core.text import Text
    from guildhall.effects import buckets, performers

    call_command("migrate", verbosity=0)
    performers.performer("bench.none", describe=Text("Nothing", "空任务"))(lambda effect: None)
    buckets.rule("bench:", rate_per_s=100_000, burst=100_000)
    durability = "synchronous=FULL" if connection.vendor == "sqlite" else "synchronous_commit=on"
    print(f"{machine()}; {effects:,} effects, {finished:,} finished ones beside them, {durability}")
    lay_down(finished)
    measure(effects, "sqlite" if connection.vendor == "sqlite" else "postgresql")


def measure(effects: int, database: str) -> None:
    """Baseline, queueing, and four kinds of effects through one worker of four threads."""
    from benchmarks.machine import Figure, report
    from guildhall.effects.types import Mode, NewEffect

    base = spend(BASELINE, lambda: one_by_one(BASELINE))
    report(Figure("effects", "one transaction each, no engine", base.per_s, "effects/s", database))
    loads: dict[str, Callable[[int], NewEffect]] = {
        "repeatable": lambda n: NewEffect("bench.none", {"n": n}),
        "ordered, 200 keys": lambda n: NewEffect("bench.none", {"n": n}, order_key=f"k{n % 200}"),
        "drawing from 2 of 51 buckets": lambda n: NewEffect(
            "bench.none", {"n": n}, buckets=("bench:all", f"bench:{n % 50}")
        ),
        "once": lambda n: NewEffect("bench.none", {"n": n}, Mode.ONCE),
    }
    for name, make in loads.items():
        count = effects if name != "once" else effects // 6
        queued = spend(count, lambda make=make, count=count: queue(make, count))  # type: ignore[misc]
        if name == "repeatable":
            report(
                Figure("effects", "queued, 100 a transaction", queued.per_cpu_s, "effects/CPU-s", database)
            )
        done = spend(count, lambda count=count: drain(count))  # type: ignore[misc]
        report(
            Figure(
                "effects", f"{name}, one worker", done.per_s, "effects/s", database,
                baseline="one transaction each", ratio=done.per_s / base.per_s,
                floor=PER_SECOND if name == "repeatable" else None,
            )
        )  # fmt: skip
        report(Figure("effects", f"{name}, one worker", done.per_cpu_s, "effects/CPU-s", database))


def queue(make: Callable[[int], object], count: int) -> None:
    """Queue effects as a batch of messages would: a hundred in each transaction."""
    from django.db import transaction

    from guildhall.effects import actions

    for start in range(0, count, 100):
        with transaction.atomic():
            actions.enqueue_many(make(n) for n in range(start, min(start + 100, count)))  # type: ignore[misc]


def drain(count: int) -> None:
    """Let one worker in this process do all that is queued."""
    from django.db import connection

    from guildhall.effects.worker import Worker

    worker = Worker("bench", THREADS)

    def watch() -> None:
        while worker.finished < count:
            time.sleep(0.005)
        worker.stop()

    watcher = threading.Thread(target=watch)
    watcher.start()
    worker.run()
    watcher.join()
    connection.close()


def one_by_one(count: int) -> None:
    """Mark rows as done in a transaction each."""
    from django.db import transaction

    from guildhall.effects import table

    ids = [row[0] for row in table.run("SELECT id FROM effects_effect ORDER BY id LIMIT %s", [count])]
    for id_ in ids:
        with transaction.atomic():
            table.run("UPDATE effects_effect SET error = 'x' WHERE id = %s", [id_])


def lay_down(finished: int) -> None:
    """Finished effects, as a house has after some weeks."""
    from django.db import transaction

    from guildhall.core import bulk, clock
    from guildhall.effects import table
    from guildhall.effects.models import Effect

    now = clock.now()
    names = (
        "kind", "payload", "mode", "order_key", "buckets", "priority", "due_at", "state", "waiting_for",
        "attempts", "created_at", "started_at", "finished_at", "cause",
    )  # fmt: skip
    for start in range(0, finished, 10_000):
        rows = []
        for n in range(start, min(start + 10_000, finished)):
            at = now - timedelta(seconds=finished - n)
            rows.append(
                (
                    "bench.none",
                    "{}",
                    "repeatable",
                    f"k{n % 200}",
                    "[]",
                    100,
                    at,
                    "done",
                    "",
                    1,
                    at,
                    at,
                    at,
                    f"case:{n}",
                )
            )
        with transaction.atomic():
            bulk.insert(Effect, names, rows)
    table.run("ANALYZE effects_effect")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guildhall.conf.settings")
    os.environ.setdefault("GUILDHALL_LOG_LEVEL", "error")
    given = [int(argument) for argument in sys.argv[1:3]]
    with tempfile.TemporaryDirectory(prefix="guildhall-bench-") as folder:
        os.environ.setdefault("GUILDHALL_DATA_DIR", folder)
        main(*(given + [EFFECTS, FINISHED][len(given) :]))
