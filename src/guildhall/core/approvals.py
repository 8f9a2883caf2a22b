"""Four eyes: somebody proposes, somebody else approves exactly what they read, and only then is it carried
out.

An approval holds for the content hash it names; an edit makes another hash, so it voids every approval
before it. Rooms register what their kind of proposal does; it is carried out in the transaction of the
approval. Who may approve a kind is its `permission`, which the doors above check: this floor does not know
people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction

from guildhall.core import audit, clock
from guildhall.core.errors import BadInput, Conflict, GuildhallError, NotAllowed, NotFound
from guildhall.core.ids import is_id
from guildhall.core.models import Proposal, ProposalApproval
from guildhall.core.text import Text

__all__ = [
    "OPEN",
    "Kind",
    "Proposal",
    "approve",
    "content_hash",
    "describe",
    "edit",
    "expire_old",
    "find",
    "propose",
    "register",
    "registered",
    "reject",
    "withdraw",
]

LIVES = timedelta(days=14)
_LONGEST_REASON = 2_000
State = Proposal.State
OPEN = (State.PROPOSED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Kind:
    """What a kind of proposal does. `carry_out` runs inside the transaction of the approval that completes
    it; `describe` says a payload in one sentence; `permission` is asked of whoever decides; `eyes`: how
    many approvals.
    """

    name: str
    carry_out: Callable[[Proposal], object]
    permission: str
    describe: Callable[[dict[str, Any]], Text]
    lives: timedelta = LIVES
    eyes: int = 1


_kinds: dict[str, Kind] = {}


def register(
    kind: str,
    *,
    carry_out: Callable[[Proposal], object],
    permission: str,
    describe: Callable[[dict[str, Any]], Text],
    lives: timedelta = LIVES,
    eyes: int = 1,
) -> None:
    """Say what proposals of a kind do; the same kind again replaces it."""
    _kinds[kind] = Kind(kind, carry_out, permission, describe, lives, eyes)


def find(kind: str) -> Kind | None:
    """The kind of that name, or None when no room registered it in this process."""
    return _kinds.get(kind)


def registered() -> dict[str, Kind]:
    """All kinds by name."""
    return dict(sorted(_kinds.items()))


def describe(proposal: Proposal) -> Text:
    """A proposal in one sentence; its bare kind and subject when nobody can say it better."""
    kind = _kinds.get(proposal.kind)
    if kind is None:
        return Text(f"{proposal.kind} {proposal.subject}", f"{proposal.kind} {proposal.subject}")
    return kind.describe(dict(proposal.payload))


def content_hash(kind: str, subject: str, payload: Mapping[str, Any]) -> str:
    """What an approval holds for: SHA-256 of kind, subject and payload in canonical JSON, in hex."""
    return hashlib.sha256(
        orjson.dumps([kind, subject, dict(payload)], option=orjson.OPT_SORT_KEYS)
    ).hexdigest()


def propose(kind: str, subject: str, payload: Mapping[str, Any], by: str) -> Proposal:
    """Put something before a second pair of eyes. The same content proposed again while it waits is the
    same proposal.

    Raises BadInput for a kind nobody registered or a payload that is not JSON.
    """
    known = _kinds.get(kind)
    if known is None:
        raise BadInput(Text(f"Nobody can carry out “{kind}”.", f"没有可执行“{kind}”的模块。"), field="kind")
    fingerprint = _hash(kind, subject, payload)
    with transaction.atomic():
        waiting = Proposal.objects.filter(
            kind=kind, subject=subject, content_hash=fingerprint, state=State.PROPOSED, proposed_by=by
        ).first()
        if waiting is not None:
            return waiting
        now = clock.now()
        proposal = Proposal.objects.create(
            kind=kind,
            subject=subject,
            payload=dict(payload),
            content_hash=fingerprint,
            proposed_by=by,
            proposed_at=now,
            expires_at=now + known.lives,
        )
        said = {"kind": kind, "subject": subject, "content_hash": fingerprint}
        audit.record(by, "proposal.made", f"proposal:{proposal.id}", said)
    return proposal


def edit(proposal_id: str, payload: Mapping[str, Any], by: str) -> Proposal:
    """Change what is proposed: every approval given so far is void, and the editor counts as the proposer.

    Raises NotFound, Conflict when it was decided already, BadInput.
    """
    with transaction.atomic():
        proposal = _waiting(proposal_id)
        fingerprint = _hash(proposal.kind, proposal.subject, payload)
        if fingerprint == proposal.content_hash:
            return proposal
        voided = proposal.approvals.filter(voided_at=None).update(voided_at=clock.now())
        proposal.payload, proposal.content_hash, proposal.proposed_by = dict(payload), fingerprint, by
        proposal.state, proposal.reason, proposal.decided_by, proposal.decided_at = (
            State.PROPOSED,
            "",
            "",
            None,
        )
        proposal.save()
        said = {"content_hash": fingerprint, "voided": voided}
        audit.record(by, "proposal.edited", f"proposal:{proposal.id}", said)
    return proposal


def approve(proposal_id: str, by: str, content_hash: str) -> Proposal:
    """Say yes to exactly the content of that hash; with enough approvals it is carried out at once.

    Raises NotFound; NotAllowed for the proposer; Conflict when it was decided, has expired, or says something
    else than what was read. What `carry_out` raises is raised, and the proposal has failed: nothing of it
    was done, and another approval tries again.
    """
    try:
        with transaction.atomic():
            proposal = _waiting(proposal_id)
            _check(proposal, by, content_hash)
            ProposalApproval.objects.get_or_create(
                proposal=proposal,
                by=by,
                content_hash=content_hash,
                voided_at=None,
                defaults={"at": clock.now()},
            )
            audit.record(by, "proposal.approved", f"proposal:{proposal.id}", {"content_hash": content_hash})
            return _complete(proposal, by)
    except _CarryOutFailed as failed:
        _fail(proposal_id, by, failed.error)
        raise failed.error from failed


def reject(proposal_id: str, by: str, reason: str = "") -> Proposal:
    """Say no. Raises NotFound, Conflict when it was decided already; NotAllowed for the proposer (who
    withdraws).
    """
    with transaction.atomic():
        proposal = _waiting(proposal_id)
        if proposal.proposed_by == by:
            raise NotAllowed(_OWN, code="own_proposal")
        return _decide(proposal, State.REJECTED, by, reason)


def withdraw(proposal_id: str, by: str, reason: str = "") -> Proposal:
    """Take one's own proposal back. Raises NotFound, Conflict when it was decided already, NotAllowed for
    anybody but the proposer.
    """
    with transaction.atomic():
        proposal = _waiting(proposal_id)
        if proposal.proposed_by != by:
            raise NotAllowed(_NOT_OWN, code="not_own_proposal")
        return _decide(proposal, State.WITHDRAWN, by, reason)


def expire_old() -> int:
    """Close proposals nobody decided in time; returns how many."""
    now = clock.now()
    if not Proposal.objects.filter(state__in=OPEN, expires_at__lte=now).exists():
        return 0
    with transaction.atomic():
        late = Proposal.objects.select_for_update().filter(state__in=OPEN, expires_at__lte=now)
        for proposal in late:
            _decide(proposal, State.EXPIRED, "system:core", "")
        return len(late)


_OWN = Text("Somebody else must decide on what you proposed.", "您提交的内容须由他人审批。")
_NOT_OWN = Text("Only the proposer can withdraw it.", "只有提交人可以撤回。")


class _CarryOutFailed(Exception):
    """Undoes the approval's transaction, so that the failure can be noted in another one."""

    def __init__(self, error: GuildhallError) -> None:
        super().__init__(str(error))
        self.error = error


def _hash(kind: str, subject: str, payload: Mapping[str, Any]) -> str:
    try:
        return content_hash(kind, subject, payload)
    except (TypeError, ValueError) as error:
        raise BadInput(
            Text(f"The proposal is not JSON: {error}", f"申请内容不是合法的 JSON：{error}"), field="payload"
        ) from error


def _waiting(proposal_id: str) -> Proposal:
    rows = Proposal.objects.select_for_update().filter(pk=proposal_id) if is_id(proposal_id) else None
    proposal = rows.first() if rows is not None else None
    if proposal is None:
        raise NotFound(Text("There is no such proposal.", "没有此申请。"))
    if proposal.state not in OPEN:
        raise Conflict(Text("This was decided already.", "该申请已有结论。"), code="decided")
    return proposal


def _check(proposal: Proposal, by: str, read_hash: str) -> None:
    if proposal.proposed_by == by:
        raise NotAllowed(_OWN, code="own_proposal")
    if proposal.kind not in _kinds:
        raise Conflict(
            Text(f"Nobody can carry out “{proposal.kind}”.", f"没有可执行“{proposal.kind}”的模块。")
        )
    if proposal.expires_at is not None and proposal.expires_at <= clock.now():
        raise Conflict(
            Text("Nobody decided in time; propose it again.", "已超过审批期限，请重新提交。"), code="expired"
        )
    stored = content_hash(proposal.kind, proposal.subject, proposal.payload)
    # The stored content is looked at again: a hash alone would not notice a row changed behind our back.
    if not read_hash == proposal.content_hash == stored:
        raise Conflict(
            Text(
                "It was changed after you read it. Read it again before you approve.",
                "您阅读之后内容已被修改，请重新阅读后再批准。",
            ),
            code="content_changed",
        )


def _complete(proposal: Proposal, by: str) -> Proposal:
    kind = _kinds[proposal.kind]
    valid = proposal.approvals.filter(voided_at=None, content_hash=proposal.content_hash)
    if valid.values("by").distinct().count() < kind.eyes:
        return proposal
    proposal.decided_by = by
    decided = _decide(proposal, State.CARRIED_OUT, by, "")
    try:
        kind.carry_out(decided)
    except GuildhallError as error:
        raise _CarryOutFailed(error) from error
    return decided


def _fail(proposal_id: str, by: str, error: GuildhallError) -> None:
    with transaction.atomic():
        _decide(_waiting(proposal_id), State.FAILED, by, error.text.en)


def _decide(proposal: Proposal, state: Proposal.State, by: str, reason: str) -> Proposal:
    proposal.state, proposal.decided_by, proposal.decided_at = state, by, clock.now()
    proposal.reason = reason.replace("\x00", "")[:_LONGEST_REASON]
    proposal.save(update_fields=["state", "decided_by", "decided_at", "reason"])
    said = {"kind": proposal.kind, "subject": proposal.subject, "reason": bool(reason)}
    audit.record(by, f"proposal.{state.value}", f"proposal:{proposal.id}", said)
    return proposal
