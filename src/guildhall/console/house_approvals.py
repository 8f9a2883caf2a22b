"""Approvals: what waits for a second pair of eyes, shown in full, approved or rejected with the hash of
what was read.

That nobody decides on their own proposal, and that an edit voids what was approved, is the business of
`core.approvals`; this page shows the content that the approval will hold for, and who may decide it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.broadcast.actions import afterwards, proposing
from guildhall.broadcast.audience import parse_audience
from guildhall.broadcast.content import parse_content
from guildhall.broadcast.timing import parse_schedule
from guildhall.channels.models import Space
from guildhall.compliance import actions as compliance
from guildhall.compliance import gate, regions
from guildhall.compliance.acts import LABELS, parse_act
from guildhall.console import broadcast_words
from guildhall.console.house_answers import carry_out
from guildhall.console.house_reach import Punished, punished
from guildhall.console.house_words import actor_names, known
from guildhall.core import approvals
from guildhall.core.models import Proposal
from guildhall.core.text import Text
from guildhall.guard.actions import overriding as guard_overriding
from guildhall.guard.actions import policies as guard_policies
from guildhall.guard.models import PolicyVersion
from guildhall.people.access import requires
from guildhall.people.models import Staff
from guildhall.ui import paging, tables

State = Proposal.State
STATES = {
    State.PROPOSED: (gettext_lazy("waits"), "amber"),
    State.CARRIED_OUT: (gettext_lazy("approved"), "green"),
    State.REJECTED: (gettext_lazy("rejected"), "red"),
    State.WITHDRAWN: (gettext_lazy("withdrawn"), ""),
    State.EXPIRED: (gettext_lazy("expired"), ""),
    State.FAILED: (gettext_lazy("failed"), "red"),
}
_MOST_WAITING = 500
_MOST_NAMED = 50
Fact = tuple[str | Promise, object]

SPEC = tables.Spec(
    columns=(
        tables.Column("what", gettext_lazy("What"), css="lead"),
        tables.Column("by", gettext_lazy("Proposed by")),
        tables.Column("at", gettext_lazy("When"), sort=("id",)),
        tables.Column("state", gettext_lazy("State")),
    ),
    default_sort="-at",
    tie="",
)


@dataclass(frozen=True, slots=True)
class Content:
    """What a proposal would do: facts, a text in full, and two texts to compare."""

    facts: tuple[Fact, ...] = ()
    text: str = ""
    old: str = ""
    new: str = ""
    href: str = ""
    whom: Sequence[Punished] = ()


@requires("approvals.view")
@require_safe
def approval_list(request: HttpRequest) -> HttpResponse:
    """Waiting for me, waiting at all, decided."""
    me = known(request)
    shown = request.GET.get("show", "")
    state = tables.read(SPEC, request.GET, keep=("show",))
    mine = waiting_for(me)
    if shown == "decided":
        table = paging.fetch(Proposal.objects.exclude(state=State.PROPOSED), state)
    elif shown == "all":
        table = paging.fetch(Proposal.objects.filter(state=State.PROPOSED), state)
    else:
        table = tables.Table(state, mine)
    names = actor_names(row.proposed_by for row in table.rows)
    rows = [_row(row, names) for row in table.rows]
    context = {
        "table": tables.Table(state, rows, table.next_key, table.previous_key),
        "tabs": [
            {
                "label": _("Waiting for me"),
                "href": "?",
                "current": shown not in ("all", "decided"),
                "count": len(mine),
            },
            {"label": _("All that waits"), "href": "?show=all", "current": shown == "all"},
            {"label": _("Decided"), "href": "?show=decided", "current": shown == "decided"},
        ],
        "is_mine": shown not in ("all", "decided"),
    }
    return render(request, "console/house/approvals.html", context)


@requires("approvals.view")
@require_safe
def approval(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """One proposal in full, with the hash that an approval will hold for."""
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    me = known(request)
    given = list(proposal.approvals.order_by("id"))
    names = actor_names(
        [
            proposal.proposed_by,
            *(yes.by for yes in given),
            *([proposal.decided_by] if proposal.decided_by else []),
        ]
    )
    label, colour = STATES[State(proposal.state)]
    context = {
        "proposal": proposal,
        "what": approvals.describe(proposal),
        "content": _content(proposal, me),
        "label": label,
        "colour": colour,
        "by": names[proposal.proposed_by],
        "decided_by": names.get(proposal.decided_by, ""),
        "given": [{"yes": yes, "by": names[yes.by]} for yes in given],
        "is_mine": proposal.proposed_by == me.actor,
        "waits": proposal.state in approvals.OPEN,
        "may_decide": may_decide(me, proposal),
    }
    return render(request, "console/house/approval.html", context)


@requires("approvals.decide", confirm=True)
@require_POST
def approval_approve(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Approve exactly what was read."""
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    me, read = known(request), request.POST.get("content_hash", "")
    return _decided(
        request,
        proposal,
        lambda: approvals.approve(proposal.pk, me.actor, read),
        _("Approved and carried out."),
    )


@requires("approvals.decide")
@require_POST
def approval_reject(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Reject it, with a reason."""
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    me, reason = known(request), request.POST.get("reason", "")
    return _decided(
        request, proposal, lambda: approvals.reject(proposal.pk, me.actor, reason), _("Rejected.")
    )


@requires("approvals.view")
@require_POST
def approval_withdraw(request: HttpRequest, proposal_id: str) -> HttpResponse:
    """Take one's own proposal back."""
    proposal = get_object_or_404(Proposal, pk=proposal_id)
    me = known(request)
    if proposal.proposed_by != me.actor:
        return render(request, "people/forbidden.html", {"permission": ""}, status=403)
    return carry_out(
        request, lambda: approvals.withdraw(proposal.pk, me.actor), _("It was withdrawn."), _page(proposal)
    )


def waiting_for(me: Staff) -> list[Proposal]:
    """The proposals that `me` can decide, oldest first."""
    if not me.may("approvals.decide"):
        return []
    rows = Proposal.objects.filter(state__in=approvals.OPEN).exclude(proposed_by=me.actor).order_by("id")
    return [row for row in rows[:_MOST_WAITING] if may_decide(me, row)]


def may_decide(me: Staff, proposal: Proposal) -> bool:
    """Whether `me` may approve or reject this: not their own, and with the permission of its kind."""
    kind = approvals.find(proposal.kind)
    return (
        proposal.state in approvals.OPEN
        and proposal.proposed_by != me.actor
        and me.may("approvals.decide")
        and kind is not None
        and me.may(kind.permission)
    )


def _decided(
    request: HttpRequest, proposal: Proposal, decide: Callable[[], object], said: str
) -> HttpResponse:
    kind, me = approvals.find(proposal.kind), known(request)
    if kind is not None and not me.may(kind.permission):
        return render(request, "people/forbidden.html", {"permission": kind.permission}, status=403)
    return carry_out(request, decide, said, _page(proposal))


def _row(proposal: Proposal, names: dict[str, str]) -> dict[str, Any]:
    label, colour = STATES[State(proposal.state)]
    return {
        "proposal": proposal,
        "what": approvals.describe(proposal),
        "by": names[proposal.proposed_by],
        "label": label,
        "colour": colour,
    }


def _content(proposal: Proposal, reader: Staff) -> Content:
    payload = proposal.payload
    match proposal.kind:
        case guard_policies.APPROVAL:
            return _policy(payload) if "source" in payload else _assignment(payload)
        case guard_overriding.APPROVAL:
            return _override(payload, reader)
        case proposing.APPROVAL:
            return _broadcast(payload)
        case afterwards.CORRECTION:
            return _correction(payload)
        case compliance.OVERRIDE:
            return _exception(payload)
        case compliance.REVIEW:
            return _confirmation(payload)
    return Content()


def _assignment(payload: dict[str, Any]) -> Content:
    space = Space.objects.filter(pk=payload["space"]).first()
    return Content(
        facts=((_("Space"), space or payload["space"]), (_("Policy"), payload["slug"])),
        href=reverse("console:policy", args=[payload["slug"]]),
    )


def _policy(payload: dict[str, Any]) -> Content:
    active = PolicyVersion.objects.filter(
        policy__slug=payload["slug"], state=PolicyVersion.State.ACTIVE
    ).first()
    return Content(
        facts=((_("Policy"), payload["slug"]), (_("Version"), payload["number"])),
        old=active.source_yaml if active else "",
        new=payload["source"],
        href=reverse("console:policy-version", args=[payload["slug"], payload["number"]]),
    )


def _override(payload: dict[str, Any], reader: Staff) -> Content:
    figures, intent = payload["figures"], payload["intent"]
    active = PolicyVersion.objects.filter(
        policy__slug=payload["slug"], state=PolicyVersion.State.ACTIVE
    ).first()
    facts: list[Fact] = [
        (_("Policy"), payload["slug"]),
        (_("Version"), payload["number"]),
        (_("Why it was refused"), Text.from_json(payload["why"]) if payload["why"] else ""),
        (_("Would have been punished"), f"{figures['punished']} / {figures['active']}"),
        (_("Only by this version"), figures["newly"]),
        (_("Why it shall come into force all the same"), payload["reason"]),
    ]
    if intent.get("space"):
        space = Space.objects.filter(pk=intent["space"]).first()
        facts.insert(0, (_("Space"), space or intent["space"]))
    return Content(
        facts=tuple(facts),
        old=active.source_yaml if active else "",
        new=payload["source"] if not intent.get("space") else "",
        href=reverse("console:reach", args=[payload["check"]]),
        whom=punished(payload["whom"][:_MOST_NAMED], reader),
    )


def _exception(payload: dict[str, Any]) -> Content:
    rule = gate.books().rulebook.rule(payload["rule_id"])
    until = datetime.fromisoformat(payload["until"])
    facts: list[Fact] = [
        (_("Act"), LABELS[parse_act(payload["act"])]),
        (_("To people in"), regions.name(payload["region"])),
        (_("Through"), f"{until:%Y-%m-%d %H:%M} UTC"),
        (_("Why this may pass"), payload["reason"]),
    ]
    if payload["rule_id"]:
        words = rule.text if rule else Text("", "")
        facts.insert(2, (_("From the rule"), f"{payload['rule_id']}: {words}"))
        return Content(tuple(facts), href=reverse("console:compliance-rule", args=[payload["rule_id"]]))
    return Content(tuple(facts), text=payload["content"])


def _broadcast(payload: dict[str, Any]) -> Content:
    audience, schedule = parse_audience(payload["audience"]), parse_schedule(payload["schedule"])
    content = parse_content(payload["content"])
    facts: list[Fact] = [
        (_("Broadcast"), payload["name"]),
        (_("Places"), payload["places"]),
        (_("Platform"), ", ".join(broadcast_words.platform(one) for one in payload["platforms"])),
        (_("Act"), LABELS[parse_act(payload["act"])]),
        *broadcast_words.places(audience),
        (_("When"), broadcast_words.times(schedule)),
        *((broadcast_words.language(code), text) for code, text in content.texts),
        *((_("Button"), f"{one.label(content.languages[0])}: {one.url}") for one in content.buttons),
    ]
    if content.files:
        facts.append((_("Files"), len(content.files)))
    return Content(facts=tuple(facts), href=reverse("console:broadcast", args=[payload["broadcast"]]))


def _correction(payload: dict[str, Any]) -> Content:
    before, after = (
        "\n\n".join(text for _code, text in parse_content(payload[key]).texts)
        for key in ("before", "content")
    )
    facts: tuple[Fact, ...] = ((_("Broadcast"), payload["name"]), (_("Places"), payload["places"]))
    href = reverse("console:broadcast-run", args=[payload["run"]])
    return Content(facts=facts, old=before, new=after, href=href)


def _confirmation(payload: dict[str, Any]) -> Content:
    return Content(
        facts=(
            (_("Rule"), f"{payload['rule_id']} (v{payload['rule_version']})"),
            (_("Read again by"), payload["review_by"]),
            (_("What was read, and where"), payload["note"]),
        ),
        href=reverse("console:compliance-rule", args=[payload["rule_id"]]),
    )


def _page(proposal: Proposal) -> str:
    return reverse("console:approval", args=[proposal.pk])
