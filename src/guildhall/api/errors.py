"""Every error of the API as one small JSON object: `code` for programs, `message` for people, `field`
when one is to blame.

Nothing of the house leaks: what nobody foresaw becomes `internal` with the id of the request, under which
the log has the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import Field

from guildhall.core.errors import BadInput, GuildhallError, TooMany
from guildhall.core.log import get_logger

log = get_logger(__name__)

_CODES = {400: "bad_request", 401: "not_signed_in", 403: "not_allowed", 404: "not_found", 409: "conflict"}


class Problem(Schema):
    """Why a request was refused."""

    code: str = Field(description="Stable, for programs.", examples=["not_found"])
    message: str = Field(description="For people, in the language asked for.")
    field: str = Field("", description="The part of the request that is wrong, as in `body.note`.")


Answer = Callable[[NinjaAPI, HttpRequest, Any], HttpResponse]


def register(api: NinjaAPI) -> None:
    """Teach `api` to answer errors as problems."""
    answers: dict[type[Exception], Answer] = {
        GuildhallError: _house_error,
        ValidationError: _wrong_request,
        AuthenticationError: _http_error,
        HttpError: _http_error,
        Http404: _not_there,
        OperationalError: _database_gone,
        InterfaceError: _database_gone,
        Exception: _unforeseen,
    }
    for kind, answer in answers.items():
        api.add_exception_handler(kind, _bound(api, answer))


def _bound(api: NinjaAPI, answer: Answer) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: answer(api, request, error)


def _problem(
    api: NinjaAPI, request: HttpRequest, status: int, code: str, message: str, field: str = ""
) -> HttpResponse:
    return api.create_response(request, {"code": code, "message": message, "field": field}, status=status)


def _house_error(api: NinjaAPI, request: HttpRequest, error: GuildhallError) -> HttpResponse:
    field = error.field if isinstance(error, BadInput) else ""
    message = error.text.for_language(get_language() or "en")
    response = _problem(api, request, error.status, error.code, message, field)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(max(1, round(error.retry_after)))
    return response


def _wrong_request(api: NinjaAPI, request: HttpRequest, error: ValidationError) -> HttpResponse:
    first: dict[str, Any] = dict(error.errors[0]) if error.errors else {}
    place = [str(part) for part in first.get("loc", ())]
    # ninja names the argument of the view after the place; callers know only the place.
    field = ".".join([place[0], *place[2:]] if place[:1] == ["body"] and len(place) > 2 else place)
    message = str(first.get("msg", "")) or _("The request cannot be read.")
    return _problem(api, request, 422, "bad_input", message, field)


def _not_there(api: NinjaAPI, request: HttpRequest, error: Http404) -> HttpResponse:
    return _problem(api, request, 404, "not_found", _("There is no such thing."))


def _http_error(api: NinjaAPI, request: HttpRequest, error: HttpError) -> HttpResponse:
    status = error.status_code
    response = _problem(api, request, status, _CODES.get(status, "error"), str(error))
    if status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="Guildhall"'
    return response


def _database_gone(api: NinjaAPI, request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api.database_unavailable", error=type(error).__name__)
    message = _("The database does not answer just now. Nothing was recorded; trying again is safe.")
    response = _problem(api, request, 503, "unavailable", message)
    response["Retry-After"] = "2"
    return response


def _unforeseen(api: NinjaAPI, request: HttpRequest, error: Exception) -> HttpResponse:
    log.exception("api.failed", method=request.method)
    return _problem(api, request, 500, "internal", _("Something went wrong here. The log has the details."))
