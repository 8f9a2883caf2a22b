"""Addresses of the console. The work pages and the house pages keep their own lists."""

from __future__ import annotations

from django.urls import include, path

from guildhall.console import (
    urls_broadcasts,
    urls_discord,
    urls_facts,
    urls_families,
    urls_feeds,
    urls_house,
    urls_imports,
    urls_learning,
    urls_ledger,
    urls_mailboxes,
    urls_pagers,
    urls_partners,
    urls_tasks,
    urls_venues,
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
                    *urls_facts.urlpatterns,
                    *urls_feeds.urlpatterns,
                    *urls_partners.urlpatterns,
                    *urls_ledger.urlpatterns,
                    *urls_venues.urlpatterns,
                ],
                "console",
            )
        ),
    ),
]
