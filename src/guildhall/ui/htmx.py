"""Small answers to htmx requests: a toast rides in a response header, the page stays as it is."""

from __future__ import annotations

import json

from django.http import HttpRequest, HttpResponse


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx asked for a part of a page (a boosted link asks for a whole one)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def toast(response: HttpResponse, text: object, level: str = "success") -> HttpResponse:
    """Show a toast when this answer arrives. Levels: success, info, warning, error."""
    response.headers["HX-Trigger"] = json.dumps({"toast": {"text": str(text), "level": level}})
    return response
