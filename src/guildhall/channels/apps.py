"""Registers the channels room with Django and fills its own part of the registries."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "guildhall.channels"
    label = "channels"

    def ready(self) -> None:
        from guildhall.channels import facts, jobs

        facts.register()
        jobs.register()
