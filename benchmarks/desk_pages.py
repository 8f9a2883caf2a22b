"""Inbox and ticket pages over a large desk while its agents work: server time of each, by the test client.

`python -m benchmarks.desk_pages [MESSAGES MEMBERS TICKETS AGENTS]`: fills the database with `world` and
`desk_world`, then asks for every kind of page many times, each time as another of the agents. Meanwhile
another process does what those agents do: open tickets are looked at anew every few seconds, notes and
owners are written, members write. Baseline: a plain ORM list of fifty tickets.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from random import Random
from typing import Any

from benchmarks.machine import Figure, machine, percentile, report

TIMES = 60
CEILING_MS = 200.0
DEEDS_S, LOOKS_S = 7.0, 20.0
"""What 200 agents do in a second: one deed each half a minute; every tenth second somebody's page is polled
(the pages ask every five, most of them in a tab nobody looks at, which asks nothing)."""
LISTS = (
    "/inbox/", "/inbox/?view=open", "/inbox/?view=unassigned", "/inbox/?view=at_risk",
    "/inbox/?view=breached", "/inbox/?view=mentions", "/inbox/?view=solved&sort=-changed",
    "/inbox/?view=all&sort=-new", "/inbox/?view=open&language=zh-hans&priority=urgent",
    "/inbox/?view=open&space=load-3&category=withdrawal",
    "/inbox/?view=all&q=withdrawal", "/inbox/?view=all&q=提现", "/inbox/?view=open&q=funding+rate",
    "/inbox/live/",
)  # fmt: skip


def plain_list_ms() -> float:
    """The baseline: fifty tickets with their space and asker, rendered to nothing."""
    from guildhall.desk.models import Ticket

    began = time.perf_counter()
    rows = Ticket.objects.select_related("space", "account").order_by("-id")[:50]
    assert len([row.subject for row in rows]) == 50
    return (time.perf_counter() - began) * 1000


def main(messages: int, members: int, tickets: int, agents: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    print(machine(), "load", os.getloadavg()[0])
    fill(messages, members, tickets, agents)
    measure(f"{messages:,} messages, {tickets:,} tickets, {agents} agents working")


def fill(messages: int, members: int, tickets: int, agents: int) -> None:
    """Make the house."""
    from django.core.management import call_command

    from benchmarks import desk_world
    from benchmarks.world import build
    from guildhall.cli.prepare import migrate
    from guildhall.guard.actions import install_shipped
    from guildhall.people.testing import make_staff

    migrate()
    call_command("createcachetable", verbosity=0)
    install_shipped(by="system:bench")
    world = build(messages, members)
    people = [make_staff("support_agent", name=f"Agent {n}") for n in range(agents)]
    desk_world.build(world, tickets, [one.pk for one in people])


def measure(size: str, times: int = TIMES) -> None:
    """Ask for the pages while the agents work."""
    from django.db import connection
    from django.test import Client

    from guildhall.desk.models import Ticket
    from guildhall.people.models import Staff
    from guildhall.people.testing import sign_in

    people = Staff.objects.filter(name__startswith="Agent ")
    clients = [sign_in(Client(headers={"host": "localhost"}), one) for one in people]
    random = Random(3)
    in_hand = list(Ticket.objects.filter(status="open").values_list("pk", flat=True)[:4000])
    long_ones = list(Ticket.objects.filter(replies__gt=20).values_list("pk", flat=True)[:200])
    asked = {page: (lambda page=page: page) for page in LISTS}
    asked["/inbox/<ticket>/"] = lambda: f"/inbox/{random.choice(in_hand)}/?view=open"
    asked["/inbox/<a long talk>/"] = lambda: f"/inbox/{random.choice(long_ones)}/"
    asked["/inbox/<ticket>/live/"] = lambda: f"/inbox/{random.choice(in_hand)}/live/"
    for address in asked.values():
        answer = clients[0].get(address())
        assert answer.status_code == 200, f"{address()}: {answer.status_code}"
    taken: dict[str, list[float]] = {page: [] for page in asked}
    crowd = subprocess.Popen([sys.executable, "-m", "benchmarks.desk_pages", "--work"], env=os.environ)
    try:
        time.sleep(8)
        assert crowd.poll() is None, "the agents went home"
        for _ in range(times):
            for page, address in asked.items():
                client = random.choice(clients)
                began = time.perf_counter()
                client.get(address())
                taken[page].append((time.perf_counter() - began) * 1000)
        assert crowd.poll() is None, "the agents went home"
    finally:
        crowd.terminate()
        crowd.wait()
    bare = percentile([plain_list_ms() for _ in range(20)], 0.5)
    for page, spent in taken.items():
        report(
            Figure(
                "desk_pages", f"p95 of {page} at {size}", percentile(spent, 0.95), "ms", connection.vendor,
                baseline="a plain ORM list of 50 tickets", ratio=percentile(spent, 0.5) / bare,
                ceiling=CEILING_MS,
            )
        )  # fmt: skip
    print("load", os.getloadavg()[0])


def work() -> None:
    """What the agents do, at the pace of `DEEDS_S` and `LOOKS_S`, until the process is ended."""
    from guildhall.cli.app import start_django

    start_django()
    from django.test import Client

    from guildhall.core import clock
    from guildhall.core.errors import GuildhallError
    from guildhall.desk.actions import tickets as deeds
    from guildhall.desk.models import Ticket
    from guildhall.people.models import Staff
    from guildhall.people.testing import sign_in

    random = Random(5)
    staff = list(Staff.objects.filter(name__startswith="Agent ")[:200])
    clients = [sign_in(Client(headers={"host": "localhost"}), one) for one in staff[:40]]
    in_hand = list(Ticket.objects.filter(status="open").values_list("pk", flat=True)[:4000])
    said: list[Any] = [
        lambda pk, me: deeds.note(pk, me, "Finance looks into it, back at 14:30."),
        lambda pk, me: deeds.assign(pk, me.pk, me),
        lambda pk, me: deeds.set_priority(pk, random.choice(("normal", "high")), me),
        lambda pk, me: deeds.add_customer_messages([(pk, "", "Any news of it?", clock.now())]),
    ]
    began, deeds_done, looks_done = time.monotonic(), 0, 0
    while True:
        spent = time.monotonic() - began
        if deeds_done < spent * DEEDS_S:
            deeds_done += 1
            try:
                random.choice(said)(random.choice(in_hand), random.choice(staff))
            except GuildhallError as error:
                print(f"desk_pages: {error.text}", file=sys.stderr)
        elif looks_done < spent * LOOKS_S:
            looks_done += 1
            random.choice(clients).get(f"/inbox/{random.choice(in_hand)}/live/")
        else:
            time.sleep(0.01)


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        work()
    else:
        with tempfile.TemporaryDirectory() as folder:
            os.environ.update(GUILDHALL_DATA_DIR=folder, GUILDHALL_LOG_LEVEL="error", GUILDHALL_DEMO="off")
            main(*(int(word) for word in (sys.argv[1:5] or ("1000000", "100000", "100000", "200"))))
