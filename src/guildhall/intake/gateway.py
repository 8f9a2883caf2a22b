"""The gateway process: listens to every account of ours that a platform does not bring to our door by itself.

One thread an account. A lease on each keeps a second gateway off it; what goes wrong is told on Today and
tried again. How each platform is heard is its `Listening`.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from types import FrameType

from django.db import DatabaseError, InterfaceError, connection

from guildhall.channels import gateways
from guildhall.channels.port import Platform
from guildhall.core import beats, troubles
from guildhall.core.log import get_logger
from guildhall.effects.processes import settle_memory
from guildhall.intake.discord_listening import DiscordListening
from guildhall.intake.email_listening import EmailListening
from guildhall.intake.listening import LOOK_S, Listener, Listening, settle
from guildhall.intake.telegram_listening import TelegramListening

RENEW_S = 5.0
GRACE_S = 10.0
_logger = get_logger(__name__)


def all_listenings() -> tuple[Listening, ...]:
    """Every platform that has to be listened to."""
    return (TelegramListening(), DiscordListening(), EmailListening())


class Gateway:
    """All listeners of a process. `look` picks up and lets go of accounts; `run` repeats it until `stop`."""

    def __init__(
        self, name: str = "gateway", listenings: Sequence[Listening] | None = None, look_s: float = LOOK_S
    ) -> None:
        self.name, self.owner = name, gateways.owner_here()
        self.listeners: dict[tuple[Platform, str], Listener] = {}
        self._listenings = {one.platform: one for one in listenings or all_listenings()}
        self._look_s = look_s
        self._stop = threading.Event()
        self._renew_at = 0.0
        self._reported: set[str] = set()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Ask it to end, from a signal handler."""
        self._stop.set()

    def stop(self) -> None:
        """Ask it to end, from any thread."""
        self._stop.set()

    def run(self) -> None:
        """Listen until told to stop. Blocks."""
        _logger.info("gateway.started", gateway=self.name)
        while not self._stop.is_set():
            self.look()
            self._stop.wait(self._look_s)
        self.close()
        _logger.info("gateway.stopped", gateway=self.name)

    def look(self) -> None:
        """One second's work. Bears what the database does: without leases the listeners hold still."""
        try:
            self._look()
            troubles_now = {one.failing for one in self.listeners.values() if one.failing}
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            troubles_now = {troubles.report_error(error)}
        for kind in self._reported - troubles_now:
            troubles.clear(kind)
        self._reported = troubles_now

    def _look(self) -> None:
        due = time.monotonic() >= self._renew_at
        for listening in self._listenings.values():
            self._look_at(listening, due=due)
        if due:
            self._renew_at = time.monotonic() + RENEW_S
        count = {"bots": len(self.listeners), "updates": sum(one.count for one in self.listeners.values())}
        beats.beat(self.name, count)

    def _look_at(self, listening: Listening, *, due: bool) -> None:
        """Pick up, renew and let go of what one platform wants to have heard."""
        wanted = listening.wanted()
        mine = {key: one for (platform, key), one in self.listeners.items() if platform == listening.platform}
        for key, listener in mine.items():
            if key not in wanted or not listener.is_alive():
                listener.stop()
                del self.listeners[listening.platform, key]
                listening.give_back(self.owner, [key])
        for key, row in wanted.items():
            known = self.listeners.get((listening.platform, key))
            if known is not None and not due:
                continue
            until = listening.take(row, self.owner)
            if known is not None and until is not None:
                known.lease_until = until
            elif known is not None:
                known.stop()
                del self.listeners[listening.platform, key]
            elif until is not None:
                fresh = self.listeners[listening.platform, key] = listening.listen(row, until)
                fresh.start()
        if due:
            heard = [key for key, one in mine.items() if one.heard]
            for key in heard:
                mine[key].heard = False
            listening.note_heard(heard)

    def close(self) -> None:
        """Let what is being recorded be finished, and give the accounts back."""
        settle(self.listeners.values(), GRACE_S)
        try:
            for name, listening in self._listenings.items():
                listening.give_back(self.owner, [key for platform, key in self.listeners if platform == name])
            beats.stop(self.name)
        except DatabaseError:
            _logger.warning("gateway.left_without_a_word", gateway=self.name)
        connection.close()


def run_gateway(name: str = "gateway") -> None:
    """Run a gateway in this process until SIGTERM or SIGINT. Blocks.

    Ends the process itself: a thread that waits for a platform could only be waited out.
    """
    settle_memory()
    gateway = Gateway(name)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, gateway.on_signal)
    gateway.run()
    os._exit(0)
