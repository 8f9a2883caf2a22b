"""The webhook door: platforms' calls, answered before Django's own request handling is asked.

`200` is said only when what the call brought is committed; anything else makes a platform call again. Calls
of many callers and threads share their commits (`batcher`). Who may call, and what a call says, is known by
the hooks that the channels register.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import TimeoutError as TookTooLong
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.db import Error as DatabaseError
from django.db import connection

from guildhall.channels import hooks
from guildhall.channels.hooks import OK, Answer, Call, Hook
from guildhall.channels.telegram import HOOK_CONNECTIONS
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.core.log import get_logger
from guildhall.intake import batcher
from guildhall.intake.pipeline import Raw

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE_S = 20.0
_LINES = {
    200: "200 OK", 202: "202 Accepted", 400: "400 Bad Request", 401: "401 Unauthorized", 403: "403 Forbidden",
    404: "404 Not Found", 405: "405 Method Not Allowed", 409: "409 Conflict", 411: "411 Length Required",
    413: "413 Content Too Large", 503: "503 Service Unavailable",
}  # fmt: skip
_logger = get_logger("guildhall.request")
Observe = Callable[[str, int, float], None]
"""Told of each call: method, status, seconds."""


class Door:
    """A WSGI application that takes webhook calls and leaves every other request to the one behind it."""

    def __init__(self, behind: WSGIApplication, observe: Observe | None = None) -> None:
        self._behind, self._observe = behind, observe
        # Webhook calls wait for commits; those that people need threads for must not wait behind them.
        self._free = threading.BoundedSemaphore(HOOK_CONNECTIONS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        hook = hooks.find(environ.get("PATH_INFO", ""))
        if hook is None:
            return self._behind(environ, start_response)
        began = time.perf_counter()
        answer = self._answer(environ, hook)
        took = time.perf_counter() - began
        if self._observe is not None:
            self._observe(environ.get("REQUEST_METHOD", ""), answer.status, took)
        write = _logger.debug if answer.status == OK else _logger.info
        write(
            "request.answered", route=hook.prefix.strip("/"), status=answer.status, ms=round(took * 1000, 1)
        )
        start_response(
            _LINES[answer.status],
            [("Content-Type", answer.content_type), ("Content-Length", str(len(answer.reply)))],
        )
        return (answer.reply,)

    def _answer(self, environ: WSGIEnvironment, hook: Hook) -> Answer:
        if environ.get("REQUEST_METHOD") not in hook.methods:
            return Answer(405)
        call = _call(environ, hook)
        try:
            if (refused := hook.admit(call)) != OK:
                return Answer(refused)
        except (DatabaseError, GuildhallError) as error:
            return _unknown(error)
        length = 0
        if call.method != "GET":
            said = environ.get("CONTENT_LENGTH") or ""
            if not (said.isascii() and said.isdigit()):
                return Answer(411)
            length = int(said)
            if length > hook.most_bytes:
                return Answer(413)
        if not self._free.acquire(blocking=False):
            return Answer(503)
        try:
            body = environ["wsgi.input"].read(length) if length else b""
            if len(body) != length:
                return Answer(503)  # the caller went away in the middle
            return _recorded(hook, replace(call, body=body))
        finally:
            self._free.release()


def _call(environ: Mapping[str, Any], hook: Hook) -> Call:
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and isinstance(value, str)
    }
    headers["content-type"] = str(environ.get("CONTENT_TYPE", ""))
    return Call(
        str(environ.get("REQUEST_METHOD", "")),
        str(environ.get("PATH_INFO", ""))[len(hook.prefix) :],
        str(environ.get("QUERY_STRING", "")),
        headers,
        clock.now(),
    )


def _unknown(error: Exception) -> Answer:
    _logger.warning("hook.unknown", error=type(error).__name__)
    connection.close()
    return Answer(503)


def _recorded(hook: Hook, call: Call) -> Answer:
    """What the hook makes of a call, once that is committed."""
    try:
        answer = hook.receive(call)
    except (DatabaseError, GuildhallError) as error:
        return _unknown(error)
    if answer.status != OK or not answer.bodies:
        return answer
    waiting = [batcher.submit(Raw(hook.platform, body, call.at)) for body in answer.bodies]
    try:
        for one in waiting:
            one.result(PATIENCE_S)
    except (DatabaseError, OSError, TookTooLong) as error:
        _logger.warning("hook.not_recorded", error=type(error).__name__)
        return Answer(503)
    return answer
