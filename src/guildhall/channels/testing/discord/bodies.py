"""Reads the body of a call: JSON, or a form with `payload_json` and files beside it."""

from __future__ import annotations

import mimetypes
from typing import Any

import orjson

from guildhall.channels.testing.discord.refusals import Refused
from guildhall.channels.testing.discord.schema import Wrong
from guildhall.channels.testing.discord.state import File

SMALLEST_ID = 1 << 32


def read(raw: bytes, kind: str) -> tuple[Any, dict[str, File]]:
    """The JSON of a body (None for none) and the files. Raises Refused."""
    if not raw:
        return None, {}
    if kind.startswith("multipart/form-data"):
        return _form(raw, kind)
    if not kind.startswith("application/json"):
        raise Refused(400, 50035, "Invalid Form Body", errors={"_errors": [
            {"code": "CONTENT_TYPE_INVALID", "message": 'Expected "Content-Type" header to be one of '
             "{'application/json', 'multipart/form-data'}."}]})  # fmt: skip
    return _json(raw), {}


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Refused(400, 50109, "The request body contains invalid JSON.") from None


def _form(raw: bytes, kind: str) -> tuple[Any, dict[str, File]]:
    boundary = kind.partition("boundary=")[2].split(";")[0].strip('" ').encode()
    body: Any = None
    fields: dict[str, Any] = {}
    files: dict[str, File] = {}
    for part in raw.split(b"--" + boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        content = content.removesuffix(b"\r\n")
        said, mime = _head(head.decode("utf-8", "replace"))
        name = said.get("name", "")
        if "filename" in said:
            mime = mime or mimetypes.guess_type(said["filename"])[0] or "application/octet-stream"
            files[name] = File(said["filename"], mime, content)
        elif name == "payload_json":
            body = _json(content)
        else:
            fields[name] = content.decode("utf-8", "replace")
    return (fields or None) if body is None else body, files


def _head(head: str) -> tuple[dict[str, str], str]:
    said: dict[str, str] = {}
    mime = ""
    for line in head.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() == "content-disposition":
            for one in value.split(";")[1:]:
                key, _, given = one.strip().partition("=")
                said[key] = given.strip('"')
        elif name.lower() == "content-type":
            mime = value.strip().split(";")[0]
    return said, mime


def forgiven(body: Any, wrong: Wrong) -> bool:
    """An id given as a number and a number given as text are against the schema, yet Discord reads them:
    they are noted, and become what they should be."""
    if wrong.rule != "type" or not wrong.path:
        return False
    *way, last = wrong.path
    place = body
    try:
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        key = int(last) if isinstance(place, list) else last
        value = place[key]
    except (KeyError, IndexError, ValueError, TypeError):
        return False
    if isinstance(value, str) and value.isdigit() and "'integer'" in wrong.said:
        place[key] = int(value)
        return True
    if isinstance(value, bool) or not isinstance(value, int) or value < SMALLEST_ID:
        return False
    place[key] = str(value)
    return True
