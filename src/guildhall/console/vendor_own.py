"""What the lead of a vendor sees of their own: figures, people, and the invoices that were put up for
approval or frozen. Nothing of another vendor, and nothing of what is still being reckoned.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from guildhall.console import quality_words, vendor_invoices, vendors
from guildhall.console.house_words import known
from guildhall.desk import scope
from guildhall.desk.models import Vendor, VendorInvoice
from guildhall.people.access import requires
from guildhall.people.models import Staff


@requires("desk.view")
@require_safe
def vendor_own(request: HttpRequest) -> HttpResponse:
    """The page of one's own vendor."""
    me = known(request)
    mine = _mine(me)
    context = vendors.page(mine, vendors.month_of(request))
    context["invoices"] = [
        one for one in context["invoices"] if one["invoice"].state != VendorInvoice.State.DRAFT
    ]
    return render(
        request, "console/vendors/own.html", context | {"tabs": quality_words.tabs(me, "quality-team")}
    )


@requires("desk.view")
@require_safe
def vendor_own_invoice(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """One of their invoices."""
    return render(
        request,
        "console/vendors/invoice.html",
        vendor_invoices.shown(_invoice(known(request), invoice_id)) | {"is_own": True},
    )


@requires("desk.view")
@require_safe
def vendor_own_csv(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """One of their invoices as a file."""
    return vendor_invoices.as_file(_invoice(known(request), invoice_id))


def _mine(me: Staff) -> Vendor:
    found = scope.leads_vendor(me)
    if found is None:
        raise Http404
    return found


def _invoice(me: Staff, invoice_id: str) -> VendorInvoice:
    seen = VendorInvoice.objects.filter(vendor=_mine(me)).exclude(state=VendorInvoice.State.DRAFT)
    return get_object_or_404(seen.select_related("vendor"), pk=invoice_id)
