"""Addresses of the pages about the settings of the desk: categories, macros, rules of the doors."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import desk_categories as categories
from guildhall.console import desk_doors as doors
from guildhall.console import desk_macros as macros
from guildhall.console import desk_setup

urlpatterns: list[URLPattern] = [
    path("desk/setup/", desk_setup.desk_setup, name="desk-setup"),
    path("desk/setup/categories/new/", categories.category_new, name="category-new"),
    path("desk/setup/categories/<slug:slug>/", categories.category, name="category"),
    path("desk/setup/categories/<slug:slug>/archive/", categories.category_archive, name="category-archive"),
    path("desk/setup/macros/", macros.macros, name="macros"),
    path("desk/setup/macros/new/", macros.macro_new, name="macro-new"),
    path("desk/setup/macros/<str:macro_id>/", macros.macro, name="macro"),
    path("desk/setup/macros/<str:macro_id>/archive/", macros.macro_archive, name="macro-archive"),
    path("desk/setup/doors/", doors.door_list, name="doors"),
    path("desk/setup/doors/usual/", doors.door_open_usual, name="doors-usual"),
    path("desk/setup/doors/space/<str:space_id>/", doors.door_space, name="door-space"),
    path("desk/setup/doors/private/<slug:platform>/", doors.door_private, name="door-private"),
    path("desk/setup/doors/words/<slug:slug>/", doors.door_words, name="door-words"),
    path("desk/setup/doors/<str:door_id>/remove/", doors.door_remove, name="door-remove"),
]
