"""Addresses of the pages about the inbox and of tickets."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
