"""The one way out to WeCom and WeChat: JSON calls by httpx, with the access token all processes share.

An expired token is replaced once and the call made again: it surely was not carried out. The address of a
call holds its token, so no error and no log line ever holds the address.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

import httpx
import orjson

from guildhall.channels.wecom import tokens
from guildhall.channels.wecom.errors import BAD_SECRET, NOT_TRUSTED, TOKEN_OVER, Failure, SecretRefused, judge
from guildhall.channels.wecom.tokens import Key
from guildhall.core.errors import Permanent
from guildhall.core.settings import settings
from guildhall.core.text import Text
from guildhall.effects.types import Mode

CONNECT_S, READ_S = 5.0, 20.0
CONNECTIONS = 32
LONGEST_SAID = 300
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
# Their lines at INFO hold whole addresses, and those hold tokens.
logging.getLogger("httpx").setLevel(logging.WARNING)
Json = dict[str, Any]


class CallFailed(Exception):
    """A call that brought no result, before anybody judged what that means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.said)
        self.failure = failure


def call(
    key: Key,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    query: Mapping[str, str] | None = None,
    mode: Mode = Mode.REPEATABLE,
    file: tuple[str, bytes, str] | None = None,
) -> Json:
    """Call `path` (`/cgi-bin/kf/send_msg`) for a corporation or Official Account and give its answer.

    GET without a body and file, POST otherwise; `file` is (name, bytes, mime). Blocks at most 25 seconds;
    never inside a transaction. Raises Temporary, SecretRefused (after noting it), Refused, and Uncertain when
    `mode` is ONCE.
    """
    token = _token(key)
    for attempt in (1, 2):
        try:
            given = {"access_token": token.value, **(query or {})}
            return _answered(_send(_base(key), path, given, body, file))
        except CallFailed as failed:
            if failed.failure.code in TOKEN_OVER and attempt == 1:
                token = _token(key, met=token)
                continue
            raise _understood(key, failed.failure, mode) from None
    raise AssertionError("unreachable")


def call_robot(robot_key: str, path: str, body: Mapping[str, Any], *, mode: Mode = Mode.ONCE) -> Json:
    """Say something through a group robot's webhook. Raises as `call`."""
    try:
        return _answered(_send(settings.wecom_api, path, {"key": robot_key}, body, None))
    except CallFailed as failed:
        raise judge(failed.failure, mode) from None


def upload_for_robot(robot_key: str, kind: str, file: tuple[str, bytes, str]) -> str:
    """Give a robot a file; returns its media id. Raises as `call`."""
    query = {"key": robot_key, "type": kind}
    try:
        said = _answered(_send(settings.wecom_api, "/cgi-bin/webhook/upload_media", query, None, file))
    except CallFailed as failed:
        raise judge(failed.failure, Mode.REPEATABLE) from None
    return str(said.get("media_id", ""))


def download(key: Key, path: str, query: Mapping[str, str], most: int) -> bytes:
    """The bytes behind a media id. Raises Temporary, Refused; Permanent for more than `most` bytes."""
    token = _token(key)
    for attempt in (1, 2):
        try:
            return _downloaded(_base(key) + path, {"access_token": token.value, **query}, most)
        except CallFailed as failed:
            if failed.failure.code in TOKEN_OVER and attempt == 1:
                token = _token(key, met=token)
                continue
            raise _understood(key, failed.failure, Mode.REPEATABLE) from None
    raise AssertionError("unreachable")


def ask_for_token(key: Key, secret: str, *, was_refused: bool = False) -> tuple[str, int]:
    """A fresh access token and for how many seconds it is good. Raises Temporary, SecretRefused, Refused."""
    try:
        if key.use:
            query = {"corpid": key.owner, "corpsecret": secret}
            said = _answered(_send(settings.wecom_api, "/cgi-bin/gettoken", query, None, None))
        else:
            body = {
                "grant_type": "client_credential", "appid": key.owner, "secret": secret,
                "force_refresh": was_refused,
            }  # fmt: skip
            said = _answered(_send(settings.wechat_api, "/cgi-bin/stable_token", {}, body, None))
    except CallFailed as failed:
        code = failed.failure.code
        if code in NOT_TRUSTED:
            raise SecretRefused("not_trusted") from None
        if code in BAD_SECRET:
            raise SecretRefused from None
        raise judge(failed.failure, Mode.REPEATABLE) from None
    value, lasts = said.get("access_token"), said.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(lasts, int):
        raise judge(Failure("an answer that cannot be read", status=502), Mode.REPEATABLE)
    return value, lasts


def forget() -> None:
    """Close this process's connections and what it knows of tokens. For tests."""
    global _process
    with _lock:
        process, _process = _process, None
    tokens._known.clear()
    if process is not None and process[0] == os.getpid():
        process[1].close()


def _token(key: Key, met: tokens.Token | None = None) -> tokens.Token:
    try:
        return tokens.current(key) if met is None else tokens.renewed(key, met)
    except SecretRefused as refused:
        _note(key, refused)
        raise


def _understood(key: Key, failure: Failure, mode: Mode) -> Exception:
    error = judge(failure, mode)
    if isinstance(error, SecretRefused):
        _note(key, error)
    return error


def _note(key: Key, refused: SecretRefused) -> None:
    from guildhall.channels.wecom import accounts  # it calls this module

    accounts.note_refused(key, refused)


def _base(key: Key) -> str:
    return settings.wecom_api if key.use else settings.wechat_api


def _send(
    base: str,
    path: str,
    query: Mapping[str, str],
    body: Mapping[str, Any] | None,
    file: tuple[str, bytes, str] | None,
) -> httpx.Response:
    try:
        if file is not None:
            name, data, mime = file
            return _client().post(base.rstrip("/") + path, params=query, files={"media": (name, data, mime)})
        if body is None:
            return _client().get(base.rstrip("/") + path, params=query)
        return _client().post(
            base.rstrip("/") + path,
            params=query,
            content=orjson.dumps(body),
            headers={"Content-Type": "application/json"},
        )
    except httpx.HTTPError as error:
        # Only the kind of error: its words may hold the address, and that holds the token.
        raise CallFailed(
            Failure(type(error).__name__, status=0, was_sent=not isinstance(error, _NOT_SENT))
        ) from None


def _answered(answer: httpx.Response) -> Json:
    said = _json(answer.content)
    if said is None:
        raise CallFailed(Failure(f"HTTP {answer.status_code}", status=_status(answer.status_code)))
    code = said.get("errcode", 0)
    if isinstance(code, int) and code != 0:
        raise CallFailed(Failure(str(said.get("errmsg") or "")[:LONGEST_SAID], code, answer.status_code))
    if answer.status_code != 200:
        raise CallFailed(Failure(f"HTTP {answer.status_code}", status=_status(answer.status_code)))
    return said


def _status(status: int) -> int:
    """An answer that is not the API's own (a proxy's page) counts as a trouble on the way."""
    return status if status == 429 or status >= 500 else 502


def _json(content: bytes) -> Json | None:
    try:
        said = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None


def _downloaded(address: str, query: Mapping[str, str], most: int) -> bytes:
    got = bytearray()
    try:
        with _client().stream("GET", address, params=query) as answer:
            kind = answer.headers.get("content-type", "")
            for part in answer.iter_bytes():
                got += part
                if len(got) > most:
                    raise Permanent(
                        Text(f"The file is larger than {most:,} bytes.", f"文件超过 {most:,} 字节。"),
                        code="too_large",
                    )
    except httpx.HTTPError as error:
        raise CallFailed(Failure(type(error).__name__, status=0)) from None
    if answer.status_code != 200 or "json" in kind or "text/plain" in kind:
        said = _json(bytes(got)) or {}
        code = said.get("errcode", 0)
        raise CallFailed(
            Failure(
                str(said.get("errmsg") or f"HTTP {answer.status_code}")[:LONGEST_SAID],
                code if isinstance(code, int) else 0,
                _status(answer.status_code),
            )
        )
    return bytes(got)


_lock = threading.Lock()
_process: tuple[int, httpx.Client] | None = None


def _client() -> httpx.Client:
    global _process
    with _lock:
        if _process is None or _process[0] != os.getpid():
            _process = (
                os.getpid(),
                httpx.Client(
                    timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
                    limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
                    follow_redirects=False,
                    trust_env=False,
                    headers={"User-Agent": "Guildhall"},
                ),
            )
        return _process[1]
