"""Registers the paging room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class PagingConfig(AppConfig):
    name = "guildhall.paging"
    label = "paging"

    def ready(self) -> None:
        from guildhall.paging import jobs

        jobs.register()
