"""Addresses of the pages about handovers and queues."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
