"""Duty of 200 agents over twelve weeks: laying it out, who is on duty, a week, and the check of a swap.

`python -m benchmarks.duty [AGENTS]`: teams of fifty, four days on and two off in three bands of hours, an
on-call rotation each, needs, leave and covers. CPU of this process, so that a busy machine changes little.
Baseline of each reading: the bare rows of the same shifts by one query.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from benchmarks.machine import Figure, machine, percentile, report

CEILINGS = {"who is on duty": 60.0, "a week of every team": 400.0, "check of a swap": 200.0}
TIMES = 40


def main(agents: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from django.db import connection

    from guildhall.cli.prepare import migrate
    from guildhall.core import clock
    from guildhall.people.models import Staff, Team, TeamMembership
    from guildhall.work.duty import actions, queries, swapping
    from guildhall.work.duty.actions import Draft, Needed, Off
    from guildhall.work.duty.patterns import Line, Repeat, in_turns, on_off
    from guildhall.work.models import Cover, Leave, Shift, Swap

    migrate()
    database = connection.vendor
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}")
    now = clock.now()
    anchor = now.date() - timedelta(days=14)
    people = [Staff.objects.create(email=f"a{n}@example.org", name=f"A{n}") for n in range(agents)]
    began, laid = time.process_time(), 0
    for number in range(0, agents, 50):
        team = Team.objects.create(slug=f"t{number}", name=f"T{number}")
        some = people[number : number + 50]
        TeamMembership.objects.bulk_create(TeamMembership(team=team, staff=one) for one in some)
        for band in range(3):
            cycle, slots = on_off(4, 2, band * 480, band * 480 + 480)
            lines = tuple(Line(one.pk, n % 6) for n, one in enumerate(some[band::3]))
            repeat = Repeat("Europe/London", anchor, cycle, slots, lines)
            laid += len(actions.save_pattern(Draft(team.pk, "x", "on_off", repeat), by="staff:1")[1].made)
        cycle, slots, turns = in_turns([one.pk for one in some[:5]], 7, 540, 540)
        repeat = Repeat("Europe/London", anchor, cycle, slots, tuple(turns))
        laid += len(
            actions.save_pattern(Draft(team.pk, "c", "rotation", repeat, "on_call"), by="staff:1")[1].made
        )
        actions.add_need(Needed(team.pk, 0, 1440, "Asia/Shanghai", language="en", least=5), by="staff:1")
    took = time.process_time() - began
    report(Figure("duty", "laid out", laid / took, "shifts a CPU second", database))
    shifts = list(
        Shift.objects.filter(kind="shift", starts_at__gt=now + timedelta(days=1)).order_by("id")[:2000:20]
    )
    for n, shift in enumerate(shifts[:40]):
        Cover.objects.create(shift=shift, staff=people[n], made_by="staff:1")
    for one in people[::10]:
        off = Off(now + timedelta(days=3), now + timedelta(days=9))
        leave = actions.ask_leave(one, off)
        Leave.objects.filter(pk=leave.pk).update(state="approved")
    swaps = [
        Swap(shift=shift, asker_id=shift.staff_id, to=people[(n * 7) % agents])
        for n, shift in enumerate(shifts[40:80])
    ]

    def timed(what: str, does: Callable[[int], object], bare: Callable[[int], object]) -> None:
        figures = []
        for deed in (bare, does):
            seen = []
            for n in range(TIMES):
                start = time.process_time()
                deed(n)
                seen.append((time.process_time() - start) * 1000)
            figures.append(percentile(seen, 0.95))
        low, high = figures
        report(
            Figure(
                "duty", f"{what}, p95", high, "ms of CPU", database, baseline="bare rows",
                ratio=high / max(low, 1e-3), ceiling=CEILINGS[what],
            )
        )  # fmt: skip

    def rows(start_h: int, hours: float) -> object:
        start = now + timedelta(hours=start_h)
        return list(queries.planned(start, start + timedelta(hours=hours)).values_list())

    timed("who is on duty", lambda n: queries.on_duty(now + timedelta(hours=n)), lambda n: rows(n, 0.001))
    timed(
        "a week of every team",
        lambda n: queries.shifts(now + timedelta(hours=n), now + timedelta(hours=n + 168)),
        lambda n: rows(n, 168),
    )
    timed("check of a swap", lambda n: swapping.problems(swaps[n % len(swaps)]), lambda n: rows(24 + n, 8))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["GUILDHALL_DATA_DIR"] = str(Path(folder) / "house")
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
