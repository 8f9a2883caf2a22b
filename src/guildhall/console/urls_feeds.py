"""Addresses of the pages about the exchange's feeds."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
