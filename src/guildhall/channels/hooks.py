"""The registry of webhooks: who may call us under which address, and what of a call is to be recorded.

A platform's room registers its `Hook` when Django starts; the door (intake) reads the request, bounds its
size and number, has the bodies committed and only then gives the answer. A hook verifies and decrypts; it
never asks the network and writes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from guildhall.channels.port import Platform

OK = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One request: `path` is what follows the hook's prefix, `query` as sent without the question mark,
    `headers` by lower-case name. `at`: aware UTC. `body` is empty while the call is only being admitted.
    """

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    at: datetime
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call amounts to. `bodies` go through intake as `platform` and are committed before `status` and
    `reply` are given; with another status than 200 nothing is recorded.
    """

    status: int = OK
    bodies: tuple[bytes, ...] = ()
    reply: bytes = b""
    content_type: str = field(default="text/plain")


@runtime_checkable
class Hook(Protocol):
    """One kind of caller. `prefix` is the beginning of its paths, such as /hooks/telegram/.

    `admit` looks at path, query and headers before the body is read: 200 to go on, else the status to refuse
    with. `receive` gets the whole call. Both may raise Django's database errors, which answer 503.
    """

    @property
    def prefix(self) -> str: ...
    @property
    def platform(self) -> Platform: ...
    @property
    def methods(self) -> frozenset[str]: ...
    @property
    def most_bytes(self) -> int: ...

    def admit(self, call: Call) -> int: ...
    def receive(self, call: Call) -> Answer: ...


_hooks: dict[str, Hook] = {}


def register(hook: Hook) -> None:
    """Let somebody call; a second hook with the same prefix replaces the first. Raises ValueError for a
    prefix that could not be told from another.
    """
    if not (hook.prefix.startswith("/hooks/") and hook.prefix.endswith("/") and hook.prefix.count("/") == 3):
        raise ValueError(f"{hook.prefix!r} is not /hooks/<name>/")
    _hooks[hook.prefix] = hook


def find(path: str) -> Hook | None:
    """Whose address a path is, or None."""
    if not path.startswith("/hooks/"):
        return None
    end = path.find("/", len("/hooks/"))
    return _hooks.get(path[: end + 1]) if end > 0 else None


def forget(prefix: str) -> None:
    """Take a hook out again; for tests."""
    _hooks.pop(prefix, None)
