"""The control side over HTTP: `Control(url)` has the same methods as `FakeTelegram`, for another process.

POST /control/<name> with `{"args": [...], "kwargs": {...}}`, or the named arguments themselves.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from guildhall.channels.testing.http import Reply
from guildhall.channels.testing.telegram.state import Bot

if TYPE_CHECKING:
    from guildhall.channels.testing.telegram.server import FakeTelegram

NAMES = frozenset({
    "add_bot", "add_user", "add_chat", "add_bot_to_chat", "set_rights", "remove_bot", "set_member",
    "promote", "discuss", "topic", "invite", "migrate", "join", "leave", "join_request", "start", "block",
    "deactivate", "say", "edit", "delete", "press", "react", "vote", "rename", "deliver_raw", "messages",
    "member", "callback", "pending", "misbehave", "mischief_done", "set_limits", "revoke", "advance",
    "upload", "show_face", "route", "sent", "calls", "violations", "down", "forget", "load", "backlog",
    "rate", "stats", "play",
})  # fmt: skip


class BotName(NamedTuple):
    """A bot as the control side names it."""

    token: str
    id: int
    username: str


def serve(fake: FakeTelegram, name: str, body: bytes) -> Reply:
    """Answers one control call."""
    if name not in NAMES:
        return _no(404, f"no control called {name}")
    try:
        given = orjson.loads(body) if body else {}
        if set(given) <= {"args", "kwargs"}:
            args, kwargs = given.get("args", []), given.get("kwargs", {})
        else:
            args, kwargs = [], given
        found = getattr(fake, name)
        result = found(*args, **kwargs) if callable(found) else [one._asdict() for one in found]
    except (KeyError, ValueError, TypeError) as error:
        return _no(400, f"{type(error).__name__}: {error}")
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
    return Reply(200, orjson.dumps({"ok": True, "result": result}, default=_plain, option=options))


def _no(status: int, said: str) -> Reply:
    return Reply(status, orjson.dumps({"ok": False, "error": said}))


def _plain(value: Any) -> Any:
    if isinstance(value, Bot):
        return {"token": value.token, "id": value.id, "username": value.username}
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(type(value).__name__)


class Control:
    """`Control("http://127.0.0.1:8081").say(chat, user, "hello")`: drives a fake in another process.

    `sent`, `calls` are lists of dicts here; errors come back as ValueError.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def _post(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = [one.token if isinstance(one, BotName) else one for one in args]
        named = {key: one.token if isinstance(one, BotName) else one for key, one in kwargs.items()}
        body = orjson.dumps({"args": given, "kwargs": named})
        request = urllib.request.Request(f"{self.url}/control/{name}", body)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return orjson.loads(answer.read())["result"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{name}: {error.read().decode(errors='replace')}") from error

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in NAMES:
            raise AttributeError(name)
        return lambda *args, **kwargs: self._post(name, args, kwargs)

    def add_bot(self, *args: Any, **kwargs: Any) -> BotName:
        return BotName(**self._post("add_bot", args, kwargs))

    @property
    def sent(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._post("sent", (), {})
        return found

    @property
    def calls(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._post("calls", (), {})
        return found
