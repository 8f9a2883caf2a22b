"""The webhook door: Telegram's calls, answered before Django's own request handling is asked.

`200` is said only when the update is committed; anything else makes Telegram call again. Calls of many bots
and threads share their commits (`batcher`). The door knows a bot by our id in the path and believes a caller
by the secret that was given to Telegram with the address.
"""

from __future__ import annotations

import hmac
import re
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection

from guildhall.channels.telegram import HOOK_CONNECTIONS
from guildhall.channels.telegram.models import TelegramBot, hook_secret_name
from guildhall.channels.telegram.reading import PLATFORM
from guildhall.core import clock, secrets
from guildhall.core.errors import GuildhallError, NotFound
from guildhall.core.log import get_logger
from guildhall.intake import batcher
from guildhall.intake.pipeline import Raw

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/hooks/telegram/"
MOST_BYTES = 1 << 20
PATIENCE_S = 20.0
KNOWN_S = 3.0
"""How long a bot's row and secret are believed: a rotated secret is in force within seconds."""
_MOST_KNOWN = 2_000
_LINES = {
    200: "200 OK", 401: "401 Unauthorized", 404: "404 Not Found", 405: "405 Method Not Allowed",
    411: "411 Length Required", 413: "413 Content Too Large", 503: "503 Service Unavailable",
}  # fmt: skip
_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
_logger = get_logger("guildhall.request")
Observe = Callable[[str, int, float], None]
"""Told of each call: method, status, seconds."""


@dataclass(frozen=True, slots=True)
class _Hook:
    """A bot as the door knows it until `until` (monotonic). `secret` b'': nobody is believed."""

    bot_id: int
    secret: bytes
    is_open: bool
    until: float


class Door:
    """A WSGI application that takes webhook calls and leaves every other request to the one behind it."""

    def __init__(self, behind: WSGIApplication, observe: Observe | None = None) -> None:
        self._behind, self._observe = behind, observe
        self._hooks: dict[str, _Hook] = {}
        # Webhook calls wait for commits; those that people need threads for must not wait behind them.
        self._free = threading.BoundedSemaphore(HOOK_CONNECTIONS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith(PREFIX):
            return self._behind(environ, start_response)
        began = time.perf_counter()
        status = self._answer(environ, path[len(PREFIX) :])
        took = time.perf_counter() - began
        if self._observe is not None:
            self._observe(environ.get("REQUEST_METHOD", ""), status, took)
        write = _logger.debug if status == 200 else _logger.info
        write("request.answered", route="hooks/telegram", status=status, ms=round(took * 1000, 1))
        start_response(_LINES[status], [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return (b"",)

    def _answer(self, environ: WSGIEnvironment, pk: str) -> int:
        if environ.get("REQUEST_METHOD") != "POST":
            return 405
        if not _ID.fullmatch(pk):
            return 404
        try:
            hook = self._hook(pk)
        except (DatabaseError, GuildhallError) as error:
            _logger.warning("hook.unknown", error=type(error).__name__)
            connection.close()
            return 503
        if hook is None:
            return 404
        given = environ.get("HTTP_X_TELEGRAM_BOT_API_SECRET_TOKEN", "").encode("latin-1", "replace")
        if not hook.secret or not hmac.compare_digest(given, hook.secret):
            return 401
        length = environ.get("CONTENT_LENGTH") or ""
        if not (length.isascii() and length.isdigit()):
            return 411
        if int(length) > MOST_BYTES:
            return 413
        if not hook.is_open or not self._free.acquire(blocking=False):
            return 503
        try:
            body = environ["wsgi.input"].read(int(length))
            if len(body) != int(length):
                return 503  # the caller went away in the middle
            return _record(hook.bot_id, body)
        finally:
            self._free.release()

    def _hook(self, pk: str) -> _Hook | None:
        """What is known of a bot, looked up again every few seconds. Raises DatabaseError."""
        now = time.monotonic()
        known = self._hooks.get(pk)
        if known is not None and now < known.until:
            return known
        close_old_connections()
        try:
            found = _look_up(pk, now + KNOWN_S)
        finally:
            close_old_connections()
        if found is not None:
            if len(self._hooks) >= _MOST_KNOWN:
                self._hooks.clear()
            self._hooks[pk] = found
        return found


def _look_up(pk: str, until: float) -> _Hook | None:
    bot = TelegramBot.objects.filter(pk=pk).only("bot_id", "state").first()
    if bot is None:
        return None
    try:
        secret = secrets.get(hook_secret_name(bot.bot_id))
    except NotFound:
        secret = ""
    return _Hook(bot.bot_id, secret.encode(), bot.state != TelegramBot.State.PAUSED, until)


def _record(bot_id: int, body: bytes) -> int:
    """Have one update committed. What cannot be read is put aside whole, which is as good as taken."""
    try:
        is_update = isinstance(orjson.loads(body), dict)
    except ValueError:
        is_update = False
    whole = b'{"bot":%d,"update":%b}' % (bot_id, body) if is_update else body
    try:
        batcher.submit(Raw(PLATFORM, whole, clock.now())).result(PATIENCE_S)
    except (DatabaseError, OSError, TookTooLong) as error:
        _logger.warning("hook.not_recorded", error=type(error).__name__)
        return 503
    return 200
