"""`FakeWecom`: the fake WeChat as one object, in this process or behind its own port.

`url` is the address to give instead of qyapi.weixin.qq.com and of api.weixin.qq.com: whose call it is says
the access token. Takes a call apart, lets mischief and shapes have their say, plays the method in the world
and keeps a record of everything.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qsl

import orjson

from guildhall.channels.testing.http import Doorway, Reply, Request, multipart
from guildhall.channels.testing.wecom.calling import Caller
from guildhall.channels.testing.wecom.letters import Letters
from guildhall.channels.testing.wecom.methods import METHODS
from guildhall.channels.testing.wecom.methods.files import keep, robot_of, robot_says
from guildhall.channels.testing.wecom.methods.registry import check, unknown_fields
from guildhall.channels.testing.wecom.mischief import Mischief, Rates
from guildhall.channels.testing.wecom.people import People
from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import MAY, Account, Corp, Json
from guildhall.channels.testing.wecom.world import World

log = logging.getLogger(__name__)
KEPT_CALLS = 100_000
GATEWAY_PAGE = b"<html><head><title>502 Bad Gateway</title></head></html>"


class Call(NamedTuple):
    """One call: `path` behind cgi-bin, `body` as decoded, `errcode` as answered; `trouble` names mischief."""

    at: float
    owner: str
    path: str
    body: Json
    errcode: int
    answer: Any
    trouble: str


class FakeWecom(People, Letters):
    """`with FakeWecom() as wx:` and `GUILDHALL_WECOM_API=wx.url`, `GUILDHALL_WECHAT_API=wx.url`."""

    def __init__(
        self,
        *,
        port: int = 0,
        seed: int = 0,
        clock: Callable[[], float] = time.time,
        robot_limit: int = 45009,
    ) -> None:
        """`robot_limit`: what a robot's twenty-first message in a minute is refused with."""
        self.world = World(seed, clock)
        self.world.post = self.carry
        self.mischief = Mischief()
        self.caller = Caller()
        self.robot_limit = robot_limit
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self.invalid: list[Json] = []
        self.unplayed: list[str] = []
        self.failures: list[str] = []
        self._door = Doorway(self._answer, port)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._door.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> Self:
        return self.__enter__()

    def close(self) -> None:
        self._door.stopping.set()
        self.caller.close()
        self._door.close()

    @property
    def port(self) -> int:
        return self._door.port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._door.port}"

    # -- driving -------------------------------------------------------------------------------------

    def fail(self, path: str, errcode: int, times: int = 1) -> None:
        """The next calls whose path (behind cgi-bin) starts so answer this error code."""
        self.mischief.fail(path, errcode, times)

    def misbehave(self, **rates: Any) -> None:
        """See `mischief.Rates`; without arguments everything is well again."""
        self.mischief.set(Rates(**rates))

    def mischief_done(self) -> dict[str, int]:
        return dict(self.mischief.done)

    def invalidate_tokens(self) -> None:
        self.world.invalidate()

    def advance(self, seconds: float) -> None:
        self.world.advance(seconds)

    def violations(self) -> list[Json]:
        """Every body with a field WeChat does not know or a value that does not fit."""
        return list(self.invalid)

    def called(self, path: str) -> list[Call]:
        """Calls of one path, oldest first."""
        return [one for one in self.calls if one.path == path]

    def forget(self) -> None:
        """Empties the records; the world stays."""
        with self._lock:
            self.calls.clear()
            self.invalid.clear()

    def stats(self) -> Json:
        return {
            "calls": len(self.calls), "violations": len(self.invalid), "failures": self.failures[-20:],
            "unplayed": sorted(set(self.unplayed)), "callbacks": dict(self.caller.answered),
            "callback_errors": list(self.caller.errors),
        }  # fmt: skip

    # -- calls ---------------------------------------------------------------------------------------

    def _answer(self, request: Request) -> Reply:
        path = request.path.strip("/")
        try:
            if path.startswith("control/"):
                from guildhall.channels.testing.wecom.control import serve

                return serve(self, path[8:], request.body)
            if not path.startswith("cgi-bin/"):
                return Reply(404, b"{}")
            return self._call(request, path[8:])
        except Exception as error:
            self.failures.append(f"{path}: {error!r}")
            log.exception("the fake failed at %s", path[-40:])
            return Reply(500, orjson.dumps(Refused(-1).answer()))

    def _call(self, request: Request, path: str) -> Reply:
        query = dict(parse_qsl(request.query, keep_blank_values=True))
        owner, errcode, body = "", 0, dict[str, Any]()
        trouble = self.mischief.trouble(path)
        result: Any
        try:
            if told := self.mischief.errcode(path):
                trouble = f"told {told}"
                if 500 <= told < 600:
                    self._note(request, owner, path, query, told, None, trouble)
                    return Reply(502, GATEWAY_PAGE, "text/html")
                raise Refused(told)
            if trouble == "busy":
                raise Refused(-1)
            if trouble == "limit":
                raise Refused(45009)
            if trouble in ("server", "lost_before"):
                self._note(request, owner, path, query, -1, None, trouble)
                return Reply(502, GATEWAY_PAGE, "text/html", cut=trouble != "server")
            owner, body, result = self._play(request, path, query)
        except Refused as no:
            result, errcode = no.answer(), no.errcode
        if isinstance(result, bytes):
            self._note(request, owner, path, body, 0, len(result), trouble)
            return Reply(200, result, "application/octet-stream", cut=trouble == "lost_after")
        if errcode == 0:
            result = {"errcode": 0, "errmsg": "ok", **result}
        self._note(request, owner, path, body or query, errcode, result, trouble)
        return Reply(200, orjson.dumps(result), cut=trouble == "lost_after")

    def _play(self, request: Request, path: str, query: dict[str, str]) -> tuple[str, Json, Any]:
        if path in ("gettoken", "token", "stable_token"):
            return self._token(request, path, query)
        if path.startswith("webhook/"):
            return self._robot(request, path, query)
        token = self.world.holder(query.pop("access_token", ""))
        side = "corp" if isinstance(token.owner, Corp) else "account"
        made = METHODS.get((path, side))
        if made is None:
            self.unplayed.append(f"{side} {path}")
            raise Refused(48001, f"this fake does not play {path}")
        if isinstance(token.owner, Corp) and not path.startswith(MAY[token.agent]) and "/" in path:
            raise Refused(48002)
        body: Json = dict(query)
        if made.verb == "POST":
            body = self._json(request)
        elif made.verb == "UPLOAD":
            body["files"] = self._files(request)
        if unknown := unknown_fields(made, body):
            self._invalid(token.owner, path, "unknown", ", ".join(unknown))
        try:
            check(made, body)
        except Refused as no:
            self._invalid(token.owner, path, str(no.errcode), no.errmsg)
            raise
        with self.world.lock:
            return token.owner.id, body, made.play(self.world, token.owner, body)

    def _token(self, request: Request, path: str, query: dict[str, str]) -> tuple[str, Json, Any]:
        if path == "gettoken":
            corp = self.world.corps.get(query.get("corpid", ""))
            if corp is None:
                raise Refused(40013)
            agent = next(
                (one for one, secret in corp.secrets.items() if secret == query.get("corpsecret")), ""
            )
            if not agent:
                raise Refused(40001, "invalid credential")
            text, seconds = self.world.issue(corp, agent)
            return corp.id, {}, {"access_token": text, "expires_in": seconds}
        given = self._json(request) if path == "stable_token" else query
        account = self.world.accounts.get(str(given.get("appid", "")))
        if account is None:
            raise Refused(40013, "invalid appid")
        if given.get("secret") != account.secret:
            raise Refused(40125)
        renew = path == "token" or bool(given.get("force_refresh"))
        text, seconds = self.world.issue(account, "", renew=renew)
        return account.id, {}, {"access_token": text, "expires_in": seconds}

    def _robot(self, request: Request, path: str, query: dict[str, str]) -> tuple[str, Json, Any]:
        with self.world.lock:
            corp, robot = robot_of(self.world, query.get("key", ""))
            if path == "webhook/upload_media":
                files = self._files(request)
                if not files:
                    raise Refused(41005, "media data missing")
                kind = query.get("type", "file")
                return (
                    corp.id,
                    {},
                    {"type": kind, "media_id": keep(self.world, kind, files[0]), "created_at": "0"},
                )
            if path != "webhook/send":
                raise Refused(48001)
            body = self._json(request)
            return corp.id, body, robot_says(self.world, robot, body, self.robot_limit)

    def _json(self, request: Request) -> Json:
        if not request.body:
            raise Refused(44002)
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise Refused(47001) from None
        if not isinstance(body, dict):
            raise Refused(47001)
        return body

    def _files(self, request: Request) -> list[Any]:
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            raise Refused(41005, "media data missing")
        return list(multipart(request.body, kind)[1].values())

    def _invalid(self, owner: Corp | Account, path: str, rule: str, said: str) -> None:
        with self._lock:
            self.invalid.append({"owner": owner.id, "path": path, "rule": rule, "said": said})

    def _note(
        self, request: Request, owner: str, path: str, body: Json, errcode: int, answer: Any, trouble: str
    ) -> None:
        with self._lock:
            self.calls.append(Call(request.arrived, owner, path, body, errcode, answer, trouble))
