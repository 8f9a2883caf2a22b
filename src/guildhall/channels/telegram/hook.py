"""Telegram's calls: a bot is known by our id in the path, the caller by the secret that was given to Telegram
with the address.
"""

from __future__ import annotations

import hmac
import re
import time
from dataclasses import dataclass

import orjson
from django.db import close_old_connections

from guildhall.channels.hooks import OK, Answer, Call
from guildhall.channels.telegram.models import TelegramBot, hook_secret_name
from guildhall.channels.telegram.reading import PLATFORM
from guildhall.core import secrets
from guildhall.core.errors import NotFound

PREFIX = "/hooks/telegram/"
MOST_BYTES = 1 << 20
KNOWN_S = 3.0
"""How long a bot's row and secret are believed: a rotated secret is in force within seconds."""
_MOST_KNOWN = 2_000
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_SECRET = "x-telegram-bot-api-secret-token"


@dataclass(frozen=True, slots=True)
class _Known:
    """A bot as the door knows it until `until` (monotonic). `secret` b'': nobody is believed."""

    bot_id: int
    secret: bytes
    is_open: bool
    until: float


class TelegramHook:
    """Takes updates of bots that Telegram brings to us."""

    prefix = PREFIX
    platform = PLATFORM
    methods = frozenset({"POST"})
    most_bytes = MOST_BYTES

    def __init__(self) -> None:
        self._bots: dict[str, _Known] = {}

    def admit(self, call: Call) -> int:
        if not _ID.fullmatch(call.path):
            return 404
        bot = self._bot(call.path)
        if bot is None:
            return 404
        given = call.headers.get(_SECRET, "").encode("latin-1", "replace")
        if not bot.secret or not hmac.compare_digest(given, bot.secret):
            return 401
        return OK if bot.is_open else 503

    def receive(self, call: Call) -> Answer:
        """What cannot be read is put aside whole, which is as good as taken."""
        bot = self._bot(call.path)
        if bot is None:
            return Answer(404)
        try:
            is_update = isinstance(orjson.loads(call.body), dict)
        except ValueError:
            is_update = False
        return Answer(
            bodies=(b'{"bot":%d,"update":%b}' % (bot.bot_id, call.body) if is_update else call.body,)
        )

    def _bot(self, pk: str) -> _Known | None:
        """What is known of a bot, looked up again every few seconds. Raises DatabaseError."""
        now = time.monotonic()
        known = self._bots.get(pk)
        if known is not None and now < known.until:
            return known
        close_old_connections()
        try:
            found = _look_up(pk, now + KNOWN_S)
        finally:
            close_old_connections()
        if found is not None:
            if len(self._bots) >= _MOST_KNOWN:
                self._bots.clear()
            self._bots[pk] = found
        return found


def _look_up(pk: str, until: float) -> _Known | None:
    bot = TelegramBot.objects.filter(pk=pk).only("bot_id", "state").first()
    if bot is None:
        return None
    try:
        secret = secrets.get(hook_secret_name(bot.bot_id))
    except NotFound:
        secret = ""
    return _Known(bot.bot_id, secret.encode(), bot.state != TelegramBot.State.PAUSED, until)
