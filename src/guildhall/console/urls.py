"""Addresses of the console. The work pages and the house pages keep their own lists."""

from __future__ import annotations

from django.urls import include, path

from guildhall.console import (
    urls_broadcasts,
    urls_desk_figures,
    urls_desk_setup,
    urls_discord,
    urls_duty,
    urls_escalations,
    urls_facts,
    urls_families,
    urls_feeds,
    urls_handover,
    urls_house,
    urls_imports,
    urls_inbox,
    urls_learning,
    urls_ledger,
    urls_mailboxes,
    urls_pagers,
    urls_partners,
    urls_quality,
    urls_sla,
    urls_tasks,
    urls_vendors,
    urls_venues,
    urls_webhooks,
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
                    *urls_webhooks.urlpatterns,
                    *urls_vendors.urlpatterns,
                    *urls_sla.urlpatterns,
                    *urls_quality.urlpatterns,
                    *urls_inbox.urlpatterns,
                    *urls_handover.urlpatterns,
                    *urls_escalations.urlpatterns,
                    *urls_duty.urlpatterns,
                    *urls_desk_setup.urlpatterns,
                    *urls_desk_figures.urlpatterns,
                ],
                "console",
            )
        ),
    ),
]
