"""Addresses of the pages about drafts by a machine."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
