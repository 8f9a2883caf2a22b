"""`FakeDiscord`: the fake REST API and gateway as one object, in this process or behind its own port.

Takes a call apart, lets limits, mischief and the schema have their say, plays the route in the world and
keeps a record of everything. What people do in this world comes from `happenings.py`, over the object or
over HTTP (`control.py`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Self
from urllib.parse import unquote

import orjson
from aiohttp import web

from guildhall.channels.testing.discord import bodies, control, schema
from guildhall.channels.testing.discord.bulk import Bulk
from guildhall.channels.testing.discord.limits import Limits, Ruling
from guildhall.channels.testing.discord.lines import Connection
from guildhall.channels.testing.discord.mischief import Trouble
from guildhall.channels.testing.discord.refusals import Refused, bad_body, unauthorized, unknown
from guildhall.channels.testing.discord.routes import ROUTES, Call, find
from guildhall.channels.testing.discord.state import App, Json
from guildhall.channels.testing.discord.world import World

log = logging.getLogger(__name__)
KEPT_CALLS = 100_000
PROXY_PAGE = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>proxy</body>\r\n</html>\r\n"
BANNED_PAGE = b"error code: 1015"
COUNTED_INVALID = (401, 403, 429)


class Sent(NamedTuple):
    """One message a bot sent; `at` is the monotonic moment the request was fully read."""

    at: float
    app: str
    channel: str
    message_id: str
    text: str


class Called(NamedTuple):
    """One call: `body` as decoded, `answer` as given; `trouble` names the mischief done to it."""

    at: float
    app: str
    route: str
    path: Json
    body: Any
    status: int
    answer: Any
    trouble: str
    reason: str


class FakeDiscord(Bulk):
    """`with FakeDiscord() as dc: dc.api` is the address to give a bot instead of discord.com/api/v10;
    `dc.gateway_url` that of the gateway."""

    def __init__(
        self, *, port: int = 0, seed: int = 0, limits: bool = True, clock: Callable[[], float] = time.time
    ) -> None:
        """`limits`: answer 429 when Discord's limits are exceeded."""
        self.world = World(seed, clock)
        self.limits = Limits(enforce=limits)
        self.sent: list[Sent] = []
        self.calls: deque[Called] = deque(maxlen=KEPT_CALLS)
        self.invalid: list[Json] = []
        self.misshapen: list[Json] = []
        """Answers of the fake's own that do not fit the schema; filled with `check_answers`."""
        self.check_answers = False
        self.unplayed: list[str] = []
        self.failures: list[str] = []
        self.port = port
        self._loop = asyncio.new_event_loop()
        self._runner: web.ServerRunner | None = None
        self._site: web.TCPSite | None = None
        self._thread = threading.Thread(target=self._run, name="fake-discord", daemon=True)

    # -- life ----------------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Self:
        return self.__enter__()

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._do(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _open(self) -> None:
        server = web.Server(self._answer, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, backlog=2048)
        await self._site.start()
        self.port = self._runner.addresses[0][1]
        self.world.url = self.url

    async def _shut(self) -> None:
        for line in list(self.world.lines):
            line.cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.url}/api/v10"

    @property
    def gateway_url(self) -> str:
        return self.world.gateway_url

    def down(self, seconds: float) -> None:
        """Nobody can connect for so long, and who was connected is cut off."""
        self._do(self._shut())
        self._loop.call_soon_threadsafe(
            self._loop.call_later, seconds, lambda: self._loop.create_task(self._open())
        )

    # -- a call --------------------------------------------------------------------------------------

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = unquote(request.path)
        if path.startswith("/control/"):
            body = await request.read()
            return await asyncio.get_running_loop().run_in_executor(
                None, control.serve, self, path.removeprefix("/control/"), body
            )
        if request.headers.get("Upgrade", "").lower() == "websocket":
            connection = Connection(self.world, request)
            self.world.lines.add(connection)
            return await connection.serve()
        if path.startswith("/attachments/"):
            return self._file(path)
        raw = await request.read()
        try:
            return await self._rest(request, path, raw, time.monotonic())
        except Refused as refused:
            return _json(refused.status, refused.answer(), {})
        except Exception as error:
            log.exception("fake Discord failed at %s %s", request.method, path)
            self.failures.append(f"{request.method} {path}: {type(error).__name__}: {error}")
            return _json(500, b'{"message":"500: Internal Server Error","code":0}', {})

    async def _rest(
        self, request: web.BaseRequest, path: str, raw: bytes, arrived: float
    ) -> web.StreamResponse:
        if self.limits.banned(arrived):
            return web.Response(status=429, body=BANNED_PAGE, content_type="text/plain",
                                headers={"Retry-After": "3600"})  # fmt: skip
        inner = _inner(path)
        found = find(request.method, inner)
        if found is None:
            self.unplayed.append(f"{request.method} {inner}")
            raise Refused(404, 0, "404: Not Found")
        route, named = found
        app = self._app(request, route, named)
        if app is None:
            self.limits.invalid(arrived)
            raise unauthorized()
        major = "/".join(named[one] for one in ("channel_id", "guild_id", "webhook_id") if one in named)
        ruling = self.limits.arrived(app.id, route, major, inner, arrived, time.time())
        reason = unquote(request.headers.get("X-Audit-Log-Reason", ""))
        if ruling.scope:
            self.limits.invalid(arrived)
            return self._haste(app, route, named, arrived, ruling)
        trouble, wait = self.world.mischief.trouble(route)
        if trouble.startswith("429"):
            scope = "global" if trouble == "429_global" else "shared"
            self.limits.told_to_wait(app.id, route, major, time.monotonic(), wait)
            return self._haste(app, route, named, arrived, Ruling(ruling.headers, wait, scope), trouble)
        if trouble and not trouble.endswith("_after"):
            self._record(arrived, app, route, named, None, 0, None, trouble, reason)
            return await self._misbehave(request, trouble)
        body: Any = None
        status, answer = 200, None
        try:
            body, files = bodies.read(raw, request.headers.get("Content-Type", ""))
            self._refuse_wrong(app, route, body, dict(request.query))
            call = Call(self.world, app, route, named, {} if body is None else body, dict(request.query),
                        files, reason)  # fmt: skip
            with self.world.lock:
                answer = ROUTES[route].play(call)
            status = call.status if answer is not None else 204
            self._check(route, status, answer)
            if route == "POST /channels/{channel_id}/messages":
                self.sent.append(Sent(arrived, app.id, named["channel_id"], answer["id"], answer["content"]))
        except Refused as refused:
            status, answer = refused.status, refused.body
            if status in COUNTED_INVALID:
                self.limits.invalid(arrived)
        self._record(arrived, app, route, named, body, status, answer, trouble, reason)
        if trouble:
            return await self._misbehave(request, trouble)
        return _json(status, b"" if answer is None else orjson.dumps(answer), ruling.headers)

    def _app(self, request: web.BaseRequest, route: str, named: Json) -> App | None:
        """Who calls: by the bot's token, or by what an interaction's address says."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        app = self.world.by_token.get(token) if kind == "Bot" else None
        if app is not None and app.alive:
            return app
        if not ROUTES[route].open:
            return None
        asked = self.world.by_interaction_token.get(named.get("interaction_token") or named["webhook_token"])
        if asked is None:
            raise unknown("Webhook" if "webhook_token" in named else "Interaction")
        return self.world.apps[asked.app_id]

    def _refuse_wrong(self, app: App, route: str, body: Any, query: Json) -> None:
        wrong, refused = self._wrongs(route, body)
        for place, ones in (("body", wrong), ("query", schema.wrong_query(route, query))):
            for one in ones:
                self.invalid.append(
                    {"limit": "schema", "app": app.id, "route": route, "in": place, "rule": one.rule,
                     "path": "/".join(one.path), "said": one.said}
                )  # fmt: skip
        if refused:
            raise bad_body(refused)

    def _wrongs(self, route: str, body: Any) -> tuple[list[schema.Wrong], list[schema.Wrong]]:
        """All that is wrong with a body, and what of it Discord would refuse."""
        if body is None or not schema.takes_body(route):
            return [], []
        noted: list[schema.Wrong] = []
        while wrong := schema.wrongs(route, body):
            noted += wrong
            forgiven = [one for one in wrong if bodies.forgiven(body, one)]
            if not forgiven:
                return noted, wrong
        return noted, []

    def _check(self, route: str, status: int, answer: Any) -> None:
        if self.check_answers and answer is not None:
            plain = orjson.loads(orjson.dumps(answer))
            for said in schema.wrong_answer(route, status, plain):
                self.misshapen.append({"route": route, "said": said})

    # -- refusals and mischief -----------------------------------------------------------------------

    def _haste(
        self, app: App, route: str, named: Json, arrived: float, ruling: Ruling, trouble: str = ""
    ) -> web.Response:
        body = {"message": "You are being rate limited.", "retry_after": round(ruling.wait, 3),
                "global": ruling.scope == "global"}  # fmt: skip
        self._record(arrived, app, route, named, None, 429, body, trouble, "")
        told = {"X-RateLimit-Scope": ruling.scope, "Retry-After": str(int(ruling.wait) + 1)}
        return _json(429, orjson.dumps(body), {**ruling.headers, **told})

    async def _misbehave(self, request: web.BaseRequest, trouble: Trouble) -> web.StreamResponse:
        if trouble.startswith("5xx"):
            return web.Response(status=502, body=PROXY_PAGE, content_type="text/html")
        if trouble.startswith("timeout"):
            await asyncio.sleep(self.world.mischief.rates.hold_s)
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=502)

    # -- records -------------------------------------------------------------------------------------

    def _record(self, at: float, app: App, route: str, path: Json, body: Any, status: int, answer: Any,
                trouble: str, reason: str) -> None:  # fmt: skip
        self.calls.append(Called(at, app.id, route, path, body, status, answer, trouble, reason))

    def violations(self) -> list[Json]:
        """Every 429 that was earned, every retry_after not kept, every body and query that was not valid,
        and the ban if there was one."""
        return self.limits.broken() + self.invalid

    def forget(self) -> None:
        """The records start anew; the world stays."""
        self.sent.clear()
        self.calls.clear()
        self.invalid.clear()
        self.limits.forget()

    def _file(self, path: str) -> web.Response:
        found = self.world.files.get(path)
        if found is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=found.content, content_type=found.mime)


def _inner(path: str) -> str:
    """The address below /api/v10."""
    for prefix in ("/api/v10", "/api/v9", "/api"):
        if path.startswith(prefix + "/"):
            return path.removeprefix(prefix)
    return path


def _json(status: int, body: bytes, headers: dict[str, str]) -> web.Response:
    known = {"Via": "1.1 google", **headers}
    if not body:
        return web.Response(status=status, headers=known)
    return web.Response(status=status, body=body, content_type="application/json", headers=known)
