"""Registers the desk with Django."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    name = "guildhall.desk"
    label = "desk"

    def ready(self) -> None:
        from guildhall.desk import facts, jobs

        facts.register()
        jobs.register()
        post_migrate.connect(_furnish, sender=self)


def _furnish(**_: Any) -> None:
    """A desk without any category (its tables were emptied) gets those a house begins with."""
    from guildhall.desk import shipped_categories
    from guildhall.desk.models import Category

    shipped_categories.install(Category)
