"""Keeps a web sign-in alive while it is used, and remembers when and from where it was last seen.

Once in a few minutes, not at every request: each touch is two writes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse

from guildhall.core import clock
from guildhall.people import client_address
from guildhall.people.models import Staff

TOUCH_EVERY = timedelta(minutes=5)
_KEY = "seen_at"


class SessionSeenMiddleware:
    """Stands after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if django_settings.SESSION_COOKIE_NAME in request.COOKIES and isinstance(request.user, Staff):
            touch(request)
        return self.get_response(request)


def touch(request: HttpRequest) -> bool:
    """Note that the session is in use and move its end on; False when that was done a moment ago."""
    now = clock.now()
    seen = request.session.get(_KEY, 0)
    if now.timestamp() - seen < TOUCH_EVERY.total_seconds():
        return False
    request.session[_KEY] = now.timestamp()
    UserSession.objects.filter(session_key=request.session.session_key).update(
        last_seen_at=now, ip=client_address.of(request)
    )
    return True
