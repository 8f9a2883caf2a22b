"""The updates waiting for one bot: fetched with getUpdates, or pushed to its webhook.

Keeps Telegram's rules: an offset confirms and forgets, unconfirmed updates stay for a day, two readers at
once are a conflict, and kinds that must be asked for are not queued before they are asked for. Bodies are
kept serialised. Pushing itself is in `webhook.py`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from guildhall.channels.testing.telegram.refusals import Refused

DAY = 86400.0
ONLY_IF_ASKED = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
TAKEN_OVER = "terminated by other getUpdates request; make sure that only one bot instance is running"
HOOKED = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"


@dataclass(slots=True)
class Waiting:
    """One update; `lane` is the chat or user whose updates a webhook gets in order."""

    id: int
    body: bytes
    lane: int
    since: float
    fails: int = 0


@dataclass(slots=True)
class Answer:
    """What getUpdates hands out, after mischief had its hand in it."""

    bodies: list[bytes] = field(default_factory=list)

    def body(self) -> bytes:
        return b'{"ok":true,"result":[' + b",".join(self.bodies) + b"]}"


class Updates:
    """The queue of one bot. Its own lock; never takes another while holding it."""

    def __init__(self, first_id: int, clock: Callable[[], float] = time.time) -> None:
        self.changed = threading.Condition()
        self.clock = clock
        self.next_id = first_id
        self.pending: deque[Waiting] = deque()
        self.past: deque[bytes] = deque(maxlen=200)
        self.allowed: frozenset[str] | None = None
        self.made = 0
        self.handed = 0
        self.confirmed = 0
        self.on_put: Callable[[Waiting], bool] | None = None
        """A webhook takes the update instead; false when none is set."""
        self._turn = 0
        self.polling = False
        """Whether somebody waits in a long poll."""
        self._hooked = False
        self._closed = False

    # -- in ------------------------------------------------------------------------------------------

    def wants(self, kind: str) -> bool:
        if self.allowed is None:
            return kind not in ONLY_IF_ASKED
        return kind in self.allowed

    def allow(self, kinds: Sequence[str] | None) -> None:
        """None leaves what was said before; an empty list means everything but what must be asked for."""
        if kinds is not None:
            self.allowed = frozenset(kinds) or None

    def put(self, kind: str, payload: dict[str, Any], lane: int = 0) -> int:
        """Queues an update of this kind if it is wanted; its id, or 0."""
        if not self.wants(kind):
            return 0
        return self.put_raw(b'"' + kind.encode() + b'":' + orjson.dumps(payload), lane)

    def put_raw(self, rest: bytes, lane: int = 0, update_id: int = 0) -> int:
        """Queues `{"update_id":N,` + rest + `}` whatever it is."""
        with self.changed:
            number = update_id or self.next_id
            self.next_id = max(self.next_id, number + 1)
            waiting = Waiting(number, b'{"update_id":%d,' % number + rest + b"}", lane, self.clock())
            self._forget_old()
            self.made += 1
            if self.on_put is None or not self.on_put(waiting):
                self.pending.append(waiting)
            self.changed.notify_all()
            return number

    def fill(self, rests: Iterable[bytes], lane: int = 0) -> tuple[int, int]:
        """Queues many prepared updates at once; the first id and the id after the last."""
        with self.changed:
            first, now = self.next_id, self.clock()
            for number, rest in enumerate(rests, first):
                waiting = Waiting(number, b'{"update_id":%d,' % number + rest + b"}", lane or number, now)
                if self.on_put is None or not self.on_put(waiting):
                    self.pending.append(waiting)
                self.next_id = number + 1
            self.made += self.next_id - first
            self.changed.notify_all()
            return first, self.next_id

    def _forget_old(self) -> None:
        edge = self.clock() - DAY
        while self.pending and self.pending[0].since < edge:
            self.pending.popleft()

    # -- getUpdates ----------------------------------------------------------------------------------

    def take(
        self,
        offset: int,
        limit: int,
        timeout: float,
        mix: Callable[[list[bytes], Sequence[bytes]], list[bytes]],
    ) -> Answer:
        """Waits up to `timeout` seconds for at least one update. Raises Refused (409) when a webhook is
        set, or when a later getUpdates takes over."""
        with self.changed:
            if self._hooked:
                raise Refused(409, HOOKED)
            if self.polling:
                self._turn += 1
                self.changed.notify_all()
            turn = self._turn
            self._forget_old()
            self._confirm(offset)
            deadline = time.monotonic() + timeout
            while not self.pending and (left := deadline - time.monotonic()) > 0:
                self.polling = True
                self.changed.wait(left)
                if self._hooked:
                    raise Refused(409, "terminated by setWebhook request")
                if turn != self._turn:
                    raise Refused(409, TAKEN_OVER)
                if self._closed:
                    break
            self.polling = False
            count = min(limit, len(self.pending))
            bodies = [self.pending[index].body for index in range(count)]
            self.handed += count
            return Answer(mix(bodies, self.past))

    def _confirm(self, offset: int) -> None:
        if offset < 0:
            while len(self.pending) > -offset:
                self._drop()
        while self.pending and self.pending[0].id < offset:
            self._drop()

    def _drop(self) -> None:
        self.past.append(self.pending.popleft().body)
        self.confirmed += 1

    # -- webhook -------------------------------------------------------------------------------------

    def hook(self, take: Callable[[Waiting], bool] | None) -> list[Waiting]:
        """Sets or removes who takes updates instead of a poller; what waited goes to the new one."""
        with self.changed:
            self._hooked = take is not None
            self.on_put = take
            waiting = list(self.pending) if take is not None else []
            if take is not None:
                self.pending.clear()
                for one in waiting:
                    take(one)
            self.changed.notify_all()
            return waiting

    def put_back(self, waiting: Iterable[Waiting]) -> None:
        with self.changed:
            self.pending = deque(sorted((*self.pending, *waiting), key=lambda one: one.id))
            self.changed.notify_all()

    def close(self) -> None:
        """Whoever waits is answered at once."""
        with self.changed:
            self._closed = True
            self.changed.notify_all()

    def drop_all(self) -> None:
        with self.changed:
            self.pending.clear()
