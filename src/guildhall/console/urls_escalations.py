"""Addresses of the pages about what is asked of the exchange's teams."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
