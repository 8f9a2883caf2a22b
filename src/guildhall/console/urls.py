"""Addresses of the console. The work pages and the house pages keep their own lists."""

from __future__ import annotations

from django.urls import include, path

from guildhall.console import (
    urls_broadcasts,
    urls_discord,
    urls_families,
    urls_house,
    urls_imports,
    urls_learning,
    urls_mailboxes,
    urls_pagers,
    urls_tasks,
    urls_wechat,
    urls_work,
)

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
                    *urls_discord.urlpatterns,
                    *urls_wechat.urlpatterns,
                    *urls_families.urlpatterns,
                    *urls_mailboxes.urlpatterns,
                    *urls_tasks.urlpatterns,
                    *urls_pagers.urlpatterns,
                    *urls_broadcasts.urlpatterns,
                ],
                "console",
            )
        ),
    ),
]
