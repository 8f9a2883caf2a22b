"""One version of a policy: its words, what it changes, whom it would punish, what it would have done lately.

What punishes more than before, and what would have punished too many, needs a second pair of eyes;
`guard.actions` decides that, this page says so beforehand.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Space
from guildhall.console.house_answers import attempt, carry_out
from guildhall.console.house_reach import latest_check, put_forward, shown_check
from guildhall.console.house_rules import families_of
from guildhall.console.house_shadow import shown_run
from guildhall.console.house_words import actor_names, known
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.guard import actions, policies, policy, queries
from guildhall.guard.actions.reaching import digest
from guildhall.guard.actions.shadowing import ALL, JUDGED
from guildhall.guard.models import PolicyVersion
from guildhall.guard.punishing import percent
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
_MOST_SPACES = 200


class SourceForm(forms.Form):
    """One version as people write it."""

    source = forms.CharField(
        label=gettext_lazy("Policy"),
        max_length=200_000,
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

    wrong = attempt_source(form, deed)
    if not done:
        return _version_page(request, version, form, wrong, status=422)
    return carry_out(request, lambda: None, _("Saved."), version_address(version))


@requires("policies.propose")
@require_POST
def policy_propose(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Put a draft in force, or hand it to somebody else's eyes when it punishes more."""
    version = _version(slug, number)
    return put_forward(
        request,
        lambda: actions.propose_policy(version.pk, known(request).actor),
        _("The version is in force."),
        version_address(version),
    )


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
    days, scope = request.POST.get("days", "7"), request.POST.get("scope", JUDGED)[:26]
    since = clock.now() - timedelta(days=int(days) if days in dict(SPANS) else 7, minutes=-1)
    by = known(request).actor
    said = _("The trial has begun; it goes on when you leave the page.")
    return carry_out(
        request,
        lambda: actions.start_shadow(version.pk, by, since=since, scope=scope),
        said,
        version_address(version) + "#trial",
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
        version_address(version) + "#trial",
    )


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
    check = latest_check(version.policy_id, digest(version.source_yaml))
    facts = facts_of(version)
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
        "run": shown_run(run, me, request.GET.dict()) if run else None,
        "is_stale": run is not None and run.source_yaml != version.source_yaml,
        "check": shown_check(check) if check else None,
        "families": families_of(facts, with_rules=False) if facts else [],
        "facts": facts,
        "above": percent(facts.punish_above.precision) if facts and facts.punish_above else "",
        "spans": SPANS,
        "scopes": _scopes(),
        "is_editable": State(version.state) in EDITABLE and me.may("policies.propose"),
        "may_propose": me.may("policies.propose"),
        "by": actor_names([version.created_by])[version.created_by],
    }
    return render(request, "console/house/policy_version.html", context, status=status)


def _scopes() -> list[tuple[str, Any]]:
    """Where a version can be tried."""
    spaces = Space.objects.filter(archived_at=None).exclude(kind="private").order_by("name")
    named = list(spaces.values_list("pk", "name")[:_MOST_SPACES])
    return [(JUDGED, _("where this policy judges")), (ALL, _("in every space")), *named]


def _changes(slug: str, against: str, source: str) -> tuple[tuple[policy.Change, ...], tuple[Text, ...]]:
    try:
        old, new = policy.parse(against, slug=slug), policy.parse(source, slug=slug)
    except BadInput:
        return (), ()
    return policy.policy_diff(old, new), policy.punishes_more(policies.active(slug), new)


def attempt_source(form: SourceForm, deed: Any) -> BadInput | None:
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


def facts_of(version: PolicyVersion) -> Parsed | None:
    try:
        return policy.parse(version.source_yaml, slug=version.policy.slug, version=version.version)
    except BadInput:
        return None


def _version(slug: str, number: int) -> PolicyVersion:
    version = queries.versions(slug).filter(version=min(number, 2_000_000_000)).first()
    if version is None:
        raise Http404
    return version


def version_address(version: PolicyVersion) -> str:
    return reverse("console:policy-version", args=[version.policy.slug, version.version])
