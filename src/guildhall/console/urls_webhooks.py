"""Addresses of the pages about webhooks and their deliveries."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
