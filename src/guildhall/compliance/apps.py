"""Registers the compliance room with Django."""

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    name = "guildhall.compliance"
    label = "compliance"
