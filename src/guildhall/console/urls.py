"""Addresses of the console. The work pages and the house pages keep their own lists."""

from __future__ import annotations

from django.urls import include, path

from guildhall.console import urls_house, urls_imports, urls_learning, urls_work

urlpatterns = [
    path(
        "",
        include(
            (
                [
                    *urls_work.urlpatterns,
                    *urls_house.urlpatterns,
                    *urls_imports.urlpatterns,
                    *urls_learning.urlpatterns,
                ],
                "console",
            )
        ),
    ),
]
