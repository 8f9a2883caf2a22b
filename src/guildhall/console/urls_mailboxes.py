"""Addresses of the pages about mailboxes."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
