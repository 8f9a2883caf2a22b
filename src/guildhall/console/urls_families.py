"""Addresses of the pages about families of groups and the entrances that lead into them."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import entrances, families

_FAMILY, _ENTRANCE = "families/<str:family_id>/", "entrances/<str:entrance_id>/"

urlpatterns: list[URLPattern] = [
    path("families/", families.family_list, name="families"),
    path("families/new/", families.family_new, name="family-new"),
    path(_FAMILY, families.family_page, name="family"),
    path(f"{_FAMILY}edit/", families.family_edit, name="family-edit"),
    path(f"{_FAMILY}archive/", families.family_archive, name="family-archive"),
    path(f"{_FAMILY}greet/", families.family_greet, name="family-greet"),
    path(f"{_FAMILY}say/", families.family_say, name="family-say"),
    path(f"{_FAMILY}groups/put/", families.place_put, name="place-put"),
    path(f"{_FAMILY}groups/<str:space_id>/change/", families.place_change, name="place-change"),
    path(f"{_FAMILY}groups/<str:space_id>/remove/", families.place_remove, name="place-remove"),
    path(f"{_FAMILY}entrances/new/", entrances.entrance_new, name="entrance-new"),
    path(_ENTRANCE, entrances.entrance_page, name="entrance"),
    path(f"{_ENTRANCE}edit/", entrances.entrance_edit, name="entrance-edit"),
    path(f"{_ENTRANCE}ask/", entrances.entrance_ask, name="entrance-ask"),
    path(f"{_ENTRANCE}close/", entrances.entrance_close, name="entrance-close"),
]
