"""Addresses of the pages about tasks and checklists."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
