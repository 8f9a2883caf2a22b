"""Queues sends one by one until stopped, and prints each token once it is committed."""

import sys
import time

from guildhall.cli.app import start_django

start_django()

from django.db import DatabaseError, InterfaceError, connection, transaction  # noqa: E402

from guildhall.effects.actions import NewEffect, enqueue  # noqa: E402
from guildhall.effects.types import Mode  # noqa: E402

for number in range(int(sys.argv[1])):
    token = f"t{number}"
    while True:
        try:
            with transaction.atomic():
                enqueue(
                    NewEffect(
                        "proof.send",
                        {"token": token},
                        Mode.ONCE,
                        order_key=f"key:{number % 5}",
                        unique_key=token,
                    )
                )
            break
        except (DatabaseError, InterfaceError):
            connection.close()
            time.sleep(0.1)
    print(token, flush=True)
    time.sleep(0.03)
