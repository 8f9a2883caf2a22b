"""The frame around every chat view: which space, which language, who; refusals as words beside the box,
text kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps

from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from guildhall.channels import queries
from guildhall.channels.actions import talks
from guildhall.channels.models import Space
from guildhall.channels.webchat import PLATFORM
from guildhall.core.errors import GuildhallError, TooMany, Unavailable
from guildhall.people.access import public
from guildhall.public import visitors
from guildhall.public.room import Room
from guildhall.public.showing import page_context
from guildhall.ui.security import allow_framing

LARGEST_BODY = 64 * 1024
_TAG = re.compile(r"[A-Za-z-]{2,10}")


View = Callable[..., HttpResponse]


def chat_view(*methods: str) -> Callable[[View], View]:
    """A public view of a web chat space, in the reader's language, told apart by method. Posts must come
    from our pages.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def framed(request: HttpRequest, slug: str, **parts: str) -> HttpResponse:
            if request.method not in methods:
                return _plain(405, Allow=", ".join(methods))
            space = queries.space_by_slug(slug)
            if (
                space is None
                or space.platform != PLATFORM
                or (space.archived_at and request.method == "POST")
                or not talks.may_enter(space, _visitor_id(request))
            ):
                raise Http404
            with translation.override(_language(request, space)):
                request.LANGUAGE_CODE = translation.get_language() or "en"
                try:
                    if request.method == "POST":
                        if _length(request) > LARGEST_BODY:
                            return _plain(413)
                        visitors.require_same_origin(request)
                    response = view(Room(request, space), **parts)
                except GuildhallError as error:
                    response = refusal(Room(request, space), error)
                response["Content-Language"] = request.LANGUAGE_CODE
            patch_vary_headers(response, ["Cookie", "Accept-Language", visitors.HEADER])
            response.setdefault(
                "Cache-Control", "no-store" if request.method == "POST" else "private, no-cache"
            )
            if "embed" in request.GET or "embed" in request.path.rsplit("/", 1)[-1]:
                allow_framing(response, " ".join(["'self'", *space.settings.get("allowed_origins", [])]))
            return response

        exempt: View = csrf_exempt(framed)
        return public(exempt)

    return decorate


def _visitor_id(request: HttpRequest) -> str:
    visitor = visitors.of(request)
    return visitor.id if visitor is not None else ""


def refusal(room: Room, error: GuildhallError) -> HttpResponse:
    """An error in words. With scripts it appears beside the box, which keeps its text; without, on the page
    with the text.
    """
    context = {"error": str(error.text), "kept": room.request.POST.get("text", "")[:10_000]}
    if getattr(room.request, "htmx", False):
        response = room.render("public/parts/said.html", context, status=error.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#said", "innerHTML"
    else:
        response = room.render("public/chat.html", {**page_context(room), **context}, status=error.status)
    if isinstance(error, TooMany):
        response["Retry-After"] = str(int(error.retry_after))
    elif isinstance(error, Unavailable):
        response["Retry-After"] = "3"
    return response


def _language(request: HttpRequest, space: Space) -> str:
    """The one asked for in the address, else the browser's, else the space's."""
    known = dict(django_settings.LANGUAGES)
    asked = request.GET.get("lang", "")
    if asked in known:
        return asked
    if request.headers.get("Accept-Language") or django_settings.LANGUAGE_COOKIE_NAME in request.COOKIES:
        return translation.get_language_from_request(request)
    return space.language if space.language in known else "en"


def _length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _plain(status: int, **headers: str) -> HttpResponse:
    response = HttpResponse(status=status, content_type="text/plain; charset=utf-8", headers=headers)
    if status == 413:
        response.write("Too large. A message may be at most 64 kB. · 内容过大，单条消息最大 64 kB。\n")
    return response
