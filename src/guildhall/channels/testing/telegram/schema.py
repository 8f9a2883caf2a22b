"""Decodes what a bot sends by the published schema of the Bot API and says what is wrong with it.

`schema.json` writes a field as `[!]TYPES[ LIMIT]`: `!` required; types joined by `|`, `[]` for each array
dimension, I S B F for Integer, String, Boolean, Float; a limit is `1-64b` (bytes), `1-32c` (characters),
`1-100` (values, or items of an array) or `=a,b` (one of). From it come JSON schemas, compiled once for each
method; what Telegram answers to a bad body is decided in `refusals.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, ValidationError, validators

SCALARS: dict[str, dict[str, Any]] = {
    "I": {"type": "integer"},
    "S": {"type": "string"},
    "B": {"type": "boolean"},
    "F": {"type": "number"},
    "InputFile": {"type": "string"},
}
TRUE = frozenset({"true", "yes", "1"})


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or field: its types (base name, array depth), whether required, and its limit."""

    name: str
    types: tuple[tuple[str, int], ...]
    required: bool
    limit: str

    @property
    def is_text(self) -> bool:
        return any(base in ("S", "InputFile") and not depth for base, depth in self.types)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a body: the parameter, the path below it, the rule broken (`required`, `type`,
    `maxBytes`, ... or `json`), and a sentence."""

    parameter: str
    path: tuple[str | int, ...]
    rule: str
    said: str


def _field(name: str, written: str) -> Field:
    required = written.startswith("!")
    types, _, limit = written.lstrip("!").partition(" ")
    parsed = tuple((one.rstrip("[]"), one.count("[]")) for one in types.split("|"))
    return Field(name, parsed, required, limit)


@cache
def _written() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads((Path(__file__).parent / "schema.json").read_bytes())
    return found


@cache
def methods() -> Mapping[str, Mapping[str, Field]]:
    """The parameters of every method by its name in small letters, as Telegram compares them."""
    return {
        name.lower(): {key: _field(key, value) for key, value in fields.items()}
        for name, (_, fields) in _written()["methods"].items()
    }


@cache
def proper_names() -> Mapping[str, str]:
    return {name.lower(): name for name in _written()["methods"]}


# -- JSON schemas ------------------------------------------------------------------------------------


def _limits(limit: str, base: dict[str, Any]) -> dict[str, Any]:
    if not limit:
        return base
    if limit.startswith("="):
        return {**base, "enum": limit[1:].split(",")}
    low, high = (int(part) for part in limit.rstrip("bc").split("-"))
    if limit.endswith("b"):
        return {**base, "minBytes": low, "maxBytes": high}
    if limit.endswith("c"):
        return {**base, "minLength": low, "maxLength": high}
    if base.get("type") == "array":
        return {**base, "minItems": low, "maxItems": high}
    return {**base, "minimum": low, "maximum": high}


def _base(base: str) -> dict[str, Any]:
    return SCALARS.get(base) or {"$ref": f"#/$defs/{base}"}


def _schema(field: Field) -> dict[str, Any]:
    depths = {depth for _, depth in field.types}
    bases = [_base(base) for base, _ in field.types]
    if len(depths) != 1:
        return {"anyOf": [_nested(base, depth) for base, (_, depth) in zip(bases, field.types, strict=True)]}
    one: dict[str, Any]
    if all("type" in base and len(base) == 1 for base in bases):
        one = {"type": list(dict.fromkeys(base["type"] for base in bases))}
        if len(one["type"]) == 1:
            one = {"type": one["type"][0]}
    else:
        one = bases[0] if len(bases) == 1 else {"anyOf": bases}
    return _limits(field.limit, _nested(one, depths.pop()))


def _nested(base: dict[str, Any], depth: int) -> dict[str, Any]:
    for _ in range(depth):
        base = {"type": "array", "items": base}
    return base


def _object(fields: Mapping[str, Field]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _schema(field) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.required],
    }


@cache
def _definitions() -> dict[str, Any]:
    types = _written()["types"]
    found: dict[str, Any] = {}
    for name, written in types.items():
        if isinstance(written, list):
            found[name] = _union(written, types)
        else:
            found[name] = _object({key: _field(key, value) for key, value in written.items()})
    return {**found, "RichText": {}}


def _union(members: list[str], types: Mapping[str, Any]) -> dict[str, Any]:
    """Members told apart by one field with one fixed value each are checked against theirs alone."""
    for key in ("type", "status", "source"):
        fixed = [types[member].get(key, "") for member in members if isinstance(types.get(member), dict)]
        values = [value.partition("=")[2] for value in fixed]
        if len(values) == len(members) == len(set(values)) and all(values):
            return {"kinds": {"key": key, "of": dict(zip(values, members, strict=True))}}
    return {"anyOf": [_base(member) for member in members]}


def _kinds(
    validator: Any, kinds: dict[str, Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:  # fmt: skip
    value = instance.get(kinds["key"]) if isinstance(instance, dict) else None
    name = kinds["of"].get(value) if isinstance(value, str) else None
    if name is None:
        yield ValidationError(f"{kinds['key']} is none of {', '.join(kinds['of'])}")
    else:
        yield from validator.descend(instance, {"$ref": f"#/$defs/{name}"})


def _max_bytes(validator: Any, most: int, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and len(instance.encode(errors="replace")) > most:
        yield ValidationError(f"more than {most} bytes")


def _min_bytes(validator: Any, least: int, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and len(instance) < least:
        yield ValidationError(f"fewer than {least} bytes")


_Validator = validators.extend(
    Draft202012Validator, {"kinds": _kinds, "maxBytes": _max_bytes, "minBytes": _min_bytes}
)


@cache
def _validator(method: str) -> Any:
    return _Validator({**_object(methods()[method]), "$defs": _definitions()})


@cache
def _type_validator(name: str) -> Any:
    return _Validator({**_base(name), "$defs": _definitions()})


def wrongs(method: str, body: Mapping[str, Any]) -> list[Wrong]:
    """What is wrong with a decoded body of `method` (in small letters); nothing when it is valid."""
    found = []
    for error in _validator(method).iter_errors(body):
        path = tuple(error.absolute_path)
        parameter = str(path[0]) if path else error.message.split("'")[1]
        found.append(Wrong(parameter, path[1:], str(error.validator), _short(error)))
    return found


def _short(error: ValidationError) -> str:
    deepest = error
    while deepest.context:
        deepest = max(deepest.context, key=lambda one: len(one.absolute_path))
    where = "/".join(str(part) for part in deepest.absolute_path)
    return f"{where}: {deepest.message[:200]}" if where else deepest.message[:200]


def wrong_in(type_name: str, value: Any) -> list[str]:
    """What is wrong with a value the fake itself made, such as an `Update`; for its own tests."""
    return [_short(error) for error in _type_validator(type_name).iter_errors(value)]


# -- decoding ----------------------------------------------------------------------------------------


def decode(method: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Wrong]]:
    """The body with every value in its type, and what could not be read; names nobody knows are reported
    with the rule `unknown` and left out, for Telegram ignores them."""
    fields = methods()[method]
    body: dict[str, Any] = {}
    found: list[Wrong] = []
    for name, value in given.items():
        field = fields.get(name)
        if field is None:
            found.append(Wrong(name, (), "unknown", f"{name} is no parameter of the method"))
            continue
        if isinstance(value, str):
            try:
                value = _read(field, value)
            except ValueError as error:
                found.append(Wrong(name, (), "json", f"{name}: {error}"))
                continue
        if value is not None:
            body[name] = value
    return body, found


def _read(field: Field, value: str) -> Any:
    base, depth = field.types[0]
    if depth:
        return orjson.loads(value) if value else None
    if base == "I":
        if value.lstrip("-").isdigit():
            return int(value)
        if field.is_text:
            return value
        if not value:
            return None
        raise ValueError("an integer is expected")
    if field.is_text:
        return value
    if base == "B":
        return value.lower() in TRUE
    if base == "F":
        return float(value)
    return orjson.loads(value) if value else None
