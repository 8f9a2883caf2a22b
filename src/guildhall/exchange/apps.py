"""Registers the exchange room with Django."""

from __future__ import annotations

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "guildhall.exchange"
    label = "exchange"

    def ready(self) -> None:
        from guildhall.exchange import facts, jobs

        facts.register()
        jobs.register()
