"""Approvals: what waits for a second pair of eyes, shown in full, approved or rejected with the hash of
what was read.

That nobody decides on their own proposal, and that an edit voids what was approved, is the business of
`core.approvals`; this page shows the content that the approval will hold for, and who may decide it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.console.approval_contents import content_of
from guildhall.console.house_answers import carry_out
from guildhall.console.house_words import actor_names, known
from guildhall.core import approvals
from guildhall.core.models import Proposal
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
        "content": content_of(proposal, me),
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


def _page(proposal: Proposal) -> str:
    return reverse("console:approval", args=[proposal.pk])
