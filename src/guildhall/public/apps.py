"""Registers the public room with Django."""

from django.apps import AppConfig


class PublicConfig(AppConfig):
    name = "guildhall.public"
    label = "public"

    def ready(self) -> None:
        from guildhall.public import allowances

        allowances.register()
