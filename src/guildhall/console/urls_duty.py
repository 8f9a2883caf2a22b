"""Addresses of the pages about duty: shifts, swaps, leave."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
