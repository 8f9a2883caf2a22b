"""Addresses of the pages about the inbox and of tickets."""

from __future__ import annotations

from django.urls import path

from guildhall.console import desk_answers, desk_deeds, desk_files, desk_inbox, desk_lookup, desk_ticket

_T = "inbox/<str:ticket_id>/"

urlpatterns = [
    path("inbox/", desk_inbox.inbox, name="inbox"),
    path("inbox/live/", desk_inbox.inbox_live, name="inbox-live"),
    path("inbox/next/", desk_inbox.inbox_next, name="inbox-next"),
    path("inbox/bulk/", desk_inbox.inbox_bulk, name="inbox-bulk"),
    path("inbox/colleagues/", desk_answers.colleagues, name="inbox-colleagues"),
    path(_T, desk_ticket.ticket, name="ticket"),
    path(_T + "live/", desk_ticket.ticket_live, name="ticket-live"),
    path(_T + "leave/", desk_ticket.ticket_leave, name="ticket-leave"),
    path(_T + "reply/", desk_answers.ticket_reply, name="ticket-reply"),
    path(_T + "lint/", desk_answers.ticket_lint, name="ticket-lint"),
    path(_T + "macros/", desk_answers.ticket_macros, name="ticket-macros"),
    path(_T + "entries/<str:entry_id>/unsend/", desk_answers.entry_unsend, name="entry-unsend"),
    path(_T + "entries/<str:entry_id>/retry/", desk_answers.entry_retry, name="entry-retry"),
    path(_T + "files/<str:file_id>/", desk_files.ticket_file, name="ticket-file"),
    path(_T + "assign/", desk_deeds.ticket_assign, name="ticket-assign"),
    path(_T + "colleagues/", desk_deeds.ticket_colleagues, name="ticket-colleagues"),
    path(_T + "status/", desk_deeds.ticket_status, name="ticket-status"),
    path(_T + "set/", desk_deeds.ticket_set, name="ticket-set"),
    path(_T + "snooze/", desk_deeds.ticket_snooze, name="ticket-snooze"),
    path(_T + "wake/", desk_deeds.ticket_wake, name="ticket-wake"),
    path(_T + "merge/", desk_deeds.ticket_merge, name="ticket-merge"),
    path(_T + "split/", desk_deeds.ticket_split, name="ticket-split"),
    path(_T + "spam/", desk_deeds.ticket_spam, name="ticket-spam"),
    path(_T + "not-spam/", desk_deeds.ticket_not_spam, name="ticket-not-spam"),
    path(_T + "lookup/", desk_lookup.ticket_lookup, name="ticket-lookup"),
]
