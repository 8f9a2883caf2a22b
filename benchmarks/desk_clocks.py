"""How soon a breach is told with many clocks running: a whole house, its ticker judging every second.

`python -m benchmarks.desk_clocks [CLOCKS SECONDS]`: opens tickets with two running clocks each, has some of
them run out every second for a while and five hundred within one second, and looks from outside when each
breach is there. Baseline: the second the ticker has to wait for, because a second is judged when it is over.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from tests.house import House

from benchmarks.machine import Figure, machine, percentile, report

CEILING_S, BASELINE_S = 5.0, 1.0
EACH_SECOND, AT_ONCE, CHUNK, AHEAD_S = 40, 500, 500, 25

PROMISE = """
from guildhall.desk.testing import promising
promising.promise(promising.content(first_response=7200, resolution=864000))
print(json.dumps(True))
"""
FILL = """
import time
from datetime import datetime, timedelta, UTC
from django.db import transaction
from guildhall.core import clock
from guildhall.desk.actions import tickets
began, cpu = time.perf_counter(), time.process_time()
due = [datetime.fromtimestamp(at, UTC) for at in %s]
drafts = [tickets.Draft("api", text="Where is it?", received_at=at - timedelta(seconds=7200)) for at in due]
tickets.open_many(drafts, by="token:1", at=clock.now())
print(json.dumps([time.perf_counter() - began, time.process_time() - cpu]))
"""
COUNT = """
from guildhall.desk.models import Clock
print(json.dumps(Clock.objects.filter(state="running", breached_at__isnull=True).count()))
"""
SEEN = """
import time
from datetime import datetime, UTC
from guildhall.desk.models import Clock
since = datetime.fromtimestamp(%f, UTC)
found = Clock.objects.filter(breached_at__gte=since, announced_at__isnull=False)
found = [(pk, at.timestamp()) for pk, at in found.values_list("id", "breached_at")]
print(json.dumps([time.time(), found]))
"""


def main(clocks: int, seconds: int) -> None:
    """Fill, let run out, look."""
    database = "PostgreSQL" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "SQLite"
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        house = House(Path(folder) / "house", os.environ.get("DATABASE_URL", ""))
        prepared = house.run("prepare", seconds=600)
        assert prepared.returncode == 0, prepared.stderr
        with house:
            house.django(PROMISE)
            near = EACH_SECOND * seconds + AT_ONCE
            far = max(0, clocks // 2 - near)
            wall = cpu = 0.0
            for start in range(0, far, CHUNK):
                later = time.time() + 3600
                due = [int(later + number % 3000) for number in range(start, min(far, start + CHUNK))]
                took = house.django(FILL % due)
                wall, cpu = wall + took[0], cpu + took[1]
            report(Figure("desk_clocks", "tickets opened, each with two clocks", far / wall, "1/s", database))
            began = int(time.time()) + AHEAD_S
            due = [began + number // EACH_SECOND for number in range(EACH_SECOND * seconds)]
            due += [began + seconds // 2] * AT_ONCE
            for start in range(0, near, CHUNK):
                house.django(FILL % due[start : start + CHUNK])
            assert time.time() < began, "filling took longer than planned: the machine is too busy to measure"
            running = house.django(COUNT)
            print(f"    {running} clocks running; {near} run out within {seconds} s")
            waited: dict[int, float] = {}
            until = began + seconds + 30
            while len(waited) < near and time.time() < until:
                now, found = house.django(SEEN % began)
                for pk, at in found:
                    waited.setdefault(pk, now - at)
                time.sleep(0.2)
    assert len(waited) == near, f"{near - len(waited)} breaches were not told"
    for what, value in (
        ("median", percentile(list(waited.values()), 0.5)),
        ("99th percentile", percentile(list(waited.values()), 0.99)),
        ("worst", max(waited.values())),
    ):
        report(
            Figure(
                "desk_clocks", f"from due to told, {running} clocks running, {what}", value, "s", database,
                baseline="a second", ratio=value / BASELINE_S,
                ceiling=CEILING_S if what == "99th percentile" else None,
            )
        )  # fmt: skip


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:3]]
    main(*(given or (50_000, 60)))
