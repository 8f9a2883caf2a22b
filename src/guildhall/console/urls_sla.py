"""Addresses of the pages about SLA policies, calendars and escalation chains."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
