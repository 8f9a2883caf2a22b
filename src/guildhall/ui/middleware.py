"""What every request and response gets: security headers, the reader's language, zone and theme.

Standing order: after the sign-in middleware (it looks at `request.user`) and after Django's LocaleMiddleware.
Other rooms need nothing from here but `request.theme`.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from guildhall.ui.security import ANCESTORS, content_policy

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "guildhall_theme"

Handler = Callable[[HttpRequest], HttpResponse]


class SecurityHeadersMiddleware:
    """Adds the content security policy and its companions to every response that does not carry its own."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.form_targets: tuple[str, ...] = tuple(getattr(settings, "CSP_FORM_TARGETS", ()))

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        ancestors = getattr(response, ANCESTORS, "'self'")
        headers = response.headers
        headers.setdefault("Content-Security-Policy", content_policy(ancestors, self.form_targets))
        headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if ANCESTORS not in response.__dict__:
            headers.setdefault("X-Frame-Options", "SAMEORIGIN")
            headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response


class ReaderMiddleware:
    """Shows the page as its reader wants it: language and zone of their account, theme of their browser.

    The language cookie, set by the switch in the header, wins over the account.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        theme = request.COOKIES.get(THEME_COOKIE, "auto")
        request.theme = theme if theme in THEMES else "auto"  # type: ignore[attr-defined]
        user = getattr(request, "user", None)
        language = getattr(user, "language", "")
        if language in dict(settings.LANGUAGES) and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            translation.activate(language)
            request.LANGUAGE_CODE = language
        zone = zone_of(getattr(user, "zone", ""))
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


def zone_of(name: str) -> zoneinfo.ZoneInfo | None:
    """The zone of that name; None for an empty or unknown one."""
    try:
        return zoneinfo.ZoneInfo(name) if name else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
