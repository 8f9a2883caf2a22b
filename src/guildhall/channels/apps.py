"""Registers the channels room with Django."""

from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "guildhall.channels"
    label = "channels"
