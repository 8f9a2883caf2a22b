"""Addresses of the pages about broadcasts."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import broadcast_editor, broadcast_runs, broadcasts

urlpatterns: list[URLPattern] = [
    path("broadcasts/", broadcasts.broadcast_list, name="broadcasts"),
    path("broadcasts/calendar/", broadcasts.broadcast_calendar, name="broadcast-calendar"),
    path("broadcasts/new/", broadcast_editor.broadcast_new, name="broadcast-new"),
    path("broadcasts/preview/", broadcast_editor.broadcast_preview, name="broadcast-preview"),
    path("broadcasts/runs/<str:run_id>/", broadcast_runs.run_page, name="broadcast-run"),
    path("broadcasts/runs/<str:run_id>/live/", broadcast_runs.run_live, name="broadcast-run-live"),
    path("broadcasts/runs/<str:run_id>/csv/", broadcast_runs.run_csv, name="broadcast-run-csv"),
    path("broadcasts/runs/<str:run_id>/correct/", broadcast_runs.run_correct, name="broadcast-run-correct"),
    path("broadcasts/runs/<str:run_id>/<slug:deed>/", broadcast_runs.run_act, name="broadcast-run-act"),
    path(
        "broadcasts/deliveries/<str:delivery_id>/settle/",
        broadcast_runs.delivery_settle,
        name="broadcast-settle",
    ),
    path("broadcasts/<str:broadcast_id>/", broadcasts.broadcast_page, name="broadcast"),
    path("broadcasts/<str:broadcast_id>/edit/", broadcast_editor.broadcast_edit, name="broadcast-edit"),
    path("broadcasts/<str:broadcast_id>/submit/", broadcasts.broadcast_submit, name="broadcast-submit"),
    path(
        "broadcasts/<str:broadcast_id>/unschedule/",
        broadcasts.broadcast_unschedule,
        name="broadcast-unschedule",
    ),
    path("broadcasts/<str:broadcast_id>/discard/", broadcasts.broadcast_discard, name="broadcast-discard"),
    path("broadcasts/<str:broadcast_id>/copy/", broadcasts.broadcast_copy, name="broadcast-copy"),
    path("broadcasts/<str:broadcast_id>/try/", broadcasts.broadcast_try, name="broadcast-try"),
]
