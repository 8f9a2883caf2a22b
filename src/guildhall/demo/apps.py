"""Registers the demo room with Django and fills the registries of the floors below."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "guildhall.demo"
    label = "demo"

    def ready(self) -> None:
        from guildhall.demo import jobs

        jobs.register()
