"""Pushes a bot's updates to its webhook as Telegram does: several connections, each chat in order, a failed
update tried again with a growing wait.

Delivers to loopback addresses only; a public address is kept and shown, and reached only when the test says
where it is to be found on this machine (`routes`).
"""

from __future__ import annotations

import heapq
import http.client
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from guildhall.channels.testing.telegram.updates import Updates, Waiting

LOOPBACK = ("127.0.0.1", "localhost", "::1")
FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
ANSWER_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Hook:
    """As set by setWebhook."""

    url: str
    secret: str = ""
    max_connections: int = 40
    ip_address: str = ""
    has_certificate: bool = False


class Pusher:
    """The webhook of one bot. Threads start as they are needed and end with `close`."""

    def __init__(
        self,
        hook: Hook,
        updates: Updates,
        routes: Mapping[str, str],
        twice: Callable[[], bool],
        late: Callable[[], float],
    ) -> None:
        """`twice` says whether an update is delivered again, `late` how many seconds one is held back so
        that others overtake it."""
        self.hook, self.updates, self.routes, self.twice, self.late = hook, updates, routes, twice, late
        self.last_error_date = 0
        self.last_error = ""
        self.delivered = 0
        self._changed = threading.Condition()
        self._lanes: dict[int, deque[Waiting]] = {}
        self._ready: deque[int] = deque()
        self._later: list[tuple[float, int]] = []
        self._closed = False
        self._threads: list[threading.Thread] = []
        self._idle = 0

    def start(self) -> None:
        self.updates.hook(self.add)

    def add(self, waiting: Waiting) -> bool:
        """False once closed: then a poller gets it."""
        with self._changed:
            if self._closed:
                return False
            lane, wait = waiting.lane, self.late()
            if wait:
                lane = -waiting.id
            if lane in self._lanes:
                self._lanes[lane].append(waiting)
            else:
                self._lanes[lane] = deque((waiting,))
                if wait:
                    heapq.heappush(self._later, (time.monotonic() + wait, lane))
                else:
                    self._ready.append(lane)
            if self._idle == 0 and len(self._threads) < self.hook.max_connections:
                thread = threading.Thread(target=self._run, name="webhook", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._changed.notify()
        return True

    @property
    def waiting(self) -> int:
        with self._changed:
            return sum(len(lane) for lane in self._lanes.values())

    def close(self) -> list[Waiting]:
        """Stops; what was not delivered."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            return [one for lane in self._lanes.values() for one in lane]

    # -- threads -------------------------------------------------------------------------------------

    def _run(self) -> None:
        connection: _Connection | None = None
        while (lane := self._next()) is not None:
            with self._changed:
                waiting = self._lanes[lane][0]
            connection = connection or _Connection(self._target())
            error = connection.post(waiting.body, self.hook.secret)
            if not error and self.twice():
                connection.post(waiting.body, self.hook.secret)
            self._done(lane, waiting, error)
        if connection is not None:
            connection.close()

    def _target(self) -> str:
        for public, local in self.routes.items():
            if self.hook.url.startswith(public):
                return local + self.hook.url[len(public) :]
        return self.hook.url

    def _next(self) -> int | None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                while self._later and self._later[0][0] <= now:
                    self._ready.append(heapq.heappop(self._later)[1])
                if self._ready:
                    return self._ready.popleft()
                self._idle += 1
                self._changed.wait(self._later[0][0] - now if self._later else None)
                self._idle -= 1
            return None

    def _done(self, lane: int, waiting: Waiting, error: str) -> None:
        with self._changed:
            if error:
                waiting.fails += 1
                self.last_error, self.last_error_date = error, int(self.updates.clock())
                wait = min(FIRST_WAIT * 2 ** (waiting.fails - 1), LONGEST_WAIT)
                heapq.heappush(self._later, (time.monotonic() + wait, lane))
            else:
                self.delivered += 1
                queue = self._lanes[lane]
                queue.popleft()
                if queue:
                    self._ready.append(lane)
                else:
                    del self._lanes[lane]
            self._changed.notify()


class _Connection:
    """One kept connection to the webhook."""

    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)
        self.path = self.parts.path + (f"?{self.parts.query}" if self.parts.query else "") or "/"
        self.open: http.client.HTTPConnection | None = None

    def post(self, body: bytes, secret: str) -> str:
        """What went wrong, in Telegram's words, or nothing."""
        if self.parts.hostname not in LOOPBACK:
            return "Failed to resolve host: Name or service not known"
        headers = {"Content-Type": "application/json", "Accept-Encoding": "gzip, deflate"}
        if secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        for fresh in (False, True):
            kept = self.open is not None
            try:
                connection = self.open or self._connect()
                self.open = connection
                connection.request("POST", self.path, body, headers)
                answer = connection.getresponse()
                answer.read()
            except TimeoutError:
                self.close()
                return "Read timeout expired"
            except (OSError, http.client.HTTPException):
                self.close()
                if kept and not fresh:
                    continue
                return "Connection refused" if not kept else "Connection closed"
            if 200 <= answer.status < 300:
                return ""
            return f"Wrong response from the webhook: {answer.status} {answer.reason}"
        return "Connection closed"

    def _connect(self) -> http.client.HTTPConnection:
        if self.parts.scheme == "https":
            trusting: Any = ssl.create_default_context()
            return http.client.HTTPSConnection(self.parts.netloc, timeout=ANSWER_WITHIN, context=trusting)
        return http.client.HTTPConnection(self.parts.netloc, timeout=ANSWER_WITHIN)

    def close(self) -> None:
        if self.open is not None:
            self.open.close()
            self.open = None
