"""A hundred `kill -9` at random moments of any process under load: nothing acknowledged is lost, nothing doubled,
and at most as many sends are uncertain as were in flight, every one of them listed.

KILLS: how many (default 100). SEED: which (default: the time, printed).
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from guildhall.cli.orphans import die_with
from tests.house import REPOSITORY, House, kill_9, wait_for

pytestmark = pytest.mark.proof
KILLS = int(os.environ.get("KILLS", "100"))
SEED = int(os.environ.get("SEED", str(int(time.time()))))
THREADS = 8

ADD_ENDPOINT = """
from django.db import transaction
from guildhall.effects import webhooks
endpoint, _ = webhooks.add_endpoint("http://127.0.0.1:%d/", ["proof.*"], "system:test")
print(json.dumps(endpoint.pk))
"""
COUNT = """
from collections import Counter
from guildhall.channels.models import Message
from guildhall.effects.models import Effect
words = Counter(Message.objects.filter(text__startswith="ordinary words").values_list("text", flat=True))
states = Counter(Effect.objects.values_list("state", flat=True))
once = dict(Effect.objects.filter(mode="once").values_list("unique_key", "state"))
print(json.dumps({"words": words, "states": states, "once": once}))
"""


class Sink(ThreadingHTTPServer):
    """Counts what arrives by its Idempotency-Key."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        seen, lock = self.seen, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", "0")))
                with lock:
                    seen[self.headers["Idempotency-Key"]] += 1
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is said for each request."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Gateway:
    """The loader, started again from where it was; what it said was acknowledged is kept."""

    def __init__(self, house: House, endpoint: str) -> None:
        self.house, self.endpoint = house, endpoint
        self.messages: set[int] = set()
        self.sends: set[int] = set()
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        parent = os.getpid()
        first = max(self.messages, default=0)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.proof.gateway", self.endpoint, str(first)], env=self.house.settings(),
            cwd=REPOSITORY, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            preexec_fn=lambda: die_with(parent),
        )  # fmt: skip
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            kind, _, number = line.strip().partition(" ")
            if number.isdigit() and line.endswith("\n"):
                (self.messages if kind == "message" else self.sends).add(int(number))

    def keep_alive(self) -> None:
        if self.process is None or self.process.poll() is not None:
            self.start()


def test_a_hundred_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    print(f"seed {SEED}")
    chance, sink = random.Random(SEED), Sink()
    house = House(
        tmp_path / "house", os.environ.get("DATABASE_URL", ""),
        {"GUILDHALL_LOG_LEVEL": "warning", "GUILDHALL_WEBHOOKS_INSIDE": "on"},
    )  # fmt: skip
    killed: Counter[str] = Counter()
    with house:
        gateway = Gateway(house, house.django(ADD_ENDPOINT % sink.server_address[1]))
        gateway.start()
        wait_for(lambda: len(gateway.messages) > 20, 60, "the load to begin")
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.05, 0.8))
            gateway.keep_alive()
            victims = {**house.processes(), **({gateway.process.pid: "gateway"} if gateway.process else {})}
            pid = chance.choice(sorted(victims))
            killed[victims[pid]] += 1
            kill_9(pid)
            if victims[pid] == "up":
                assert house.process is not None
                house.process.wait(10)
                wait_for(lambda: _can_start(house), 30, "the lock to be free")
        gateway.keep_alive()
        before = len(gateway.messages)
        wait_for(house.answers, 60, "the house to answer again")
        wait_for(lambda: len(gateway.messages) > before + 20, 60, "messages to flow again")
        assert gateway.process is not None
        gateway.process.kill()
        time.sleep(1)
        live = ("queued", "leased", "running")

        def settled() -> bool:
            states = house.django(COUNT)["states"]
            return not any(states.get(state) for state in live)

        wait_for(settled, 180, "every effect to be settled")
        found = house.django(COUNT)
        print(
            f"killed {dict(killed)}; {len(gateway.messages)} messages, {len(gateway.sends)} sends, {found['states']}"
        )
        lost = [n for n in gateway.messages if found["words"].get(_words(n), 0) == 0]
        doubled = {text: times for text, times in found["words"].items() if times > 1}
        assert not lost
        assert not doubled
        assert not [key for key, times in sink.seen.items() if times > 1]
        state_of = {int(key.partition(":")[2]): state for key, state in found["once"].items()}
        assert not [n for n in gateway.sends if n not in state_of]
        assert not [n for n, s in state_of.items() if s == "done" and sink.seen[f"kill-{n}"] != 1]
        uncertain = [n for n, s in state_of.items() if s == "uncertain"]
        workers_killed = sum(
            times for name, times in killed.items() if name.startswith("worker") or name == "up"
        )
        assert len(uncertain) <= workers_killed * THREADS * 2
        assert set(state_of.values()) <= {"done", "uncertain"}
        proof = house.run("audit", "verify")
        assert proof.returncode == 0, proof.stdout


def _words(number: int) -> str:
    return f"ordinary words about funding rates, number {number}"


def _can_start(house: House) -> bool:
    """Start the house again after its supervisor was killed; False while its port is still held."""
    if house.process is not None and house.process.poll() is None:
        return True
    house.launch()
    time.sleep(0.7)
    assert house.process is not None
    return house.process.poll() is None
