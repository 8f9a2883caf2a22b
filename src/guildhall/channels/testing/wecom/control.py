"""The control side over HTTP: `Control(url)` has the same methods as `FakeWecom`, for another process.

POST /control/<name> with `{"args": [...], "kwargs": {...}}`, or the named arguments themselves. What a method
gives back comes as plain JSON: a corporation as its id, name and secrets.
"""

from __future__ import annotations

import dataclasses
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import orjson

from guildhall.channels.testing.http import Reply
from guildhall.channels.testing.wecom.state import Account, Corp

if TYPE_CHECKING:
    from guildhall.channels.testing.wecom.server import FakeWecom

NAMES = frozenset({
    "add_corp", "add_account", "add_staff", "add_customer", "add_group", "add_kf", "add_robot",
    "add_template", "befriend", "unfriend", "scan", "chat", "customer", "group", "join", "leave",
    "rename_group", "set_notice", "set_owner", "dismiss", "talk", "confirm", "kf_enter", "kf_say",
    "kf_recall", "kf_fail", "kf_shown", "subscribe", "unsubscribe", "follower_scans", "press", "say",
    "set_callback", "settled", "callback_manners", "route", "fail", "misbehave", "mischief_done",
    "invalidate_tokens", "advance", "violations", "called", "forget", "stats",
})  # fmt: skip


def serve(fake: FakeWecom, name: str, body: bytes) -> Reply:
    """Answers one control call."""
    if name not in NAMES:
        return _no(404, f"no control called {name}")
    try:
        given = orjson.loads(body) if body else {}
        if set(given) <= {"args", "kwargs"}:
            args, kwargs = given.get("args", []), given.get("kwargs", {})
        else:
            args, kwargs = [], given
        result = getattr(fake, name)(*args, **kwargs)
    except (KeyError, ValueError, TypeError) as error:
        return _no(400, f"{type(error).__name__}: {error}")
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS
    return Reply(200, orjson.dumps({"ok": True, "result": result}, default=_plain, option=options))


def _no(status: int, said: str) -> Reply:
    return Reply(status, orjson.dumps({"ok": False, "error": said}))


def _plain(value: Any) -> Any:
    if isinstance(value, Corp):
        return {"id": value.id, "name": value.name, "secrets": value.secrets}
    if isinstance(value, Account):
        return {"id": value.id, "name": value.name, "secret": value.secret}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(type(value).__name__)


class Control:
    """`Control("http://127.0.0.1:8082").kf_say(corp, kf, customer, "hello")`; errors are ValueError."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name not in NAMES:
            raise AttributeError(name)
        return lambda *args, **kwargs: self._post(name, args, kwargs)

    def _post(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        body = orjson.dumps({"args": list(args), "kwargs": kwargs})
        request = urllib.request.Request(f"{self.url}/control/{name}", body)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return orjson.loads(answer.read())["result"]
        except urllib.error.HTTPError as error:
            raise ValueError(f"{name}: {error.read().decode(errors='replace')}") from error
