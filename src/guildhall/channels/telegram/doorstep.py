"""Between what a bot wants to say and the wire: waits its turn, says it once, and reads what became of it.

Messages wait for a slot of the pace; everything else leaves at once unless Telegram asked for a pause. Only
some threads of a worker may wait here, so that a queue of messages never holds up the removal of one.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from guildhall.channels.port import Verb
from guildhall.channels.telegram import client, errors
from guildhall.channels.telegram.departure import Departure
from guildhall.channels.telegram.pace import SECOND, Pace, Slot, now_us
from guildhall.core.errors import GuildhallError, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects.types import Mode

FILE = "telegram-pace.sqlite3"
_SHORT_WAIT = 50_000
_TRIES = 3
_waiting = threading.BoundedSemaphore(max(1, settings.worker_threads * 3 // 4))


@dataclass(frozen=True, slots=True)
class Doorstep:
    """One bot speaking in one chat for one verb. `chat`: Telegram's id of the chat as text."""

    bot_id: int
    chat: str
    verb: Verb
    mode: Mode

    def say(self, method: str, **params: Any) -> Any:
        """Call a method that puts a message into the chat, when its turn has come. Raises Temporary,
        Uncertain, Refused.
        """
        client.make_ready()
        pace = the_pace()
        for _ in range(_TRIES):
            slot = pace.reserve(self.bot_id, self.chat)
            leaving = _Leaving()
            try:
                leaving.queue(slot)
                departure = Departure(slot, leaving.over)
                result = client.attempt(self.bot_id, method, params, departure)
            except client.CallFailed as failed:
                self._note(failed.failure, slot)
                if failed.failure.is_late:
                    self._connect()
                    continue
                raise client.understood(self.bot_id, failed.failure, self.mode) from None
            except GuildhallError:
                pace.unsent(slot)  # nobody was asked to send it
                raise
            finally:
                leaving.over()
            pace.answered(slot, departure.answered_at)
            return result
        raise _too_busy()

    def do(self, method: str, **params: Any) -> Any:
        """Call a method that puts no message into the chat; None when what it wants is so already. Raises as
        `say`.
        """
        wait = the_pace().allow(self.bot_id, self.chat)
        if wait:
            time.sleep(wait / SECOND)
        try:
            return client.attempt(self.bot_id, method, params)
        except client.CallFailed as failed:
            failure = failed.failure
            if failure.status == 429:
                the_pace().refused(self.bot_id, self.chat, failure.retry_after or 1.0)
            if 400 <= failure.status < 500 and errors.is_done(self.verb, failure.description):
                return None
            raise client.understood(self.bot_id, failure, self.mode) from None

    def _connect(self) -> None:
        """Have a connection open: making one took longer than a slot lasts."""
        try:
            client.attempt(self.bot_id, "get_me", {})
        except client.CallFailed as failed:
            raise client.understood(self.bot_id, failed.failure, Mode.REPEATABLE) from None

    def _note(self, failure: errors.Failure, slot: Slot) -> None:
        pace = the_pace()
        if not failure.was_sent:
            pace.unsent(slot)
        elif failure.status == 429:
            pace.refused(self.bot_id, self.chat, failure.retry_after or 1.0, slot)
        elif failure.status:
            pace.answered(slot)


class _Leaving:
    """The place of one message among those that wait here; given up when it leaves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waits = False

    def queue(self, slot: Slot) -> None:
        """Take a place, unless the message leaves at once. Raises Temporary when as many wait as may."""
        wait = slot.start - now_us()
        if wait <= _SHORT_WAIT:
            return
        if not _waiting.acquire(blocking=False):
            raise Temporary(
                Text("Enough messages wait for their turn already.", "等待发送的消息已达上限。"),
                retry_after=wait / SECOND,
            )
        self._waits = True

    def over(self) -> None:
        """Give the place up; from any thread, once or twice."""
        with self._lock:
            waited, self._waits = self._waits, False
        if waited:
            _waiting.release()


def _too_busy() -> Temporary:
    return Temporary(
        Text("This machine is too busy to send in time.", "本机负载过高，未能按时发送。"), retry_after=0.5
    )


def the_pace() -> Pace:
    """The pace of this machine: one file in the data directory."""
    return _pace(settings.data_dir)


@lru_cache(maxsize=4)
def _pace(folder: Path) -> Pace:
    return Pace(folder / FILE)
