"""The one way out to Discord's REST interface: a call of one route, when its turn has come, judged by what
became of it. (Events come through the gateway connection, which alone loads discord.py.)

Blocks the calling thread; never inside a transaction. Every failure says whether the request may have reached
Discord. The token is read for each call and stands in a header only, never in a log line or an error.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from guildhall.channels.discord.errors import Failure, TokenRefused, failure_of, judge, reason
from guildhall.channels.discord.ledger import now_us
from guildhall.channels.discord.models import secret_name
from guildhall.channels.discord.pace import SECOND, Route, Slot, the_pace
from guildhall.core import secrets
from guildhall.core.errors import NotFound, Temporary
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects.types import Mode

CONNECT_S, READ_S, WRITE_S, POOL_S = 5.0, 12.0, 12.0, 5.0
CONNECTIONS, KEPT_OPEN, KEPT_OPEN_S = 64, 32, 30.0
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # they would log addresses

_MAJORS = ("channel_id", "guild_id", "webhook_id", "interaction_id")
_TRIES = 60
_SHORT_WAIT = 50_000
_waiting = threading.BoundedSemaphore(max(1, settings.worker_threads * 3 // 4))


@dataclass(frozen=True, slots=True)
class File:
    """A file that travels with a body; `name` is what people see."""

    name: str
    mime: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` is a template of the OpenAPI document (`/channels/{channel_id}/messages`) that
    `where` fills. `reason` goes into the server's audit log. `is_open`: it needs no token (an interaction's
    own is in its path).
    """

    method: str
    path: str
    where: Mapping[str, str | int] = field(default_factory=dict)
    body: Any = None
    query: Mapping[str, str | int] = field(default_factory=dict)
    reason: str = ""
    files: Sequence[File] = ()
    is_open: bool = False

    @property
    def route(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def major(self) -> str:
        """What the bucket is counted by, beside the route."""
        named = [f"{name}={self.where[name]}" for name in _MAJORS if name in self.where]
        if "interaction_token" in self.where or "webhook_token" in self.where:
            named.append(str(self.where.get("interaction_token") or self.where.get("webhook_token"))[-24:])
        return "&".join(named[:1] if not self.is_open else named)

    def address(self) -> str:
        filled = self.path.format(**{name: quote(str(at), safe="@") for name, at in self.where.items()})
        return f"{settings.discord_api.rstrip('/')}{filled}"


class CallFailed(Exception):
    """A call that brought no result, before anybody judged what that means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.description)
        self.failure = failure


def call(
    bot_id: int,
    method: str,
    path: str,
    *,
    body: Any = None,
    query: Mapping[str, str | int] | None = None,
    reason: str = "",
    files: Sequence[File] = (),
    **where: str | int,
) -> Any:
    """Call a route and wait for its JSON (None where there is none): for questions and what may be repeated.

    Raises Temporary, TokenRefused (after noting it), Refused.
    """
    asked = Call(method, path, where, body, query or {}, reason, files)
    try:
        return attempt(bot_id, asked)
    except CallFailed as failed:
        raise understood(bot_id, failed.failure, Mode.REPEATABLE) from None


def who(token: str) -> dict[str, Any]:
    """Whose token it is: the bot as a user. Raises Temporary, TokenRefused, Refused."""
    me: dict[str, Any] = call_with(token, "", "GET", "/users/@me") or {}
    the_pace().count(str(me.get("id", "")))
    return me


def call_with(token: str, bot: str, method: str, path: str, **where: str | int) -> Any:
    """A call with a token that belongs to no bot of ours yet; `bot` is its id, '' while it is not known.
    Raises Temporary, TokenRefused, Refused.
    """
    try:
        return _in_turn(bot or "new", token, Call(method, path, where))
    except CallFailed as failed:
        raise judge(failed.failure, Mode.REPEATABLE) from None


def attempt(bot_id: int, asked: Call) -> Any:
    """The call alone, when its turn has come. Raises CallFailed; Temporary when there is no room for it."""
    return _in_turn(str(bot_id), "" if asked.is_open else token_of(bot_id), asked)


def understood(bot_id: int, failure: Failure, mode: Mode) -> Exception:
    """What a failure means for an effect; a refused token is noted on its bot."""
    error = judge(failure, mode)
    if isinstance(error, TokenRefused):
        from guildhall.channels.discord import bots  # it calls this module

        bots.note_refused_token(bot_id)
    return error


def token_of(bot_id: int) -> str:
    """The token of a bot. Raises Refused when it was removed."""
    try:
        return secrets.get(secret_name(bot_id))
    except NotFound:
        raise reason("nobody_serves") from None


def forget() -> None:
    """Close this process's connections; the next call makes new ones. For tests."""
    global _http
    with _lock:
        kept, _http = _http, None
    if kept is not None and kept[0] == os.getpid():
        kept[1].close()


_lock = threading.Lock()
_http: tuple[int, httpx.Client] | None = None


def _here() -> httpx.Client:
    """This process's connections; a forked child makes its own."""
    global _http
    with _lock:
        if _http is None or _http[0] != os.getpid():
            client = httpx.Client(
                timeout=httpx.Timeout(connect=CONNECT_S, read=READ_S, write=WRITE_S, pool=POOL_S),
                limits=httpx.Limits(
                    max_connections=CONNECTIONS,
                    max_keepalive_connections=KEPT_OPEN,
                    keepalive_expiry=KEPT_OPEN_S,
                ),
                follow_redirects=False,
                trust_env=False,
                headers={"User-Agent": f"DiscordBot ({settings.public_url or 'Guildhall'}, 1)"},
            )
            _http = os.getpid(), client
        return _http[1]


def _in_turn(bot: str, token: str, asked: Call) -> Any:
    pace = the_pace()
    slot = _slot(Route(bot, asked.route, asked.major, is_global=not asked.is_open))
    try:
        status, headers, content, at = _request(token, asked)
    except CallFailed as failed:
        if failed.failure.was_sent:
            pace.unanswered(slot)
        else:
            pace.unsent(slot)
        raise
    said = _json(content)
    if 200 <= status < 300:
        pace.answered(slot, status, headers, at=at)
        return said
    failure = failure_of(status, said, headers)
    wait = failure.retry_after if failure.retry_after is not None else 1.0
    pace.answered(slot, status, headers, wait, at)
    raise CallFailed(failure)


def _slot(route: Route) -> Slot:
    """Wait for leave to go. Only some threads may wait here for long, so that a queue of messages never holds
    up the removal of one. Raises Temporary.
    """
    pace = the_pace()
    waits = False
    wait = 0
    try:
        for _ in range(_TRIES):
            got = pace.reserve(route)
            if isinstance(got, Slot):
                return got
            wait = got
            if wait > _SHORT_WAIT and not waits:
                if not _waiting.acquire(blocking=False):
                    break
                waits = True
            time.sleep(wait / SECOND)
    finally:
        if waits:
            _waiting.release()
    raise Temporary(
        Text("Enough requests to Discord wait for their turn already.", "等待发往 Discord 的请求已达上限。"),
        retry_after=max(0.2, wait / SECOND),
    )


def _request(token: str, asked: Call) -> tuple[int, Mapping[str, str], bytes, int]:
    """Status, headers, body, and when the answer began to come (as times in `pace`). Raises CallFailed."""
    begun, at = False, 0

    def watch(event: str, _info: dict[str, Any]) -> None:
        nonlocal begun, at
        if event.endswith("send_request_headers.started"):
            begun = True
        elif event.endswith("receive_response_headers.complete"):
            at = now_us()

    headers = {"Authorization": f"Bot {token}"} if token else {}
    if asked.reason:
        headers["X-Audit-Log-Reason"] = quote(asked.reason[:400], safe=" /:,.-_()#@")[:512]
    more: dict[str, Any] = {}
    if asked.files:
        more["files"] = [
            ("payload_json", (None, orjson.dumps(asked.body or {}), "application/json")),
            *((f"files[{at}]", (one.name, one.body, one.mime)) for at, one in enumerate(asked.files)),
        ]
    elif asked.body is not None:
        more["content"] = orjson.dumps(asked.body)
        headers["Content-Type"] = "application/json"
    try:
        answer = _here().request(
            asked.method,
            asked.address(),
            params=dict(asked.query) or None,
            headers=headers,
            extensions={"trace": watch},
            **more,
        )
    except (httpx.HTTPError, httpx.StreamError) as error:
        # Only the kind of error: its words may hold an address, and that may hold an interaction's token.
        raise CallFailed(Failure(type(error).__name__, was_sent=begun)) from None
    return answer.status_code, answer.headers, answer.content, at


def _json(content: bytes) -> Any:
    if not content:
        return None
    try:
        return orjson.loads(content)
    except ValueError:
        return None
