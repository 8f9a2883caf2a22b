"""Checks what a bot sends by the published schema of Discord's HTTP API and says what is wrong with it.

`schema.json` is trimmed from Discord's own OpenAPI file by scripts/discord_schema.py: per route the body, the
query parameters and the answers. What Discord answers to a bad body is decided in `refusals.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("snowflake")
def _is_snowflake(value: object) -> bool:
    return not isinstance(value, str) or int(value) < 1 << 64


@_FORMATS.checks("int32")
def _is_int32(value: object) -> bool:
    return not isinstance(value, int) or -(1 << 31) <= value < 1 << 31


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong: the path to the value, the rule broken (`required`, `type`, `maxLength`, ...), and a
    sentence."""

    path: tuple[str, ...]
    rule: str
    said: str


@cache
def _written() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((Path(__file__).parent / "schema.json").read_bytes())
    return found


@cache
def routes() -> tuple[tuple[str, str], ...]:
    """Every method and path of the file, such as ("GET", "/users/@me")."""
    return tuple((verb, path) for verb, _, path in (key.partition(" ") for key in _written()["routes"]))


def takes_body(route: str) -> bool:
    return "body" in _written()["routes"].get(route, {})


def _validator(schema: Mapping[str, Any]) -> Any:
    return Draft202012Validator({**schema, "$defs": _written()["schemas"]}, format_checker=_FORMATS)


@cache
def _of_body(route: str) -> Any:
    return _validator(_written()["routes"].get(route, {}).get("body", {}))


@cache
def _of_query(route: str, name: str) -> Any:
    return _validator(_written()["routes"].get(route, {}).get("query", {}).get(name, {}))


@cache
def _of_answer(route: str, status: str) -> Any:
    return _validator(_written()["routes"].get(route, {}).get("answers", {}).get(status, {}))


@cache
def _of_schema(name: str) -> Any:
    return _validator({"$ref": f"#/$defs/{name}"})


def wrongs(route: str, body: Any) -> list[Wrong]:
    """What is wrong with the JSON body of a route ("POST /guilds/{guild_id}/roles"); nothing when valid."""
    return [_wrong(error) for error in _of_body(route).iter_errors(body)]


def wrong_query(route: str, query: Mapping[str, str]) -> list[Wrong]:
    """What is wrong with the query parameters; names the file does not know are wrong too."""
    known = _written()["routes"].get(route, {}).get("query", {})
    found = []
    for name, value in query.items():
        if name not in known:
            found.append(Wrong((name,), "unknown", f"{name} is no query parameter of {route}"))
        elif not any(_of_query(route, name).is_valid(read) for read in _readings(value)):
            found.append(Wrong((name,), "type", f"{value!r} does not fit {name}"))
    return found


def _readings(value: str) -> list[Any]:
    """A parameter is text; it may stand for a number or a truth."""
    found: list[Any] = [value]
    if value.lstrip("-").isdigit():
        found.append(int(value))
    if value.lower() in ("true", "false", "0", "1"):
        found.append(value.lower() in ("true", "1"))
    return found


def wrong_answer(route: str, status: int, answer: Any) -> list[str]:
    """What is wrong with an answer the fake gave; for its own tests."""
    return [_said(error) for error in _of_answer(route, str(status)).iter_errors(answer)]


def wrong_in(name: str, value: Any) -> list[str]:
    """What is wrong with a value that should be a `MessageResponse`, `GuildMemberResponse`, ..."""
    return [_said(error) for error in _of_schema(name).iter_errors(value)]


def _deepest(error: ValidationError) -> ValidationError:
    while error.context:
        error = max(error.context, key=lambda one: (len(one.absolute_path), one.validator != "type"))
    return error


def _wrong(error: ValidationError) -> Wrong:
    deepest = _deepest(error)
    path = tuple(str(part) for part in deepest.absolute_path)
    if deepest.validator == "required":
        path = (*path, deepest.message.split("'")[1])
    return Wrong(path, str(deepest.validator), deepest.message[:200])


def _said(error: ValidationError) -> str:
    wrong = _wrong(error)
    return f"{'/'.join(wrong.path)}: {wrong.said}" if wrong.path else wrong.said
