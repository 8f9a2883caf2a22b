"""Registers the work room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class WorkConfig(AppConfig):
    name = "guildhall.work"
    label = "work"

    def ready(self) -> None:
        from guildhall.work import jobs

        jobs.register()
