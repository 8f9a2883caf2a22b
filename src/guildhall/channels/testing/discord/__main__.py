"""Runs the fake Discord until interrupted: python -m guildhall.channels.testing.discord --port 8082"""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

import orjson

from guildhall.channels.testing.discord import FakeDiscord


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m guildhall.channels.testing.discord", description=__doc__)
    parser.add_argument("--port", type=int, default=8082, help="0 for any free port")
    parser.add_argument("--bot-token", default="", help="of the first bot; otherwise one is made up")
    parser.add_argument("--name", default="Guildhall", help="the name of the first bot")
    parser.add_argument("--guild", default="The practice server", help="the first server; '' for none")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--world", type=Path, help='a JSON list of control calls: [["add_user", {...}], ...]')
    parser.add_argument("--no-limits", action="store_true", help="never answer 429 by itself")
    given = parser.parse_args()
    done = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: done.set())
    with FakeDiscord(port=given.port, seed=given.seed, limits=not given.no_limits) as fake:
        bot = fake.add_bot(given.bot_token, given.name)
        print(f"url {fake.url}", flush=True)
        print(f"api {fake.api}", flush=True)
        print(f"gateway {fake.gateway_url}", flush=True)
        print(f"token {bot.token}", flush=True)
        if given.guild:
            owner = fake.add_user("owner")
            guild = fake.add_guild(given.guild, owner)
            fake.install(bot, guild)
            print(f"guild {guild} owner {owner}", flush=True)
        if given.world:
            story = orjson.loads(given.world.read_bytes())
            for (_name, said), answer in zip(story, fake.play(story), strict=True):
                if "as" in said:
                    print(f"{said['as']} {answer}", flush=True)
        print(f"control {fake.url}/control/", flush=True)
        done.wait()


if __name__ == "__main__":
    main()
