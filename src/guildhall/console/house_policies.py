"""Policies: what judges messages in which space. Write a version, see what it changes, try it on history,
put it in force.

What punishes more than before needs a second pair of eyes; `guard.actions` decides that, this page says so
beforehand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_shadow import shown_run
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.errors import BadInput, GuildhallError
from guildhall.core.text import Text
from guildhall.guard import actions, policies, policy, queries
from guildhall.guard.models import Policy, PolicyVersion, SpacePolicy
from guildhall.guard.types import Policy as Parsed
from guildhall.people.access import requires

State = PolicyVersion.State
STATES = {
    State.DRAFT: (gettext_lazy("draft"), ""),
    State.PROPOSED: (gettext_lazy("waits for approval"), "amber"),
    State.ACTIVE: (gettext_lazy("in force"), "green"),
    State.RETIRED: (gettext_lazy("retired"), ""),
}
EDITABLE = frozenset({State.DRAFT, State.PROPOSED})
SPANS = (
    ("1", gettext_lazy("1 day")),
    ("7", gettext_lazy("7 days")),
    ("30", gettext_lazy("30 days")),
    ("90", gettext_lazy("90 days")),
)
_MOST_SPACES = 500


class SourceForm(forms.Form):
    """One version as people write it."""

    source = forms.CharField(
        label=gettext_lazy("Policy"),
        max_length=100_000,
        strip=False,
        widget=forms.Textarea(attrs={"class": "code-input", "spellcheck": "false", "rows": 24}),
    )
    note = forms.CharField(
        label=gettext_lazy("What changes, and why"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_source(self) -> str:
        return str(self.cleaned_data["source"]).replace("\r\n", "\n").replace("\x00", "")


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

    wrong = _attempt_source(form, deed) if request.method == "POST" else None
    if made:
        return SeeOther(_page(made[0]))
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
        "facts": _facts(active) if active else None,
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
    return SeeOther(_page(made))


@requires("policies.view")
@require_safe
def policy_version(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version: its words, what it changes, its trial."""
    version = _version(slug, number)
    return _version_page(
        request, version, SourceForm(initial={"source": version.source_yaml, "note": version.note})
    )


@requires("policies.propose")
@require_POST
def policy_save(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Save a draft; what cannot be read is refused with its line, and what was typed stays in the page."""
    version = _version(slug, number)
    form = SourceForm(request.POST)
    done: list[bool] = []

    def deed() -> None:
        said = form.cleaned_data
        actions.edit_draft(version.pk, said["source"], known(request).actor, note=said["note"])
        done.append(True)

    wrong = _attempt_source(form, deed)
    if not done:
        return _version_page(request, version, form, wrong, status=422)
    return carry_out(request, lambda: None, _("Saved."), _page(version))


@requires("policies.propose")
@require_POST
def policy_propose(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Put a draft in force, or hand it to somebody else's eyes when it punishes more."""
    version = _version(slug, number)
    proposed: list[actions.Proposed] = []
    back = _page(version)
    refused = carry_out(
        request,
        lambda: proposed.append(actions.propose_policy(version.pk, known(request).actor)),
        _("Done."),
        back,
    )
    if proposed and not proposed[0].in_force and proposed[0].proposal_id:
        return SeeOther(reverse("console:approval", args=[proposed[0].proposal_id]))
    return refused


@requires("policies.propose")
@require_POST
def policy_discard(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Throw a draft away."""
    version = _version(slug, number)
    by = known(request).actor
    back = reverse("console:policy", args=[slug])
    return carry_out(
        request, lambda: actions.discard_draft(version.pk, by), _("The draft was discarded."), back
    )


@requires("policies.propose")
@require_POST
def policy_shadow(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Try a version on what was written lately."""
    version = _version(slug, number)
    days = request.POST.get("days", "7")
    since = clock.now() - timedelta(days=int(days) if days in dict(SPANS) else 7, minutes=-1)
    by = known(request).actor
    said = _("The trial has begun; it goes on when you leave the page.")
    return carry_out(
        request, lambda: actions.start_shadow(version.pk, by, since=since), said, _page(version) + "#trial"
    )


@requires("policies.propose")
@require_POST
def policy_shadow_stop(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Stop the trial of a version."""
    version = _version(slug, number)
    run = queries.latest_shadow(version.pk)
    if run is None:
        raise Http404
    by = known(request).actor
    return carry_out(
        request,
        lambda: actions.stop_shadow(run.pk, by),
        _("The trial was stopped."),
        _page(version) + "#trial",
    )


@requires("policies.propose")
@require_POST
def policy_assign(request: HttpRequest) -> HttpResponse:
    """Let a policy judge a space."""
    space_id, slug = request.POST.get("space", "")[:26], request.POST.get("slug", "")[:60]
    proposed: list[actions.Proposed] = []
    answer = carry_out(
        request,
        lambda: proposed.append(actions.assign_policy(space_id, slug, known(request).actor)),
        _("Done."),
        reverse("console:policies"),
    )
    if proposed and not proposed[0].in_force:
        return SeeOther(reverse("console:approval", args=[proposed[0].proposal_id]))
    return answer


def _version_page(
    request: HttpRequest,
    version: PolicyVersion,
    form: SourceForm,
    wrong: BadInput | None = None,
    status: int = 200,
) -> HttpResponse:
    slug = version.policy.slug
    active = queries.versions(slug).filter(state=State.ACTIVE).first()
    against = active.source_yaml if active else policy.shipped_source(policies.DEFAULT)
    run = queries.latest_shadow(version.pk)
    label, colour = STATES[State(version.state)]
    me = known(request)
    changes, harder = _changes(slug, against, version.source_yaml)
    context = {
        "policy": version.policy,
        "version": version,
        "label": label,
        "colour": colour,
        "form": form,
        "wrong": wrong,
        "wrong_line": _line(str(form["source"].value() or ""), wrong.row) if wrong else "",
        "active": active,
        "against": against,
        "is_active": active is not None and active.pk == version.pk,
        "changes": changes,
        "harder": harder,
        "run": shown_run(run, me) if run else None,
        "spans": SPANS,
        "is_editable": State(version.state) in EDITABLE and me.may("policies.propose"),
        "may_propose": me.may("policies.propose"),
        "by": actor_names([version.created_by])[version.created_by],
    }
    return render(request, "console/house/policy_version.html", context, status=status)


def _changes(slug: str, against: str, source: str) -> tuple[tuple[policy.Change, ...], tuple[Text, ...]]:
    try:
        old, new = policy.parse(against, slug=slug), policy.parse(source, slug=slug)
    except BadInput:
        return (), ()
    return policy.policy_diff(old, new), policy.punishes_more(policies.active(slug), new)


def _attempt_source(form: SourceForm, deed: Any) -> BadInput | None:
    """Try a deed that reads a source; the error that names a line, if that is what went wrong."""
    caught: list[BadInput] = []

    def watched() -> None:
        try:
            deed()
        except BadInput as error:
            caught.append(error)
            raise BadInput(_named(error), field="source" if error.field != "slug" else "slug") from error

    attempt(form, watched)
    return caught[0] if caught else None


def _named(error: BadInput) -> Text:
    """The error with the line it stands in."""
    if error.row is None:
        return error.text
    return Text(f"Line {error.row}: {error.text.en}", f"第 {error.row} 行：{error.text.zh}")


def _line(source: str, row: int | None) -> str:
    lines = source.splitlines()
    return lines[row - 1][:200] if row is not None and 0 < row <= len(lines) else ""


def _mode(version: PolicyVersion | None) -> str:
    if version is None:
        return ""
    try:
        return policy.parse(version.source_yaml, slug=version.policy.slug).mode.value
    except BadInput:
        return ""


def _facts(version: PolicyVersion) -> Parsed | None:
    try:
        return policy.parse(version.source_yaml, slug=version.policy.slug, version=version.version)
    except BadInput:
        return None


def _version(slug: str, number: int) -> PolicyVersion:
    version = queries.versions(slug).filter(version=min(number, 2_000_000_000)).first()
    if version is None:
        raise Http404
    return version


def _page(version: PolicyVersion) -> str:
    return reverse("console:policy-version", args=[version.policy.slug, version.version])


def _raises(error: GuildhallError) -> Any:
    def deed() -> None:
        raise error

    return deed
