"""Addresses of the work pages: Today, Review, Messages, Members, Spaces, and finding across them."""

from __future__ import annotations

from django.urls import path

from guildhall.console import find, members, messages, review, space_doors, space_words, spaces, suspects, today

urlpatterns = [
    path("", today.today, name="today"),
    path("today/live/", today.today_live, name="today-live"),
    path("today/course/", today.today_course, name="today-course"),
    path("find/", find.find, name="find"),
    path("review/", review.review, name="review"),
    path("review/news/", review.review_news, name="review-news"),
    path("review/bulk/", review.review_bulk, name="review-bulk"),
    path("review/<str:case_id>/", review.case, name="case"),
    path("review/<str:case_id>/uphold/", review.case_uphold, name="case-uphold"),
    path("review/<str:case_id>/undo/", review.case_undo, name="case-undo"),
    path("review/<str:case_id>/dismiss/", review.case_dismiss, name="case-dismiss"),
    path("review/<str:case_id>/reopen/", review.case_reopen, name="case-reopen"),
    path("review/<str:case_id>/train/", review.case_train, name="case-train"),
    path("review/<str:case_id>/block-domain/", review.case_block_domain, name="case-block-domain"),
    path("messages/", messages.message_list, name="messages"),
    path("messages/<str:message_id>/", messages.message, name="message"),
    path("messages/<str:message_id>/remove/", messages.message_remove, name="message-remove"),
    path("messages/<str:message_id>/restore/", messages.message_restore, name="message-restore"),
    path("messages/<str:message_id>/report/", messages.message_report, name="message-report"),
    path("messages/<str:message_id>/warn/", messages.message_warn, name="message-warn"),
    path("members/", members.member_list, name="members"),
    path("suspects/", suspects.suspects, name="suspects"),
    path("suspects/<str:suspect_id>/confirm/", suspects.suspect_confirm, name="suspect-confirm"),
    path("suspects/<str:suspect_id>/clear/", suspects.suspect_clear, name="suspect-clear"),
    path("members/<str:member_id>/", members.member, name="member"),
    path("members/<str:member_id>/standing/", members.member_standing, name="member-standing"),
    path(
        "members/<str:member_id>/measures/<str:measure_id>/undo/",
        members.member_measure_undo,
        name="member-measure-undo",
    ),
    path("members/<str:member_id>/whose/", members.member_whose, name="member-whose"),
    path("members/<str:member_id>/note/", members.member_note, name="member-note"),
    path("members/<str:member_id>/erase/", members.member_erase, name="member-erase"),
    path("members/<str:member_id>/export/", members.member_export, name="member-export"),
    path("spaces/", spaces.space_list, name="spaces"),
    path("spaces/new/", spaces.space_new, name="space-new"),
    path("spaces/<slug:slug>/", spaces.space, name="space"),
    path("spaces/<slug:slug>/edit/", spaces.space_edit, name="space-edit"),
    path("spaces/<slug:slug>/policy/", spaces.space_policy, name="space-policy"),
    path("spaces/<slug:slug>/words/", space_words.space_words, name="space-words"),
    path("spaces/<slug:slug>/archive/", spaces.space_archive, name="space-archive"),
    path("spaces/<slug:slug>/joins/<str:answer>/", space_doors.space_join, name="space-join"),
    path("spaces/<slug:slug>/invites/", space_doors.space_invite, name="space-invite"),
    path("spaces/<slug:slug>/invites/revoke/", space_doors.space_invite_revoke, name="space-invite-revoke"),
    path("spaces/<slug:slug>/lock/", space_doors.space_lock, name="space-lock"),
]
