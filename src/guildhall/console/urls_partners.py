"""Addresses of the pages about partners, deals and settlement."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
