"""Addresses of the pages about what is searched and found."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
