"""Addresses of the pages about duty: shifts, swaps, leave."""

from __future__ import annotations

from django.urls import path

from guildhall.console import duty_gaps, duty_mine, duty_patterns, duty_requests, duty_shift, duty_week

urlpatterns = [
    path("duty/", duty_week.week, name="duty"),
    path("duty/mine/", duty_mine.mine, name="duty-mine"),
    path("duty/mine/calendars/", duty_mine.feed_new, name="duty-feed-new"),
    path("duty/mine/calendars/<str:feed_id>/revoke/", duty_mine.feed_revoke, name="duty-feed-revoke"),
    path("duty/mine/leave/<str:leave_id>/withdraw/", duty_mine.leave_withdraw, name="duty-leave-withdraw"),
    path("duty/requests/", duty_requests.requests, name="duty-requests"),
    path(
        "duty/requests/swaps/<str:swap_id>/<slug:answer>/", duty_requests.swap_decide, name="duty-swap-decide"
    ),
    path(
        "duty/requests/leave/<str:leave_id>/<slug:answer>/",
        duty_requests.leave_decide,
        name="duty-leave-decide",
    ),
    path("duty/gaps/", duty_gaps.gaps, name="duty-gaps"),
    path("duty/gaps/<str:need_id>/remove/", duty_gaps.need_remove, name="duty-need-remove"),
    path("duty/patterns/", duty_patterns.patterns, name="duty-patterns"),
    path("duty/patterns/new/", duty_patterns.pattern_new, name="duty-pattern-new"),
    path("duty/patterns/<str:pattern_id>/", duty_patterns.pattern, name="duty-pattern"),
    path("duty/patterns/<str:pattern_id>/switch/", duty_patterns.pattern_switch, name="duty-pattern-switch"),
    path("duty/shifts/new/", duty_shift.shift_new, name="duty-shift-new"),
    path("duty/shifts/<str:shift_id>/", duty_shift.shift, name="duty-shift"),
    path("duty/shifts/<str:shift_id>/edit/", duty_shift.shift_edit, name="duty-shift-edit"),
    path("duty/shifts/<str:shift_id>/switch/", duty_shift.shift_switch, name="duty-shift-switch"),
    path("duty/shifts/<str:shift_id>/take/", duty_shift.shift_claim, name="duty-shift-claim"),
    path(
        "duty/shifts/<str:shift_id>/covers/<str:cover_id>/back/",
        duty_shift.shift_uncover,
        name="duty-shift-uncover",
    ),
]
