"""A server at the fake Discord with a bot in it, its owner and Ann, for the fake's own tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import httpx
import orjson

from guildhall.channels.testing.discord import App, FakeDiscord

ALL_INTENTS = 0x331FFFF & ~(1 << 8)
"""Every intent but presences."""


class DiscordScene:
    """`call` asks over REST as the bot; `guild`, `general`, `owner`, `ann` are ids."""

    def __init__(self, dc: FakeDiscord) -> None:
        self.dc = dc
        self.bot: App = dc.add_bot()
        self.owner, self.ann = dc.add_user("olga", "Olga"), dc.add_user("ann", "Ann")
        self.guild = dc.add_guild("The guild", self.owner)
        self.general = dc.channels(self.guild)["general"]
        dc.install(self.bot, self.guild, "all")
        dc.join(self.guild, self.ann)
        self._http = httpx.Client(base_url=dc.api, timeout=10)

    def close(self) -> None:
        self._http.close()

    def ask(self, verb: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bot {self.bot.token}", **more.pop("headers", {})}
        given = {"json": body} if body is not None else {}
        return self._http.request(verb, path, headers=headers, **given, **more)

    def call(self, verb: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer's JSON; the call must succeed."""
        answer = self.ask(verb, path, body, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def refusal(self, verb: str, path: str, body: Any = None, **more: Any) -> tuple[int, int]:
        """The HTTP status and Discord's code of a refusal."""
        answer = self.ask(verb, path, body, **more)
        assert not answer.is_success, answer.text
        return answer.status_code, answer.json()["code"]

    def send(self, text: str, channel: str = "", **more: Any) -> Any:
        return self.call("POST", f"/channels/{channel or self.general}/messages", {"content": text, **more})


class Ear:
    """A bare gateway client: what was heard stands in `heard`, events by name in `events`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[Any] = []

    async def hear(self, seconds: float = 5.0) -> Any:
        """The next payload. Raises ConnectionError when the connection is over."""
        message = await asyncio.wait_for(self.socket.receive(), seconds)
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise ConnectionError(self.socket.close_code)
        payload = orjson.loads(message.data)
        self.heard.append(payload)
        return payload

    async def until(self, event: str) -> Any:
        """The data of the next event of this name."""
        while (payload := await self.hear())["t"] != event:
            pass
        return payload["d"]

    async def until_closed(self) -> int | None:
        try:
            while True:
                await self.hear()
        except ConnectionError:
            return self.socket.close_code

    async def say(self, op: int, data: Any) -> None:
        await self.socket.send_str(orjson.dumps({"op": op, "d": data}).decode())

    async def identify(self, token: str, intents: int = ALL_INTENTS, **more: Any) -> Any:
        await self.hear()
        await self.say(2, {"token": token, "intents": intents, "properties": {}, **more})
        return await self.until("READY")

    async def resume(self, token: str, session: str, seq: int) -> None:
        await self.hear()
        await self.say(6, {"token": token, "session_id": session, "seq": seq})

    @property
    def seq(self) -> int:
        return max(one["s"] for one in self.heard if one["s"])

    def names(self) -> list[str]:
        return [one["t"] for one in self.heard if one["t"]]


def listening(dc: FakeDiscord, work: Callable[[Callable[..., Awaitable[Ear]]], Awaitable[Any]]) -> Any:
    """Runs `work(connect)`; `connect()` opens a line to the gateway."""

    async def run() -> Any:
        async with aiohttp.ClientSession() as session:

            async def connect(query: str = "v=10&encoding=json") -> Ear:
                return Ear(await session.ws_connect(f"{dc.gateway_url}?{query}"))

            return await work(connect)

    return asyncio.run(run())
