"""Every address of the house, room by room. Which door each stands behind is declared where the view is."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from guildhall.people.access import public, requires
from guildhall.ui.urls import routes

urlpatterns = [
    path("", include("guildhall.people.account_urls")),
    path("", include("guildhall.people.urls")),
    path("", include(routes(public, requires("today.view")))),
    path("admin/", admin.site.urls),
    path("", include("guildhall.api.urls")),
    path("", include("guildhall.public.urls")),
    path("", include("guildhall.demo.urls")),
    path("", include("guildhall.console.urls")),
]
