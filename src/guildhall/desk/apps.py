"""Registers the desk with Django."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "guildhall.desk"
    label = "desk"

    def ready(self) -> None:
        from guildhall.desk import facts, jobs

        facts.register()
        jobs.register()
