"""The doors of the house: who gets through to a view, and what the others are told.

`requires` and its siblings declare and enforce; `AccessMiddleware` refuses any view that declares nothing,
so that a forgotten decorator fails closed. `api_auth` guards API routes: a bearer token with the scope, or
the session of somebody who holds the permission behind the scope, with the CSRF check that a cookie needs.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlencode

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render, resolve_url
from django.utils.translation import gettext as _
from ninja.errors import AuthenticationError, HttpError
from ninja.security.http import HttpBearer
from ninja.utils import check_csrf

from guildhall.core.log import get_logger
from guildhall.people import mfa, tokens
from guildhall.people.declared import ATTRIBUTE, Access, Door, access_of, accesses_of
from guildhall.people.models import Staff
from guildhall.people.permissions import SCOPES, TABLE
from guildhall.people.tokens import Principal

View = TypeVar("View", bound=Callable[..., Any])
log = get_logger(__name__)


def public(view: View) -> View:
    """Anybody may open this view. Marks the view itself, so it also works below a django-ninja
    `@api.get(auth=None)`.
    """
    return _declare(view, Access(Door.PUBLIC))


def enrolment(view: Callable[..., Any]) -> Callable[..., Any]:
    """Any signed-in staff member may open this view, even before their second factor is set up."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(request.user, Staff):
            return sign_in_response(request)
        return view(request, *args, **kwargs)

    return _declare(guarded, Access(Door.ENROLMENT))


def requires(permission: str, *, confirm: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Only staff who hold `permission`, with their second factor, get to the view.

    `confirm`: changing requests also ask for the password or second factor again when the last time was
    more than a few minutes ago. Raises KeyError at import for a permission that is not in the table.
    """
    if permission not in TABLE:
        raise KeyError(f"no such permission: {permission}")

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            refusal = refuse(request, permission)
            if refusal is not None:
                return refusal
            if confirm and request.method not in ("GET", "HEAD") and not did_recently_reauthenticate(request):
                raise ReauthenticationRequired()
            return view(request, *args, **kwargs)

        return _declare(guarded, Access(Door.STAFF, permission, confirm))

    return decorate


def refuse(request: HttpRequest, permission: str) -> HttpResponse | None:
    """The answer for somebody who may not pass, or None for somebody who may."""
    if not isinstance(request.user, Staff):
        return sign_in_response(request)
    if not mfa.is_satisfied(request.user):
        return mfa.enrol_response(request)
    if not request.user.may(permission):
        return forbidden(request, permission)
    return None


def sign_in_response(request: HttpRequest) -> HttpResponse:
    """Leads to the sign-in page and back here afterwards; a program gets 401."""
    if mfa.wants_json(request):
        return JsonResponse({"code": "sign_in_needed", "message": _("Sign in first.")}, status=401)
    back = request.get_full_path() if request.method in ("GET", "HEAD") else ""
    if request.headers.get("HX-Request") == "true":
        back = request.headers.get("HX-Current-URL", "")
        back = "/" + back.split("/", 3)[3] if back.count("/") >= 3 else ""
    query = f"?{urlencode({'next': back})}" if back else ""
    return mfa.redirect_page(request, resolve_url(django_settings.LOGIN_URL) + query)


def forbidden(request: HttpRequest, permission: str = "") -> HttpResponse:
    """The 403 answer: a page that says which permission is missing, or the same as JSON. `refused_for` on
    the answer tells the matrix test that it was this door, and not the view behind it, that refused.
    """
    if mfa.wants_json(request):
        message = _("You do not hold the permission this needs.")
        body = {"code": "not_allowed", "message": message, "needs": permission}
        response: HttpResponse = JsonResponse(body, status=403)
    else:
        response = render(request, "people/forbidden.html", {"permission": permission}, status=403)
    response.refused_for = permission  # type: ignore[attr-defined]
    return response


class AccessMiddleware:
    """Refuses a view that does not say who may open it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if access_of(view) is not None:
            return None
        log.error("view without access declaration", view=getattr(view, "__qualname__", repr(view)))
        return forbidden(request)


class ApiAuth(HttpBearer):
    """django-ninja's callable for `auth=`. The principal it returns is `request.auth`."""

    def __init__(self, scope: str) -> None:
        if scope not in SCOPES:
            raise KeyError(f"no such scope: {scope}")
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> Principal:
        if request.headers.get(self.header):
            principal: Principal | None = super().__call__(request)
            if principal is None:
                raise AuthenticationError(message=_("This token is not valid."))
            return principal
        return self._by_session(request)

    def authenticate(self, request: HttpRequest, token: str) -> Principal | None:
        principal = tokens.principal(token)
        if principal is None:
            return None
        if self.scope not in principal.scopes:
            raise HttpError(403, _("This token does not carry the scope %(scope)s.") % {"scope": self.scope})
        return principal

    def _by_session(self, request: HttpRequest) -> Principal:
        staff = request.user
        if not isinstance(staff, Staff):
            raise AuthenticationError(message=_("Sign in first."))
        if check_csrf(request) is not None:
            raise HttpError(403, _("The form is too old or came from another site. Load the page again."))
        if not mfa.is_satisfied(staff):
            raise HttpError(403, _("Set up a second factor first."))
        if not staff.may(SCOPES[self.scope]):
            needs = SCOPES[self.scope]
            raise HttpError(403, _("You need the permission %(needs)s for this.") % {"needs": needs})
        return Principal(staff=staff, actor=staff.actor, scopes=frozenset({self.scope}))


def api_auth(scope: str) -> ApiAuth:
    """Guards a django-ninja route: `@router.get("/messages", auth=api_auth("messages:read"))`.

    Raises KeyError at import for a scope that does not exist.
    """
    return ApiAuth(scope)


def _declare(view: View, access: Access) -> View:
    setattr(view, ATTRIBUTE, access)
    return view


__all__ = [
    "AccessMiddleware",
    "ApiAuth",
    "Principal",
    "access_of",
    "accesses_of",
    "api_auth",
    "enrolment",
    "forbidden",
    "public",
    "refuse",
    "requires",
    "sign_in_response",
]
