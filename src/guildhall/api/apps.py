"""Registers the api room with Django, and the job that forgets old answers."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "guildhall.api"
    label = "api"

    def ready(self) -> None:
        from guildhall.api import jobs

        jobs.register()
