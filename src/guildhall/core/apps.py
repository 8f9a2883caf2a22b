"""Registers the core room with Django."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "guildhall.core"
    label = "core"

    def ready(self) -> None:
        from guildhall.core import audit_guard, guards

        guards.add("audit", install=audit_guard.install, remove=audit_guard.remove)
        post_migrate.connect(audit_guard.install_after_migrate, sender=self, dispatch_uid="audit_guard")
