"""Deals: written in a form or as JSON, worked out on real trades before anybody signs, compared with what is
in force, and put before a second pair of eyes.

Terms in force never change; an edit of what waits for approval voids what was approved so far.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.console import deal_words
from guildhall.console import partner_words as words
from guildhall.console.deal_form import DealForm, SourceForm, Terms, as_source, fits, initial
from guildhall.console.deal_preview import worked
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.partner_page import find
from guildhall.core import clock
from guildhall.core.errors import GuildhallError
from guildhall.partners import actions, queries
from guildhall.partners.models import DealVersion, Partner
from guildhall.people.access import requires
from guildhall.ui import navigation

State = DealVersion.State
EDITABLE = (State.DRAFT, State.PROPOSED)
_MOST_PARENTS = 3_000
_FIELDS = {
    "tiers": "tier_1_volume", "kickback_ppm": "kickback", "override.parent": "override_parent",
    "override.ppm": "override_rate", "override": "override_parent", "cpa": "cpa_amount",
    "caps": "cap_1_amount",
    "cpa.units": "cpa_amount", "cpa.asset": "cpa_asset",
}  # fmt: skip
"""At which field of the form an error of a term stands."""


@requires("partners.view")
@require_safe
def deal_page(request: HttpRequest, partner_id: str, version: int) -> HttpResponse:
    """One version: its terms in words, what it changes, what it would have paid."""
    one = _version(find(partner_id), version)
    partner, me = one.partner, known(request)
    before = _before(one)
    name_of = _namer(partner, one.terms, before.terms if before else None)
    context: dict[str, Any] = {
        "partner": partner,
        "one": one,
        "state": words.DEALS[one.state],
        "terms": deal_words.rows(one.terms, name_of),
        "holds": _holds(one),
        "before": before,
        "changes": deal_words.changes(before.terms if before else None, one.terms, name_of) if before else [],
        "source": as_source(one.terms),
        "source_before": as_source(before.terms) if before else "",
        "is_draft": one.state == State.DRAFT,
        "is_waiting": one.state == State.PROPOSED,
        "is_open": one.state in EDITABLE,
        "retroactive": one.valid_from is not None and one.valid_from < clock.now() and one.state in EDITABLE,
        "by": actor_names([one.created_by])[one.created_by],
        "approved_by": actor_names([one.approved_by])[one.approved_by] if one.approved_by else "",
        "is_mine": one.created_by == me.actor,
        "may_edit": me.may("partners.edit"),
    }
    return render(request, "console/partners/deal.html", context)


@requires("partners.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def deal_new(request: HttpRequest, partner_id: str) -> HttpResponse:
    """Write a new version, begun from the one in force (or from another, by `?from=`)."""
    partner = find(partner_id)
    base = _base(partner, request.GET.get("from", ""))
    return _edit(request, partner, None, base)


@requires("partners.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def deal_edit(request: HttpRequest, partner_id: str, version: int) -> HttpResponse:
    """Change a version that nobody has approved yet."""
    partner = find(partner_id)
    one = _version(partner, version)
    if one.state not in EDITABLE:
        messages.info(request, _("This version was decided; a change is a new version."))
        return SeeOther(_page(one))
    return _edit(request, partner, one, dict(one.terms))


@requires("partners.view")
@require_POST
def deal_preview(request: HttpRequest, partner_id: str) -> HttpResponse:
    """What is in the form, in words and worked out on real trades, for htmx; nothing is saved."""
    partner = find(partner_id)
    form = _form(request, partner, None)
    context: dict[str, Any] = {"partner": partner, "problem": "", "with_terms": True}
    if not form.is_valid():
        context["problem"] = next(iter(form.errors.values()))[0]
    else:
        try:
            context |= worked(request, partner, form.terms())
        except GuildhallError as error:
            context["problem"] = str(error.text)
    return render(request, "console/partners/deal_preview.html", context)


@requires("partners.view")
@require_safe
def deal_worked(request: HttpRequest, partner_id: str, version: int) -> HttpResponse:
    """A stored version worked out on real trades, fetched after its page."""
    one = _version(find(partner_id), version)
    context: dict[str, Any] = {"partner": one.partner, "problem": ""}
    try:
        context |= worked(request, one.partner, dict(one.terms))
    except GuildhallError as error:
        context["problem"] = str(error.text)
    return render(request, "console/partners/deal_preview.html", context)


@requires("partners.edit")
@require_POST
def deal_act(request: HttpRequest, partner_id: str, version: int, deed: str) -> HttpResponse:
    """Put a version before a second pair of eyes, take it back, or put it away."""
    one, by = _version(find(partner_id), version), known(request).actor
    match deed:
        case "propose":
            try:
                proposal = actions.propose_deal(one.partner_id, one.version, by=by)
            except GuildhallError as error:
                messages.error(request, str(error.text))
                return SeeOther(_page(one))
            navigation.forget_badges()
            messages.success(request, _("It waits for somebody else to approve it."))
            may_look = known(request).may("approvals.view")
            return SeeOther(reverse("console:approval", args=[proposal.pk]) if may_look else _page(one))
        case "withdraw":
            return carry_out(
                request,
                lambda: actions.withdraw_deal(one.partner_id, one.version, by=by),
                _("It is a draft again."),
                _page(one),
            )
        case "discard":
            return carry_out(
                request,
                lambda: actions.discard_draft(one.partner_id, one.version, by=by),
                _("Put away."),
                reverse("console:partner", args=[one.partner_id]),
            )
    raise Http404


def _edit(request: HttpRequest, partner: Partner, one: DealVersion | None, base: Terms) -> HttpResponse:
    wants_source = (request.POST or request.GET).get("as") == "json" or not fits(base)
    form = _form(request, partner, base, note=one.note if one else "", source=wants_source)
    status = 200
    if request.method == "POST":
        switched = _switched(request, partner, form)
        if switched is not None:
            form, wants_source = switched, isinstance(switched, SourceForm)
        else:
            saved: list[DealVersion] = []
            if attempt(form, lambda: saved.append(_save(request, partner, one, form))):
                messages.success(request, _("Saved. Read it once more, then ask for approval."))
                return SeeOther(_page(saved[0]))
            status = 422
    context = {
        "partner": partner,
        "one": one,
        "form": form,
        "is_source": wants_source,
        "may_switch": fits(base),
        "was_waiting": one is not None and one.state == State.PROPOSED,
        "open_later": isinstance(form, DealForm) and form.has_later,
    }
    return render(request, "console/partners/deal_edit.html", context, status=status)


def _save(
    request: HttpRequest, partner: Partner, one: DealVersion | None, form: DealForm | SourceForm
) -> DealVersion:
    read = request.POST.get("read", "")
    try:
        return actions.save_draft(
            partner.pk,
            form.terms(),
            by=known(request).actor,
            note=form.cleaned_data["note"],
            version=one.version if one else None,
            read=int(read) if one and read.isdecimal() and len(read) < 7 else None,
        )
    except GuildhallError as error:
        field = getattr(error, "field", "")
        if field and field not in form.fields:
            error.field = "source" if isinstance(form, SourceForm) else _FIELDS.get(field, field)  # type: ignore[attr-defined]
        raise


def _form(
    request: HttpRequest, partner: Partner, base: Terms | None, *, note: str = "", source: bool | None = None
) -> DealForm | SourceForm:
    """The form as it came, or with `base` in it; `source`: as JSON."""
    if source if source is not None else "source" in request.POST:
        given = {"source": as_source(_bare(base or {})), "note": note}
        return SourceForm(request.POST if request.method == "POST" else None, initial=given)
    return DealForm(
        request.POST if request.method == "POST" else None,
        initial={**initial(base), "note": note} if base else None,
        parents=_parents(partner),
    )


def _switched(
    request: HttpRequest, partner: Partner, form: DealForm | SourceForm
) -> DealForm | SourceForm | None:
    """The other way of editing with what was typed in it, when that is what was asked for."""
    if "switch" not in request.POST or not form.is_valid():
        return None
    terms, note = form.terms(), form.cleaned_data["note"]
    if isinstance(form, DealForm):
        return SourceForm(initial={"source": as_source(terms), "note": note})
    try:
        return DealForm(initial={**initial(terms), "note": note}, parents=_parents(partner))
    except (KeyError, TypeError, ValueError, AttributeError):
        form.add_error("source", _("The form cannot show these terms; save them as they are."))
        return None


def _base(partner: Partner, wanted: str) -> Terms:
    """The terms a new version begins with: from the next day on, so that nothing settled changes unasked."""
    versions = queries.deals_of(partner.pk)
    one = versions.filter(version=int(wanted)).first() if wanted.isdecimal() and len(wanted) < 7 else None
    one = one or queries.deal_in_force(partner.pk, clock.now())
    terms = dict(one.terms) if one else {"tier_basis": "current_month", "tiers": []}
    begins = clock.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {**terms, "valid_from": begins.isoformat(), "valid_to": None}


def _bare(terms: Terms) -> Terms:
    return {key: value for key, value in terms.items() if key not in ("partner", "version")}


def _parents(partner: Partner) -> list[tuple[str, str]]:
    others = Partner.objects.exclude(pk=partner.pk).order_by("name")
    return list(others.values_list("id", "name")[:_MOST_PARENTS])


def _version(partner: Partner, version: int) -> DealVersion:
    one = DealVersion.objects.select_related("partner").filter(partner=partner, version=version).first()
    if one is None:
        raise Http404
    return one


def _before(one: DealVersion) -> DealVersion | None:
    """What this version is compared with: what holds when it begins, else the version before it."""
    versions = DealVersion.objects.filter(partner=one.partner_id).exclude(pk=one.pk)
    if one.state in EDITABLE and one.valid_from is not None:
        standing = versions.filter(state=State.IN_FORCE, valid_from__lte=one.valid_from)
        found = standing.order_by("-valid_from").first()
        if found is not None:
            return found
    earlier = versions.filter(version__lt=one.version).exclude(state__in=(*EDITABLE, State.DISCARDED))
    return earlier.order_by("-version").first()


def _holds(one: DealVersion) -> str:
    """When a version holds, which a later one may have cut short; '' for what is not in force."""
    if one.state != State.IN_FORCE:
        return ""
    begun, ended = one.valid_from, one.valid_to
    return deal_words.span(begun.isoformat() if begun else None, ended.isoformat() if ended else None)


def _namer(partner: Partner, *terms: Terms | None) -> Any:
    parents = {one["override"]["parent"] for one in terms if one and one.get("override")}
    names = words.names(parents)
    return lambda key: names.get(key, key)


def _page(one: DealVersion) -> str:
    return reverse("console:deal", args=[one.partner_id, one.version])
