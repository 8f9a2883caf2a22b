"""The control side over HTTP: `Control(url)` has the same methods as `FakeDiscord`, for another process.

POST /control/<name> with `{"args": [...], "kwargs": {...}}`, or the named arguments themselves.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from aiohttp import web

from guildhall.channels.testing.discord.bulk import Bulk
from guildhall.channels.testing.discord.state import App

if TYPE_CHECKING:
    from guildhall.channels.testing.discord.server import FakeDiscord

NAMES = {name for name in dir(Bulk) if not name.startswith("_") and callable(getattr(Bulk, name))} | {
    "sent", "calls", "violations", "down", "forget", "invalid", "failures", "unplayed",
}  # fmt: skip


class BotName(NamedTuple):
    """A bot as the control side names it."""

    token: str
    id: str
    username: str


def serve(fake: FakeDiscord, name: str, body: bytes) -> web.Response:
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
        result = found(*args, **kwargs) if callable(found) else [_row(one) for one in found]
    except (KeyError, ValueError, TypeError, StopIteration) as error:
        return _no(400, f"{type(error).__name__}: {error}")
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
    text = orjson.dumps({"ok": True, "result": result}, default=_plain, option=options)
    return web.Response(body=text, content_type="application/json")


def _row(one: Any) -> Any:
    return one._asdict() if hasattr(one, "_asdict") else one


def _no(status: int, said: str) -> web.Response:
    text = orjson.dumps({"ok": False, "error": said})
    return web.Response(status=status, body=text, content_type="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, App):
        return {"token": value.token, "id": value.id, "username": value.user["username"]}
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(type(value).__name__)


class Control:
    """`Control("http://127.0.0.1:8082").say(channel, user, "hello")`: drives a fake in another process.

    `sent`, `calls` are lists of dicts here; errors come back as ValueError.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    @property
    def api(self) -> str:
        return f"{self.url}/api/v10"

    def _post(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = [one.id if isinstance(one, BotName) else one for one in args]
        named = {key: one.id if isinstance(one, BotName) else one for key, one in kwargs.items()}
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
