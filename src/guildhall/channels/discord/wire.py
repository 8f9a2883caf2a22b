"""One connection to Discord's gateway, on discord.py's WebSocket layer: it greets, beats, answers and
closes as that does, but hands every event on as it came instead of feeding caches.

Importing this module loads discord.py, so only a gateway that has a Discord bot to hear does. A connection
lives on one event loop for all of them and never raises into it: however it ends, `Gone` says so, behind the
last event.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import queue
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import orjson
import yarl
from discord import utils
from discord.errors import ConnectionClosed
from discord.gateway import DiscordClientWebSocketResponse, DiscordWebSocket, ReconnectWebSocket

from guildhall.channels.discord.framing import Broken, Clockwork, Frame, Gone, Heard, Start
from guildhall.channels.discord.reading import Json
from guildhall.core import clock
from guildhall.core.log import get_logger

CONNECT_S, SILENCE_S = 20.0, 75.0
"""How long greeting may take, and how long a connection may say nothing at all."""
MISSED_BEATS = 1.5
"""Beats without an answer after which a connection counts as dead though it still stands."""
IDENTIFY_EVERY_S = 5.1
"""Discord starts one session of a bot in five seconds (of each of its identify queues; there is mostly
one).
"""
MOST_WAITING = 20_000
"""Events that may wait to be recorded before no more are read: Discord keeps the rest, or repeats them."""
_LOOK_S = 0.05
_LARGEST = 64 << 20
_logger = get_logger(__name__)
for _name in ("discord.gateway", "discord"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)  # it would log what it receives


class Socket(DiscordWebSocket):
    """discord.py's socket without its client; events go to `hear` as they came."""

    hear: Callable[[str, Json], None]
    hear_nonsense: Callable[[str], None]

    @classmethod
    def over(cls, socket: aiohttp.ClientWebSocketResponse, start: Start) -> Socket:
        """What `from_client` gives a socket that discord.py's client opens."""
        made = cls(socket, loop=asyncio.get_running_loop())
        made.token = start.token
        made.gateway = yarl.URL(start.address)
        made.shard_id, made.shard_count = start.shard
        made.session_id, made.sequence = start.session or None, start.seq
        made._max_heartbeat_timeout = SILENCE_S
        return made

    async def received_message(self, msg: Any, /) -> None:
        if type(msg) is bytes:
            msg = self._decompressor.decompress(msg)
            if msg is None:
                return
        try:
            said = orjson.loads(msg)
        except ValueError:
            said = _loads_odd(msg)
        if not isinstance(said, dict):
            self.hear_nonsense(msg)
            return
        if said.get("op") != self.DISPATCH:
            await super().received_message(msg)
            return
        if self._keep_alive:
            self._keep_alive.tick()
        if type(seq := said.get("s")) is int:
            self.sequence = seq
        self.hear(msg, said)

    async def introduce(self, intents: int) -> None:
        """Begin a new session."""
        await self.send_as_json(
            {
                "op": self.IDENTIFY,
                "d": {
                    "token": self.token,
                    "properties": {"os": sys.platform, "browser": "guildhall", "device": "guildhall"},
                    "compress": False,
                    "large_threshold": 250,
                    "shard": [self.shard_id, self.shard_count],
                    "intents": intents,
                },
            }
        )

    def is_dead(self) -> bool:
        """Whether beats go unanswered, though the connection stands."""
        beating = self._keep_alive
        if beating is None or not beating.interval:
            return False
        return time.perf_counter() - beating._last_ack > beating.interval * (1 + MISSED_BEATS)

    def stop_beating(self) -> None:
        if self._keep_alive is not None:
            self._keep_alive.stop()
            self._keep_alive = None


class Connection:
    """One connection from greeting to end. What it hears goes to `out`, from the loop's thread."""

    def __init__(self, start: Start, out: queue.SimpleQueue[Frame]) -> None:
        self._start, self._out = start, out
        self._clockwork = Clockwork(start.since)
        self._clockwork.is_repeating = bool(start.session)
        self._loop = loop_of_gateways()
        self._task = asyncio.run_coroutine_threadsafe(self._live(), self._loop)

    def close(self) -> None:
        """Hang up; the session stays, to be taken up again."""
        self._task.cancel()

    async def _live(self) -> None:
        gone = Gone(resume=True, why="closed by us")
        try:
            gone = await self._talk()
        except ReconnectWebSocket as asked:
            gone = Gone(asked.resume, "asked to come again" if asked.resume else "the session is over")
        except ConnectionClosed as closed:
            gone = Gone(True, f"closed with {closed.code}", closed.code)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            gone = Gone(resume=True, why=type(error).__name__)
        except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
            # Whatever was said or not said, the next connection may go better; the gateway goes on.
            _logger.exception("discord.connection_failed", error=type(error).__name__)
            gone = Gone(resume=True, why=type(error).__name__)
        finally:
            self._out.put(gone)

    async def _talk(self) -> Gone:
        start = self._start
        address = start.resume_address if start.session and start.resume_address else start.address
        url = yarl.URL(address).update_query(
            v="10", encoding="json", compress=utils._ActiveDecompressionContext.COMPRESSION_TYPE
        )
        async with contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(
                aiohttp.ClientSession(
                    ws_response_class=DiscordClientWebSocketResponse,
                    timeout=aiohttp.ClientTimeout(total=CONNECT_S),
                    headers={"User-Agent": "DiscordBot (Guildhall, 1)"},
                )
            )
            async with asyncio.timeout(CONNECT_S):
                # The layer above reads close codes itself, and asks for messages larger than aiohttp's usual.
                opened = await session.ws_connect(url, max_msg_size=_LARGEST, autoclose=False)
                socket = Socket.over(opened, start)
                socket.hear, socket.hear_nonsense = self._hear, self._hear_nonsense
                stack.push_async_callback(_hang_up, socket)
                await socket.poll_event()
            if start.session:
                await socket.resume()
            else:
                await _turn_to_identify(start.token)
                await socket.introduce(start.intents)
            watch = asyncio.ensure_future(self._watch(socket))
            stack.callback(watch.cancel)
            while True:
                await socket.poll_event()
                while self._out.qsize() > MOST_WAITING:
                    await asyncio.sleep(_LOOK_S)

    def _hear(self, text: str, said: Json) -> None:
        d = said.get("d")
        body: Json = d if type(d) is dict else {}
        name, seq = said.get("t"), said.get("s")
        at = self._clockwork.of(body, int(clock.now().timestamp() * 1000))
        if name == "RESUMED":
            self._clockwork.is_repeating = False
        self._out.put(
            Heard(text, name if type(name) is str else "", body, seq if type(seq) is int else None, at)
        )

    def _hear_nonsense(self, text: str) -> None:
        self._out.put(Broken(text))

    async def _watch(self, socket: Socket) -> None:
        """End a connection that stands but no longer answers."""
        while True:
            await asyncio.sleep(_LOOK_S)
            if socket.is_dead():
                _logger.warning("discord.zombie", shard=self._start.shard[0])
                await socket.close(4000)
                return


async def _hang_up(socket: Socket) -> None:
    """Close so that Discord keeps the session: with a code that is not 1000."""
    socket.stop_beating()
    with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError, RuntimeError):
        async with asyncio.timeout(2.0):
            await socket.socket.close(code=4000)


async def _turn_to_identify(token: str) -> None:
    """Sessions of one bot begin one after the other."""
    due = max(_identified.get(token, 0.0), time.monotonic())
    _identified[token] = due + IDENTIFY_EVERY_S
    await asyncio.sleep(due - time.monotonic())


def _loads_odd(text: str) -> Any:
    """JSON with broken surrogates, which each event is then refused for; None for what is no JSON at all."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


_identified: dict[str, float] = {}
_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def loop_of_gateways() -> asyncio.AbstractEventLoop:
    """The event loop all connections of this process live on, in a thread of its own."""
    global _loop
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="discord-gateway", daemon=True).start()
        return _loop
