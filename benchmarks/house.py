"""A whole house: how soon it answers, what it weighs at rest, and how long a message waits beside it.

`python -m benchmarks.house [RATE SECONDS]`: starts `guildhall up` twice (the second start is that of a set-up
machine), lets it rest, then offers RATE messages a second from a gateway-like process and times each from
submission to commit.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.house import House

from benchmarks.intake import bodies
from benchmarks.machine import Figure, machine, percentile, report

REST_S = 20.0
START_CEILING_S, MEMORY_CEILING_MB, P99_CEILING_MS = 5.0, 600.0, 100.0


def start_twice(house: House, database: str) -> None:
    """The first start sets up; the second is timed."""
    house.start()
    assert house.stop() == 0, house.tail()
    began = time.perf_counter()
    house.start()
    report(
        Figure(
            "start", "second `guildhall up` to its first answer", time.perf_counter() - began, "s", database,
            ceiling=START_CEILING_S,
        )
    )  # fmt: skip


def weigh(house: House, database: str) -> None:
    """Resident and proportional memory of all processes after a while of rest."""
    for _ in range(5):
        house.get("/accounts/login/")
    time.sleep(REST_S)
    memory = house.memory()
    for name, (rss, pss) in memory.items():
        print(f"    {name:<16} {rss:6.0f} MB resident, {pss:6.0f} MB proportional")
    for number, kind in enumerate(("resident", "proportional")):
        total = sum(sizes[number] for sizes in memory.values())
        report(
            Figure(
                "memory", f"at rest, {kind}, all processes", total, "MB", database, ceiling=MEMORY_CEILING_MB
            )
        )


def offer(database: str, rate: int, seconds: int) -> None:
    """Submit at a steady rate to a batcher of this process and time each to its commit."""
    from guildhall.channels.webchat import PLATFORM
    from guildhall.core import clock
    from guildhall.intake import batcher
    from guildhall.intake.pipeline import Raw

    load = bodies(rate * seconds, "demo-en", seed=int(time.time()))
    waits: list[float] = []
    failures: list[BaseException] = []
    all_done = threading.Semaphore(0)

    def note(began: float, future: object) -> None:
        error = future.exception()  # type: ignore[attr-defined]
        waits.append(time.perf_counter() - began)
        if error is not None:
            failures.append(error)
        all_done.release()

    batcher.submit(Raw(PLATFORM, bodies(1, "demo-en", seed=1)[0], clock.now())).result(10)
    start = time.perf_counter()
    for number, body in enumerate(load):
        due = start + number / rate
        while (early := due - time.perf_counter()) > 0:
            time.sleep(min(early, 0.001))
        began = time.perf_counter()
        batcher.submit(Raw(PLATFORM, body, clock.now())).add_done_callback(lambda f, b=began: note(b, f))
    for _ in load:
        all_done.acquire()
    took = time.perf_counter() - start
    print(f"    {len(load):,} offered, {len(load) / took:,.0f}/s done, {len(failures)} failed")
    for share, ceiling in ((0.5, None), (0.99, P99_CEILING_MS)):
        report(
            Figure(
                "latency", f"p{share * 100:.0f} to committed, {rate:,}/s beside web, 2 workers, ticker",
                percentile(waits, share) * 1000, "ms", database, ceiling=ceiling,
            )
        )  # fmt: skip


def main(rate: int, seconds: int) -> None:
    url = os.environ.get("DATABASE_URL", "")
    database = "postgresql" if url.startswith("postgres") else "sqlite"
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "house", url, {"GUILDHALL_LOG_LEVEL": "warning"})
        try:
            start_twice(house, database)
            weigh(house, database)
            os.environ.update(house.settings())
            from guildhall.cli.app import start_django

            start_django()
            offer(database, rate, seconds)
        finally:
            house.kill()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 20)
