"""Registers the effects room with Django and fills its own part of the registries."""

from django.apps import AppConfig


class EffectsConfig(AppConfig):
    name = "guildhall.effects"
    label = "effects"

    def ready(self) -> None:
        from guildhall.effects import jobs

        jobs.register()
