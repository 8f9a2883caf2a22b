"""What follows a check of whom a policy would have punished: it comes into force when the check passes, and
needs two people when it does not.

Whoever wants a refused policy all the same says why; somebody else reads whom it would have punished and
approves exactly that. Both names, the reason and the figures stand in the audit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from guildhall.core import approvals, audit
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotFound
from guildhall.core.text import Text
from guildhall.effects.types import Claimed, Done
from guildhall.guard.actions import policies, reaching
from guildhall.guard.models import ReachCheck
from guildhall.guard.types import SEVERITY, Measure

APPROVAL = "guard.policy.override"
MOST_NAMED = 200
"""Members an approval names; the check itself keeps all of them."""
_LONGEST_REASON = 1_000
State = ReachCheck.State


def perform(effect: Claimed) -> Done | None:
    """Judge one chunk of a check; the next is queued with what this one found, and the last one goes on."""
    row = ReachCheck.objects.select_related("policy").filter(pk=effect.payload["check"]).first()
    if row is None or row.state != State.RUNNING or row.cursor != effect.payload["cursor"]:
        return None
    reaching.work_on(row)

    def record() -> None:
        if not ReachCheck.objects.filter(pk=row.pk, state=State.RUNNING).exists():
            return
        row.save()
        if row.state == State.RUNNING:
            reaching.queue(row)
            return
        reaching.note(row)
        if row.state == State.PASSED:
            _go_on(row)

    return Done({"seen": row.seen, "state": row.state}, record)


def propose_override(check_id: str, by: str, reason: str) -> approvals.Proposal:
    """Ask a second person to let a refused policy come into force all the same. Raises NotFound, BadInput
    without a reason, Conflict when it was not refused or has changed since.
    """
    reason = reason.replace("\x00", "").strip()[:_LONGEST_REASON]
    if not reason:
        raise BadInput(
            Text("Say why it shall come into force all the same.", "请说明为何仍要启用。"), field="reason"
        )
    with transaction.atomic():
        row = (
            ReachCheck.objects.select_for_update(of=("self",))
            .select_related("policy")
            .filter(pk=check_id)
            .first()
        )
        if row is None:
            raise NotFound(Text("There is no such check.", "不存在该检查。"))
        if row.state not in (State.REFUSED, State.UNFINISHED):
            raise Conflict(Text("This check refuses nothing.", "该检查并未拒绝任何内容。"))
        policies.still_wanted(row)
        proposal = approvals.propose(APPROVAL, f"policy:{row.policy.slug}", _payload(row, reason), by)
        row.proposal_id = str(proposal.id)
        row.save(update_fields=["proposal_id"])
        audit.record(
            by,
            "policy.override_asked",
            f"policy:{row.policy.slug}",
            {"check": row.id, "version": row.number, "reason": reason, **reaching.figures(row)},
        )
    return proposal


def carry_out_override(proposal: approvals.Proposal) -> None:
    """Put in force what was refused, in the approval's transaction. Raises Conflict if anything changed."""
    row = ReachCheck.objects.select_related("policy").filter(pk=str(proposal.payload["check"])).first()
    if row is None or row.state not in (State.REFUSED, State.UNFINISHED):
        raise Conflict(Text("The policy has changed since it was checked.", "该策略在检查后已被修改。"))
    by = proposal.decided_by
    policies.put_in_force(row, by)
    audit.record(
        by,
        "policy.overridden",
        f"policy:{row.policy.slug}",
        {
            "check": row.id,
            "version": row.number,
            "sha256": row.sha256,
            "proposed_by": proposal.proposed_by,
            "reason": proposal.payload["reason"],
            **reaching.figures(row),
        },
    )


def describe_override(payload: Mapping[str, Any]) -> Text:
    """A request to override, in one sentence."""
    slug, number, figures = payload["slug"], payload["number"], payload["figures"]
    punished, active = figures["punished"], figures["active"]
    return Text(
        f"Put policy {slug}, version {number}, in force although it would have punished {punished} of "
        f"{active} active members",
        f"启用策略 {slug} 的第 {number} 版（过去 7 天会处罚 {active} 名活跃成员中的 {punished} 名）",
    )


def _payload(row: ReachCheck, reason: str) -> dict[str, Any]:
    return {
        "check": row.id,
        "slug": row.policy.slug,
        "number": row.number,
        "sha256": row.sha256,
        "source": row.source_yaml,
        "intent": row.intent,
        "why": row.why,
        "figures": reaching.figures(row),
        "whom": whom(row)[:MOST_NAMED],
        "reason": reason,
    }


def whom(row: ReachCheck) -> list[dict[str, Any]]:
    """The members a policy would have punished: first those nobody called bad, then newly punished ones."""
    members = [{"account": account, **said} for account, said in row.result.get("members", {}).items()]
    return sorted(
        members,
        key=lambda one: (
            one["confirmed"],
            not one["newly"],
            -SEVERITY[Measure(one["action"])],
            -one["score"],
        ),
    )


def _go_on(row: ReachCheck) -> None:
    """Do what the check was made for, in its starter's name."""
    try:
        with transaction.atomic():
            if row.intent.get("space"):
                policies.assign_policy(str(row.intent["space"]), row.policy.slug, row.started_by)
            else:
                policies.propose_policy(str(row.intent["version"]), row.started_by)
    except GuildhallError as error:
        row.state, row.why = State.VOID, error.text.to_json()
        row.save(update_fields=["state", "why"])
