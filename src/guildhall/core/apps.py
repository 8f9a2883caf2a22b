"""Registers the core room with Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "guildhall.core"
    label = "core"

    def ready(self) -> None:
        from guildhall.core.audit_guard import install_after_migrate

        post_migrate.connect(install_after_migrate, sender=self, dispatch_uid="audit_guard")
