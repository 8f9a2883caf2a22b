"""Who a visitor is: nobody until they choose a name and agree; from then on whoever holds their signed
pass.

Reading needs no cookie. The page keeps the pass in a cookie that scripts cannot read; the widget inside
another site, where such cookies do not travel, keeps it in its own storage and sends it in a header.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from guildhall.core.errors import NotAllowed
from guildhall.core.text import Text

COOKIE = "guildhall_chat"
HEADER = "X-Guildhall-Chat"
_SALT = "guildhall.public.chat"
_MAX_AGE_S = 180 * 24 * 3600
_LONGEST_PASS = 600


@dataclass(frozen=True, slots=True)
class Visitor:
    """`id` is the platform id of their account; `name` what they chose to be called."""

    id: str
    name: str


def new_visitor(name: str) -> Visitor:
    """A visitor nobody can guess."""
    return Visitor(f"v{secrets.token_hex(16)}", name)


def of(request: HttpRequest) -> Visitor | None:
    """The visitor whose pass the request carries; None for none, a forged or an expired one."""
    given = request.headers.get(HEADER) or request.COOKIES.get(COOKIE, "")
    if not given or len(given) > _LONGEST_PASS:
        return None
    try:
        said = signing.loads(given, salt=_SALT, max_age=_MAX_AGE_S)
    except signing.BadSignature:
        return None
    if not isinstance(said, list) or len(said) != 2 or not all(isinstance(part, str) for part in said):
        return None
    return Visitor(*said)


def pass_of(visitor: Visitor) -> str:
    """The signed pass."""
    return signing.dumps([visitor.id, visitor.name], salt=_SALT)


def hand_over(response: HttpResponse, visitor: Visitor, *, embedded: bool) -> None:
    """Give a visitor their pass: by cookie on our own page, by header inside another site."""
    if embedded:
        response[HEADER] = pass_of(visitor)
        return
    response.set_cookie(
        COOKIE,
        pass_of(visitor),
        max_age=_MAX_AGE_S,
        path="/chat/",
        httponly=True,
        samesite="Lax",
        secure=bool(getattr(django_settings, "SESSION_COOKIE_SECURE", False)),
    )


def take_back(response: HttpResponse, *, embedded: bool) -> None:
    """Forget the visitor."""
    if embedded:
        response[HEADER] = "gone"
    else:
        response.delete_cookie(COOKIE, path="/chat/", samesite="Lax")


def require_same_origin(request: HttpRequest) -> None:
    """Refuse a form sent from another site. Raises NotAllowed.

    Without a cookie before consent there is no token to compare; browsers say where a request comes from,
    in headers that a page cannot forge. One that says nothing is refused.
    """
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched is not None:
        if fetched == "same-origin":
            return
    else:
        origin = request.headers.get("Origin") or request.headers.get("Referer", "")
        if origin and urlsplit(origin).netloc == request.get_host():
            return
    raise NotAllowed(
        Text("This form was sent from another site.", "该表单来自其他网站，已被拒绝。"), code="cross_site"
    )
