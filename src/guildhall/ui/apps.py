"""Registers the ui room with Django."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "guildhall.ui"
    label = "ui"
    verbose_name = "Look"
