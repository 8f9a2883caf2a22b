"""Console pages over a large house: server time of each, by Django's test client, as an owner sees them.

`python -m benchmarks.pages [MESSAGES MEMBERS]`: fills the database with `world`, then asks for every page
many times in turn, search in English and Chinese included. Baseline: a plain ORM list of fifty messages.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time

from benchmarks.machine import Figure, machine, percentile, report

TIMES = 15
CEILING_MS = 150.0
PAGES = (
    "/", "/review/", "/messages/", "/messages/?q=funding+rate", "/messages/?q=资金费率",
    "/messages/?q=withdrawal",
    "/messages/?q=提现", "/members/", "/members/?q=alice", "/members/?q=老王", "/spaces/", "/policies/",
    "/approvals/", "/effects/", "/audit/", "/staff/", "/settings/",
)  # fmt: skip


def plain_list_ms() -> float:
    """The baseline: fifty newest messages with their space and sender, rendered to nothing."""
    from guildhall.channels.models import Message

    began = time.perf_counter()
    rows = Message.objects.select_related("space", "account").order_by("-id")[:50]
    assert len([row.text for row in rows]) == 50
    return (time.perf_counter() - began) * 1000


def main(messages: int, members: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from benchmarks.world import build
    from guildhall.cli.prepare import migrate
    from guildhall.guard.actions import install_shipped
    from guildhall.people.testing import make_staff, sign_in

    print(machine())
    migrate()
    call_command("createcachetable", verbosity=0)
    install_shipped(by="system:bench")
    build(messages, members)
    client = sign_in(Client(headers={"host": "localhost"}), make_staff("owner"))
    for page in PAGES:
        answer = client.get(page)
        assert answer.status_code == 200, f"{page}: {answer.status_code}"
    taken: dict[str, list[float]] = {page: [] for page in PAGES}
    for _ in range(TIMES):
        for page in PAGES:
            began = time.perf_counter()
            client.get(page)
            taken[page].append((time.perf_counter() - began) * 1000)
    bare = percentile([plain_list_ms() for _ in range(20)], 0.5)
    size = f"{messages:,} messages, {members:,} members"
    for page in PAGES:
        report(
            Figure(
                "pages", f"p95 of {page} at {size}", percentile(taken[page], 0.95), "ms", connection.vendor,
                baseline="a plain ORM list of 50 messages", ratio=percentile(taken[page], 0.5) / bare,
                ceiling=CEILING_MS,
            )
        )  # fmt: skip


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(GUILDHALL_DATA_DIR=folder, GUILDHALL_LOG_LEVEL="error", GUILDHALL_DEMO="off")
        main(*(int(word) for word in (sys.argv[1:3] or ("1000000", "100000"))))
