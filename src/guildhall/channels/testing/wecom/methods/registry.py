"""How a method of the API is written down: its path, how it is called, and the shape of what it takes.

WeChat publishes no machine-readable schema, so the shapes stand here, from the documentation: a field maps to
its type, `!` marks what must be there, `<n` the most bytes of a text or entries of a list. What is not named
is noted as a violation, as a schema would.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from guildhall.channels.testing.wecom.refusals import Refused
from guildhall.channels.testing.wecom.state import Account, Corp, Json
from guildhall.channels.testing.wecom.world import World

Play = Callable[[World, Any, Json], Any]
TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,), "number": (int,), "flag": (bool, int), "list": (list,), "object": (dict,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Method:
    path: str
    play: Play
    shape: dict[str, str] = field(default_factory=dict)
    verb: str = "POST"
    owner: type = Corp


METHODS: dict[tuple[str, str], Method] = {}
"""By (path behind cgi-bin, `corp` or `account`)."""


def method(
    path: str, shape: dict[str, str] | None = None, *, verb: str = "POST", owner: type = Corp
) -> Callable[[Play], Play]:
    def note(play: Play) -> Play:
        METHODS[(path, "corp" if owner is Corp else "account")] = Method(path, play, shape or {}, verb, owner)
        return play

    return note


def both(path: str, shape: dict[str, str] | None = None, *, verb: str = "POST") -> Callable[[Play], Play]:
    """The same for a corporation and an Official Account."""

    def note(play: Play) -> Play:
        method(path, shape, verb=verb, owner=Corp)(play)
        return method(path, shape, verb=verb, owner=Account)(play)

    return note


def unknown_fields(made: Method, body: Json) -> list[str]:
    return sorted(set(body) - set(made.shape)) if made.verb == "POST" else []


def check(made: Method, body: Json) -> None:
    """Raises Refused 40058 naming the first field that does not fit."""
    for name, rule in made.shape.items():
        kind, _, most = rule.replace("!", "").partition("<")
        value = body.get(name)
        if value is None or value == "":
            if "!" in rule:
                raise Refused(40058, f"invalid Request Parameter, missing {name}")
            continue
        if made.verb == "POST" and not isinstance(value, TYPES[kind]):
            raise Refused(47001, f"data format error, {name}")
        if most:
            length = len(value.encode()) if isinstance(value, str) else len(value)
            if length > int(most):
                raise Refused(40058, f"invalid Request Parameter, {name} is too long")


def texts_within(text: Json | None, most: int) -> None:
    """A `text` part: at most so many bytes of content. Raises Refused 45002."""
    if text and len(str(text.get("content", "")).encode()) > most:
        raise Refused(45002)


def page(rows: list[Any], body: Json, most: int) -> tuple[list[Any], str]:
    """One page by `cursor` and `limit`, and the cursor of the next ('' at the end)."""
    start = int(body.get("cursor") or 0) if str(body.get("cursor") or "0").isdigit() else -1
    if start < 0:
        raise Refused(40058, "invalid Request Parameter, cursor")
    limit = min(int(body.get("limit") or most), most)
    found = rows[start : start + limit]
    return found, str(start + limit) if start + limit < len(rows) else ""
