"""The gateway process: fetches the updates of every polled bot, has them recorded, and only then lets
Telegram forget them.

One thread a bot. The offset is kept nowhere: Telegram starts from the oldest update that was never
confirmed, and what was recorded but not confirmed is known by its delivery key. A lease on each bot keeps a
second gateway off it; what goes wrong is told on Today and tried again.
"""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from types import FrameType
from typing import Protocol

import orjson
from django.db import DatabaseError, InterfaceError, connection

from guildhall.channels.telegram import AWAY, polled
from guildhall.channels.telegram.errors import TokenRefused
from guildhall.channels.telegram.models import TelegramBot, secret_name
from guildhall.channels.telegram.polling import Taken, Updates
from guildhall.channels.telegram.reading import PLATFORM
from guildhall.channels.telegram.updates import ALLOWED
from guildhall.core import beats, clock, secrets, troubles
from guildhall.core.errors import GuildhallError, Temporary
from guildhall.core.log import get_logger
from guildhall.core.settings import settings
from guildhall.effects.processes import settle_memory
from guildhall.intake.pipeline import Raw, ingest

LOOK_S = 1.0
RENEW_S = 5.0
WAIT_S = 25
PAGE = 100
GATHER_S = 0.05
"""Least time between two fetches of less than a page: in a raid, one commit for what came meanwhile."""
GRACE_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S, TAKEN_PAUSE_S = 0.5, 30.0, 5.0
_logger = get_logger(__name__)


class Source(Protocol):
    """Where a bot's updates come from."""

    def next(self, offset: int, *, wait_s: int, limit: int = 100) -> bytes: ...
    def close(self) -> None: ...


Connect = Callable[[TelegramBot], Source]


def telegram_source(bot: TelegramBot) -> Source:
    """The Bot API of the settings, with the bot's token as it is kept now."""
    return Updates(settings.telegram_api, lambda: secrets.get(secret_name(bot.bot_id)), ALLOWED)


def split(bot_id: int, answer: bytes) -> tuple[list[bytes], int]:
    """An answer of getUpdates as one body an update, and the offset that confirms them all (0: none).

    Raises ValueError for what is no such answer.
    """
    try:
        updates = orjson.loads(answer)["result"]
        dump: Callable[[object], bytes] = orjson.dumps
    except (ValueError, KeyError, TypeError):
        updates = json.loads(answer)[
            "result"
        ]  # takes broken surrogates, which each update is then refused for
        dump = _dump_odd
    head = b'{"bot":%d,"update":' % bot_id
    bodies, last = [], -1
    for update in updates:
        bodies.append(head + dump(update) + b"}")
        if isinstance(update, dict) and isinstance(number := update.get("update_id"), int):
            last = max(last, number)
    return bodies, last + 1


def _dump_odd(update: object) -> bytes:
    return json.dumps(update).encode()


class Poller(threading.Thread):
    """Fetches one bot until told to stop. `lease_until`: not beyond that, unless it is renewed meanwhile."""

    def __init__(self, bot: TelegramBot, lease_until: datetime, connect: Connect = telegram_source) -> None:
        super().__init__(name=f"poll-{bot.bot_id}", daemon=True)
        self.bot, self.lease_until = bot, lease_until
        self.count = 0
        self.committing = False
        self.heard = False
        self.failing = ""
        """The trouble this bot is in: a kind of core.troubles, or '' ."""
        self._connect = connect
        self._source: Source | None = None
        self._stop_asked = threading.Event()
        self._offset = 0
        self._failures = 0
        self._was_taken = True  # until an answer shows that it is not: another gateway may have noted it

    def stop(self) -> None:
        """Ask it to end after what it is doing; a wait for updates is not waited for."""
        self._stop_asked.set()

    def run(self) -> None:
        try:
            while not self._stop_asked.is_set():
                if clock.now() >= self.lease_until:
                    self._stop_asked.wait(LOOK_S)
                    continue
                self._turn()
        finally:
            if self._source is not None:
                self._source.close()
            connection.close()

    def _turn(self) -> None:
        """Fetch, record, and note the offset that the next fetch confirms."""
        try:
            if self._source is None:
                self._source = self._connect(self.bot)
            answer = self._source.next(self._offset, wait_s=WAIT_S, limit=PAGE)
            answered = time.monotonic()
            if self._stop_asked.is_set():
                return  # nothing of it was confirmed: it comes again
            bodies, offset = split(self.bot.bot_id, answer)
            if bodies:
                self._record(bodies)
            self._offset = offset or self._offset
            if 0 < len(bodies) < PAGE:
                self._stop_asked.wait(max(0.0, GATHER_S - (time.monotonic() - answered)))
        except TokenRefused:
            _logger.error("gateway.token_refused", bot=self.bot.pk)
            self._tell(lambda: polled.note_refused(self.bot.pk))
            self._stop_asked.set()
        except Taken:
            self._tell(lambda: polled.note_taken(self.bot.pk))
            self._was_taken = True
            self._stop_asked.wait(TAKEN_PAUSE_S)
        except Temporary as error:
            self._failed(AWAY, error.text.en, error.retry_after)
        except (DatabaseError, InterfaceError, OSError) as error:
            connection.close()
            self._failed(troubles.report_error(error), type(error).__name__, None)
        except (GuildhallError, ValueError) as error:
            _logger.exception("gateway.failed", bot=self.bot.pk)
            self._failed(AWAY, f"{type(error).__name__}", None)
        else:
            self._went_well()

    def _record(self, bodies: list[bytes]) -> None:
        now = clock.now()
        self.committing = True
        try:
            ingest([Raw(PLATFORM, body, now) for body in bodies])
        finally:
            self.committing = False
        self.count += len(bodies)
        self.heard = True

    def _went_well(self) -> None:
        self._failures = 0
        self.failing = ""
        if self._was_taken:
            self._tell(lambda: polled.note_untaken(self.bot.pk))
            self._was_taken = False

    def _failed(self, kind: str, detail: str, retry_after: float | None) -> None:
        """Say it, and wait: longer each time, a little at random, as long as Telegram says if it says so."""
        self.failing = kind
        if kind == AWAY:
            troubles.report(AWAY, detail)
        pause = min(FIRST_PAUSE_S * 2**self._failures, LONGEST_PAUSE_S)
        self._failures = min(self._failures + 1, 10)
        _logger.warning("gateway.waits", bot=self.bot.pk, kind=kind, detail=detail)
        self._stop_asked.wait(retry_after or pause * random.uniform(0.7, 1.3))

    def _tell(self, note: Callable[[], None]) -> None:
        try:
            note()
        except DatabaseError as error:
            connection.close()
            self.failing = troubles.report_error(error)


class Gateway:
    """All pollers of one process. `look` picks up and lets go of bots; `run` repeats it until `stop`."""

    def __init__(self, name: str = "gateway", connect: Connect = telegram_source) -> None:
        self.name, self.owner = name, polled.owner_here()
        self.pollers: dict[str, Poller] = {}
        self._connect = connect
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
        """Fetch until told to stop. Blocks."""
        _logger.info("gateway.started", gateway=self.name)
        while not self._stop.is_set():
            self.look()
            self._stop.wait(LOOK_S)
        self.close()
        _logger.info("gateway.stopped", gateway=self.name)

    def look(self) -> None:
        """One second's work. Bears what the database does: without leases the pollers hold still."""
        try:
            self._look()
            troubles_now = {p.failing for p in self.pollers.values() if p.failing}
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            troubles_now = {troubles.report_error(error)}
        for kind in self._reported - troubles_now:
            troubles.clear(kind)
        self._reported = troubles_now

    def _look(self) -> None:
        wanted = {bot.pk: bot for bot in polled.to_poll()}
        for pk, poller in list(self.pollers.items()):
            if pk not in wanted or not poller.is_alive():
                poller.stop()
                del self.pollers[pk]
                polled.give_back(self.owner, [pk])
        due = time.monotonic() >= self._renew_at
        for pk, bot in wanted.items():
            known = self.pollers.get(pk)
            if known is None:
                if (until := polled.take(bot, self.owner)) is not None:
                    self.pollers[pk] = Poller(bot, until, self._connect)
                    self.pollers[pk].start()
            elif due:
                self._renew(known, bot)
        if due:
            self._renew_at = time.monotonic() + RENEW_S
            heard = [pk for pk, poller in self.pollers.items() if poller.heard]
            for pk in heard:
                self.pollers[pk].heard = False
            polled.note_heard(heard)
        beats.beat(
            self.name, {"bots": len(self.pollers), "updates": sum(p.count for p in self.pollers.values())}
        )

    def _renew(self, poller: Poller, bot: TelegramBot) -> None:
        until = polled.take(bot, self.owner)
        if until is not None:
            poller.lease_until = until
        else:
            poller.stop()
            del self.pollers[bot.pk]

    def close(self) -> None:
        """Let what is being recorded be finished, and give the bots back."""
        for poller in self.pollers.values():
            poller.stop()
        until = time.monotonic() + GRACE_S
        while any(p.committing for p in self.pollers.values()) and time.monotonic() < until:
            time.sleep(0.01)
        try:
            polled.give_back(self.owner, list(self.pollers))
            beats.stop(self.name)
        except DatabaseError:
            _logger.warning("gateway.left_without_a_word", gateway=self.name)
        connection.close()


def run_gateway(name: str = "gateway") -> None:
    """Run a gateway in this process until SIGTERM or SIGINT. Blocks.

    Ends the process itself: a thread that waits for Telegram could only be waited out.
    """
    settle_memory()
    gateway = Gateway(name)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, gateway.on_signal)
    gateway.run()
    os._exit(0)
