"""Registers the facts room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "guildhall.facts"
    label = "facts"

    def ready(self) -> None:
        from guildhall.facts import jobs

        jobs.register()
