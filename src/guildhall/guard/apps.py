"""Registers the guard room with Django."""

from django.apps import AppConfig


class GuardConfig(AppConfig):
    name = "guildhall.guard"
    label = "guard"
