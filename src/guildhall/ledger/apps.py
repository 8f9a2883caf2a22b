"""Registers the ledger room with Django."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "guildhall.ledger"
    label = "ledger"

    def ready(self) -> None:
        from guildhall.core import guards
        from guildhall.ledger import guard, jobs

        guards.add("ledger", install=guard.install, remove=guard.remove)
        post_migrate.connect(guard.install_after_migrate, sender=self, dispatch_uid="ledger_guard")
        jobs.register()
