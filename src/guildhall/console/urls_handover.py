"""Addresses of the pages about handovers and queues."""

from __future__ import annotations

from django.urls import path

from guildhall.console import agents_page, handover_page, presence_switch

urlpatterns = [
    path("handovers/", handover_page.handovers, name="handovers"),
    path("handovers/new/", handover_page.handover_new, name="handover-new"),
    path("handovers/actions/<str:action_id>/", handover_page.handover_action, name="handover-action"),
    path("handovers/<str:handover_id>/", handover_page.handover, name="handover"),
    path(
        "handovers/<str:handover_id>/write-on/", handover_page.handover_take_back, name="handover-take-back"
    ),
    path("handovers/<str:handover_id>/fill/", handover_page.handover_refill, name="handover-refill"),
    path("desk/agents/", agents_page.agents, name="agents"),
    path("desk/agents/rules/", agents_page.assignment_rules, name="assignment-rules"),
    path("desk/agents/<int:staff_id>/", agents_page.agent, name="agent"),
    path("desk/presence/", presence_switch.presence, name="presence"),
    path("desk/presence/<int:staff_id>/", presence_switch.presence_of, name="presence-of"),
]
