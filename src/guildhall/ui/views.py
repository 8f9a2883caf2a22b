"""The pages of the design system itself: the living page, the theme switch, the chart engine.

Which doors they stand behind is said in `urls.routes`, by the floor that knows about people.
"""

from __future__ import annotations

from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from guildhall.core.settings import settings
from guildhall.ui import living, vega
from guildhall.ui.middleware import THEME_COOKIE, THEMES

YEAR = 365 * 24 * 3600


@require_safe
def living_page(request: HttpRequest) -> HttpResponse:
    """Every component of the design system, in the reader's language and theme."""
    return render(request, "ui/living.html", living.context(request))


@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember light, dark or the system's choice in a cookie, and go back to the page."""
    theme = request.POST.get("theme", "")
    response = HttpResponseRedirect(_back(request))
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE, theme, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure()
        )
    return response


@require_safe
def chart_engine(request: HttpRequest, version: str) -> HttpResponse:
    """The bundled script that draws charts; its address carries its version, so it may be kept for ever."""
    if version != vega.engine_version():
        raise Http404
    path = vega.script(settings.data_dir / "cache")
    response = HttpResponse(path.read_bytes(), content_type="text/javascript; charset=utf-8")
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _back(request: HttpRequest) -> str:
    """Where the reader came from, when that is a page of ours."""
    for target in (request.POST.get("next", ""), request.headers.get("Referer", "")):
        if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
            return target
    return reverse(getattr(django_settings, "HOME_URL_NAME", "ui:living"))
