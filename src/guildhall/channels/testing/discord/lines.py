"""A line of the fake's gateway: one WebSocket connection, its handshake, heartbeats, compression and the
ways it ends.

Speaks gateway version 10 in JSON, plain or as a zlib stream. A dumb line is a zombie: the connection stands,
but nothing is answered any more.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections import deque
from typing import Any

import orjson
from aiohttp import WSMessage, WSMsgType, web

from guildhall.channels.testing.discord.gateway import CONTENT, MEMBERS, PRESENCES, Session
from guildhall.channels.testing.discord.state import App, Json
from guildhall.channels.testing.discord.world import World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT, REQUEST_MEMBERS, INVALID, HELLO, ACK = (
    0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11,
)  # fmt: skip
MOST_SENT = 120
LAST_INTENT = 1 << 26
NEEDS = ((MEMBERS, "members"), (PRESENCES, "presences"), (CONTENT, "message_content"))


class Closing(Exception):
    """The gateway ends the connection with a close code."""

    def __init__(self, code: int, said: str) -> None:
        self.code, self.said = code, said
        super().__init__(f"{code} {said}")


class Connection:
    """A line as the hub sees it: `push` and `cut` from any thread."""

    def __init__(self, world: World, request: web.BaseRequest) -> None:
        self.world = world
        self.request = request
        self.socket = web.WebSocketResponse(max_msg_size=1 << 16, autoping=True)
        self.session: Session | None = None
        self.dumb = False
        self.beats = 0
        self._loop = asyncio.get_running_loop()
        self._out: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._waking = False
        self._heard: deque[float] = deque()
        self._last_beat = time.monotonic()
        self._ending: asyncio.Future[Closing] = self._loop.create_future()
        self._shrink = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None

    # -- what the hub asks -----------------------------------------------------------------------------

    def push(self, body: bytes) -> None:
        self._out.append(body)
        if not self._waking:
            self._waking = True
            self._loop.call_soon_threadsafe(self._more.set)

    def cut(self) -> None:
        """The connection breaks without a goodbye."""
        self._loop.call_soon_threadsafe(self._abort)

    def close(self, code: int, said: str = "") -> None:
        """The gateway closes the connection with a code."""
        self._loop.call_soon_threadsafe(self._begin_end, code, said)

    def _begin_end(self, code: int, said: str) -> None:
        if not self._ending.done():
            self._ending.set_result(Closing(code, said))

    def _abort(self) -> None:
        if self.request.transport is not None:
            self.request.transport.abort()

    # -- the protocol ----------------------------------------------------------------------------------

    async def serve(self) -> web.WebSocketResponse:
        await self.socket.prepare(self.request)
        writer = asyncio.create_task(self._write())
        watcher = asyncio.create_task(self._watch())
        try:
            if self.request.query.get("v", "10") not in ("9", "10"):
                raise Closing(4012, "Invalid API version")
            self.say(HELLO, {"heartbeat_interval": self.world.hub.heartbeat_ms})
            while (message := await self._next()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                if not self.dumb:
                    self._hear(message.data)
        except Closing as closing:
            await self._drain()
            await self.socket.close(code=closing.code, message=closing.said.encode())
        finally:
            writer.cancel()
            watcher.cancel()
            with self.world.lock:
                if self.session is not None and self.session.line is self:
                    self.session.line, self.session.lost = None, time.monotonic()
                self.world.lines.discard(self)
        return self.socket

    async def _next(self) -> WSMessage:
        """The next message of the client. Raises Closing when the gateway itself wants to end this."""
        hearing: asyncio.Future[WSMessage] = asyncio.ensure_future(self.socket.receive())
        both: set[asyncio.Future[Any]] = {hearing, self._ending}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if hearing.done():
            return hearing.result()
        hearing.cancel()
        await asyncio.gather(hearing, return_exceptions=True)
        raise self._ending.result()

    def say(self, op: int, data: Any) -> None:
        self.push(orjson.dumps({"t": None, "s": None, "op": op, "d": data}))

    async def _write(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            self._waking = False
            try:
                await self._drain()
            except ConnectionError:
                return

    async def _drain(self) -> None:
        while self._out and not self.dumb:
            body = self._out.popleft()
            if self._shrink is None:
                await self.socket.send_str(body.decode())
            else:
                packed = self._shrink.compress(body) + self._shrink.flush(zlib.Z_SYNC_FLUSH)
                await self.socket.send_bytes(packed)

    async def _watch(self) -> None:
        """Who stops beating is dropped."""
        while True:
            patience = 2 * self.world.hub.heartbeat_ms / 1000
            await asyncio.sleep(patience / 2)
            if time.monotonic() - self._last_beat > patience and not self.dumb:
                self._begin_end(4009, "Session timed out.")
                return

    def _hear(self, said: str | bytes) -> None:
        now = time.monotonic()
        self._heard.append(now)
        while self._heard and self._heard[0] < now - 60:
            self._heard.popleft()
        if len(self._heard) > MOST_SENT:
            raise Closing(4008, "You are being rate limited.")
        try:
            message = orjson.loads(said)
            op, data = message["op"], message.get("d")
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise Closing(4002, "Error while decoding payload.") from None
        with self.world.lock:
            self._do(op, data)

    def _do(self, op: Any, data: Any) -> None:
        if op == HEARTBEAT:
            self._beat(data)
        elif op == IDENTIFY:
            self._identify(data)
        elif op == RESUME:
            self._resume(data)
        elif self.session is None:
            raise Closing(4003, "Not authenticated.")
        elif op == REQUEST_MEMBERS:
            self.world.chunk_members(self.session, data)
        elif op not in (PRESENCE, VOICE):
            raise Closing(4001, "Unknown opcode.")

    def _beat(self, seq: Any) -> None:
        self._last_beat = time.monotonic()
        self.beats += 1
        if self.session is not None and isinstance(seq, int):
            self.world.hub.trim(self.session, seq)
        self.say(ACK, None)

    def _identify(self, data: Any) -> None:
        if self.session is not None:
            raise Closing(4005, "Already authenticated.")
        try:
            token, intents, properties = data["token"], data["intents"], data["properties"]
            number, of = data.get("shard", (0, 1))
        except (KeyError, TypeError, ValueError):
            raise Closing(4002, "Error while decoding payload.") from None
        app = self.world.by_token.get(str(token).removeprefix("Bot "))
        if app is None or not app.alive:
            raise Closing(4004, "Authentication failed.")
        if not isinstance(intents, int) or intents < 0 or intents >= LAST_INTENT:
            raise Closing(4013, "Invalid intent(s).")
        if not isinstance(properties, dict):
            raise Closing(4002, "Error while decoding payload.")
        for intent, name in NEEDS:
            if intents & intent and not app.has(name):
                raise Closing(4014, "Disallowed intent(s).")
        if not (isinstance(number, int) and isinstance(of, int) and 0 <= number < of):
            raise Closing(4010, "Invalid shard.")
        if of < self.world.shards:
            raise Closing(4011, "Sharding required.")
        if self._is_too_soon(app, number):
            self.say(INVALID, False)
            return
        self._start(app, intents, (number, of))

    def _is_too_soon(self, app: App, number: int) -> bool:
        hub, now = self.world.hub, time.monotonic()
        starts = hub.starts.setdefault(app.id, [])
        soon = bool(starts) and now - starts[-1] < hub.identify_seconds
        starts.append(now)
        return soon

    def _start(self, app: App, intents: int, shard: tuple[int, int]) -> None:
        session = Session(self.world.word(32).lower(), app, intents, shard, line=self)
        self.world.hub.sessions[session.id] = session
        self.session = session
        guilds = [
            guild
            for guild in self.world.guilds.values()
            if app.id in guild.members and session.hears(guild.id)
        ]
        self.world.hub.dispatch(session, "READY", {
            "v": 10, "user": app.user, "user_settings": {}, "relationships": [], "private_channels": [],
            "presences": [], "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
            "guild_join_requests": [], "geo_ordered_rtc_regions": [], "session_id": session.id,
            "session_type": "normal", "resume_gateway_url": self.world.gateway_url, "shard": list(shard),
            "application": {"id": app.id, "flags": app.flags}, "_trace": ["fake"],
        })  # fmt: skip
        for guild in guilds:
            if not guild.silent:
                self.world.hub.dispatch(session, "GUILD_CREATE", self.world.guild_create(guild, app.id))

    def _resume(self, data: Any) -> None:
        if self.session is not None:
            raise Closing(4005, "Already authenticated.")
        try:
            token, session_id, seq = str(data["token"]).removeprefix("Bot "), data["session_id"], data["seq"]
        except (KeyError, TypeError):
            raise Closing(4002, "Error while decoding payload.") from None
        app = self.world.by_token.get(token)
        if app is None or not app.alive:
            raise Closing(4004, "Authentication failed.")
        session = self.world.hub.resumable(session_id, token, seq or 0)
        if session is None:
            self.say(INVALID, False)
            return
        if (seq or 0) > session.seq:
            raise Closing(4007, "Invalid seq.")
        if session.line is not None:
            session.line.cut()
        session.line, session.lost, self.session = self, None, session
        self.world.hub.resumes += 1
        for body in session.replay(seq or 0):
            self.push(body)
        self.world.hub.dispatch(session, "RESUMED", {"_trace": ["fake"]})

    # -- what tests make it do -------------------------------------------------------------------------

    def reconnect(self) -> None:
        self.say(RECONNECT, None)

    def invalidate(self, resumable: bool) -> None:
        with self.world.lock:
            if not resumable and self.session is not None:
                self.world.hub.sessions.pop(self.session.id, None)
        self.say(INVALID, resumable)

    def ask_for_a_beat(self) -> None:
        self.say(HEARTBEAT, None)

    def info(self) -> Json:
        return {
            "app": self.session.app.id if self.session else "",
            "session": self.session.id if self.session else "",
            "shard": list(self.session.shard) if self.session else [],
            "intents": self.session.intents if self.session else 0,
            "seq": self.session.seq if self.session else 0,
            "beats": self.beats, "dumb": self.dumb,
        }  # fmt: skip
