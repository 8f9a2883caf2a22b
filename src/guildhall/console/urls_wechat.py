"""Addresses of the pages about WeChat: connected and assisted."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
