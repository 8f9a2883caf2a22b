"""How answers become JSON, and what every operation says of itself in the OpenAPI document."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest
from ninja.renderers import BaseRenderer

from guildhall.api.errors import Problem

IDEMPOTENCY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes the write repeatable: the same key and request get the first answer again.",
    "schema": {"type": "string", "maxLength": 120},
}


class OrjsonRenderer(BaseRenderer):
    """JSON, quickly; times in ISO 8601 with their zone."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, default=str)


def answers(schema: type, *refusals: int) -> dict[int, type]:
    """The `response=` of an operation: its answer, and problems for what every caller may meet and for
    `refusals`.
    """
    return {200: schema, **dict.fromkeys(sorted({401, 403, 422, 503, *refusals}), Problem)}


def says(scope: str, *, writes: bool = False) -> dict[str, Any]:
    """The `openapi_extra=` of an operation: its scope, and the idempotency key when it writes."""
    said: dict[str, Any] = {"x-scope": scope}
    if writes:
        said["parameters"] = [IDEMPOTENCY_HEADER]
    return said
