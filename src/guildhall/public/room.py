"""One request to one chat: the space, the visitor if any, the addresses of the page, how it was opened."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from guildhall.channels.models import Space
from guildhall.channels.webchat import PLATFORM
from guildhall.people.models import Account
from guildhall.public import visitors
from guildhall.public.visitors import Visitor


class Room:
    """The request with what every view of a chat asks of it."""

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
