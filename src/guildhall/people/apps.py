"""Registers the people room with Django."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "guildhall.people"
    label = "people"

    def ready(self) -> None:
        from guildhall.core import secrets
        from guildhall.people import jobs, mfa, signals  # noqa: F401

        secrets.on_rotate(mfa.reseal)
        jobs.register()
