"""Registers the partners room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class PartnersConfig(AppConfig):
    name = "guildhall.partners"
    label = "partners"

    def ready(self) -> None:
        from guildhall.partners import jobs

        jobs.register()
