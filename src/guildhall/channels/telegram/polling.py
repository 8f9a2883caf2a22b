"""Asks Telegram for updates and gives the bytes as they came: the one call a gateway makes, without the
library that everything else goes out by (it would cost the gateway 35 MB).

Knows nothing of offsets kept or of what is in the bytes. No error carries the address: it holds the token.
"""

from __future__ import annotations

from collections.abc import Callable

import httpx
import orjson

from guildhall.channels.telegram.errors import TokenRefused
from guildhall.core.errors import Conflict, Temporary
from guildhall.core.text import Text

CONNECT_S, MARGIN_S = 5.0, 10.0
MOST_BYTES = 32 << 20
"""An answer of 100 updates is a few hundred kilobytes; more than this is no answer of Telegram's."""


class Taken(Conflict):
    """Somebody else fetches this bot's updates, or Telegram sends them to a webhook. Telegram allows one."""

    code = "updates_taken"


class Updates:
    """One bot's updates, over one kept connection. `token` is asked for each time, since it may be renewed.

    Use from one thread; `close` from any.
    """

    def __init__(self, api: str, token: Callable[[], str], allowed: tuple[str, ...] = ()) -> None:
        self._api, self._token = api.rstrip("/"), token
        self._allowed = list(allowed)
        self._client = httpx.Client(trust_env=False, follow_redirects=False, timeout=CONNECT_S + MARGIN_S)

    def next(self, offset: int, *, wait_s: int, limit: int = 100) -> bytes:
        """Updates from `offset` on (0: the oldest unconfirmed), waiting up to `wait_s` for the first one.

        Confirms everything below `offset`. Raises TokenRefused, Taken, or Temporary (with Telegram's
        `retry_after`).
        """
        asked = {"offset": offset, "timeout": wait_s, "limit": limit, "allowed_updates": self._allowed}
        limits = httpx.Timeout(wait_s + MARGIN_S, connect=CONNECT_S)
        try:
            with self._client.stream(
                "POST",
                f"{self._api}/bot{self._token()}/getUpdates",
                content=orjson.dumps(asked),
                headers={"content-type": "application/json"},
                timeout=limits,
            ) as answer:
                body = _whole(answer)
                status = answer.status_code
        except httpx.HTTPError as error:
            kind = type(error).__name__
            raise Temporary(
                Text(f"Telegram was not reached ({kind}).", f"无法连接 Telegram（{kind}）。")
            ) from None
        if status == 200 and body.startswith(b'{"ok":true'):
            return body
        raise _failed(status, body)

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()


def _whole(answer: httpx.Response) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise Temporary(
                Text("The answer is too large to be Telegram's.", "应答过大，不像来自 Telegram。")
            )
        parts.append(part)
    return b"".join(parts)


def _failed(status: int, body: bytes) -> Exception:
    if status in (401, 404):
        return TokenRefused()
    try:
        said = orjson.loads(body)
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    if status == 409:
        return Taken(
            Text(
                "Another program fetches this bot's updates, or a webhook is set.",
                "该机器人的更新正被其他程序获取，或已设置 Webhook。",
            )
        )
    parameters = said.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    return Temporary(
        Text(f"Telegram answered {status}.", f"Telegram 返回 {status}。"),
        retry_after=float(wait) if isinstance(wait, int | float) else None,
    )
