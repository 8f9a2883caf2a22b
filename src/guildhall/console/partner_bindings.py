"""Who brought whom: bindings with their evidence, one account bound by hand, ended, or given to another
partner after a long silence, which takes a second pair of eyes.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.console import partner_words as words
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.partner_list import tabs
from guildhall.core import clock
from guildhall.core.errors import BadInput, GuildhallError
from guildhall.core.ids import is_id
from guildhall.core.models import Proposal
from guildhall.core.text import Text
from guildhall.exchange import accounts
from guildhall.exchange.models import VenueAccount
from guildhall.partners import actions, queries
from guildhall.partners.models import Binding, Partner, Review
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import paging, tables

_BACK = timedelta(days=1)
_TOO_FAR_BACK = Text(
    "Binding an account for the past changes what was settled. Ask somebody who may approve deals.",
    "为过去的时间建立归属会改变已结算的金额。请由有合作条款审批权限的人员操作。",
)
SPEC = tables.Spec(
    columns=(
        tables.Column("account", gettext_lazy("Account"), css="lead"),
        tables.Column("venue", gettext_lazy("Venue")),
        tables.Column("partner", gettext_lazy("Partner")),
        tables.Column("from", gettext_lazy("Since when"), sort=("valid_from",)),
        tables.Column("to", gettext_lazy("Until when")),
        tables.Column("how", gettext_lazy("How"), css="desk"),
    ),
    filters=(
        tables.Filter(
            "q", gettext_lazy("Find"), "search", placeholder=gettext_lazy("Whole UID or pseudonym")
        ),
        tables.Filter("venue", gettext_lazy("Venue"), "text"),
        tables.Filter(
            "state",
            gettext_lazy("State"),
            choices=(
                ("open", gettext_lazy("in force")),
                ("ended", gettext_lazy("ended")),
                ("own", gettext_lazy("the partner's own")),
                ("review", gettext_lazy("under review")),
            ),
        ),
    ),
    default_sort="-from",
    page_size=40,
)


EVIDENCE: dict[str, str | Promise] = {
    "code": gettext_lazy("Invitation code"),
    "link": gettext_lazy("Link"),
    "file": gettext_lazy("File"),
    "registered_at": gettext_lazy("Registered"),
    "note": gettext_lazy("Note"),
    "reason": gettext_lazy("Why"),
    "checked_at": gettext_lazy("Looked up"),
    "last_trade": gettext_lazy("Last trade"),
    "last_deposit": gettext_lazy("Last deposit"),
    "proposal": gettext_lazy("Approval"),
}
"""What evidence of a binding may hold, in the order it is told; how it came about stands with the binding."""


class BindForm(forms.Form):
    """One account, by hand."""

    partner = forms.ChoiceField(label=gettext_lazy("Partner"))
    venue = forms.CharField(
        label=gettext_lazy("Venue"), max_length=40, help_text=gettext_lazy("Its short name, such as okx.")
    )
    uid = forms.CharField(
        label=gettext_lazy("UID"),
        max_length=120,
        help_text=gettext_lazy("As the exchange writes it. Kept apart from what happened, and erasable."),
    )
    valid_from = forms.DateTimeField(
        label=gettext_lazy("From (UTC)"),
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=gettext_lazy("Left empty: from now on."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Evidence"),
        max_length=300,
        help_text=gettext_lazy("Why they brought it: a ticket, a screenshot's place. No names."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["partner"]
        assert isinstance(field, forms.ChoiceField)
        active = Partner.objects.filter(state=Partner.State.ACTIVE).order_by("name")
        field.choices = [("", "—"), *active.values_list("id", "name")]
        known_venues = VenueAccount.objects.order_by("venue").values_list("venue", flat=True).distinct()
        self.venues = list(known_venues[:50])
        self.fields["venue"].widget.attrs |= {"list": "venues", "autocomplete": "off"}


@requires("partners.view")
@require_safe
def binding_list(request: HttpRequest) -> HttpResponse:
    """Every binding, the latest first."""
    me = known(request)
    partner = request.GET.get("partner", "")
    partner = partner if is_id(partner) else ""
    state = tables.read(SPEC, request.GET, keep=("partner",))
    table = paging.fetch(_found(state, partner, me), state)
    shown = words.accounts(me, ((row.venue, row.account) for row in table.rows))
    rows = [{"one": row, "account": shown[row.account], "how": words.how(row)} for row in table.rows]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "tabs": tabs("bindings"),
        "partner": Partner.objects.filter(pk=partner).first() if partner else None,
        "may_edit": me.may("partners.edit"),
    }
    return render(request, "console/partners/bindings.html", context)


@requires("partners.view")
@require_safe
def binding_page(request: HttpRequest, binding_id: str) -> HttpResponse:
    """One binding: since when, why, and what can be done about it."""
    one, me = _find(binding_id), known(request)
    shown = words.accounts(me, [(one.venue, one.account)])[one.account]
    history = Binding.objects.filter(venue=one.venue, account=one.account).select_related("partner")
    open_now = one.valid_to is None
    reviews = list(Review.objects.filter(venue=one.venue, account=one.account).order_by("-id")[:20])
    review_names = actor_names(who for row in reviews for who in (row.opened_by, row.closed_by) if who)
    under_review = next((row for row in reviews if row.closed_at is None), None)
    context = {
        "one": one,
        "account": shown,
        "how": words.how(one),
        "evidence": [(label, one.evidence[key]) for key, label in EVIDENCE.items() if one.evidence.get(key)],
        "history": [row for row in history.order_by("-valid_from")[:50] if row.pk != one.pk],
        "by": actor_names([one.created_by])[one.created_by],
        "ended_by": actor_names([one.ended_by])[one.ended_by] if one.ended_by else "",
        "others": _others(one.partner_id) if open_now and me.may("partners.edit") else [],
        "is_open": open_now,
        "under_review": under_review,
        "reviews": [
            (row, review_names.get(row.opened_by, ""), review_names.get(row.closed_by, "")) for row in reviews
        ],
        "may_release": me.may("partners.approve"),
        "may_edit": me.may("partners.edit"),
    }
    return render(request, "console/partners/binding.html", context)


@requires("partners.edit")
@require_http_methods(["GET", "HEAD", "POST"])
def binding_new(request: HttpRequest) -> HttpResponse:
    """Bind one account by hand; the first bind wins."""
    me = known(request)
    told = {name: request.GET.get(name, "")[:80] for name in ("partner", "venue", "uid")}
    form = BindForm(request.POST or None, initial=told)
    made: list[Binding] = []
    if request.method == "POST" and attempt(form, lambda: made.append(_bind(form, me))):
        messages.success(request, _("Bound."))
        return SeeOther(_page(made[0]))
    standing = _standing(form) if request.method == "POST" and not made else None
    context = {"form": form, "standing": standing, "venues": form.venues}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/partners/bind.html", context, status=status)


@requires("partners.edit")
@require_POST
def binding_end(request: HttpRequest, binding_id: str) -> HttpResponse:
    """From now on the account is bound to nobody."""
    one, by = _find(binding_id), known(request).actor
    reason = request.POST.get("reason", "").strip()[:300]
    said = _("The account is bound to nobody from now on.")
    return carry_out(request, lambda: actions.end_binding(one.pk, by=by, reason=reason), said, _page(one))


@requires("partners.edit")
@require_POST
def binding_rebind(request: HttpRequest, binding_id: str) -> HttpResponse:
    """Ask for another partner to get an account that has been idle for long."""
    one, by = _find(binding_id), known(request).actor
    partner, reason = request.POST.get("partner", ""), request.POST.get("reason", "").strip()[:300]
    made: list[Proposal] = []
    try:
        made.append(actions.propose_rebind(partner, one.venue, one.account, by=by, reason=reason))
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(_page(one))
    messages.success(request, _("It waits for somebody else to approve it."))
    may_look = known(request).may("approvals.view")
    return SeeOther(reverse("console:approval", args=[made[0].pk]) if may_look else _page(one))


@requires("partners.edit")
@require_POST
def account_hold(request: HttpRequest, binding_id: str) -> HttpResponse:
    """Put the account under review: what it earns for anybody waits."""
    one, by = _find(binding_id), known(request).actor
    reason = request.POST.get("reason", "").strip()[:300]
    said = _("Under review: from the next settlement on what it earns waits.")
    return carry_out(
        request, lambda: actions.hold_account(one.venue, one.account, reason=reason, by=by), said, _page(one)
    )


@requires("partners.approve")
@require_POST
def account_release(request: HttpRequest, binding_id: str) -> HttpResponse:
    """End the review: the next settlement owes again what waited."""
    one, by = _find(binding_id), known(request).actor
    found = Review.objects.filter(venue=one.venue, account=one.account, closed_at=None).first()
    if found is None:
        raise Http404
    reason = request.POST.get("reason", "").strip()[:300]
    said = _("The review has ended: the next settlement owes again what waited.")
    return carry_out(
        request, lambda: actions.release_account(found.pk, reason=reason, by=by), said, _page(one)
    )


def _bind(form: BindForm, me: Staff) -> Binding:
    said = form.cleaned_data
    at = said.get("valid_from")
    venue = said["venue"].strip().lower()
    uid = said["uid"].strip()
    if at and at.replace(tzinfo=UTC) < clock.now() - _BACK and not me.may("partners.approve"):
        raise BadInput(_TOO_FAR_BACK, field="valid_from")
    with transaction.atomic():
        return actions.bind(
            said["partner"],
            venue,
            accounts.remember(venue, [uid])[uid],
            by=me.actor,
            valid_from=at.replace(tzinfo=UTC) if at else None,
            evidence={"how": "person", "note": said["reason"].strip()},
        )


def _standing(form: BindForm) -> Binding | None:
    """The binding that stands in the way of what was typed, so that the page can lead to it."""
    said = form.cleaned_data if hasattr(form, "cleaned_data") else {}
    venue, uid = str(said.get("venue", "")).strip().lower(), str(said.get("uid", "")).strip()
    if not venue or not uid:
        return None
    held = Binding.objects.filter(venue=venue, account=accounts.pseudonym(venue, uid))
    return held.select_related("partner").order_by("-valid_from").first()


def _found(state: tables.State, partner: str, me: Staff) -> QuerySet[Binding]:
    found = Binding.objects.select_related("partner")
    if partner:
        found = found.filter(partner=partner)
    if state.value("venue"):
        found = found.filter(venue=state.value("venue").lower())
    if state.value("state") == "own":
        found = found.filter(pk__in=queries.self_referrals().values("pk"))
    elif state.value("state") == "review":
        under = Review.objects.filter(closed_at=None, venue=OuterRef("venue"), account=OuterRef("account"))
        found = found.filter(Exists(under))
    elif state.value("state"):
        found = found.filter(valid_to__isnull=state.value("state") == "open")
    sought = state.value("q")
    if sought:
        behind: list[str] = []
        if me.may("members.identity"):
            uids = VenueAccount.objects.filter(uid=sought)
            behind = list(uids.values_list("pseudonym", flat=True)[:50])
        found = found.filter(account__in=[sought, *behind])
    return found


def _others(partner_id: str) -> list[tuple[str, str]]:
    active = Partner.objects.filter(state=Partner.State.ACTIVE).exclude(pk=partner_id).order_by("name")
    return list(active.values_list("id", "name")[:3_000])


def _find(binding_id: str) -> Binding:
    found = Binding.objects.select_related("partner").filter(pk=binding_id) if is_id(binding_id) else None
    one = found.first() if found is not None else None
    if one is None:
        raise Http404
    return one


def _page(one: Binding) -> str:
    return reverse("console:binding", args=[one.pk])
