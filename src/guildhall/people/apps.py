"""Registers the people room with Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "guildhall.people"
    label = "people"

    def ready(self) -> None:
        from guildhall.people import signals  # noqa: F401
