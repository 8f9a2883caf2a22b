"""Addresses of the pages about figures of the desk."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import desk_figures, desk_figures_file, today_desk

urlpatterns: list[URLPattern] = [
    path("desk/figures/", desk_figures.figures_page, name="desk-figures"),
    path("desk/figures/csv/", desk_figures_file.figures_csv, name="desk-figures-csv"),
    path("desk/figures/targets/", desk_figures_file.targets_page, name="desk-targets"),
    path("today/desk/", today_desk.today_desk, name="today-desk"),
]
