"""Registers the compliance room with Django: its approvals, and the keeping of the rules in use."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ComplianceConfig(AppConfig):
    name = "guildhall.compliance"
    label = "compliance"

    def ready(self) -> None:
        from guildhall.compliance import actions

        actions.register_approvals()
        post_migrate.connect(_pin_rules, sender=self, dispatch_uid="compliance_rules")


def _pin_rules(**_signal: Any) -> None:
    """Keep the rules of this release word for word, once their table is there."""
    from django.db import connection

    from guildhall.compliance import actions
    from guildhall.compliance.models import RuleSet

    if RuleSet._meta.db_table in connection.introspection.table_names():
        actions.pin_rules()
