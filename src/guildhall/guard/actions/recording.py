"""Records what the guard said about a batch of messages, inside intake's transaction.

Writes every verdict, a case for each that is not *allow* and for the daily sample, the strikes, and the
effects of what is to be done; the sender of a removed message loses it from sight in the same commit. What is
drawn for the day's sample, and the counts behind the figures, are kept by `counting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from guildhall.core import audit, bulk
from guildhall.core.ids import new_id
from guildhall.effects import webhooks
from guildhall.guard.actions import counting
from guildhall.guard.enforcement import Order, carry_out
from guildhall.guard.models import Case, VerdictRecord
from guildhall.guard.types import SEVERITY, Action, Measure, Mode, Reason, Verdict

ACTOR = "system:guard"
SAMPLE_PRIORITY = 5

_VERDICT_COLUMNS = (
    "id", "message", "message_version", "space", "account", "policy_slug", "policy_version", "mode", "score",
    "action", "reasons", "at", "model",
)  # fmt: skip
_CASE_COLUMNS = (
    "id", "kind", "verdict", "message", "message_version", "space", "account", "state", "priority", "score",
    "action", "mode", "enacted", "manual_step", "opened_at", "opened_by", "statement", "reports",
    "decided_by", "note", "truth", "sample_share",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A message as stored and the verdict on it. Ids are ours; `at` is when it was judged (aware UTC)."""

    message_id: str
    message_version: int
    space_id: str
    account_id: str | None
    verdict: Verdict
    at: datetime


def record_verdicts(rows: Sequence[Judged]) -> int:
    """Record a batch in the caller's transaction; returns how many cases were opened.

    The messages must be stored already. Raises RuntimeError outside a transaction (through audit and
    effects).
    """
    if not rows:
        return 0
    verdict_rows = []
    case_rows = []
    entries = []
    orders = []
    drawn = counting.count_and_draw([(row.space_id, row.message_id, row.verdict, row.at) for row in rows])
    samples = []
    for row, share in zip(rows, drawn, strict=True):
        verdict = row.verdict
        verdict_id = new_id()
        verdict_rows.append(_verdict_row(verdict_id, row))
        if verdict.action is Measure.ALLOW:
            if share is not None:
                samples.append(_sample_row(verdict_id, row, share))
            continue
        case_id = new_id()
        enacted = list(verdict.actions) if verdict.mode is Mode.ACT else []
        if enacted:
            orders.append(
                Order(
                    case_id,
                    row.space_id,
                    row.message_id,
                    row.account_id,
                    tuple(enacted),
                    verdict.reasons,
                    row.at,
                )
            )
        case_rows.append((case_id, verdict_id, row, enacted, share))
        entries.append(_entry(case_id, row))
    bulk.insert(VerdictRecord, _VERDICT_COLUMNS, verdict_rows)
    manual = carry_out(orders, actor=ACTOR) if orders else {}
    written = bulk.insert(
        Case,
        _CASE_COLUMNS,
        [_case_row(*case, manual.get(case[0], {})) for case in case_rows],
        ignore_conflicts=True,
    )
    if samples:
        written += bulk.insert(Case, _CASE_COLUMNS, samples, ignore_conflicts=True)
    audit.record_many(entries)
    if case_rows:
        webhooks.announce(
            "cases.opened", {"cases": [case[0] for case in case_rows[:100]], "count": len(case_rows)}
        )
    return written


def dump_reasons(reasons: Iterable[Reason]) -> str:
    """Reasons as the JSON that verdict rows keep."""
    return orjson.dumps(
        [{"rule": r.rule_id, "weight": r.weight, "spans": r.spans, "params": dict(r.params)} for r in reasons]
    ).decode()


def dump_actions(actions: Iterable[Action]) -> list[dict[str, object]]:
    return [{"measure": action.measure.value, "duration_s": action.duration_s} for action in actions]


def priority_of(verdict: Verdict) -> int:
    """Doubtful cases first: what was merely put before a person waits for one; what was removed can wait a
    little.
    """
    if SEVERITY[verdict.action] >= SEVERITY[Measure.DELETE] and verdict.actions:
        return 20 + verdict.score // 50
    return 50 + verdict.score // 20


def _verdict_row(verdict_id: str, row: Judged) -> tuple[object, ...]:
    verdict = row.verdict
    return (
        verdict_id, row.message_id, row.message_version, row.space_id, row.account_id, verdict.policy,
        verdict.policy_version, verdict.mode.value, verdict.score, verdict.action.value,
        dump_reasons(verdict.reasons) if verdict.reasons else "[]", row.at, verdict.model[:60],
    )  # fmt: skip


def _case_row(
    case_id: str,
    verdict_id: str,
    row: Judged,
    enacted: list[Action],
    share: float | None,
    manual: dict[str, str],
) -> tuple[object, ...]:
    verdict = row.verdict
    return (
        case_id, Case.Kind.VERDICT.value, verdict_id, row.message_id, row.message_version, row.space_id,
        row.account_id,
        Case.State.OPEN.value, priority_of(verdict), verdict.score, verdict.action.value, verdict.mode.value,
        orjson.dumps(dump_actions(enacted)).decode(), orjson.dumps(manual).decode(), row.at, ACTOR, "", 0, "",
        "", "", share,
    )  # fmt: skip


def _entry(case_id: str, row: Judged) -> audit.Entry:
    verdict = row.verdict
    return audit.Entry(
        ACTOR,
        f"verdict.{verdict.action.value}",
        f"message:{row.message_id}",
        {
            "case": case_id,
            "score": verdict.score,
            "rules": [reason.rule_id for reason in verdict.reasons],
            "policy": f"{verdict.policy}@{verdict.policy_version}",
            "mode": verdict.mode.value,
            "done": [action.measure.value for action in verdict.actions],
        },
    )


def _sample_row(verdict_id: str, row: Judged, share: float) -> tuple[object, ...]:
    verdict = row.verdict
    return (
        new_id(), Case.Kind.SAMPLE.value, verdict_id, row.message_id, row.message_version, row.space_id,
        row.account_id, Case.State.OPEN.value, SAMPLE_PRIORITY, verdict.score, verdict.action.value,
        verdict.mode.value, "[]", "{}", row.at, ACTOR, "", 0, "", "", "", share,
    )  # fmt: skip
