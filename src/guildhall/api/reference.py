"""The OpenAPI document turned into what the reference page shows: sections, operations, fields in plain
words.

Reads the document only, so the page can never say something else than the machine-readable file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from guildhall.api.words import both
from guildhall.core.text import Text

_METHODS = ("get", "post", "put", "patch", "delete")
_DEEPEST = 4


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter or property. `name` is dotted for what lies inside another."""

    name: str
    place: str
    kind: str
    required: bool
    description: Text


@dataclass(frozen=True, slots=True)
class Answer:
    """One possible answer and what it holds."""

    status: str
    description: Text
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing the API can do."""

    method: str
    path: str
    summary: Text
    description: Text
    scope: str
    parameters: tuple[Field, ...]
    answers: tuple[Answer, ...]

    @property
    def anchor(self) -> str:
        return f"{self.method.lower()}{self.path}".replace("/", "-").replace("{", "").replace("}", "")


@dataclass(frozen=True, slots=True)
class Section:
    """The operations of one noun."""

    name: Text
    operations: tuple[Operation, ...]


def sections(document: Mapping[str, Any]) -> list[Section]:
    """The operations of an OpenAPI document, grouped by their first tag, in the document's order."""
    grouped: dict[str, list[Operation]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                tag = (item[method].get("tags") or ["other"])[0]
                grouped.setdefault(tag, []).append(_operation(document, path, method, item[method]))
    return [Section(both(name), tuple(operations)) for name, operations in grouped.items()]


def _operation(document: Mapping[str, Any], path: str, method: str, item: Mapping[str, Any]) -> Operation:
    parameters = [
        Field(
            name=p["name"],
            place=p["in"],
            kind=_kind(document, p.get("schema", {})),
            required=bool(p.get("required")),
            description=both(p.get("description") or p.get("schema", {}).get("description", "")),
        )
        for p in item.get("parameters", [])
    ]
    body = item.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        parameters += list(_fields(document, body, "body"))
    return Operation(
        method=method.upper(),
        path=path,
        summary=both(item.get("summary", "")),
        description=both(item.get("description", "")),
        scope=item.get("x-scope", ""),
        parameters=tuple(parameters),
        answers=tuple(_answers(document, item.get("responses", {}))),
    )


def _answers(document: Mapping[str, Any], responses: Mapping[Any, Any]) -> Iterator[Answer]:
    for status, response in responses.items():
        schema = response.get("content", {}).get("application/json", {}).get("schema", {})
        shown = () if str(status) >= "400" else tuple(_fields(document, schema, ""))
        yield Answer(str(status), both(response.get("description", "")), shown)


def _fields(
    document: Mapping[str, Any], schema: Mapping[str, Any], place: str, prefix: str = "", depth: int = 0
) -> Iterator[Field]:
    schema = _resolved(document, schema)
    if depth >= _DEEPEST:
        return
    if schema.get("type") == "array":
        yield from _fields(document, schema.get("items", {}), place, prefix, depth)
        return
    required = set(schema.get("required", ()))
    for name, inner in schema.get("properties", {}).items():
        dotted = f"{prefix}{name}"
        yield Field(
            dotted, place, _kind(document, inner), name in required, both(inner.get("description", ""))
        )
        nested = _nested(document, inner)
        if nested is not None:
            yield from _fields(document, nested, place, f"{dotted}.", depth + 1)


def _nested(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any] | None:
    resolved = _resolved(document, schema)
    if resolved.get("type") == "array":
        resolved = _resolved(document, resolved.get("items", {}))
    return resolved if resolved.get("properties") else None


def _kind(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    schema = _resolved(document, schema)
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_kind(document, part) for part in schema["anyOf"]))
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"{_kind(document, schema.get('items', {}))}[]"
    return str(schema.get("format") or schema.get("type") or "any")


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    if set(schema) >= {"allOf"} and len(schema["allOf"]) == 1:
        return _resolved(document, schema["allOf"][0])
    return schema
