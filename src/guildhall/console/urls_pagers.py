"""Addresses of the pages about pagers and pages."""

from __future__ import annotations

from django.urls import path

from guildhall.console import alerts, escalation, pagers

urlpatterns = [
    path("alerts/", alerts.alert_list, name="alerts"),
    path("alerts/<str:page_id>/", alerts.alert, name="alert"),
    path("alerts/<str:page_id>/take/", alerts.alert_take, name="alert-take"),
    path("alerts/<str:page_id>/end/", alerts.alert_end, name="alert-end"),
    path("settings/pagers/", pagers.pager_list, name="pagers"),
    path("settings/pagers/new/<slug:means>/", pagers.pager_new, name="pager-new"),
    path("settings/pagers/<str:pager_id>/", pagers.pager, name="pager"),
    path("settings/pagers/<str:pager_id>/test/", pagers.pager_test, name="pager-test"),
    path("settings/pagers/<str:pager_id>/switch/", pagers.pager_switch, name="pager-switch"),
    path("settings/pagers/<str:pager_id>/remove/", pagers.pager_remove, name="pager-remove"),
    path("settings/escalation/", escalation.plan_list, name="plans"),
    path("settings/escalation/new/", escalation.plan_edit, name="plan-new"),
    path("settings/escalation/<str:plan_id>/", escalation.plan_edit, name="plan"),
    path("settings/escalation/<str:plan_id>/remove/", escalation.plan_remove, name="plan-remove"),
]
