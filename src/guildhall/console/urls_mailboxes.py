"""Addresses of the pages about mailboxes."""

from __future__ import annotations

from django.urls import path

from guildhall.console import mailboxes

urlpatterns = [
    path("settings/mailboxes/", mailboxes.mailbox_list, name="mailboxes"),
    path("settings/mailboxes/new/", mailboxes.mailbox_new, name="mailbox-new"),
    path("settings/mailboxes/<str:mailbox_id>/", mailboxes.mailbox_page, name="mailbox"),
    path("settings/mailboxes/<str:mailbox_id>/change/", mailboxes.mailbox_change, name="mailbox-change"),
    path("settings/mailboxes/<str:mailbox_id>/check/", mailboxes.mailbox_check, name="mailbox-check"),
    path("settings/mailboxes/<str:mailbox_id>/test/", mailboxes.mailbox_test, name="mailbox-test"),
    path("settings/mailboxes/<str:mailbox_id>/pause/", mailboxes.mailbox_pause, name="mailbox-pause"),
    path("settings/mailboxes/<str:mailbox_id>/resume/", mailboxes.mailbox_resume, name="mailbox-resume"),
    path("settings/mailboxes/<str:mailbox_id>/remove/", mailboxes.mailbox_remove, name="mailbox-remove"),
    path("settings/mailboxes/<str:mailbox_id>/secret/", mailboxes.mailbox_secret, name="mailbox-secret"),
    path(
        "settings/mailboxes/<str:mailbox_id>/again/<str:space_id>/",
        mailboxes.mailbox_write_again,
        name="mailbox-write-again",
    ),
]
