"""A made-up back office or venue that stays, to try look-ups and pulls with.

`python -m guildhall.exchange.testing back-office --secret … --port 8790`, or `okx`, `bybit`, `binance`,
`bitget`, `mexc` in its place: a venue with forty people who traded yesterday and today.
"""

from __future__ import annotations

import argparse
import os
import threading
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta


def main() -> None:
    """Keep one running until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["back-office", "okx", "bybit", "binance", "bitget", "mexc"])
    parser.add_argument("--secret", default="", help="of a back office, shared with the house")
    parser.add_argument("--port", type=int, default=8790)
    given = parser.parse_args()
    if given.what == "back-office" and not given.secret:
        parser.error("a back office needs --secret")

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "guildhall.conf.settings")
    import django

    django.setup()
    with ExitStack() as stack:
        print(_stand(given, stack), flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print("closed")


def _stand(given: argparse.Namespace, stack: ExitStack) -> str:
    """Let it stand, and say how to reach it."""
    if given.what == "back-office":
        from guildhall.exchange.testing import back_office

        address = stack.enter_context(back_office.standing(back_office.BackOffice(given.secret), given.port))
        return f"answering at {address}; the UID 100001 is known"
    from guildhall.exchange.testing import venues
    from guildhall.exchange.testing.venues.every import SERVERS
    from guildhall.exchange.testing.venues.server import KEY, PASSPHRASE, SECRET

    now = datetime.now(UTC)
    world = venues.World()
    for number in range(40):
        person = world.add(str(100_001 + number), now - timedelta(days=2), kyc=number % 2)
        for days in (1, 0):
            amount = (number + 1) * 10**10
            day = (now - timedelta(days=days)).date()
            person.trades.append(venues.Traded(day, amount, amount // 1000, amount // 3000))
    address = stack.enter_context(venues.standing(SERVERS[given.what](world), given.port))
    return f"answering at {address}; key {KEY}, secret {SECRET}, passphrase {PASSPHRASE}"


if __name__ == "__main__":
    main()
