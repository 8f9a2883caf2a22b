"""Registers the broadcast room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class BroadcastConfig(AppConfig):
    name = "guildhall.broadcast"
    label = "broadcast"

    def ready(self) -> None:
        from guildhall.broadcast import facts, jobs

        facts.register()
        jobs.register()
