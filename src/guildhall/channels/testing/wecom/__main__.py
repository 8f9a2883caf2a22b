"""Runs the fake WeChat until interrupted: python -m guildhall.channels.testing.wecom --port 8082"""

from __future__ import annotations

import argparse
import signal
import threading

from guildhall.channels.testing.wecom import FakeWecom


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m guildhall.channels.testing.wecom", description=__doc__)
    parser.add_argument("--port", type=int, default=8082, help="0 for any free port")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    done = threading.Event()
    for sign in (signal.SIGINT, signal.SIGTERM):
        signal.signal(sign, lambda *_: done.set())
    with FakeWecom(port=given.port, seed=given.seed) as fake:
        corp = fake.add_corp(name="Practice")
        fake.add_staff(corp, "lilei", "李雷")
        group = fake.add_group(corp, "lilei", "Practice group")
        account = fake.add_account(name="Practice news")
        print(f"url {fake.url}", flush=True)
        print(f"corp {corp.id}", flush=True)
        for agent, secret in corp.secrets.items():
            print(f"secret {agent} {secret}", flush=True)
        print(f"group {group}", flush=True)
        print(f"kf {fake.add_kf(corp, 'Practice desk')}", flush=True)
        print(f"robot {fake.add_robot(corp)}", flush=True)
        print(f"account {account.id} {account.secret}", flush=True)
        print(f"control {fake.url}/control/", flush=True)
        done.wait()


if __name__ == "__main__":
    main()
