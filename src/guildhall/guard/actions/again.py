"""Judges stored messages again when more is known of them than when they came: what stood on their pictures.

Only a harder verdict than the last one changes anything, and nothing that a person has decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import orjson

from guildhall.channels.models import Message
from guildhall.core import audit, clock
from guildhall.guard import history, policies
from guildhall.guard.actions.recording import ACTOR, Judged, dump_actions, priority_of, record_verdicts
from guildhall.guard.enforcement import Order, carry_out
from guildhall.guard.judge import judge
from guildhall.guard.models import Case, VerdictRecord
from guildhall.guard.types import SEVERITY, Measure, Mode

_MOST = 200


def judge_again(message_ids: Sequence[str], *, only_ask: bool = False) -> int:
    """Judge messages again in the caller's transaction; returns how many got a harder verdict.

    only_ask: whatever is found is put before a moderator, and nothing is done by itself.
    """
    rows = list(
        Message.objects.select_related("account", "space")
        .filter(pk__in=message_ids[:_MOST], removed_at__isnull=True, direction=Message.Direction.IN)
        .order_by("id")
    )
    last = _last_verdicts([row.id for row in rows])
    cases = {
        case.message_id: case
        for case in Case.objects.select_for_update().filter(
            message_id__in=[row.id for row in rows], kind=Case.Kind.VERDICT
        ).order_by("id")
    }  # fmt: skip
    fresh: list[Judged] = []
    changed = 0
    now = clock.now()
    for row, stored in zip(rows, history.stored(rows), strict=True):
        if row.space.kind == "private":
            continue
        policy = policies.active_for(row.space_id)
        if only_ask:
            policy = replace(policy, mode=Mode.REVIEW)
        verdict = judge(stored.subject, stored.context, policy)
        before = last.get(row.id, Measure.ALLOW)
        if SEVERITY[verdict.action] <= SEVERITY[before]:
            continue
        judged = Judged(row.id, row.version, row.space_id, row.account_id, verdict, now)
        case = cases.get(row.id)
        if case is None or case.message_version != row.version:
            fresh.append(judged)
            changed += 1
        elif case.state == Case.State.OPEN and not case.enacted:
            _escalate(case, judged)
            changed += 1
    record_verdicts(fresh)
    return changed


def _escalate(case: Case, judged: Judged) -> None:
    """An open case nothing was done about yet takes on the harder verdict."""
    verdict = judged.verdict
    record = VerdictRecord.objects.create(
        message_id=judged.message_id,
        message_version=judged.message_version,
        space_id=judged.space_id,
        account_id=judged.account_id,
        policy_slug=verdict.policy,
        policy_version=verdict.policy_version,
        mode=verdict.mode.value,
        score=verdict.score,
        action=verdict.action.value,
        reasons=orjson.loads(
            orjson.dumps(
                [
                    {"rule": r.rule_id, "weight": r.weight, "spans": r.spans, "params": dict(r.params)}
                    for r in verdict.reasons
                ]
            )
        ),
        at=judged.at,
    )
    enacted = list(verdict.actions) if verdict.mode is Mode.ACT else []
    manual = {}
    if enacted:
        order = Order(
            case.id,
            judged.space_id,
            judged.message_id,
            judged.account_id,
            tuple(enacted),
            verdict.reasons,
            judged.at,
        )
        manual = carry_out([order], actor=ACTOR)
    case.verdict, case.score, case.action = record, verdict.score, verdict.action.value
    case.mode, case.enacted = verdict.mode.value, dump_actions(enacted)
    case.priority, case.manual_step = priority_of(verdict), manual.get(case.id, {})
    case.save(update_fields=["verdict", "score", "action", "mode", "enacted", "priority", "manual_step"])
    audit.record(
        ACTOR,
        f"verdict.{verdict.action.value}",
        f"message:{judged.message_id}",
        {"case": case.id, "score": verdict.score, "again": True},
    )


def _last_verdicts(message_ids: Sequence[str]) -> dict[str, Measure]:
    rows = VerdictRecord.objects.filter(message_id__in=message_ids).order_by("id")
    return {message_id: Measure(action) for message_id, action in rows.values_list("message_id", "action")}
