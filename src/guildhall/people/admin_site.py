"""Django's admin behind the same doors as everything else: signed in, second factor, `settings.edit`.

It serves set-up only; signing in and out and passwords are the house's own pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView

from guildhall.people.access import public, requires, sign_in_response
from guildhall.people.declared import ATTRIBUTE, Access, Door
from guildhall.people.models import Staff

PERMISSION = "settings.edit"
_OURS = {
    "login": "account_login",
    "logout": "account_logout",
    "password_change": "account_change_password",
    "password_change_done": "people:account",
}


class OwnerAdminSite(AdminSite):
    """The admin site; every view of it declares the permission it needs."""

    site_header = _("Guildhall set-up")
    site_title = _("Guildhall set-up")
    index_title = _("Set-up")
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only our own models: rights and ways to sign in change through `people.actions` alone,
        so that ranks are kept and the audit is told."""
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        ours = [model for model in models if model.__module__.startswith("guildhall.")]
        super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, Staff) and request.user.may(PERMISSION)

    def admin_view(  # type: ignore[override]
        self, view: Callable[..., Any], cacheable: bool = False
    ) -> Callable[..., Any]:
        return requires(PERMISSION)(super().admin_view(view, cacheable))

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()
        for pattern in _patterns(urls):
            if pattern.name in _OURS:
                pattern.callback = public(RedirectView.as_view(pattern_name=_OURS[pattern.name]))
            else:
                # Django wraps its views once more around `admin_view`, so the outside says it again.
                setattr(pattern.callback, ATTRIBUTE, Access(Door.STAFF, PERMISSION))
        return urls

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return sign_in_response(request)


def _patterns(urls: list[Any]) -> Iterator[URLPattern]:
    for url in urls:
        if isinstance(url, URLResolver):
            yield from _patterns(url.url_patterns)
        else:
            yield url
