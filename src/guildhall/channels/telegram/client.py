"""The one way out to Telegram: calls through python-telegram-bot's `Bot` on one background loop. (Updates are
fetched by `polling`.)

Threads call and wait; the loop, its connections and the bots belong to the process and are made at the first
call. The token is read for each call, so that a rotated one is used at once, and never leaves in a log line
or an error.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections import OrderedDict
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from guildhall.channels.telegram import loading
from guildhall.channels.telegram.departure import Departure
from guildhall.channels.telegram.errors import Failure, TokenRefused, judge, reason
from guildhall.channels.telegram.models import secret_name
from guildhall.core import secrets
from guildhall.core.errors import NotFound
from guildhall.core.settings import settings
from guildhall.effects.types import Mode

if TYPE_CHECKING:
    from telegram import Bot

_BOTS_KEPT = 50
_PATIENCE_S = 40.0


class CallFailed(Exception):
    """A call that brought no result, before anybody judged what that means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.description)
        self.failure = failure


def call(bot_id: int, method: str, **params: Any) -> Any:
    """Call a method of `telegram.Bot` (`get_chat`) and wait for its result.

    For questions and for what may be repeated. Blocks at most 40 seconds; never inside a transaction. Raises
    Temporary, TokenRefused (after noting it), Refused.
    """
    try:
        return attempt(bot_id, method, params)
    except CallFailed as failed:
        raise understood(bot_id, failed.failure, Mode.REPEATABLE) from None


def call_with(token: str, method: str, **params: Any) -> Any:
    """The same with a token that belongs to no bot of ours yet. Raises Temporary, TokenRefused, Refused."""
    try:
        return _wait_for(_run(token, method, params))
    except CallFailed as failed:
        raise judge(failed.failure, Mode.REPEATABLE) from None


def attempt(bot_id: int, method: str, params: dict[str, Any], departure: Departure | None = None) -> Any:
    """The call alone; with a departure its first byte leaves by that. Raises CallFailed."""
    return _wait_for(_run(token_of(bot_id), method, params), departure)


def understood(bot_id: int, failure: Failure, mode: Mode) -> Exception:
    """What a failure means for an effect; a refused token is noted on its bot."""
    error = judge(failure, mode)
    if isinstance(error, TokenRefused):
        from guildhall.channels.telegram import bots  # it calls this module

        bots.note_refused_token(bot_id)
    return error


def token_of(bot_id: int) -> str:
    """The token of a bot. Raises Refused when it was removed."""
    try:
        return secrets.get(secret_name(bot_id))
    except NotFound:
        raise reason("nobody_serves") from None


def make_ready() -> None:
    """Load what a first call needs, so that it does not come late."""
    _here()


def forget() -> None:
    """Close this process's connections and bots; the next call makes new ones. For tests."""
    global _process
    with _lock:
        process, _process = _process, None
    if process is not None and process.pid == os.getpid():
        process.close()


class _Process:
    """What one process keeps: the loop in its thread, the connections, and a `Bot` for each token."""

    def __init__(self) -> None:
        from guildhall.channels.telegram.wire import Wire

        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="telegram-loop", daemon=True)
        self._thread.start()
        self._wire = Wire()
        self._bots: OrderedDict[tuple[str, str], Bot] = OrderedDict()
        self._lock = threading.Lock()

    def bot(self, token: str) -> Bot:
        from telegram import Bot

        api = settings.telegram_api.rstrip("/")
        with self._lock:
            found = self._bots.get((api, token))
            if found is None:
                found = Bot(
                    token,
                    base_url=f"{api}/bot",
                    base_file_url=f"{api}/file/bot",
                    request=self._wire,
                    get_updates_request=self._wire,
                )
                self._bots[api, token] = found
            self._bots.move_to_end((api, token))
            while len(self._bots) > _BOTS_KEPT:
                self._bots.popitem(last=False)
            return found

    def close(self) -> None:
        asyncio.run_coroutine_threadsafe(self._wire.shutdown(), self.loop).result(5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()


_lock = threading.Lock()
_process: _Process | None = None


def _here() -> _Process:
    global _process
    loading.library()
    with _lock:
        if _process is None or _process.pid != os.getpid():
            _process = _Process()
        return _process


async def _run(token: str, method: str, params: dict[str, Any]) -> Any:
    from telegram.error import InvalidToken, TelegramError

    from guildhall.channels.telegram.wire import Failed

    try:
        return await getattr(_here().bot(token), method)(**params)
    except Failed as failed:
        raise CallFailed(failed.failure) from None
    except InvalidToken:
        raise CallFailed(Failure("Unauthorized", status=401)) from None
    except TelegramError as error:
        raise CallFailed(Failure(type(error).__name__, status=200)) from None


def _wait_for(work: Coroutine[Any, Any, Any], departure: Departure | None = None) -> Any:
    """Have the loop do it and wait. The caller's context goes along, and with it the departure."""

    def submit() -> Any:
        if departure is not None:
            from guildhall.channels.telegram import wire

            wire.departing.set(departure)
        return asyncio.run_coroutine_threadsafe(work, _here().loop)

    future = contextvars.copy_context().run(submit)
    try:
        return future.result(_PATIENCE_S)
    except TimeoutError:
        future.cancel()
        raise CallFailed(Failure("no answer in time")) from None
