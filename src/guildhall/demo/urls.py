"""Addresses of the demo's own pages."""

from __future__ import annotations

from django.urls import path

from guildhall.demo import views

app_name = "demo"
urlpatterns = [
    path("demo/", views.about, name="about"),
    path("demo/line", views.line, name="line"),
    path("demo/remove", views.remove, name="remove"),
]
