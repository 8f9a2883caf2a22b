"""Fetches the updates of a polled Telegram bot, has them recorded, and only then lets Telegram forget them.

The offset is kept nowhere: Telegram starts from the oldest update that was never confirmed, and what was
recorded but not confirmed is known by its delivery key.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Protocol, cast

import orjson

from guildhall.channels.port import Platform
from guildhall.channels.telegram import AWAY, polled
from guildhall.channels.telegram.errors import TokenRefused
from guildhall.channels.telegram.models import TelegramBot, secret_name
from guildhall.channels.telegram.polling import Taken, Updates
from guildhall.channels.telegram.reading import PLATFORM
from guildhall.channels.telegram.updates import ALLOWED
from guildhall.core import secrets
from guildhall.core.log import get_logger
from guildhall.core.settings import settings
from guildhall.intake.listening import Listener

WAIT_S = 25
PAGE = 100
GATHER_S = 0.05
"""Least time between two fetches of less than a page: in a raid, one commit for what came meanwhile."""
TAKEN_PAUSE_S = 5.0
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


class Poller(Listener):
    """Fetches one bot until told to stop."""

    away = AWAY

    def __init__(self, bot: TelegramBot, lease_until: datetime, connect: Connect = telegram_source) -> None:
        super().__init__(PLATFORM, bot.pk, lease_until)
        self.bot = bot
        self._connect = connect
        self._source: Source | None = None
        self._offset = 0
        self._was_taken = True  # until an answer shows that it is not: another gateway may have noted it

    def close(self) -> None:
        if self._source is not None:
            self._source.close()

    def turn(self) -> None:
        """Fetch, record, and note the offset that the next fetch confirms."""
        try:
            self._fetch()
        except TokenRefused:
            _logger.error("gateway.token_refused", bot=self.bot.pk)
            self.tell(lambda: polled.note_refused(self.bot.pk))
            self.stop()
        except Taken:
            self.tell(lambda: polled.note_taken(self.bot.pk))
            self._was_taken = True
            self.stop_asked.wait(TAKEN_PAUSE_S)
        else:
            if self._was_taken:
                self.tell(lambda: polled.note_untaken(self.bot.pk))
                self._was_taken = False

    def _fetch(self) -> None:
        if self._source is None:
            self._source = self._connect(self.bot)
        answer = self._source.next(self._offset, wait_s=WAIT_S, limit=PAGE)
        answered = time.monotonic()
        if self.stop_asked.is_set():
            return  # nothing of it was confirmed: it comes again
        bodies, offset = split(self.bot.bot_id, answer)
        if bodies:
            self.record(bodies)
        self._offset = offset or self._offset
        if 0 < len(bodies) < PAGE:
            self.stop_asked.wait(max(0.0, GATHER_S - (time.monotonic() - answered)))


class TelegramListening:
    """All polled bots."""

    platform: Platform = PLATFORM

    def __init__(self, connect: Connect = telegram_source) -> None:
        self._connect = connect

    def wanted(self) -> Mapping[str, object]:
        return {bot.pk: bot for bot in polled.to_poll()}

    def take(self, row: object, owner: str) -> datetime | None:
        return polled.take(cast(TelegramBot, row), owner)

    def give_back(self, owner: str, keys: Collection[str]) -> None:
        polled.give_back(owner, keys)

    def note_heard(self, keys: Collection[str]) -> None:
        polled.note_heard(keys)

    def listen(self, row: object, until: datetime) -> Listener:
        return Poller(cast(TelegramBot, row), until, self._connect)
