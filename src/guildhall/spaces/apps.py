"""Registers the spaces room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class SpacesConfig(AppConfig):
    name = "guildhall.spaces"
    label = "spaces"

    def ready(self) -> None:
        from guildhall.spaces import jobs

        jobs.register()
