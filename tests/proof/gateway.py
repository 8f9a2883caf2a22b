"""A gateway-like process for the kill test: sends messages through intake and queues webhooks that must not double.

`python -m tests.proof.gateway ENDPOINT FIRST`: prints `message N` and `send N` once each is durably recorded.
"""

from __future__ import annotations

import sys
import time
from typing import Any

SPACE = "demo-en"


def main(endpoint: str, first: int) -> None:
    from guildhall.cli.app import start_django

    start_django()
    from django.db import connection, transaction
    from django.db.utils import Error

    from guildhall.channels.webchat import PLATFORM, external_id, message_body
    from guildhall.core import clock
    from guildhall.effects import webhooks
    from guildhall.effects.actions import enqueue
    from guildhall.effects.types import Mode, NewEffect
    from guildhall.intake import batcher
    from guildhall.intake.pipeline import Raw

    def message(number: int) -> Any:
        who = f"visitor-{number % 40}"
        body = message_body(
            space=SPACE, visitor=who, name=who, message_id=external_id(who, f"kill-{number}"),
            text=f"ordinary words about funding rates, number {number}", sent_at=clock.now(),
        )  # fmt: skip
        return batcher.submit(Raw(PLATFORM, body, clock.now()))

    def send(number: int) -> None:
        payload = {"endpoint": endpoint, "id": f"kill-{number}", "event": "proof.kill", "body": "{}"}
        with transaction.atomic():
            enqueue(NewEffect(webhooks.KIND, payload, mode=Mode.ONCE, unique_key=f"kill:{number}"))

    for number in range(first, first + 1_000_000):
        try:
            message(number).result(30)
            print(f"message {number}", flush=True)
            if number % 5 == 0:
                send(number)
                print(f"send {number}", flush=True)
        except Error:
            connection.close()
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
