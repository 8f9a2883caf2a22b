"""`FakeTelegram`: the fake Bot API as one object, in this process or behind its own port.

Takes a call apart, lets limits, mischief and the schema have their say, plays the method in the world and
keeps a record of everything. What people do in this world comes from `happenings.py`, over the object or
over HTTP (`control.py`).
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Self

import orjson

from guildhall.channels.testing.http import Doorway, Reply, Request
from guildhall.channels.testing.telegram import schema
from guildhall.channels.testing.telegram.bulk import Bulk
from guildhall.channels.testing.telegram.limits import Limits
from guildhall.channels.testing.telegram.methods import METHODS
from guildhall.channels.testing.telegram.methods.sending import new_file
from guildhall.channels.testing.telegram.mischief import Trouble
from guildhall.channels.testing.telegram.parameters import parameters
from guildhall.channels.testing.telegram.refusals import Refused, refusal_of, too_many
from guildhall.channels.testing.telegram.state import Bot, Json
from guildhall.channels.testing.telegram.world import World

log = logging.getLogger(__name__)
LONGEST_POLL = 50
KEPT_CALLS = 100_000
GATEWAY_PAGE = b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n"


class Sent(NamedTuple):
    """One accepted sending call; `at` is the monotonic moment it was fully read."""

    at: float
    bot: int
    chat: int
    method: str
    message_id: int
    text: str


class Call(NamedTuple):
    """One call: `body` as decoded, `answer` as given; `trouble` names the mischief done to it."""

    at: float
    bot: int
    method: str
    body: Json
    ok: bool
    answer: Any
    trouble: str


class FakeTelegram(Bulk):
    """`with FakeTelegram() as tg: tg.url` is the address to give a bot instead of api.telegram.org."""

    def __init__(
        self, *, port: int = 0, seed: int = 0, limits: bool = True, clock: Callable[[], float] = time.time
    ) -> None:
        """`limits`: answer 429 when Telegram's limits are exceeded (they are noted either way)."""
        self.world = World(seed, clock)
        self.limits = Limits(enforce=limits)
        self.sent: list[Sent] = []
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.invalid: list[Json] = []
        self.unplayed: list[str] = []
        self.failures: list[str] = []
        self._door = Doorway(self._answer, port)
        self._count = threading.Lock()

    def __enter__(self) -> Self:
        self._door.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Self:
        return self.__enter__()

    def close(self) -> None:
        self._door.stopping.set()
        for pusher in list(self.world.pushers.values()):
            pusher.close()
        for updates in list(self.world.updates.values()):
            updates.close()
        self._door.close()

    @property
    def port(self) -> int:
        return self._door.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.port}"

    def down(self, seconds: float) -> None:
        """Nobody can connect for so long."""

        def again() -> None:
            if not self._door.stopping.wait(seconds):
                self._door.open()

        self._door.close()
        threading.Thread(target=again, name="fake-down", daemon=True).start()

    def violations(self) -> list[Json]:
        """Every limit broken in any sliding window, every retry_after not kept, every invalid body."""
        return [*self.limits.broken(), *self.invalid]

    def rate(self, bot: int) -> Json:
        """How many sending requests the bot made (`requests`), over how many `seconds`."""
        requests, seconds = self.limits.rate(bot)
        return {"requests": requests, "seconds": seconds}

    def stats(self) -> Json:
        """For a quick look from outside: how much of what."""
        return {
            "calls": len(self.calls), "sent": len(self.sent), "violations": len(self.violations()),
            "unplayed": sorted(set(self.unplayed)), "failures": self.failures[-20:],
            "mischief": self.mischief_done(), "chats": len(self.world.chats), "users": len(self.world.users),
            "pending": {bot: self.pending(bot) for bot in self.world.bots},
        }  # fmt: skip

    def forget(self) -> None:
        """Empties the records (sent, calls, violations); the world stays."""
        with self._count:
            self.sent.clear()
            self.calls.clear()
            self.invalid.clear()
            self.limits.forget()

    # -- calls ---------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Reply:
        try:
            path = request.path
            if path.startswith("/bot"):
                token, _, name = path[4:].partition("/")
                return self._call(request, token, name.strip("/").lower())
            if path.startswith("/file/bot"):
                return self._file(path[9:])
            if path.startswith("/control/"):
                from guildhall.channels.testing.telegram.control import serve

                return serve(self, path[9:], request.body)
            return Reply(404, Refused(404, "").answer())
        except Refused as no:
            return Reply(no.code, no.answer())
        except Exception as error:
            self.failures.append(f"{request.path.rpartition('/')[2]}: {error!r}")
            log.exception("the fake failed at %s", request.path.partition("/")[2][-40:])
            return Reply(500, Refused(500, "Internal Server Error").answer())

    def _bot(self, token: str) -> Bot:
        bot = self.world.by_token.get(token)
        if bot is None:
            raise Refused(401, "") if ":" in token else Refused(404, "")
        return bot

    def _call(self, request: Request, token: str, name: str) -> Reply:
        bot = self._bot(token)
        if name not in schema.methods():
            raise Refused(404, "method not found")
        played = METHODS.get(name)
        trouble, seconds = self.world.mischief.trouble(name)
        body: Json = {}
        try:
            given, files = parameters(request)
            for field, upload in files.items():
                given[field] = new_file(self.world, "document", upload.content, upload.name)["file_id"]
            body, wrong = schema.decode(name, given)
            unread = {one.parameter for one in wrong}
            wrong += [one for one in schema.wrongs(name, body) if one.parameter not in unread]
            if played is not None and played.sends:
                self._hold_to_limits(bot, body, request.arrived)
            if trouble == "429":
                self._tell_to_wait(bot, body, seconds)
                raise too_many(seconds)
            if trouble.endswith("before") or trouble == "5xx":
                self._record(request, bot, name, body, False, trouble, trouble)
                return self._misbehave(trouble)
            self._refuse_wrong(bot, name, wrong)
            result = self._play(bot, name, body)
        except Refused as no:
            self._record(request, bot, name, body, False, no.description, trouble)
            return Reply(no.code, no.answer())
        if isinstance(result, bytes):
            self._record(request, bot, name, body, True, len(result), trouble)
            answer = result
        else:
            self._record(request, bot, name, body, True, result, trouble)
            if played is not None and played.sends:
                self._note_sent(request, bot, played.name, body, result)
            answer = b'{"ok":true,"result":' + orjson.dumps(result) + b"}"
        return self._misbehave(trouble) if trouble else Reply(200, answer)

    def _play(self, bot: Bot, name: str, body: Json) -> Any:
        if name == "getupdates":
            return self._updates(bot, body)
        played = METHODS.get(name)
        if played is None:
            self.unplayed.append(name)
            raise Refused(501, f"Not Implemented: this fake does not play {schema.proper_names()[name]}")
        with self.world.lock:
            return played.play(self.world, bot, body)

    def _updates(self, bot: Bot, body: Json) -> bytes:
        updates = self.world.updates[bot.id]
        updates.allow(body.get("allowed_updates"))
        timeout = min(max(body.get("timeout", 0), 0), LONGEST_POLL)
        found = updates.take(
            body.get("offset", 0), min(max(body.get("limit", 100), 1), 100), timeout, self.world.mischief.mix
        )
        return found.body()

    def _refuse_wrong(self, bot: Bot, name: str, wrong: list[schema.Wrong]) -> None:
        for one in wrong:
            self.invalid.append({"limit": "schema", "bot": bot.id, "method": schema.proper_names()[name],
                                 "parameter": one.parameter, "rule": one.rule, "said": one.said})  # fmt: skip
        for one in wrong:
            if one.rule != "unknown":
                raise refusal_of(name, one)

    # -- limits and mischief -------------------------------------------------------------------------

    def _chat_id(self, body: Json) -> int:
        given = body.get("chat_id", 0)
        if isinstance(given, str):
            return self.world.names.get(given.lstrip("@").lower(), 0)
        return int(given) if isinstance(given, int) else 0

    def _hold_to_limits(self, bot: Bot, body: Json, arrived: float) -> None:
        chat_id = self._chat_id(body)
        chat = self.world.chats.get(chat_id)
        group = chat is not None and chat.kind in ("group", "supergroup")
        wait = self.limits.arrived(bot.id, chat_id, arrived, group=group)
        if wait > 0:
            seconds = max(1, math.ceil(wait))
            self.limits.told_to_wait(bot.id, chat_id, time.monotonic(), seconds)
            raise too_many(seconds)

    def _tell_to_wait(self, bot: Bot, body: Json, seconds: int) -> None:
        if chat_id := self._chat_id(body):
            self.limits.told_to_wait(bot.id, chat_id, time.monotonic(), seconds)

    def _misbehave(self, trouble: Trouble) -> Reply:
        if trouble.startswith("5xx"):
            return Reply(502, GATEWAY_PAGE, "text/html")
        hold = self.world.mischief.rates.hold_s if trouble.startswith("timeout") else 0.0
        return Reply(0, b"", hold=hold, cut=True)

    # -- records -------------------------------------------------------------------------------------

    def _record(
        self, request: Request, bot: Bot, name: str, body: Json, ok: bool, answer: Any, trouble: str
    ) -> None:
        self.calls.append(
            Call(request.arrived, bot.id, schema.proper_names()[name], body, ok, answer, trouble)
        )

    def _note_sent(self, request: Request, bot: Bot, name: str, body: Json, result: Any) -> None:
        first = result[0] if isinstance(result, list) else result
        text = body.get("text") or body.get("caption") or ""
        with self._count:
            self.sent.append(
                Sent(request.arrived, bot.id, self._chat_id(body), name, first.get("message_id", 0), text)
            )

    def _file(self, path: str) -> Reply:
        token, _, where = path.partition("/")
        self._bot(token)
        found = self.world.files.get(where.rpartition("/")[2])
        if found is None:
            raise Refused(404, "")
        return Reply(200, found["bytes"] or b"\0" * found["file_size"], "application/octet-stream")
