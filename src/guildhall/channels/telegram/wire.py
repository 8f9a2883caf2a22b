"""How python-telegram-bot's `Bot` reaches Telegram here: httpx, with sane limits, and exact about failures.

Every failure says whether the request may have reached Telegram: it cannot have before its first byte was
written. Nothing here logs, because the address of every request holds the bot's token. Importing this module
loads python-telegram-bot (35 MB): only `client` does, when the first call is made.
"""

from __future__ import annotations

import asyncio
import json
import logging
from contextvars import ContextVar
from typing import Any

import httpx
from telegram.error import TelegramError
from telegram.request import BaseRequest, RequestData

from guildhall.channels.telegram import answers
from guildhall.channels.telegram.departure import Departure
from guildhall.channels.telegram.errors import Failure

CONNECT_S, READ_S, WRITE_S, POOL_S, WHOLE_S = 5.0, 10.0, 5.0, 5.0, 25.0
CONNECTIONS, KEPT_OPEN, KEPT_OPEN_S = 64, 32, 30.0

for _name in ("httpx", "httpcore", "telegram"):
    logging.getLogger(_name).setLevel(logging.WARNING)
# It writes whole answers into the log when they are not JSON.
logging.getLogger("telegram.request.BaseRequest").setLevel(logging.CRITICAL)

departing: ContextVar[Departure | None] = ContextVar("telegram_departing", default=None)
"""The message that is about to leave, if the call sends one that has to wait for its moment."""


class Failed(TelegramError):
    """A call that brought no result; `failure` says what is known of it."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.description)
        self.failure = failure


class TooLate(Exception):
    """The moment a message was allowed to leave has passed."""


class Wire(BaseRequest):
    """One pool of connections for all bots of this process. Lives on one event loop."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(connect=CONNECT_S, read=READ_S, write=WRITE_S, pool=POOL_S),
            limits=httpx.Limits(
                max_connections=CONNECTIONS,
                max_keepalive_connections=KEPT_OPEN,
                keepalive_expiry=KEPT_OPEN_S,
            ),
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "Guildhall"},
        )

    @property
    def read_timeout(self) -> float | None:
        return READ_S

    async def initialize(self) -> None:
        """The client is ready from the start."""

    async def shutdown(self) -> None:
        await self._client.aclose()

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        """Send one request. Raises Failed for everything but an answer with status 200."""
        begun = False
        message = departing.get()

        async def watch(event: str, _info: dict[str, Any]) -> None:
            nonlocal begun
            if event.endswith("send_request_headers.started"):
                if message is not None:
                    await asyncio.sleep(message.wait_s())
                    if not message.leave():
                        raise TooLate
                begun = True
            elif message is not None and event.endswith("receive_response_headers.complete"):
                message.answered()

        try:
            async with asyncio.timeout(WHOLE_S):
                answer = await self._client.request(
                    method,
                    url,
                    data=request_data.json_parameters if request_data else None,
                    files=request_data.multipart_data if request_data else None,
                    extensions={"trace": watch},
                )
        except TooLate:
            raise Failed(Failure("it was too late to send it", was_sent=False, is_late=True)) from None
        except (httpx.HTTPError, httpx.StreamError, TimeoutError) as error:
            # Only the kind of error: its words may hold the address, and that holds the token.
            raise Failed(Failure(type(error).__name__, was_sent=begun)) from None
        if answer.status_code == 200:
            return 200, answer.content
        raise Failed(answers.failure_of(answer.status_code, answer.content))

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """The answer. Raises Failed when it is not one: nobody knows then what became of the call."""
        try:
            said = json.loads(payload)
        except ValueError:
            said = None
        if not isinstance(said, dict) or "result" not in said:
            raise Failed(Failure("an answer that cannot be read", status=200))
        return said
