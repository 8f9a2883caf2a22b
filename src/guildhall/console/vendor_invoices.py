"""Terms of a vendor and its months: reckoned, read line by line, put up for approval, printed, saved."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.vendors import METRIC_WORDS
from guildhall.core.errors import BadInput
from guildhall.core.money import Asset
from guildhall.core.text import Text
from guildhall.desk.actions import vendors as actions
from guildhall.desk.models import Category, Vendor, VendorInvoice
from guildhall.desk.vendors.terms import METRICS, Terms
from guildhall.people.access import requires
from guildhall.people.models import Staff

STEPS = 2
_PAYABLE = ("hour", "on_call_hour", "ticket", "minimum")


class TermsForm(forms.Form):
    """What was agreed with a vendor. Amounts are written in whole units of the currency (12.50)."""

    currency = forms.CharField(label=gettext_lazy("Currency"), max_length=10, initial="USD")
    scale = forms.IntegerField(
        label=gettext_lazy("Decimals of the currency"), min_value=0, max_value=8, initial=2
    )
    zone = forms.CharField(
        label=gettext_lazy("Time zone of the month"), max_length=60, initial="UTC",
        help_text=gettext_lazy("A month begins and ends at midnight there, for instance Asia/Singapore."),
    )  # fmt: skip
    hour = forms.CharField(label=gettext_lazy("An hour on duty"), max_length=20, initial="0")
    on_call_hour = forms.CharField(label=gettext_lazy("An hour on call"), max_length=20, initial="0")
    ticket = forms.CharField(label=gettext_lazy("A solved ticket"), max_length=20, initial="0")
    minimum = forms.CharField(label=gettext_lazy("A month comes to no less than"), max_length=20, initial="0")
    by_category = forms.CharField(
        label=gettext_lazy("Other prices by category"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, such as kyc 0.80"),
    )  # fmt: skip
    cap = forms.IntegerField(
        label=gettext_lazy("Credits give back at most (percent)"), min_value=0, max_value=100, initial=15
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for metric in METRICS:
            for n in range(STEPS):
                self.fields[f"{metric}_below_{n}"] = forms.IntegerField(
                    label=_("kept below (percent)"), min_value=1, max_value=100, required=False
                )
                self.fields[f"{metric}_credit_{n}"] = forms.IntegerField(
                    label=_("gives back (percent)"), min_value=1, max_value=100, required=False
                )

    def steps(self) -> list[tuple[str, list[tuple[Any, Any]]]]:
        """(metric, its steps) for the page."""
        return [
            (
                str(METRIC_WORDS[metric]),
                [(self[f"{metric}_below_{n}"], self[f"{metric}_credit_{n}"]) for n in range(STEPS)],
            )
            for metric in METRICS
        ]

    def terms(self) -> dict[str, Any]:
        """As `Terms.from_json` reads it. Raises BadInput naming the field."""
        given = self.cleaned_data
        asset = Asset(given["currency"].strip().upper(), given["scale"])
        said: dict[str, Any] = {
            "currency": asset.code, "scale": asset.scale, "zone": given["zone"].strip(),
            "cap_bp": given["cap"] * 100, "by_category": self._prices(asset),
        }  # fmt: skip
        for name in _PAYABLE:
            said[name] = _units(asset, given[name], name)
        said["credits"] = []
        for metric in METRICS:
            pairs = [
                [given[f"{metric}_below_{n}"] * 100, given[f"{metric}_credit_{n}"] * 100]
                for n in range(STEPS)
                if given[f"{metric}_below_{n}"] and given[f"{metric}_credit_{n}"]
            ]
            if pairs:
                said["credits"].append({"metric": metric, "steps": pairs})
        return said

    def _prices(self, asset: Asset) -> dict[str, int]:
        known_slugs = set(Category.objects.values_list("pk", flat=True))
        prices = {}
        for line in self.cleaned_data["by_category"].splitlines():
            slug, _space, amount = line.strip().partition(" ")
            if not slug:
                continue
            if slug not in known_slugs:
                raise BadInput(
                    Text(f"There is no category {slug}.", f"没有分类 {slug}。"), field="by_category"
                )
            prices[slug] = _units(asset, amount, "by_category")
        return prices


@requires("vendors.manage")
@never_cache
def vendor_terms(request: HttpRequest, vendor_id: str) -> HttpResponse:
    """Write what was agreed."""
    vendor = get_object_or_404(Vendor, pk=vendor_id)
    form = TermsForm(request.POST if request.method == "POST" else None, initial=_initial(vendor))
    if request.method == "POST" and attempt(
        form, lambda: actions.set_terms(vendor.pk, form.terms(), known(request))
    ):
        messages.success(request, _("Saved; months that are frozen keep the terms they had."))
        return SeeOther(reverse("console:vendor", args=[vendor.pk]))
    context = {"form": form, "vendor": vendor}
    return render(request, "console/vendors/terms.html", context, status=422 if form.is_bound else 200)


@requires("vendors.manage")
@require_POST
def vendor_reckon(request: HttpRequest, vendor_id: str) -> HttpResponse:
    """Reckon a month, or reckon it anew."""
    vendor = get_object_or_404(Vendor, pk=vendor_id)
    back = reverse("console:vendor", args=[vendor.pk])
    try:
        month = date.fromisoformat(request.POST.get("month", "") + "-01")
    except ValueError:
        messages.error(request, _("Choose a month."))
        return SeeOther(back)
    return carry_out(
        request,
        lambda: actions.reckon_month(vendor.pk, month, known(request)),
        _("Reckoned."),
        f"{back}?month={month:%Y-%m}",
    )


@requires("vendors.view")
@require_safe
def vendor_invoice(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """A month line by line, ready to be printed."""
    me = known(request)
    invoice = _invoice(invoice_id)
    context = shown(invoice) | {"may_manage": me.may("vendors.manage"), "is_own": False}
    return render(request, "console/vendors/invoice.html", context)


@requires("vendors.view")
@require_safe
def vendor_invoice_csv(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """The same as a file."""
    return as_file(_invoice(invoice_id))


@requires("vendors.manage")
@require_POST
def vendor_invoice_propose(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """Put a month up for approval."""
    back = reverse("console:vendor-invoice", args=[invoice_id])
    said = _("It waits for somebody else's approval.")
    return carry_out(request, lambda: actions.propose_month(invoice_id, known(request)), said, back)


@requires("vendors.manage")
@require_POST
def vendor_invoice_back(request: HttpRequest, invoice_id: str) -> HttpResponse:
    """Make it a draft again."""
    back = reverse("console:vendor-invoice", args=[invoice_id])
    return carry_out(
        request, lambda: actions.take_back(invoice_id, known(request)), _("It is a draft again."), back
    )


def shown(invoice: VendorInvoice) -> dict[str, Any]:
    """What the page of an invoice shows, to us and to the vendor's lead alike."""
    asset = Asset(invoice.currency, int(invoice.terms.get("scale", 2)))
    names = actor_names({invoice.reckoned_by, *filter(None, (invoice.proposed_by, invoice.frozen_by))})
    return {
        "invoice": invoice,
        "vendor": invoice.vendor,
        "total_text": _shown(invoice.total_minor, asset.scale),
        "lines": [
            line
            | {
                "amount_text": _shown(line["amount"], asset.scale),
                "price_text": "" if line["price"] is None else _shown(line["price"], asset.scale),
            }
            for line in _lines(invoice)
        ],
        "promises": [
            {"label": METRIC_WORDS[metric], "kept": kept, "all": all_}
            for metric, (kept, all_) in invoice.content.get("promises", {}).items()
            if all_
        ],
        "reckoned_by": names[invoice.reckoned_by],
        "frozen_by": names.get(invoice.frozen_by, ""),
        "zone": invoice.terms.get("zone", "UTC"),
    }


def as_file(invoice: VendorInvoice) -> HttpResponse:
    """CSV in UTF-8 with a byte order mark; words that a spreadsheet would run are made harmless."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow([_("What"), _("Count"), _("Unit"), _("Price"), _("Amount"), _("Currency")])
    scale = int(invoice.terms.get("scale", 2))
    for line in _lines(invoice):
        rows.writerow(
            [
                _harmless(line["what"]), line["count"], line["unit"],
                _plain(line["price"], scale) if line["price"] is not None else "",
                _plain(line["amount"], scale), invoice.currency,
            ]
        )  # fmt: skip
    rows.writerow([_("Total"), "", "", "", _plain(invoice.total_minor, scale), invoice.currency])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="invoice-{invoice.month:%Y-%m}.csv"'
    return answer


def _lines(invoice: VendorInvoice) -> list[dict[str, Any]]:
    """The lines of an invoice in words. `price` is None where there is none."""
    raw = invoice.content.get("lines", [])
    people = Staff.objects.in_bulk([int(one[1]) for one in raw if one[0] in ("hours", "on_call")])
    categories = {one.pk: str(one.called) for one in Category.objects.all()}
    return [_line(*one, people=people, categories=categories) for one in raw]


def _line(
    kind: str,
    what: str,
    count: int,
    price: int,
    amount: int,
    *,
    people: dict[int, Staff],
    categories: dict[str, str],
) -> dict[str, Any]:
    said: dict[str, Any] = {"amount": amount, "price": price, "count": count, "unit": ""}
    if kind in ("hours", "on_call"):
        name = people[int(what)].name if int(what) in people else f"#{what}"
        words = _("On duty: %(name)s") if kind == "hours" else _("On call: %(name)s")
        clock_time = f"{count // 3600}:{count % 3600 // 60:02d}:{count % 60:02d}"
        return said | {"what": words % {"name": name}, "count": clock_time, "unit": _("h")}
    if kind == "tickets":
        return said | {
            "what": _("Solved: %(category)s") % {"category": categories.get(what, _("without a category"))},
            "unit": _("tickets"),
        }
    if kind == "minimum":
        return said | {"what": _("Up to the agreed minimum"), "count": "", "price": None}
    words = _("Credit: %(promise)s") % {"promise": METRIC_WORDS.get(what, what)}
    return said | {"what": words, "count": f"{count // 100}.{count % 100:02d}", "unit": "%", "price": None}


def _invoice(invoice_id: str) -> VendorInvoice:
    return get_object_or_404(VendorInvoice.objects.select_related("vendor"), pk=invoice_id)


def _initial(vendor: Vendor) -> dict[str, Any]:
    agreed = Terms.from_json(vendor.terms)
    said: dict[str, Any] = {
        "currency": agreed.currency, "scale": agreed.scale, "zone": agreed.zone,
        "cap": agreed.cap_bp // 100 if vendor.terms else 15,
    }  # fmt: skip
    prices = [f"{slug} {_plain(price, agreed.scale)}" for slug, price in agreed.by_category.items()]
    said["by_category"] = "\n".join(prices)
    said |= {name: _plain(getattr(agreed, name), agreed.scale) for name in _PAYABLE}
    for credit in agreed.credits:
        for n, step in enumerate(credit.steps[:STEPS]):
            said[f"{credit.metric}_below_{n}"] = step.below_bp // 100
            said[f"{credit.metric}_credit_{n}"] = step.credit_bp // 100
    return said


def _units(asset: Asset, text: str, field: str) -> int:
    try:
        units: int = asset.parse(text.strip() or "0").units
    except BadInput as wrong:
        raise BadInput(wrong.text, field=field) from wrong
    if units < 0:
        raise BadInput(Text("Not below zero.", "不能小于零。"), field=field)
    return units


def _shown(units: int, scale: int) -> str:
    """An amount for people: thousands apart, all decimals."""
    whole, rest = divmod(abs(units), 10**scale)
    return ("−" if units < 0 else "") + f"{whole:,}" + (f".{rest:0{scale}d}" if scale else "")


def _plain(units: int, scale: int) -> str:
    """An amount for machines: no thousands, all decimals."""
    whole, rest = divmod(abs(units), 10**scale)
    return ("-" if units < 0 else "") + str(whole) + (f".{rest:0{scale}d}" if scale else "")


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in "=+-@\t\r" else text
