"""Addresses of the pages about what is asked of the exchange's teams."""

from __future__ import annotations

from django.urls import path

from guildhall.console import escalation_teams, escalations

urlpatterns = [
    path("escalations/", escalations.escalations, name="escalations"),
    path("escalations/teams/", escalation_teams.teams, name="escalation-teams"),
    path("escalations/teams/save/", escalation_teams.team_save, name="escalation-team-save"),
    path("escalations/teams/<slug:slug>/", escalation_teams.team, name="escalation-team"),
    path(
        "escalations/teams/<slug:slug>/archive/",
        escalation_teams.team_archive,
        name="escalation-team-archive",
    ),
    path("escalations/<str:escalation_id>/", escalations.escalation, name="escalation"),
    path("escalations/<str:escalation_id>/answer/", escalations.escalation_answer, name="escalation-answer"),
    path("escalations/<str:escalation_id>/return/", escalations.escalation_return, name="escalation-return"),
    path("escalations/<str:escalation_id>/supply/", escalations.escalation_supply, name="escalation-supply"),
    path(
        "escalations/<str:escalation_id>/withdraw/",
        escalations.escalation_withdraw,
        name="escalation-withdraw",
    ),
    path("inbox/<str:ticket_id>/escalate/", escalations.ticket_escalate, name="ticket-escalate"),
]
