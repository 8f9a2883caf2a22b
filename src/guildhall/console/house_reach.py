"""The check of whom a policy would have punished: its figures, the members with what they wrote, and the way
past a refusal, which takes two people.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from guildhall.channels.models import Message, Space
from guildhall.console.house_answers import SeeOther, carry_out
from guildhall.console.house_shadow import MEASURES
from guildhall.console.house_words import actor_names, known
from guildhall.core import approvals
from guildhall.core.errors import GuildhallError
from guildhall.core.text import Text
from guildhall.guard import actions, reach
from guildhall.guard.actions import overriding, reaching
from guildhall.guard.models import ReachCheck
from guildhall.people.access import requires
from guildhall.people.models import Account, Staff
from guildhall.ui import navigation

State = ReachCheck.State
STATES = {
    State.RUNNING: (gettext_lazy("being checked"), "blue"),
    State.PASSED: (gettext_lazy("passed"), "green"),
    State.REFUSED: (gettext_lazy("refused"), "red"),
    State.UNFINISHED: (gettext_lazy("not finished"), "amber"),
    State.VOID: (gettext_lazy("void"), ""),
}
_PAGE = 50
_EXCERPT = 220


@dataclass(frozen=True, slots=True)
class Punished:
    """A member whom the policy would have punished, with the hardest of it. `text` and `name` are None for
    whoever may not read messages or see members.
    """

    account_id: str
    member_id: str
    name: str | None
    message_id: str
    text: str | None
    space: str
    action: str | Promise
    score: int
    rules: tuple[str, ...]
    messages: int
    newly: bool
    confirmed: bool


@requires("policies.view")
@require_safe
def reach_page(request: HttpRequest, check_id: str) -> HttpResponse:
    """One check in full."""
    row = get_object_or_404(ReachCheck.objects.select_related("policy"), pk=check_id)
    me = known(request)
    everybody = overriding.whom(row)
    start = request.GET.get("from", "")
    begin = int(start) if start.isdigit() and len(start) < 6 else 0
    space = Space.objects.filter(pk=row.intent["space"]).first() if row.intent.get("space") else None
    context = {
        **shown_check(row),
        "policy": row.policy,
        "space": space,
        "by": actor_names([row.started_by])[row.started_by],
        "whom": punished(everybody[begin : begin + _PAGE], me),
        "all": len(everybody),
        "next": f"?from={begin + _PAGE}" if len(everybody) > begin + _PAGE else "",
        "back": f"?from={max(0, begin - _PAGE)}" if begin else "",
        "may_propose": me.may("policies.propose"),
        "may_see": me.may("messages.view"),
    }
    return render(request, "console/house/reach.html", context)


@requires("policies.propose")
@require_POST
def reach_override(request: HttpRequest, check_id: str) -> HttpResponse:
    """Ask a second person to let the policy come into force all the same."""
    row = get_object_or_404(ReachCheck, pk=check_id)
    made: list[approvals.Proposal] = []
    me, reason = known(request), request.POST.get("reason", "")
    back = reverse("console:reach", args=[row.pk])
    answer = carry_out(
        request,
        lambda: made.append(actions.propose_override(row.pk, me.actor, reason)),
        _("Somebody else must approve it now."),
        back,
    )
    return SeeOther(reverse("console:approval", args=[made[0].pk])) if made else answer


def put_forward(
    request: HttpRequest, deed: Callable[[], actions.Proposed], said: object, back: str, *, stay: bool = False
) -> HttpResponse:
    """Put a policy forward: say that it is in force, or lead to what holds it up (the approval it waits for,
    unless the page wants to `stay`; the check that still runs or refuses it).
    """
    outcome: list[actions.Proposed] = []
    try:
        outcome.append(deed())
    except GuildhallError as error:
        messages.error(request, str(error.text))
        return SeeOther(back)
    navigation.forget_badges()
    held = outcome[0]
    if held.in_force:
        messages.success(request, str(said))
        return SeeOther(back)
    if held.proposal_id:
        messages.info(request, _("It punishes more than before, so it waits for somebody else's approval."))
        return SeeOther(back if stay else reverse("console:approval", args=[held.proposal_id]))
    if held.is_refused:
        messages.warning(request, _("Nothing was changed: it would have punished too many members."))
    else:
        messages.info(request, _("Whom it would have punished is being checked first."))
    may_look = known(request).may("policies.view")
    return SeeOther(reverse("console:reach", args=[held.check_id]) if may_look else back)


def shown_check(row: ReachCheck) -> dict[str, Any]:
    """A check for any page: its state, its figures, and the request to override it if one waits."""
    label, colour = STATES[State(row.state)]
    figures = reaching.figures(row)
    waiting = approvals.Proposal.objects.filter(pk=row.proposal_id).first() if row.proposal_id else None
    return {
        "check": row,
        "label": label,
        "colour": colour,
        "figures": figures,
        "share": f"{figures['punished'] / figures['active'] * 100:.1f} %" if figures["active"] else "—",
        "limit": f"{reach.SHARE * 100:g} %",
        "why": Text.from_json(row.why) if row.why else None,
        "is_running": row.state == State.RUNNING,
        "is_refused": row.state in (State.REFUSED, State.UNFINISHED),
        "percent": 100 if not row.total else min(100, row.seen * 100 // row.total),
        "override": waiting if waiting is not None and waiting.state in approvals.OPEN else None,
    }


def latest_check(policy_id: str, sha256: str) -> ReachCheck | None:
    """The last check of a policy's source, whatever became of it."""
    rows = ReachCheck.objects.select_related("policy").filter(policy_id=policy_id, sha256=sha256)
    return rows.exclude(state=State.VOID).order_by("-id").first()


def punished(members: Sequence[dict[str, Any]], reader: Staff) -> list[Punished]:
    """Members as a page shows them to a reader."""
    written = {
        row.pk: row
        for row in Message.objects.select_related("space").filter(pk__in=[one["message"] for one in members])
    }
    accounts = {row.pk: row for row in Account.objects.filter(pk__in=[one["account"] for one in members])}
    may_read, may_know = reader.may("messages.view"), reader.may("members.view")
    out = []
    for one in members:
        message, account = written.get(one["message"]), accounts.get(one["account"])
        text = message.text if message is not None else ""
        out.append(
            Punished(
                one["account"],
                account.member_id if account is not None and may_know else "",
                (account.display_name or account.username) if account is not None and may_know else None,
                one["message"],
                (text[:_EXCERPT] + ("…" if len(text) > _EXCERPT else "")) if may_read else None,
                message.space.name if message is not None else "",
                MEASURES.get(one["action"], one["action"]),
                one["score"],
                tuple(one["rules"]),
                one["messages"],
                one["newly"],
                one["confirmed"],
            )
        )
    return out
