"""One thread that hears one of our accounts on a platform, and what a platform tells a gateway about them.

A listener records before it confirms, holds still without its lease, and says what goes wrong; how a platform
is heard stands in a module of its own (`telegram_listening`), which gives the gateway its `Listening`.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol

from django.db import DatabaseError, InterfaceError, connection

from guildhall.channels.port import Platform
from guildhall.core import clock, troubles
from guildhall.core.errors import GuildhallError, Temporary
from guildhall.core.log import get_logger
from guildhall.intake.pipeline import Outcome, Raw, ingest

LOOK_S = 1.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
_logger = get_logger(__name__)


class Listener(threading.Thread):
    """Hears one account until told to stop. `lease_until`: not beyond that, unless it is renewed meanwhile.

    A platform's listener writes `turn`: fetch some, `record` it, remember how to confirm it. `away` is the
    kind of trouble told while the platform does not answer.
    """

    away = ""

    def __init__(self, platform: Platform, key: str, lease_until: datetime) -> None:
        super().__init__(name=f"{platform}-{key}", daemon=True)
        self.platform, self.key, self.lease_until = platform, key, lease_until
        self.count = 0
        """Events recorded so far."""
        self.committing = False
        self.heard = False
        """Something came in since the gateway last looked."""
        self.failing = ""
        """The trouble it is in: a kind of core.troubles, or ''."""
        self.stop_asked = threading.Event()
        self._failures = 0

    def stop(self) -> None:
        """Ask it to end after what it is doing; a wait for news is not waited for."""
        self.stop_asked.set()

    def turn(self) -> None:
        """Fetch and record once. What it raises is told and tried again, later each time."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of connections, in its own thread."""

    def run(self) -> None:
        try:
            while not self.stop_asked.is_set():
                if not self.has_lease():
                    self.stop_asked.wait(LOOK_S)
                    continue
                self.guarded(self.turn)
        finally:
            self.close()
            connection.close()

    def has_lease(self) -> bool:
        return clock.now() < self.lease_until

    def guarded(self, turn: Callable[[], None]) -> None:
        """Do something, tell what goes wrong with it, and wait before it is done again."""
        try:
            turn()
        except Temporary as error:
            self.failed(self.away, error.text.en, error.retry_after)
        except (DatabaseError, InterfaceError, OSError) as error:
            connection.close()
            self.failed(troubles.report_error(error), type(error).__name__, None)
        except (GuildhallError, ValueError) as error:
            _logger.exception("gateway.failed", platform=self.platform, key=self.key)
            self.failed(self.away, type(error).__name__, None)
        else:
            self.went_well()

    def record(self, bodies: Collection[bytes]) -> list[Outcome]:
        """Have events committed; only then may they be confirmed. Raises Django's database errors."""
        now = clock.now()
        self.committing = True
        try:
            outcomes = ingest([Raw(self.platform, body, now) for body in bodies])
        finally:
            self.committing = False
        self.count += len(bodies)
        self.heard = True
        return outcomes

    def went_well(self) -> None:
        self._failures = 0
        self.failing = ""

    def failed(self, kind: str, detail: str, retry_after: float | None) -> None:
        """Say it, and wait: longer each time, a little at random, as long as the platform says if it does."""
        self.failing = kind
        if kind == self.away:
            troubles.report(kind, detail)
        pause = min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
        self._failures = min(self._failures + 1, 10)
        _logger.warning("gateway.waits", platform=self.platform, key=self.key, kind=kind, detail=detail)
        self.stop_asked.wait(retry_after or pause * random.uniform(0.7, 1.3))

    def tell(self, note: Callable[[], None]) -> None:
        """Note something in the database, which may be in trouble itself."""
        try:
            note()
        except DatabaseError as error:
            connection.close()
            self.failing = troubles.report_error(error)


class Listening(Protocol):
    """What a platform tells the gateway. Keys name what is listened to (a bot, a shard, a mailbox) by our
    ids; rows are the platform's own and carry the lease.
    """

    @property
    def platform(self) -> Platform: ...
    def wanted(self) -> Mapping[str, object]: ...
    def take(self, row: object, owner: str) -> datetime | None: ...
    def give_back(self, owner: str, keys: Collection[str]) -> None: ...
    def note_heard(self, keys: Collection[str]) -> None: ...
    def listen(self, row: object, until: datetime) -> Listener: ...


def settle(listeners: Collection[Listener], within_s: float) -> None:
    """Stop listeners and let what is being recorded be finished."""
    for listener in listeners:
        listener.stop()
    until = time.monotonic() + within_s
    while any(listener.committing for listener in listeners) and time.monotonic() < until:
        time.sleep(0.01)
