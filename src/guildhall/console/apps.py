"""Registers the console room with Django, and what its pages add to the navigation."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "guildhall.console"
    label = "console"

    def ready(self) -> None:
        from guildhall.console import house_jobs, navigation  # performers and menu register themselves

        assert house_jobs
        navigation.register()
