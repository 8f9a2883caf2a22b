"""The frame around every chat view: which space, which language, who; refusals as words beside the box,
text kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings as django_settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from guildhall.channels import queries
from guildhall.channels.models import Space
from guildhall.channels.webchat import PLATFORM
from guildhall.core.errors import GuildhallError, TooMany, Unavailable
from guildhall.people.access import public
from guildhall.people.models import Account
from guildhall.public import visitors
from guildhall.public.visitors import Visitor
from guildhall.ui.security import allow_framing

LARGEST_BODY = 64 * 1024
_TAG = re.compile(r"[A-Za-z-]{2,10}")


class Room:
    """One request to one chat: the space, the visitor if any, their account, and how the page was opened."""

    def __init__(self, request: HttpRequest, space: Space) -> None:
        self.request = request
        self.space = space
        self.embedded = "embed" in request.GET or "embed" in request.path.rsplit("/", 1)[-1]
        self.visitor: Visitor | None = visitors.of(request)
        self._account: str | None = None

    @property
    def account_id(self) -> str:
        """Our id of the visitor's account; '' before they said anything."""
        if self._account is None:
            self._account = ""
            if self.visitor is not None:
                found = Account.objects.filter(
                    platform=PLATFORM, external_id=self.visitor.id, member__erased_at=None
                )
                self._account = str(found.values_list("id", flat=True).first() or "")
        return self._account

    @property
    def tail(self) -> str:
        """What the page's own addresses carry on: the chosen language and the frame."""
        parts = [f"lang={translation.get_language()}"] if "lang" in self.request.GET else []
        return (
            "?" + "&".join(parts + (["embed=1"] if self.embedded else [])) if parts or self.embedded else ""
        )

    def url(self, name: str, *args: str) -> str:
        return reverse(f"public:{name}", args=[self.space.slug, *args]) + self.tail

    def render(self, template: str, context: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
        """A page or a piece of one. No CSRF token: it would set a cookie before anybody agreed to one."""
        return HttpResponse(self.drawn(template, context), status=status)

    def drawn(self, template: str, context: dict[str, Any] | None = None) -> str:
        """The words of a template."""
        said = {
            "room": self, "space": self.space, "visitor": self.visitor, "csrf_token": "", **self._addresses(),
            **(context or {}),
        }  # fmt: skip
        return render_to_string(template, said, self.request)

    def _addresses(self) -> dict[str, str]:
        return {
            "join_url": self.url("join"),
            "leave_url": self.url("leave"),
            "post_url": self.url("post"),
            "log_url": self.url("log"),
            "composer_url": self.url("composer"),
            "back_url": self.url("embed" if self.embedded else "chat"),
        }

    def back(self) -> HttpResponse:
        """To the page, for a browser without scripts."""
        return redirect(self.url("embed" if self.embedded else "chat"), permanent=False)


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


def refusal(room: Room, error: GuildhallError) -> HttpResponse:
    """An error in words. With scripts it appears beside the box, which keeps its text; without, on the page
    with the text.
    """
    context = {"error": str(error.text), "kept": room.request.POST.get("text", "")[:10_000]}
    if getattr(room.request, "htmx", False):
        response = room.render("public/parts/said.html", context, status=error.status)
        response["HX-Retarget"], response["HX-Reswap"] = "#said", "innerHTML"
    else:
        from guildhall.public.views import page_context

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
