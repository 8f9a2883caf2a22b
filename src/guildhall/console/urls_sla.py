"""Addresses of the pages about SLA policies, calendars and escalation chains."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import desk_clock_history, sla_chains, sla_pages, sla_versions

_POLICY = "desk/sla/policies/<str:policy_id>/"
_VERSION = "desk/sla/versions/<int:number>/"

urlpatterns: list[URLPattern] = [
    path("desk/sla/", sla_pages.policy_list, name="sla"),
    path("desk/sla/new/", sla_pages.policy_new, name="sla-new"),
    path(_POLICY, sla_pages.policy_page, name="sla-policy"),
    path(f"{_POLICY}edit/", sla_pages.policy_change, name="sla-policy-edit"),
    path(f"{_POLICY}draft/", sla_versions.version_new, name="sla-draft"),
    path(f"{_POLICY}<slug:deed>/", sla_pages.policy_act, name="sla-act"),
    path(_VERSION, sla_versions.version_page, name="sla-version"),
    path(f"{_VERSION}tried/", sla_versions.version_tried, name="sla-tried"),
    path(f"{_VERSION}edit/", sla_versions.version_edit, name="sla-edit"),
    path(f"{_VERSION}<slug:deed>/", sla_versions.version_act, name="sla-version-act"),
    path("inbox/<str:ticket_id>/clocks/", desk_clock_history.clock_history, name="ticket-clocks"),
    path("desk/chains/", sla_chains.chain_list, name="chains"),
    path("desk/chains/new/", sla_chains.chain_edit, name="chain-new"),
    path("desk/chains/<str:chain_id>/", sla_chains.chain_edit, name="chain"),
    path("desk/chains/<str:chain_id>/archive/", sla_chains.chain_archive, name="chain-archive"),
    path("desk/chains/<str:chain_id>/restore/", sla_chains.chain_restore, name="chain-restore"),
]
