"""Addresses of the pages about webhooks and their deliveries."""

from __future__ import annotations

from django.urls import path

from guildhall.console import webhooks

_ONE = "settings/webhooks/<str:endpoint_id>/"
_DELIVERY = _ONE + "log/<str:delivery_id>/"

urlpatterns = [
    path("settings/webhooks/", webhooks.webhook_list, name="webhooks"),
    path("settings/webhooks/new/", webhooks.webhook_new, name="webhook-new"),
    path(_ONE, webhooks.webhook, name="webhook"),
    path(_ONE + "events/", webhooks.webhook_events_set, name="webhook-events"),
    path(_ONE + "secret/", webhooks.webhook_secret, name="webhook-secret"),
    path(_ONE + "switch/", webhooks.webhook_switch, name="webhook-switch"),
    path(_ONE + "remove/", webhooks.webhook_remove, name="webhook-remove"),
    path(_ONE + "test/", webhooks.webhook_test, name="webhook-test"),
    path(_ONE + "resend/", webhooks.webhook_resend_failed, name="webhook-resend-failed"),
    path(_DELIVERY, webhooks.webhook_delivery, name="webhook-delivery"),
    path(_DELIVERY + "resend/", webhooks.webhook_resend, name="webhook-resend"),
]
