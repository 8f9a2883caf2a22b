"""Registers the ledger room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "guildhall.ledger"
    label = "ledger"

    def ready(self) -> None:
        from guildhall.ledger import jobs

        jobs.register()
