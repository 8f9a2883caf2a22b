"""Compliance: what may be said where today, every rule with its sources, a place to try a text, and
exceptions.

An exception and a confirmation are only proposed here; somebody else approves them on the page Approvals.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.compliance import actions, gate, queries, regions
from guildhall.compliance.acts import LABELS, Act
from guildhall.compliance.decide import Decision
from guildhall.compliance.rulebook import Effect, Status
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_settings import tabs
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.people.access import requires

SHORT = {
    Act.SERVICE: gettext_lazy("Service"),
    Act.LINK: gettext_lazy("Links"),
    Act.PROMOTE: gettext_lazy("Promotion"),
    Act.INCENTIVE: gettext_lazy("Incentives"),
    Act.DERIVATIVES: gettext_lazy("Derivatives"),
    Act.COPY_TRADING: gettext_lazy("Copy trading"),
    Act.BRIEF: gettext_lazy("Briefs"),
}
ACTS = tuple((act.value, LABELS[act]) for act in Act)
EFFECTS = {
    Effect.ALLOW: (gettext_lazy("allows"), "green"),
    Effect.BLOCK: (gettext_lazy("forbids"), "red"),
    Effect.DISCLOSE: (gettext_lazy("asks for words"), "blue"),
}
STATUSES = {
    Status.VERIFIED: (gettext_lazy("read in the law"), "green"),
    Status.SECONDARY: (gettext_lazy("read about"), ""),
    Status.UNVERIFIED: (gettext_lazy("not read"), "amber"),
}
STANDINGS = {
    queries.Standing.IN_FORCE: "green",
    queries.Standing.LAPSED: "red",
    queries.Standing.NOT_YET: "",
    queries.Standing.ENDED: "",
}


class RegionField(forms.CharField):
    """A region as people write it; empty means unknown."""

    def clean(self, value: Any) -> str:
        try:
            return regions.parse_region(super().clean(value))
        except ValueError:
            said = _("Write two ISO letters such as GB or DE, AE-DU for Dubai; leave it empty when unknown.")
            raise forms.ValidationError(said) from None


class TryForm(forms.Form):
    """A question to the rules."""

    act = forms.ChoiceField(label=gettext_lazy("Act"), choices=ACTS)
    region = RegionField(
        label=gettext_lazy("To people in"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("ISO code: GB, DE, HK, CN, AE-DU …; empty means nobody knows."),
    )
    text = forms.CharField(
        label=gettext_lazy("The text"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=20_000,
        required=False,
    )


class ExceptionForm(forms.Form):
    """What should pass although a rule forbids it."""

    act = forms.ChoiceField(label=gettext_lazy("Act"), choices=ACTS[1:])
    region = RegionField(label=gettext_lazy("To people in"), required=False, max_length=20)
    rule_id = forms.CharField(label=gettext_lazy("From the rule"), max_length=60, required=False)
    content = forms.CharField(
        label=gettext_lazy("Or only this exact text"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=20_000,
        required=False,
        help_text=gettext_lazy(
            "An exact text may pass every rule; an exception from a rule excuses no forbidden promise."
        ),
    )
    until = forms.DateField(label=gettext_lazy("Through"), widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(
        label=gettext_lazy("Why this may pass"), widget=forms.Textarea(attrs={"rows": 4}), max_length=2_000
    )


class ConfirmationForm(forms.Form):
    """What was read again."""

    review_by = forms.DateField(
        label=gettext_lazy("Read again by"), widget=forms.DateInput(attrs={"type": "date"})
    )
    note = forms.CharField(
        label=gettext_lazy("What was read, and where"),
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=2_000,
    )


@requires("compliance.view")
@require_http_methods(["GET", "HEAD", "POST"])
def compliance(request: HttpRequest) -> HttpResponse:
    """The answers by region, a place to try a text, exceptions, and every rule. Trying changes nothing."""
    form = TryForm(request.POST or None, initial={"act": "promote"})
    decision: Decision | None = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        decision = gate.may(said["act"], said["region"], said["text"], language=get_language() or "en")
    overrides = queries.overrides()
    names = actor_names(who for row in overrides for who in (row.proposed_by, row.approved_by))
    now = clock.now()
    context = {
        "tabs": tabs(request, "compliance"),
        "form": form,
        "decision": decision,
        "place": regions.name(decision.region) if decision else "",
        "spans": [reason.span for reason in decision.reasons if reason.span] if decision else [],
        "acts": list(SHORT.values()),
        "matrix": queries.matrix(),
        "rules": [_shown(row) for row in queries.rules()],
        "due": len(queries.reviews_due()),
        "overrides": [
            {
                "row": row,
                "act": LABELS[Act(row.act)],
                "place": regions.name(row.region),
                "by": names[row.proposed_by],
                "approver": names[row.approved_by],
                "is_live": row.revoked_at is None and row.until > now,
            }
            for row in overrides
        ],
        "version": gate.books().rulebook.version,
        "may_propose": known(request).may("compliance.override"),
    }
    return render(request, "console/house/compliance.html", context)


@requires("compliance.view")
@require_safe
def compliance_rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """One rule: what it says, since when, on whose word."""
    row = _rule(rule_id)
    today = clock.now().date()
    context = {
        "tabs": tabs(request, "compliance"),
        **_shown(row),
        "acts": [LABELS[act] for act in sorted(row.rule.acts)],
        "confirm_form": ConfirmationForm(initial={"review_by": today + timedelta(days=365)}),
        "may_propose": known(request).may("compliance.override"),
    }
    return render(request, "console/house/compliance_rule.html", context)


@requires("compliance.override")
@require_POST
def compliance_confirm(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Propose to confirm a rule."""
    form = ConfirmationForm(request.POST)
    back = reverse("console:compliance-rule", args=[rule_id])

    def deed() -> None:
        said = form.cleaned_data
        actions.propose_review(
            rule_id, review_by=said["review_by"], note=said["note"], by=known(request).actor
        )

    if attempt(form, deed):
        return SeeOther(reverse("console:approvals"))
    row = _rule(rule_id)
    context = {
        "tabs": tabs(request, "compliance"),
        **_shown(row),
        "acts": [LABELS[act] for act in sorted(row.rule.acts)],
        "confirm_form": form,
        "may_propose": True,
        "back": back,
    }
    return render(request, "console/house/compliance_rule.html", context, status=422)


@requires("compliance.override")
@require_http_methods(["GET", "HEAD", "POST"])
def compliance_exception(request: HttpRequest) -> HttpResponse:
    """Propose an exception."""
    today = clock.now().date()
    first = {
        "until": today + timedelta(days=30),
        "rule_id": request.GET.get("rule", ""),
        "region": request.GET.get("region", ""),
    }
    form = ExceptionForm(request.POST if request.method == "POST" else None, initial=first)

    def deed() -> None:
        said = form.cleaned_data
        end = datetime.combine(said["until"], time(), UTC) + timedelta(days=1)
        actions.propose_override(
            said["region"],
            said["act"],
            until=end,
            reason=said["reason"],
            rule_id=said["rule_id"],
            content=said["content"].replace("\r\n", "\n"),
            by=known(request).actor,
        )

    if request.method == "POST" and attempt(form, deed):
        return SeeOther(reverse("console:approvals"))
    context = {"tabs": tabs(request, "compliance"), "form": form}
    status = 422 if request.method == "POST" else 200
    return render(request, "console/house/compliance_exception.html", context, status=status)


@requires("compliance.override")
@require_POST
def compliance_revoke(request: HttpRequest, override_id: str) -> HttpResponse:
    """Take an exception back at once."""
    by = known(request).actor
    return carry_out(
        request,
        lambda: actions.revoke_override(override_id, by),
        _("The exception has ended."),
        reverse("console:compliance"),
    )


def _rule(rule_id: str) -> queries.RuleRow:
    try:
        return queries.rule(rule_id)
    except NotFound as error:
        raise Http404 from error


def _shown(row: queries.RuleRow) -> dict[str, Any]:
    effect, effect_colour = EFFECTS[row.rule.effect]
    status, status_colour = STATUSES[row.rule.status]
    if row.rule.id.startswith("HOUSE-"):
        status, status_colour = gettext_lazy("our own rule"), ""
    return {
        "row": row,
        "rule": row.rule,
        "effect_label": effect,
        "effect_colour": effect_colour,
        "status_label": status,
        "status_colour": status_colour,
        "standing_colour": STANDINGS[row.standing],
    }
