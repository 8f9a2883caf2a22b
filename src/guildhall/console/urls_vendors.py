"""Addresses of the pages about vendors."""

from __future__ import annotations

from django.urls import path

from guildhall.console import vendor_invoices, vendor_own, vendors

_V, _I = "vendors/<str:vendor_id>/", "vendors/invoices/<str:invoice_id>/"

urlpatterns = [
    path("vendors/", vendors.vendors, name="vendors"),
    path("vendors/new/", vendors.vendor_new, name="vendor-new"),
    path("vendors/own/", vendor_own.vendor_own, name="vendor-own"),
    path("vendors/own/<str:invoice_id>/", vendor_own.vendor_own_invoice, name="vendor-own-invoice"),
    path("vendors/own/<str:invoice_id>/file/", vendor_own.vendor_own_csv, name="vendor-own-file"),
    path(_I, vendor_invoices.vendor_invoice, name="vendor-invoice"),
    path(_I + "file/", vendor_invoices.vendor_invoice_csv, name="vendor-invoice-file"),
    path(_I + "propose/", vendor_invoices.vendor_invoice_propose, name="vendor-invoice-propose"),
    path(_I + "back/", vendor_invoices.vendor_invoice_back, name="vendor-invoice-back"),
    path(_V, vendors.vendor, name="vendor"),
    path(_V + "switch/", vendors.vendor_switch, name="vendor-switch"),
    path(_V + "agents/", vendors.vendor_agent_add, name="vendor-agent-add"),
    path(_V + "agents/<int:staff_id>/remove/", vendors.vendor_agent_remove, name="vendor-agent-remove"),
    path(_V + "routes/new/", vendors.vendor_route, name="vendor-route-new"),
    path(_V + "routes/<str:route_id>/", vendors.vendor_route, name="vendor-route"),
    path(_V + "routes/<str:route_id>/remove/", vendors.vendor_route_remove, name="vendor-route-remove"),
    path(_V + "terms/", vendor_invoices.vendor_terms, name="vendor-terms"),
    path(_V + "reckon/", vendor_invoices.vendor_reckon, name="vendor-reckon"),
]
