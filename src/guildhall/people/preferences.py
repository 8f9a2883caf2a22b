"""Shows each staff member the house in their own time zone, and in their own language until they choose another.

Also what templates need to know about whoever is signed in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from guildhall.people import mfa
from guildhall.people.models import Staff


class PreferencesMiddleware:
    """Stands after authentication and after Django's LocaleMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        staff = request.user if django_settings.SESSION_COOKIE_NAME in request.COOKIES else None
        if not isinstance(staff, Staff):
            return self.get_response(request)
        if django_settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(staff.language)
            request.LANGUAGE_CODE = translation.get_language() or "en"  # type: ignore[attr-defined]
        with timezone.override(ZoneInfo(staff.zone)):
            return self.get_response(request)


def who(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `staff` (None for a visitor) and `mfa_grace_until` (when the first owner's grace ends)."""
    staff = getattr(request, "user", None)
    if not isinstance(staff, Staff):
        return {"staff": None}
    grace = staff.mfa_grace_until if mfa.works_in_grace(staff) else None
    return {"staff": staff, "mfa_grace_until": grace}
