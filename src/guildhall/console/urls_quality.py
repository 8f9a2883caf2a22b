"""Addresses of the pages about quality."""

from __future__ import annotations

from django.urls import path

from guildhall.console import quality, quality_review, quality_setup

urlpatterns = [
    path("quality/", quality.quality, name="quality"),
    path("quality/mine/", quality.quality_mine, name="quality-mine"),
    path("quality/team/", quality.quality_team, name="quality-team"),
    path("quality/results/", quality.quality_results, name="quality-results"),
    path("quality/draw/", quality.quality_draw, name="quality-draw"),
    path("quality/coach/<int:staff_id>/", quality.quality_coach, name="quality-coach"),
    path("quality/cards/", quality_setup.cards, name="quality-cards"),
    path("quality/cards/new/", quality_setup.card_edit, name="quality-card-new"),
    path("quality/cards/<str:card_id>/", quality_setup.card_edit, name="quality-card"),
    path("quality/cards/<str:card_id>/archive/", quality_setup.card_archive, name="quality-card-archive"),
    path("quality/rules/", quality_setup.rules, name="quality-rules"),
    path("quality/rules/new/", quality_setup.rule_edit, name="quality-rule-new"),
    path("quality/rules/<str:rule_id>/", quality_setup.rule_edit, name="quality-rule"),
    path("quality/rules/<str:rule_id>/remove/", quality_setup.rule_remove, name="quality-rule-remove"),
    path("quality/tickets/<str:ticket_id>/", quality_review.choose, name="quality-choose"),
    path("quality/tickets/<str:ticket_id>/chosen/", quality_review.chosen, name="quality-chosen"),
    path("quality/appeals/<str:appeal_id>/", quality_review.appeal, name="quality-appeal"),
    path("quality/reviews/<str:review_id>/", quality_review.review, name="quality-review"),
    path(
        "quality/reviews/<str:review_id>/appeal/", quality_review.review_appeal, name="quality-review-appeal"
    ),
    path("quality/reviews/<str:review_id>/drop/", quality_review.review_drop, name="quality-review-drop"),
]
