"""Gives every web request an id, which its log lines and its answer carry, and logs how it went.

The line names the route, not the path: paths may hold one-time links, routes never do.
"""

import re
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from guildhall.core import log
from guildhall.core.ids import new_id

_logger = log.get_logger("guildhall.request")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9-]{8,64}")
_QUIET = ("healthz", "readyz", "metrics", "static")


class RequestLog:
    """Django middleware; stands first."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _ACCEPTABLE.fullmatch(given) else new_id()
        began = time.perf_counter()
        with log.context(request=request_id):
            response = self._get_response(request)
            match = request.resolver_match
            route = match.route if match else "(none)"
            write = _logger.debug if route.startswith(_QUIET) else _logger.info
            write(
                "request.answered",
                method=request.method,
                route=route,
                status=response.status_code,
                ms=round((time.perf_counter() - began) * 1000, 1),
            )
        response["X-Request-ID"] = request_id
        return response
