"""Versions of deals: written, changed while nobody approved them, put before a second pair of eyes, in force.

Terms that were approved are never changed; a new version cuts the ones before it short. An edit of what waits
voids its approvals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from guildhall.core import approvals, audit, clock
from guildhall.core.approvals import Proposal
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.ids import is_id
from guildhall.core.text import Text
from guildhall.partners import deals
from guildhall.partners.actions.partners import locked
from guildhall.partners.models import DealVersion, Partner

State = DealVersion.State
_OPEN = (State.DRAFT, State.PROPOSED)
_CHANGED = Text(
    "Somebody changed it after you read it. Look again before you save.",
    "您阅读之后内容已被修改，请核对后再保存。",
)


def save_draft(
    partner_id: str,
    terms: Mapping[str, Any],
    *,
    by: str,
    note: str = "",
    version: int | None = None,
    read: int | None = None,
) -> DealVersion:
    """Write a new version (`version` None) or change one that nobody approved yet.

    `read`: the `edits` of the draft as it was read. A version that waits for approval loses its approvals.
    Raises NotFound, BadInput naming the term, Conflict when it was changed meanwhile or is in force.
    """
    with transaction.atomic():
        partner = locked(partner_id)
        if version is None:
            one = DealVersion(partner=partner, version=_next(partner), created_by=by)
        else:
            one = _held(partner_id, version)
            if one.state not in _OPEN:
                raise Conflict(
                    Text("It was decided already; write a new version.", "该版本已有结论，请另写新版本。"),
                    code="decided",
                )
            if read is not None and read != one.edits:
                raise Conflict(_CHANGED, code="changed")
            one.edits += 1
        one.terms = deals.checked(terms, partner.pk, one.version)
        _check_parent(partner, one.terms)
        one.valid_from = deals.time_of(one.terms["valid_from"])
        one.valid_to = deals.time_of(one.terms["valid_to"])
        one.note = note[:4_000]
        one.save()
        audit.record(
            by, "deal.written", f"partner:{partner.pk}", {"version": one.version, "edits": one.edits}
        )
        if one.state == State.PROPOSED:
            approvals.edit(one.proposal, payload(one), by)
    return one


def propose_deal(partner_id: str, version: int, *, by: str) -> Proposal:
    """Put a draft before somebody else. Raises NotFound, Conflict when it was decided already."""
    with transaction.atomic():
        locked(partner_id)
        one = _held(partner_id, version)
        if one.state not in _OPEN:
            raise Conflict(Text("It was decided already.", "该版本已有结论。"), code="decided")
        if one.state == State.PROPOSED:
            return Proposal.objects.get(pk=one.proposal)
        _cuts(one)
        proposal = approvals.propose(deals.APPROVAL, f"partner:{partner_id}", payload(one), by)
        one.state, one.proposal = State.PROPOSED, proposal.pk
        one.save(update_fields=["state", "proposal"])
        audit.record(by, "deal.proposed", f"partner:{partner_id}", {"version": version})
    return proposal


def withdraw_deal(partner_id: str, version: int, *, by: str) -> DealVersion:
    """Take one's proposal back: it is a draft again. Raises NotFound, Conflict, NotAllowed."""
    with transaction.atomic():
        locked(partner_id)
        one = _held(partner_id, version)
        if one.state != State.PROPOSED:
            raise Conflict(Text("It does not wait for approval.", "该版本并未处于待审批状态。"))
        waiting = Proposal.objects.filter(pk=one.proposal, state__in=approvals.OPEN).exists()
        if waiting:
            approvals.withdraw(one.proposal, by)
        return _draft_again(one, by)


def discard_draft(partner_id: str, version: int, *, by: str) -> DealVersion:
    """Put a draft away. Raises NotFound, Conflict when it is no draft."""
    with transaction.atomic():
        locked(partner_id)
        one = _held(partner_id, version)
        if one.state != State.DRAFT:
            raise Conflict(Text("Only a draft can be put away.", "仅草稿可以作废。"))
        one.state = State.DISCARDED
        one.save(update_fields=["state"])
        audit.record(by, "deal.discarded", f"partner:{partner_id}", {"version": version})
    return one


def put_in_force(proposal: Proposal) -> DealVersion:
    """Carry an approved version out: it holds from its beginning on, the ones before it are cut short."""
    said = proposal.payload
    with transaction.atomic():
        locked(said["partner"])
        one = _held(said["partner"], int(said["version"]))
        if one.state != State.PROPOSED or one.proposal != proposal.pk or one.terms != said["terms"]:
            raise Conflict(
                Text(
                    "The deal is not what was approved. Propose it again.",
                    "合作条款内容与所批准的不一致，请重新提交。",
                ),
                code="content_changed",
            )
        _check_parent(one.partner, one.terms)
        # What was approved counts, not what the columns beside it say.
        one.valid_from = deals.time_of(one.terms["valid_from"])
        one.valid_to = deals.time_of(one.terms["valid_to"])
        for found in _cuts(one):
            standing = DealVersion.objects.get(partner=one.partner_id, version=found.version)
            if found.span is None:
                standing.state = State.SUPERSEDED
            else:
                standing.valid_from, standing.valid_to = found.span.valid_from, found.span.valid_to
            standing.save(update_fields=["state", "valid_from", "valid_to"])
        one.state, one.approved_by, one.approved_at = State.IN_FORCE, proposal.decided_by, clock.now()
        one.save(update_fields=["state", "approved_by", "approved_at", "valid_from", "valid_to"])
        audit.record(
            proposal.decided_by,
            "deal.in_force",
            f"partner:{one.partner_id}",
            {"version": one.version, "valid_from": one.terms["valid_from"]},
        )
    return one


def hear_of_decisions() -> int:
    """Drafts whose proposal was rejected, withdrawn or left to expire are drafts again; returns how many."""
    closed = [Proposal.State.REJECTED, Proposal.State.WITHDRAWN, Proposal.State.EXPIRED]
    waiting = DealVersion.objects.filter(state=State.PROPOSED)
    over = set(
        Proposal.objects.filter(pk__in=list(waiting.values_list("proposal", flat=True)), state__in=closed)
        .values_list("pk", flat=True)
        .iterator()
    )
    count = 0
    for found in waiting.filter(proposal__in=over):
        with transaction.atomic():
            locked(found.partner_id)
            one = _held(found.partner_id, found.version)
            if one.state == State.PROPOSED and one.proposal in over:
                _draft_again(one, "system:partners")
                count += 1
    return count


def payload(one: DealVersion) -> dict[str, Any]:
    """What is proposed: the terms whole, and beside them what holds at the time they begin."""
    assert one.valid_from is not None
    before = in_force(one.partner_id).filter(valid_from__lte=one.valid_from).order_by("-valid_from").first()
    return {
        "partner": one.partner_id,
        "partner_name": one.partner.name,
        "version": one.version,
        "terms": one.terms,
        "note": one.note,
        "before": before.terms if before else None,
        "retroactive": one.valid_from < clock.now(),
    }


def describe(said: dict[str, Any]) -> Text:
    """A proposal in one sentence."""
    name, version, begins = said["partner_name"], said["version"], str(said["terms"]["valid_from"])[:10]
    en, zh = (" (back in time)", "（追溯生效）") if said["retroactive"] else ("", "")
    return Text(
        f"Deal of {name}, version {version}, from {begins} on{en}",
        f"{name} 的合作条款第 {version} 版，自 {begins} 起生效{zh}",
    )


def in_force(partner_id: str) -> Any:
    """The versions in force of a partner, whenever they hold."""
    return DealVersion.objects.filter(partner=partner_id, state=State.IN_FORCE)


def _cuts(one: DealVersion) -> list[deals.Cut]:
    assert one.valid_from is not None
    standing = [
        deals.Span(other.version, other.valid_from, other.valid_to)
        for other in in_force(one.partner_id)
        if other.valid_from is not None
    ]
    return deals.cut(standing, deals.Span(one.version, one.valid_from, one.valid_to))


def _check_parent(partner: Partner, terms: Mapping[str, Any]) -> None:
    override = terms.get("override")
    if not override:
        return
    parent = str(override["parent"])
    if not is_id(parent) or not Partner.objects.filter(pk=parent).exists():
        raise BadInput(Text("There is no such partner.", "没有此合作伙伴。"), field="override.parent")
    others = DealVersion.objects.filter(state=State.IN_FORCE).exclude(partner=partner)
    parents: dict[str, set[str]] = {}
    for other in others:
        if other.terms.get("override"):
            parents.setdefault(other.partner_id, set()).add(str(other.terms["override"]["parent"]))
    if deals.parents_lead_to(partner.pk, parent, parents):
        raise BadInput(
            Text(
                "Overrides would run in a circle: that partner already earns under this one.",
                "上级分佣会形成循环：对方已在此合作伙伴名下。",
            ),
            field="override.parent",
            code="cycle",
        )


def _next(partner: Partner) -> int:
    latest = partner.deals.order_by("-version").values_list("version", flat=True).first()
    return (latest or 0) + 1


def _held(partner_id: str, version: int) -> DealVersion:
    found = (
        DealVersion.objects.select_for_update(of=("self",))
        .select_related("partner")
        .filter(partner=partner_id, version=version)
        .first()
    )
    if found is None:
        raise NotFound(Text("There is no such version of the deal.", "没有此合作条款版本。"))
    return found


def _draft_again(one: DealVersion, by: str) -> DealVersion:
    one.state, one.proposal = State.DRAFT, ""
    one.save(update_fields=["state", "proposal"])
    audit.record(by, "deal.returned", f"partner:{one.partner_id}", {"version": one.version})
    return one
