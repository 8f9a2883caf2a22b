"""Carries sealed events to our door as WeChat does: one after the other, tried three times when the
answer is not 200 in time, and with mischief on demand (twice, late, in the wrong order).

Reaches loopback only. A public address is translated by `routes`.
"""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost", "::1")
TRIES = 3
ANSWER_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Letter:
    """One callback ready to go. `seal` makes query and body anew for each try, as WeChat does."""

    url: str
    seal: Callable[[], tuple[str, bytes]]


@dataclass(slots=True)
class Manners:
    """Shares from 0 to 1: events told twice, and events overtaken by the next one; `wait_s` between tries."""

    twice: float = 0.0
    swap: float = 0.0
    wait_s: float = 0.2
    seed: int = 0


class Caller:
    """One thread that posts what is put in; starts with the first letter and ends with `close`."""

    def __init__(self) -> None:
        self.routes: dict[str, str] = {}
        self.manners = Manners()
        self.answered: dict[int, int] = {}
        self.errors: deque[str] = deque(maxlen=50)
        self._dice = random.Random(0)
        self._waiting: deque[Letter] = deque()
        self._changed = threading.Condition()
        self._busy = False
        self._closed = False
        self._thread: threading.Thread | None = None

    def misbehave(self, manners: Manners) -> None:
        self.manners, self._dice = manners, random.Random(manners.seed)

    def put(self, letter: Letter) -> None:
        with self._changed:
            if self._waiting and self._dice.random() < self.manners.swap:
                self._waiting.insert(len(self._waiting) - 1, letter)
            else:
                self._waiting.append(letter)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="fake-callback", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def settled(self, seconds: float = 10.0) -> bool:
        """Waits until everything is delivered or given up."""
        until = time.monotonic() + seconds
        with self._changed:
            while self._waiting or self._busy:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                letter, self._busy = self._waiting.popleft(), True
            self._deliver(letter)
            if self._dice.random() < self.manners.twice:
                self._deliver(letter)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _deliver(self, letter: Letter) -> None:
        for number in range(TRIES):
            query, body = letter.seal()
            status, said = self.post(letter.url, query, body)
            self.answered[status] = self.answered.get(status, 0) + 1
            if status == 200:
                return
            self.errors.append(f"{status} {said[:200]}")
            if number + 1 < TRIES:
                time.sleep(self.manners.wait_s)

    def post(self, url: str, query: str, body: bytes | None) -> tuple[int, str]:
        """Status (0 when nobody answered) and answer; a GET when there is no body."""
        for public, local in self.routes.items():
            if url.startswith(public):
                url = local + url[len(public) :]
        parts = urlsplit(url)
        if parts.hostname not in LOOPBACK:
            return 0, "not reachable from here"
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=ANSWER_WITHIN)
        try:
            path = f"{parts.path or '/'}?{query}"
            kind = {"Content-Type": "text/xml"} if body is not None else {}
            connection.request("POST" if body is not None else "GET", path, body, kind)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()
