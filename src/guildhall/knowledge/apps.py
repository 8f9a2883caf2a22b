"""Registers knowledge with Django."""

from __future__ import annotations

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    name = "guildhall.knowledge"
    label = "knowledge"

    def ready(self) -> None:
        from guildhall.knowledge import jobs

        jobs.register()
