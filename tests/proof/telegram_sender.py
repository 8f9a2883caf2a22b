"""Has a house say things in private talks, each once: the sends of the Telegram kill test.

`python -m tests.proof.telegram_sender FIRST`: prints `send N` once a send is durably queued.
"""

from __future__ import annotations

import sys
import time

PAUSE_S = 0.15


def words(number: int) -> str:
    """What the send of a number says; no two say the same."""
    return f"Notice number {number}: maintenance is over."


def main(first: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from django.db import connection
    from django.db.utils import Error

    from guildhall.channels import actions
    from guildhall.channels.models import Space
    from guildhall.channels.port import Act, Verb
    from guildhall.core import clock
    from guildhall.core.clearance import Clearance, content_hash

    for number in range(first, first + 1_000_000):
        try:
            talks = list(Space.objects.filter(kind="private").order_by("id").values_list("id", flat=True))
            text = words(number)
            yes = Clearance("service", "", content_hash(text), ("proof",), clock.now())
            actions.request(
                Act(Verb.SEND, talks[number % len(talks)], text=text), actor="system:proof", reason="kill proof",
                clearance=yes, unique_key=f"kill:{number}",
            )  # fmt: skip
            print(f"send {number}", flush=True)
        except Error:
            connection.close()
        time.sleep(PAUSE_S)


if __name__ == "__main__":
    main(int(sys.argv[1]))
