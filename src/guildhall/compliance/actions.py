"""The only writers of compliance: keep the rules that were in use, let two people make an exception or
confirm a rule.

An exception and a confirmation are proposals; they come to be only when somebody other than the proposer
approves. Taking an exception back tightens, so one person may do it at once.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from guildhall.compliance.acts import LABELS, parse_act
from guildhall.compliance.gate import books
from guildhall.compliance.models import Override, RuleReview, RuleSet
from guildhall.compliance.regions import EVERYWHERE, lineage, name, parse_region
from guildhall.core import approvals, audit, clock
from guildhall.core.clearance import content_hash
from guildhall.core.errors import BadInput, Conflict, NotFound
from guildhall.core.text import Text

OVERRIDE = "compliance.override"
REVIEW = "compliance.review"
LONGEST_OVERRIDE = timedelta(days=180)
LONGEST_REVIEW = timedelta(days=400)


def pin_rules() -> bool:
    """Keep the rules in use word for word; False when this version is kept already."""
    current = books()
    with transaction.atomic():
        _row, created = RuleSet.objects.get_or_create(
            version=current.rulebook.version,
            defaults={
                "claims_version": str(current.claims.version),
                "rules_yaml": current.rules_yaml,
                "claims_yaml": current.claims_yaml,
            },
        )
        if created:
            audit.record("system:compliance", "compliance.rules_pinned", f"rules:{current.rulebook.version}")
    return created


def propose_override(
    region: str, act: str, *, until: datetime, reason: str, by: str, rule_id: str = "", content: str = ""
) -> approvals.Proposal:
    """Ask for an exception for one rule or one exact text until `until` (aware, at most 180 days away).

    Raises BadInput by field: region, act, until, reason, rule_id, content.
    """
    payload = {
        "region": _region(region),
        "act": _act(act),
        "rule_id": rule_id.strip(),
        "content": content,
        "content_hash": content_hash(content) if content else "",
        "until": until.isoformat(),
        "reason": reason.strip(),
    }
    _check_override(payload, until)
    subject = f"rule:{rule_id.strip()}" if rule_id else f"content:{payload['content_hash'][:16]}"
    return approvals.propose(OVERRIDE, subject, payload, by)


def propose_review(rule_id: str, *, review_by: date, note: str, by: str) -> approvals.Proposal:
    """Say that a rule was read again and stands through `review_by` (at most 400 days away).

    Raises BadInput by field: review_by, note; NotFound for a rule that is not in use.
    """
    rule = books().rulebook.rule(rule_id)
    if rule is None:
        raise NotFound(Text(f"There is no rule {rule_id}.", f"没有规则 {rule_id}。"))
    today = clock.now().date()
    if not today < review_by <= today + LONGEST_REVIEW:
        raise BadInput(
            Text("The next review lies within 400 days from now.", "下次复核须在 400 天之内。"),
            field="review_by",
        )
    if not note.strip():
        raise BadInput(
            Text("Say what was read, and where.", "请写明查阅了什么资料、出处何在。"), field="note"
        )
    payload = {
        "rule_id": rule.id,
        "rule_version": rule.version,
        "review_by": review_by.isoformat(),
        "note": note.strip(),
    }
    return approvals.propose(REVIEW, f"rule:{rule.id}", payload, by)


def revoke_override(override_id: str, by: str) -> None:
    """Take an exception back, at once. Raises NotFound; Conflict when it has ended already."""
    now = clock.now()
    with transaction.atomic():
        row = Override.objects.select_for_update().filter(pk=override_id).first()
        if row is None:
            raise NotFound(Text("There is no such exception.", "没有此例外。"))
        if row.revoked_at is not None or row.until <= now:
            raise Conflict(Text("This exception has ended already.", "该例外已经结束。"))
        Override.objects.filter(pk=override_id).update(revoked_at=now, revoked_by=by)
        audit.record(by, "compliance.override_revoked", f"override:{override_id}")


def register_approvals() -> None:
    """Tell core how exceptions and confirmations are described and carried out."""
    approvals.register(
        OVERRIDE, carry_out=_carry_out_override, permission="approvals.decide", describe=describe_override
    )
    approvals.register(
        REVIEW, carry_out=_carry_out_review, permission="approvals.decide", describe=describe_review
    )


def describe_override(payload: dict[str, Any]) -> Text:
    """An exception in one sentence."""
    act, place = LABELS[parse_act(payload["act"])], name(payload["region"])
    until = payload["until"][:10]
    if payload["rule_id"]:
        return Text(
            f"Exception from {payload['rule_id']} for “{act.en}” in {place.en} until {until}",
            f"例外：规则 {payload['rule_id']}，{place.zh}，“{act.zh}”，有效期至 {until}",
        )
    return Text(
        f"Exception for one exact text as “{act.en}” in {place.en} until {until}",
        f"例外：指定文本，{place.zh}，“{act.zh}”，有效期至 {until}",
    )


def describe_review(payload: dict[str, Any]) -> Text:
    """A confirmation in one sentence."""
    rule_id, version, day = payload["rule_id"], payload["rule_version"], payload["review_by"]
    return Text(
        f"Rule {rule_id} (v{version}) was read again; next review by {day}",
        f"规则 {rule_id}（第 {version} 版）已复核；下次复核期限 {day}",
    )


def _carry_out_override(proposal: approvals.Proposal) -> None:
    payload = proposal.payload
    until = datetime.fromisoformat(payload["until"])
    _check_override(payload, until)
    row = Override.objects.create(
        region=payload["region"],
        act=payload["act"],
        rule_id=payload["rule_id"],
        content_hash=payload["content_hash"],
        reason=payload["reason"],
        until=until,
        proposal_id=proposal.id,
        proposed_by=proposal.proposed_by,
        approved_by=proposal.decided_by,
    )
    said = {key: payload[key] for key in ("region", "act", "rule_id", "content_hash", "until")}
    audit.record(proposal.decided_by, "compliance.override_made", f"override:{row.id}", said)


def _carry_out_review(proposal: approvals.Proposal) -> None:
    payload = proposal.payload
    row = RuleReview.objects.create(
        rule_id=payload["rule_id"],
        rule_version=payload["rule_version"],
        review_by=date.fromisoformat(payload["review_by"]),
        note=payload["note"],
        proposal_id=proposal.id,
        proposed_by=proposal.proposed_by,
        approved_by=proposal.decided_by,
    )
    said = {key: payload[key] for key in ("rule_id", "rule_version", "review_by")}
    audit.record(proposal.decided_by, "compliance.rule_confirmed", f"review:{row.id}", said)


def _check_override(payload: dict[str, Any], until: datetime) -> None:
    now = clock.now()
    if until.tzinfo is None or not now < until <= now + LONGEST_OVERRIDE:
        raise BadInput(
            Text("An exception ends within 180 days from now.", "例外的有效期须在 180 天之内。"),
            field="until",
        )
    if not payload["reason"]:
        raise BadInput(Text("Say why this may pass.", "请写明放行的理由。"), field="reason")
    if bool(payload["rule_id"]) == bool(payload["content"]):
        raise BadInput(
            Text(
                "Name one rule or give one exact text, not both.", "请指定一条规则或一段确切文本，二者择一。"
            ),
            field="rule_id",
        )
    if payload["rule_id"]:
        _check_rule(payload)


def _check_rule(payload: dict[str, Any]) -> None:
    rule = books().rulebook.rule(payload["rule_id"])
    if rule is None:
        raise BadInput(
            Text(f"There is no rule {payload['rule_id']}.", f"没有规则 {payload['rule_id']}。"),
            field="rule_id",
        )
    if not rule.overridable:
        raise BadInput(
            Text(f"{rule.id} knows no exception.", f"规则 {rule.id} 不允许例外。"), field="rule_id"
        )
    if payload["act"] not in rule.acts or not rule.regions & lineage(payload["region"]):
        raise BadInput(
            Text(
                f"{rule.id} says nothing about this act in this region.",
                f"规则 {rule.id} 不涉及该地区的此行为。",
            ),
            field="rule_id",
        )


def _region(region: str) -> str:
    try:
        code = parse_region(region)
    except ValueError as error:
        raise BadInput(str(error), field="region") from error
    if code == EVERYWHERE:
        raise BadInput(Text("Name one region.", "请指定一个地区。"), field="region")
    return code


def _act(act: str) -> str:
    try:
        return parse_act(act).value
    except ValueError as error:
        raise BadInput(str(error), field="act") from error
