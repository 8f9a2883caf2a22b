"""Policies: what judges messages in which space. Write a version, see what it changes, try it on history,
put it in force.

What punishes more than before needs a second pair of eyes; `guard.actions` decides that, this page says so
beforehand.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_reach import put_forward
from guildhall.console.house_versions import (
    STATES,
    SourceForm,
    State,
    attempt_source,
    facts_of,
    version_address,
)
from guildhall.console.house_words import actor_names, known
from guildhall.core.errors import BadInput, GuildhallError
from guildhall.guard import actions, policies, policy, queries
from guildhall.guard.models import Policy, PolicyVersion, SpacePolicy
from guildhall.people.access import requires

_MOST_SPACES = 500
RESERVED = frozenset({"new", "assign", "rules", "checks"})


class NewPolicyForm(SourceForm):
    """A policy that does not exist yet."""

    name = forms.CharField(label=gettext_lazy("Name of the policy"), max_length=120)
    slug = forms.SlugField(
        label=gettext_lazy("Short name"),
        max_length=60,
        help_text=gettext_lazy("Stands in addresses and in the audit; it stays."),
    )

    field_order = ("name", "slug", "source", "note")

    def clean_slug(self) -> str:
        slug = str(self.cleaned_data["slug"]).lower()
        if slug in RESERVED:
            raise forms.ValidationError(_("This short name stands for a page; choose another."))
        if Policy.objects.filter(slug=slug).exists():
            raise forms.ValidationError(_("There is a policy of this name already."))
        return slug


@requires("policies.view")
@require_safe
def policy_list(request: HttpRequest) -> HttpResponse:
    """Every policy, and which space it judges."""
    me = known(request)
    chosen = dict(SpacePolicy.objects.values_list("space_id", "policy__slug"))
    spaces = [
        {"space": space, "slug": chosen.get(space.pk, policies.DEFAULT), "is_own": space.pk in chosen}
        for space in Space.objects.filter(archived_at=None).order_by("name")[:_MOST_SPACES]
    ]
    overview: list[dict[str, Any]] = [
        {"policy": row, "active": active, "spaces": spaces_n, "waiting": waiting, "mode": _mode(active)}
        for row, active, spaces_n, waiting in queries.policies_overview()
    ]
    context = {
        "policies": overview,
        "spaces": spaces,
        "slugs": [(row["policy"].slug, row["policy"].name) for row in overview if row["active"]],
        "default_slug": policies.DEFAULT,
        "may_propose": me.may("policies.propose"),
    }
    return render(request, "console/house/policies.html", context)


@requires("policies.propose")
@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: HttpRequest) -> HttpResponse:
    """A new policy, begun from the one that comes with the house."""
    form = NewPolicyForm(request.POST or None, initial={"source": policy.shipped_source(policies.DEFAULT)})
    made: list[PolicyVersion] = []

    def deed() -> None:
        said = form.cleaned_data
        made.append(
            actions.save_draft(
                said["slug"], said["source"], known(request).actor, note=said["note"], name=said["name"]
            )
        )

    wrong = attempt_source(form, deed) if request.method == "POST" else None
    if made:
        return SeeOther(version_address(made[0]))
    status = 422 if request.method == "POST" else 200
    return render(request, "console/house/policy_new.html", {"form": form, "wrong": wrong}, status=status)


@requires("policies.view")
@require_safe
def policy_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One policy: its versions, and the spaces it judges."""
    row = get_object_or_404(Policy, slug=slug)
    versions = list(queries.versions(slug)[:100])
    names = actor_names(
        who for version in versions for who in (version.created_by, version.activated_by) if who
    )
    active = next((version for version in versions if version.state == State.ACTIVE), None)
    context = {
        "policy": row,
        "active": active,
        "facts": facts_of(active) if active else None,
        "versions": [
            {
                "version": version,
                "label": STATES[State(version.state)][0],
                "colour": STATES[State(version.state)][1],
                "by": names.get(version.created_by, ""),
            }
            for version in versions
        ],
        "spaces": Space.objects.filter(guard_policy__policy=row).order_by("name")[:_MOST_SPACES],
        "is_default": slug == policies.DEFAULT,
        "may_propose": known(request).may("policies.propose"),
    }
    return render(request, "console/house/policy.html", context)


@requires("policies.propose")
@require_POST
def policy_draft(request: HttpRequest, slug: str) -> HttpResponse:
    """A new draft with the words of a version (the active one unless another is named)."""
    get_object_or_404(Policy, slug=slug)
    number = request.POST.get("from", "")
    found = queries.versions(slug)
    base = found.filter(version=int(number)).first() if number.isdigit() and len(number) < 9 else None
    base = base or found.filter(state=State.ACTIVE).first()
    source = base.source_yaml if base else policy.shipped_source(policies.DEFAULT)
    try:
        made = actions.save_draft(slug, source, known(request).actor)
    except GuildhallError as error:
        return carry_out(request, _raises(error), "", reverse("console:policy", args=[slug]))
    return SeeOther(version_address(made))


@requires("policies.propose")
@require_POST
def policy_assign(request: HttpRequest) -> HttpResponse:
    """Let a policy judge a space."""
    space_id, slug = request.POST.get("space", "")[:26], request.POST.get("slug", "")[:60]
    return put_forward(
        request,
        lambda: actions.assign_policy(space_id, slug, known(request).actor),
        _("Done."),
        reverse("console:policies"),
    )


def _mode(version: PolicyVersion | None) -> str:
    if version is None:
        return ""
    try:
        return policy.parse(version.source_yaml, slug=version.policy.slug).mode.value
    except BadInput:
        return ""


def _raises(error: GuildhallError) -> Any:
    def deed() -> None:
        raise error

    return deed
