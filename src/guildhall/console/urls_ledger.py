"""Addresses of the pages about the ledger."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
