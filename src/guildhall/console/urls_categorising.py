"""Addresses of the pages about categorising."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
