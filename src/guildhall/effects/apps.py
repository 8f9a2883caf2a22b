"""Registers the effects room with Django."""

from django.apps import AppConfig


class EffectsConfig(AppConfig):
    name = "guildhall.effects"
    label = "effects"
