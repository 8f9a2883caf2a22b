"""Answers `/healthz`, `/readyz` and `/metrics` before anything else of the house is asked.

Sessions, languages of accounts and the second factor all read the database; a house whose database is gone
must still be able to say so, to a browser with a session cookie too, and to a probe that knows it only by
its address.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import resolve
from django.utils import translation

from guildhall.api import pages

_VIEWS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "/healthz": pages.healthz,
    "/readyz": pages.readyz,
    "/metrics": pages.metrics_page,
}


class Probes:
    """Django middleware; stands before everything that reads the database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = _VIEWS.get(request.path_info)
        if view is None:
            return self._get_response(request)
        request.resolver_match = resolve(request.path_info)
        with translation.override(translation.get_language_from_request(request)):
            response = view(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        return response
