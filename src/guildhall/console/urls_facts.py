"""Addresses of the pages about facts."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import facts_pages

urlpatterns: list[URLPattern] = [
    path("facts/", facts_pages.facts, name="facts"),
    path("facts/aside/", facts_pages.facts_aside, name="facts-aside"),
    path("facts/aside/dismiss/", facts_pages.facts_aside_dismiss, name="facts-aside-dismiss"),
    path("facts/aside/<str:aside_id>/", facts_pages.facts_aside_row, name="facts-aside-row"),
    path("facts/aside/<str:aside_id>/accept/", facts_pages.facts_aside_accept, name="facts-aside-accept"),
    path(
        "facts/aside/<str:aside_id>/resubmit/", facts_pages.facts_aside_resubmit, name="facts-aside-resubmit"
    ),
    path("facts/tables/<slug:name>/", facts_pages.facts_table, name="facts-table"),
]
