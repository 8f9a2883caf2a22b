"""Addresses of the import pages."""

from __future__ import annotations

from django.urls import path

from guildhall.console import imports_page as pages

urlpatterns = [
    path("settings/import/", pages.imports, name="imports"),
    path("settings/import/upload/<slug:kind>/", pages.import_upload, name="import-upload"),
    path("settings/import/<str:import_id>/", pages.import_page, name="import"),
    path("settings/import/<str:import_id>/confirm/", pages.import_confirm, name="import-confirm"),
    path("settings/import/<str:import_id>/cancel/", pages.import_cancel, name="import-cancel"),
    path("settings/import/<str:import_id>/undo/", pages.import_undo, name="import-undo"),
    path("settings/import/<str:import_id>/file/remove/", pages.import_file_remove, name="import-file-remove"),
    path("settings/import/<str:import_id>/bad-rows/", pages.import_bad_rows, name="import-bad-rows"),
]
