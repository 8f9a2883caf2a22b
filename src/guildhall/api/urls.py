"""Addresses of the doors for machines."""

from __future__ import annotations

from django.urls import include, path

from guildhall.api import pages
from guildhall.api.app import api

urlpatterns = [
    path("healthz", pages.healthz, name="healthz"),
    path("readyz", pages.readyz, name="readyz"),
    path("metrics", pages.metrics_page, name="metrics"),
    path("api/docs", pages.docs, name="api-docs"),
    path("api/v1/openapi.json", pages.openapi, name="openapi"),
    path("api/v1/", include((api.patterns(), "ninja"), namespace="api-v1")),
]
