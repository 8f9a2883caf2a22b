"""Between what a bot wants to say and the wire: waits its turn, says it once, and reads what became of it.

Messages wait for a slot of the pace; everything else leaves at once unless Telegram asked for a pause. Only
some threads of a worker may wait here, so that a queue of messages never holds up the removal of one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from guildhall.channels.port import Verb
from guildhall.channels.telegram import client, errors
from guildhall.channels.telegram.pace import SECOND, Pace, Slot, now_us
from guildhall.core.errors import Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects.types import Mode

FILE = "telegram-pace.sqlite3"
_SHORT_WAIT = 50_000
_TRIES = 3
_waiting = threading.BoundedSemaphore(max(1, settings.worker_threads // 2))


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
        for turn in range(_TRIES):
            slot = self._slot()
            try:
                result = client.attempt(self.bot_id, method, params, leaves_by=slot.is_open)
            except client.CallFailed as failed:
                self._note(failed.failure, slot)
                if failed.failure.is_late and turn < _TRIES - 1:
                    self._connect()
                    continue
                raise client.understood(self.bot_id, failed.failure, self.mode) from None
            pace.answered(slot)
            return result
        raise _too_busy()

    def do(self, method: str, **params: Any) -> Any:
        """Call a method that puts no message into the chat; None when what it wants is so already. Raises as
        `say`.
        """
        wait = the_pace().allow(self.bot_id, self.chat)
        if wait:
            with _patience(wait):
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

    def _slot(self) -> Slot:
        """A slot whose time has come. A thread that oversleeps takes another."""
        for _ in range(_TRIES):
            slot = the_pace().reserve(self.bot_id, self.chat)
            wait = slot.start - now_us()
            if wait > 0:
                try:
                    with _patience(wait):
                        time.sleep(wait / SECOND)
                except Temporary:
                    the_pace().unsent(slot)
                    raise
            if slot.is_open():
                return slot
            the_pace().unsent(slot)
        raise _too_busy()

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


@contextmanager
def _patience(wait: int) -> Iterator[None]:
    """Leave to wait here. Raises Temporary when as many threads wait already as may."""
    if wait <= _SHORT_WAIT:
        yield
        return
    if not _waiting.acquire(blocking=False):
        raise Temporary(
            Text("Enough messages wait for their turn already.", "等待发送的消息已达上限。"),
            retry_after=wait / SECOND,
        )
    try:
        yield
    finally:
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
