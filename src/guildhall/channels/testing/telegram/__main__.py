"""Runs the fake Bot API until interrupted: python -m guildhall.channels.testing.telegram --port 8081"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

import orjson

from guildhall.channels.testing.telegram import FakeTelegram


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m guildhall.channels.testing.telegram", description=__doc__
    )
    parser.add_argument("--port", type=int, default=8081, help="0 for any free port")
    parser.add_argument("--bot-token", help="the token of the first bot; without it one is made up")
    parser.add_argument("--username", default="guildhall_bot", help="the user name of the first bot")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--world", type=Path, help='a JSON list of control calls: [["add_user", {...}], ...]')
    parser.add_argument("--no-limits", action="store_true", help="never answer 429 by itself")
    given = parser.parse_args()
    done = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: done.set())
    with FakeTelegram(port=given.port, seed=given.seed, limits=not given.no_limits) as fake:
        bot = fake.add_bot(given.bot_token, given.username, "Guildhall")
        if given.world:
            fake.play(orjson.loads(given.world.read_bytes()))
        print(f"url {fake.url}", flush=True)
        print(f"token {bot.token}", flush=True)
        print(f"control {fake.url}/control/", flush=True)
        done.wait()


if __name__ == "__main__":
    main()
