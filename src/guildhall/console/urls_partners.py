"""Addresses of the pages about partners, deals and settlement."""

from __future__ import annotations

from django.urls import URLPattern, path

from guildhall.console import (
    deal_pages,
    partner_bindings,
    partner_list,
    partner_page,
    settlement_runs,
    whatif_pages,
    why_pages,
)

_BINDING = "partners/bindings/<str:binding_id>/"
_PARTNER = "partners/<str:partner_id>/"
_DEAL = f"{_PARTNER}deal/<int:version>/"

urlpatterns: list[URLPattern] = [
    path("partners/", partner_list.partner_list, name="partners"),
    path("partners/new/", partner_list.partner_new, name="partner-new"),
    path("partners/bindings/", partner_bindings.binding_list, name="bindings"),
    path("partners/bindings/new/", partner_bindings.binding_new, name="binding-new"),
    path(_BINDING, partner_bindings.binding_page, name="binding"),
    path(f"{_BINDING}hold/", partner_bindings.account_hold, name="account-hold"),
    path(f"{_BINDING}release/", partner_bindings.account_release, name="account-release"),
    path(f"{_BINDING}end/", partner_bindings.binding_end, name="binding-end"),
    path(f"{_BINDING}rebind/", partner_bindings.binding_rebind, name="binding-rebind"),
    path("partners/what-if/", whatif_pages.whatif_list, name="what-ifs"),
    path("partners/what-if/new/", whatif_pages.whatif_new, name="what-if-new"),
    path("partners/what-if/<str:whatif_id>/", whatif_pages.whatif_page, name="what-if"),
    path("partners/what-if/<str:whatif_id>/live/", whatif_pages.whatif_live, name="what-if-live"),
    path(_PARTNER, partner_page.partner_page, name="partner"),
    path(f"{_PARTNER}edit/", partner_page.partner_edit, name="partner-edit"),
    path(f"{_PARTNER}codes/", partner_page.code_add, name="partner-code-add"),
    path(f"{_PARTNER}codes/<int:code>/remove/", partner_page.code_remove, name="partner-code-remove"),
    path(f"{_PARTNER}own/", partner_page.own_add, name="partner-own-add"),
    path(f"{_PARTNER}own/<int:own>/remove/", partner_page.own_remove, name="partner-own-remove"),
    path(f"{_PARTNER}day/<str:day>/", why_pages.partner_day, name="partner-day"),
    path(f"{_PARTNER}deal/new/", deal_pages.deal_new, name="deal-new"),
    path(f"{_PARTNER}deal/preview/", deal_pages.deal_preview, name="deal-preview"),
    path(_DEAL, deal_pages.deal_page, name="deal"),
    path(f"{_DEAL}edit/", deal_pages.deal_edit, name="deal-edit"),
    path(f"{_DEAL}worked/", deal_pages.deal_worked, name="deal-worked"),
    path(f"{_DEAL}<slug:deed>/", deal_pages.deal_act, name="deal-act"),
    path("settlement/", settlement_runs.settlement_list, name="settlements"),
    path("settlement/start/", settlement_runs.settlement_start, name="settlement-start"),
    path("settlement/why/", why_pages.why_page, name="why"),
    path("settlement/<str:run_id>/", settlement_runs.settlement_page, name="settlement"),
    path("settlement/<str:run_id>/live/", settlement_runs.settlement_live, name="settlement-live"),
    path("settlement/<str:run_id>/csv/", settlement_runs.settlement_csv, name="settlement-csv"),
    path("settlement/<str:run_id>/<slug:deed>/", settlement_runs.settlement_act, name="settlement-act"),
]
