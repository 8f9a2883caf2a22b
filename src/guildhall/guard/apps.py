"""Registers the guard room with Django and fills the registries of the floors below."""

from django.apps import AppConfig


class GuardConfig(AppConfig):
    name = "guildhall.guard"
    label = "guard"

    def ready(self) -> None:
        from guildhall.guard import jobs

        jobs.register()
