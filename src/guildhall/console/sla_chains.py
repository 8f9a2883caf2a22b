"""Desk settings, Escalation chains: what is done when a clock runs short or runs out, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.house_answers import SeeOther, attempt, carry_out
from guildhall.console.house_words import known
from guildhall.desk import chains
from guildhall.desk.actions.chains import archive_chain, restore_chain, save_chain
from guildhall.desk.chains import Step
from guildhall.desk.models import EscalationChain, PolicyVersion, Ticket
from guildhall.paging.kinds import Severity
from guildhall.people.access import requires
from guildhall.people.models import Staff, Team
from guildhall.people.roles import NAMES, Role

SHOWN_STEPS = chains.MOST_STEPS
_MOST_STAFF = 200
_DOES = (
    (chains.NOTIFY, gettext_lazy("Mention them in the ticket")),
    (chains.PAGE, gettext_lazy("Page them until somebody takes it")),
    (chains.REASSIGN, gettext_lazy("Hand the ticket on")),
    (chains.RAISE, gettext_lazy("Raise the priority")),
)
_SINCE = (
    (chains.BREACH, gettext_lazy("after it is overdue")),
    (chains.WARNING, gettext_lazy("after the first warning")),
)


class ChainForm(forms.Form):
    """A chain of up to `SHOWN_STEPS` steps; a step that does nothing is left out."""

    name = forms.CharField(label=gettext_lazy("What the chain is called"), max_length=80)
    revision = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whom = [("", _("whoever the alert plan or the duty plan names")), *whom_choices()]
        for number in range(SHOWN_STEPS):
            self.fields |= {
                f"do_{number}": forms.ChoiceField(
                    label=_("What is done"), required=number == 0, choices=[("", "—"), *_DOES]
                ),
                f"whom_{number}": forms.ChoiceField(label=_("With whom"), required=False, choices=whom),
                f"after_{number}": forms.IntegerField(
                    label=_("Minutes"), required=False, min_value=0, max_value=chains.LONGEST_WAIT_S // 60
                ),
                f"since_{number}": forms.ChoiceField(label=_("Counted from"), required=False, choices=_SINCE),
                f"severity_{number}": forms.ChoiceField(
                    label=_("How pressing the page is"),
                    required=False,
                    choices=Severity.choices,
                    initial=Severity.CRITICAL,
                ),
                f"priority_{number}": forms.ChoiceField(
                    label=_("Raised to"),
                    required=False,
                    choices=[("", _("the next one up")), *Ticket.Priority.choices],
                ),
            }

    def steps(self) -> list[dict[str, Any]]:
        """The steps as `desk.chains` reads them."""
        given = self.cleaned_data
        return [
            Step(
                do=given[f"do_{n}"],
                since=given[f"since_{n}"] or chains.BREACH,
                after_s=60 * (given[f"after_{n}"] or 0),
                whom=given[f"whom_{n}"],
                severity=given[f"severity_{n}"] or Severity.CRITICAL,
                priority=given[f"priority_{n}"],
            ).to_json()
            for n in range(SHOWN_STEPS)
            if given[f"do_{n}"]
        ]

    def step_fields(self) -> list[tuple[int, list[Any], bool]]:
        """(number, fields, whether it does something) of each step, for the page."""
        names = ("do", "whom", "after", "since", "severity", "priority")
        return [
            (n + 1, [self[f"{name}_{n}"] for name in names], n == 0 or bool(self[f"do_{n}"].value()))
            for n in range(SHOWN_STEPS)
        ]


@requires("desk.policies")
@never_cache
@require_safe
def chain_list(request: HttpRequest) -> HttpResponse:
    """Every chain with its steps, and which policies go by it."""
    names = dict(choice for _group, choices in whom_choices() for choice in choices)
    used = _used()
    found = EscalationChain.objects.order_by("archived_at", "name")
    rows = [
        (chain, described(chains.steps_of(chain.steps), names), used.get(chain.pk, [])) for chain in found
    ]
    return render(request, "console/clocks/chains.html", {"chains": rows})


@requires("desk.policies")
@never_cache
def chain_edit(request: HttpRequest, chain_id: str = "") -> HttpResponse:
    """Write a chain."""
    chain = get_object_or_404(EscalationChain, pk=chain_id) if chain_id else None
    form = ChainForm(request.POST if request.method == "POST" else None, initial=_initial(chain))

    def deed() -> None:
        given = form.cleaned_data
        save_chain(
            given["name"], form.steps(), known(request).actor, chain_id=chain_id, revision=given["revision"]
        )

    if request.method == "POST" and attempt(form, deed):
        messages.success(request, _("Saved."))
        return SeeOther(reverse("console:chains"))
    context = {"form": form, "chain": chain}
    return render(request, "console/clocks/chain.html", context, status=422 if form.is_bound else 200)


@requires("desk.policies")
@require_POST
def chain_archive(request: HttpRequest, chain_id: str) -> HttpResponse:
    """Put a chain away."""
    by, back = known(request).actor, reverse("console:chains")
    return carry_out(request, lambda: archive_chain(chain_id, by), _("Put away."), back)


@requires("desk.policies")
@require_POST
def chain_restore(request: HttpRequest, chain_id: str) -> HttpResponse:
    """Take a chain out again."""
    by, back = known(request).actor, reverse("console:chains")
    return carry_out(request, lambda: restore_chain(chain_id, by), _("Restored."), back)


def whom_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Whom a step may mean, in groups as a select shows them."""
    teams = Team.objects.order_by("name")[:100]
    colleagues = Staff.objects.filter(is_active=True).order_by("name")[:_MOST_STAFF]
    groups = [
        (_("Around the ticket"), [("assignee", _("who has the ticket")), ("lead", _("who leads the team"))]),
        (_("Whoever is on call"), [(f"on_call:{team.slug}", team.name) for team in teams]),
        (_("Roles"), [(f"role:{role.value}", str(NAMES[role])) for role in Role if role is not Role.PARTNER]),
        (_("Colleagues"), [(f"staff:{one.pk}", str(one)) for one in colleagues if not one.is_demo]),
    ]
    return [(name, choices) for name, choices in groups if choices]


def described(steps: Sequence[Step], names: dict[str, str]) -> list[tuple[str, str, str]]:
    """(when, what, with whom) of each step in words."""
    does, priorities = dict(_DOES), dict(Ticket.Priority.choices)
    found = []
    for step in steps:
        what, whom = str(does[step.do]), names.get(step.whom, step.whom)
        if step.do == chains.RAISE:
            whom = str(priorities.get(step.priority, _("the next one up")))
        elif not whom:
            whom = _("the best colleague on duty") if step.do == chains.REASSIGN else _("the alert plan")
        found.append((_when(step), what, whom))
    return found


def _when(step: Step) -> str:
    since = str(dict(_SINCE)[step.since])
    if step.after_s == 0:
        return _("as soon as it is overdue") if step.since == chains.BREACH else _("with the first warning")
    minutes = step.after_s // 60
    return ngettext("%(n)s minute %(since)s", "%(n)s minutes %(since)s", minutes) % {
        "n": minutes,
        "since": since,
    }


def _used() -> dict[str, list[str]]:
    """The names of the policies in force that go by each chain."""
    found: dict[str, list[str]] = {}
    versions = PolicyVersion.objects.filter(state=PolicyVersion.State.IN_FORCE).select_related("policy")
    for version in versions.order_by("policy__order"):
        if version.content.get("chain"):
            found.setdefault(version.content["chain"], []).append(str(version.policy.called))
    return found


def _initial(chain: EscalationChain | None) -> dict[str, Any]:
    if chain is None:
        return {"do_0": chains.PAGE}
    said: dict[str, Any] = {"name": chain.name, "revision": chain.revision}
    for number, step in enumerate(chains.steps_of(chain.steps)[:SHOWN_STEPS]):
        said |= {
            f"do_{number}": step.do,
            f"whom_{number}": step.whom,
            f"after_{number}": step.after_s // 60,
            f"since_{number}": step.since,
            f"severity_{number}": step.severity,
            f"priority_{number}": step.priority,
        }
    return said
