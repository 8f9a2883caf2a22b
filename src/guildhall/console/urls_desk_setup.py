"""Addresses of the pages about the settings of the desk: categories, macros, rules of the doors."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
