"""Addresses of the pages about official accounts and the status page."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
