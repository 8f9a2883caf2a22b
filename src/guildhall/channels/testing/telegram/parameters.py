"""Takes the parameters of a call to the fake Bot API out of its request: query, JSON, form or files."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson

from guildhall.channels.testing.http import Request, Upload, multipart
from guildhall.channels.testing.telegram.refusals import bad


def parameters(request: Request) -> tuple[dict[str, Any], dict[str, Upload]]:
    """The parameters of a call as they were sent, and the files beside them. Raises Refused."""
    given: dict[str, Any] = dict(parse_qsl(request.query, keep_blank_values=True)) if request.query else {}
    kind = request.headers.get("content-type", "")
    if not request.body:
        return given, {}
    if kind.startswith("application/json"):
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError:
            raise bad("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad("JSON object expected")
        return {**given, **body}, {}
    if kind.startswith("multipart/form-data"):
        fields, files = multipart(request.body, kind)
        return {**given, **fields}, files
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise bad("strings must be encoded in UTF-8") from None
    given.update(parse_qsl(text, keep_blank_values=True))
    return given, {}
