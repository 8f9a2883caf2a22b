"""SLA policies: which promises hold for which tickets, asked in order; each with its versions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.console.sla_words import LANGUAGES, METRICS, said_match, target_grid
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.desk.actions import policies as actions
from guildhall.desk.models import Category, PolicyVersion, SlaPolicy, Ticket, Vendor
from guildhall.desk.shipped_policy import content as shipped_content
from guildhall.people.access import requires

State = PolicyVersion.State
STATES: dict[str, tuple[Any, str]] = {
    State.DRAFT: (gettext_lazy("draft"), "amber"),
    State.IN_FORCE: (gettext_lazy("in force"), "green"),
    State.SUPERSEDED: (gettext_lazy("superseded"), ""),
    State.DISCARDED: (gettext_lazy("put away"), ""),
}
_MOST_SPACES = 500


class MatchForm(forms.Form):
    """What a policy is called and which tickets it holds for."""

    name_en = forms.CharField(label=gettext_lazy("Name in English"), max_length=80)
    name_zh = forms.CharField(label=gettext_lazy("Name in Chinese"), max_length=80)
    tiers = forms.CharField(
        label=gettext_lazy("Tiers"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Apart by commas, such as vip, svip."),
    )
    categories = forms.MultipleChoiceField(label=gettext_lazy("Categories"), required=False)
    spaces = forms.MultipleChoiceField(label=gettext_lazy("Spaces"), required=False)
    languages = forms.MultipleChoiceField(
        label=gettext_lazy("Languages"),
        required=False,
        choices=LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
    )
    ways = forms.MultipleChoiceField(
        label=gettext_lazy("How it was asked"),
        required=False,
        choices=Ticket.Way.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    vendors = forms.MultipleChoiceField(label=gettext_lazy("Queues of vendors"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choose(
            "categories", [(one.slug, str(one.called)) for one in Category.objects.order_by("order")]
        )
        spaces = Space.objects.filter(archived_at=None).exclude(kind="private").order_by("name")
        self._choose("spaces", list(spaces.values_list("id", "name")[:_MOST_SPACES]))
        self._choose("vendors", list(Vendor.objects.order_by("name").values_list("id", "name")))

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices

    def clean_tiers(self) -> list[str]:
        words = str(self.cleaned_data.get("tiers") or "").replace("，", ",").split(",")
        return [word.strip()[:40] for word in words if word.strip()]

    @property
    def name(self) -> Text:
        """The name, of a valid form."""
        return Text(self.cleaned_data["name_en"], self.cleaned_data["name_zh"])

    @property
    def match(self) -> dict[str, list[str]]:
        """As `desk.policies.Match` reads it, of a valid form."""
        fields = ("tiers", "spaces", "categories", "languages", "ways", "vendors")
        return {name: list(self.cleaned_data[name]) for name in fields if self.cleaned_data[name]}


@requires("desk.policies")
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Every policy in the order they are asked, with what is in force."""
    live = list(SlaPolicy.objects.filter(archived_at=None).order_by("order", "id"))
    in_force = {one.policy_id: one for one in PolicyVersion.objects.filter(state=State.IN_FORCE)}
    drafts = set(PolicyVersion.objects.filter(state=State.DRAFT).values_list("policy_id", flat=True))
    rows = []
    covered = False
    for number, one in enumerate(live, 1):
        version = in_force.get(one.pk)
        rows.append(
            {
                "policy": one,
                "number": number,
                "match": said_match(one.match),
                "version": version,
                "grid": target_grid(version.content)[:2] if version else [],
                "has_draft": one.pk in drafts,
                "is_never_asked": covered,
            }
        )
        covered = covered or (version is not None and not one.match)
    context = {
        "policies": rows,
        "metrics": METRICS.values(),
        "is_covered": covered,
        "archived": SlaPolicy.objects.exclude(archived_at=None).order_by("-archived_at")[:50],
    }
    return render(request, "console/sla/list.html", context)


@requires("desk.policies")
@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: HttpRequest) -> HttpResponse:
    """A policy that does not exist yet; its first version begins as the house's own."""
    form = MatchForm(request.POST or None)
    made: list[PolicyVersion] = []

    def deed() -> None:
        by = known(request).actor
        made.append(actions.create(form.name, form.match, shipped_content(), by=by))

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Written as a draft. Set its targets, then put it in force."))
        return SeeOther(reverse("console:sla-edit", args=[made[0].pk]))
    status = 422 if request.method == "POST" else 200
    return render(request, "console/sla/policy_edit.html", {"form": form}, status=status)


@requires("desk.policies")
@require_safe
def policy_page(request: HttpRequest, policy_id: str) -> HttpResponse:
    """One policy: what it holds for, its versions."""
    policy = find(policy_id)
    versions = list(policy.versions.order_by("-version")[:100])
    names = actor_names({who for one in versions for who in (one.created_by, one.in_force_by) if who})
    context = {
        "policy": policy,
        "match": said_match(policy.match),
        "versions": [
            {
                "version": one,
                "label": STATES[one.state][0],
                "colour": STATES[one.state][1],
                "by": names.get(one.in_force_by or one.created_by, ""),
            }
            for one in versions
        ],
    }
    return render(request, "console/sla/policy.html", context)


@requires("desk.policies")
@require_http_methods(["GET", "HEAD", "POST"])
def policy_change(request: HttpRequest, policy_id: str) -> HttpResponse:
    """Call it something else, or let it hold for other tickets."""
    policy = find(policy_id)
    given = {**policy.match, "tiers": ", ".join(policy.match.get("tiers", ()))}
    given |= {"name_en": policy.called.en, "name_zh": policy.called.zh}
    form = MatchForm(request.POST or None, initial=given)

    def deed() -> None:
        actions.change(policy.pk, name=form.name, match=form.match, by=known(request).actor)

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved. Open tickets follow within seconds."))
        return SeeOther(reverse("console:sla-policy", args=[policy.pk]))
    status = 422 if request.method == "POST" else 200
    return render(request, "console/sla/policy_edit.html", {"form": form, "policy": policy}, status=status)


@requires("desk.policies")
@require_POST
def policy_act(request: HttpRequest, policy_id: str, deed: str) -> HttpResponse:
    """Ask it earlier or later, put it away, take it back."""
    policy, by = find(policy_id), known(request).actor
    everything = reverse("console:sla")
    match deed:
        case "up" | "down":
            actions.move(policy.pk, up=deed == "up", by=by)
            return SeeOther(everything)
        case "archive":
            return carry_out(
                request,
                lambda: actions.archive(policy.pk, by=by),
                _("Put away; it can be taken back."),
                everything,
            )
        case "restore":
            return carry_out(
                request, lambda: actions.archive(policy.pk, by=by, back=True), _("Taken back."), everything
            )
    raise Http404


def find(policy_id: str) -> SlaPolicy:
    """A policy by its id; Http404."""
    one = SlaPolicy.objects.filter(pk=policy_id).first() if is_id(policy_id) else None
    if one is None:
        raise Http404
    return one
