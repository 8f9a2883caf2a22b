"""Addresses of the pages about quality: scorecards, reviews, coaching."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
