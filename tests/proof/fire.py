"""Load and sabotage for a real house: visitors who post and repeat until they are answered, a sink that counts
what reaches it, and a hand that kills whatever process chance names.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import urlencode

from tests.house import REPOSITORY, House, kill_9, wait_for

PATIENCE_S = 240.0
"""How long a house may take to rise on a machine that has much else to do."""
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}


class Sink:
    """A peer on loopback that counts every token it is told."""

    def __init__(self) -> None:
        counts = self.counts = Counter[str]()
        lock = threading.Lock()

        class Told(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                with lock:
                    counts[self.path.strip("/")] += 1
                time.sleep(0.02)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()


class Visitors:
    """Threads that post to web chat; `acknowledged` holds the texts that were answered as recorded."""

    def __init__(self, house: House, threads: int = 4, seed: int = 1) -> None:
        self.house, self.acknowledged, self.tried = house, set[str](), set[str]()
        self.refusals = Counter[int]()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._visit, args=(n, Random(seed * 100 + n)), daemon=True)
            for n in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _visit(self, lane: int, random: Random) -> None:
        number = 0
        while not self._stop.is_set():
            address = f"10.{lane}.{random.randrange(256)}.{random.randrange(1, 255)}"
            cookie = self._enter(f"visitor{lane}x{number}", address)
            for _ in range(4):
                if cookie and not self._stop.is_set():
                    self._say(
                        f"is withdrawal {lane}x{number} of {random.randrange(10**9)} USDT on its way",
                        cookie,
                        address,
                    )
                    number += 1

    def _enter(self, name: str, address: str) -> str:
        status, headers = self._post("join", {"name": name, "agree": "yes"}, "", address)
        if status not in (200, 204, 302, 303):
            time.sleep(0.1)
            return ""
        return "; ".join(value.split(";")[0] for key, value in headers if key.lower() == "set-cookie")

    def _say(self, text: str, cookie: str, address: str) -> None:
        """Post one text under one nonce, again and again, until it is acknowledged."""
        self.tried.add(text)
        nonce = f"n{abs(hash(text)):020d}"
        for _ in range(120):
            status, _headers = self._post("post", {"nonce": nonce, "text": text}, cookie, address)
            if status in (200, 204, 302, 303):
                self.acknowledged.add(text)
                return
            self.refusals[status] += 1
            time.sleep(0.1 if status != 429 else 0.5)

    def _post(
        self, where: str, fields: dict[str, str], cookie: str, address: str
    ) -> tuple[int, list[tuple[str, str]]]:
        connection = http.client.HTTPConnection("localhost", self.house.port, timeout=15)
        try:
            headers = {**FORM, "X-Forwarded-For": address, **({"Cookie": cookie} if cookie else {})}
            connection.request("POST", f"/chat/demo-en/{where}", urlencode(fields).encode(), headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheaders()
        except (OSError, http.client.HTTPException):
            return 0, []
        finally:
            connection.close()


@contextmanager
def loader(house: House, most: int) -> Iterator[list[str]]:
    """A process that queues sends; yields the tokens it committed so far."""
    tokens: list[str] = []
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.proof.sending.loader", str(most)], env=house.settings(), cwd=REPOSITORY,
        text=True, stdout=subprocess.PIPE,
    )  # fmt: skip

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            tokens.append(line.strip())

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield tokens
    finally:
        process.terminate()
        process.wait(20)
        reader.join(5)


def kill_some(
    house: House, times: int, seed: int, pause: tuple[float, float] = (0.2, 2.0), of_house: float = 0.08
) -> Counter[str]:
    """Kill -9 whatever process chance names, `times` times; a killed supervisor is started again.

    `of_house`: the share of blows that hit the supervisor, and so everything at once. Blows fall on a house that
    answers, so that there is load to lose, and for one in four also on one that is still rising.
    """
    random, killed = Random(seed), Counter[str]()
    while killed.total() < times:
        if random.random() < 0.75:
            wait_for(house.answers, PATIENCE_S, f"web to be back; the log ends:\n{house.tail()}")
        time.sleep(random.uniform(*pause))
        assert house.process is not None
        assert house.process.poll() is None, f"`guildhall up` ended by itself:\n{house.tail()}"
        processes = house.processes()
        supervisors = [pid for pid, name in processes.items() if name == "up"]
        others = sorted(set(processes) - set(supervisors))
        pid = supervisors[0] if not others or random.random() < of_house else random.choice(others)
        name = processes[pid]
        kill_9(pid)
        killed[name.split("-")[0]] += 1
        if name == "up":
            assert house.process is not None
            house.process.wait(10)
            wait_for(lambda: not house_is_held(house), PATIENCE_S, "the old house to let go")
            house.launch()
    return killed


def house_is_held(house: House) -> bool:
    """Whether something still listens on the house's port."""
    connection = http.client.HTTPConnection("localhost", house.port, timeout=1)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True
