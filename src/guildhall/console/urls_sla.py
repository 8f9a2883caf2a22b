"""Addresses of the pages about SLA policies, calendars and escalation chains."""

from __future__ import annotations

from django.urls import path

from guildhall.console import desk_clock_history, sla_chains

urlpatterns = [
    path("inbox/<str:ticket_id>/clocks/", desk_clock_history.clock_history, name="ticket-clocks"),
    path("desk/chains/", sla_chains.chain_list, name="chains"),
    path("desk/chains/new/", sla_chains.chain_edit, name="chain-new"),
    path("desk/chains/<str:chain_id>/", sla_chains.chain_edit, name="chain"),
    path("desk/chains/<str:chain_id>/archive/", sla_chains.chain_archive, name="chain-archive"),
    path("desk/chains/<str:chain_id>/restore/", sla_chains.chain_restore, name="chain-restore"),
]
