"""The trial after the gate: begun, counted, ended; what breaks its limits is taken down with a friendly word
or put before a person. No strike is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.db.models import F

from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core import audit, clock
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.guard import gates_in_force, notices, pauses
from guildhall.guard.gates import trial, words
from guildhall.guard.gates.settings import Breach, Settings
from guildhall.guard.gates.trial import Limit, Posted
from guildhall.guard.models import GateAttempt, Probation
from guildhall.guard.rules import gate as gate_rules
from guildhall.guard.types import Measure, Reason, Verdict

ACTOR = "system:gate"
TOLD_EVERY_S = 60.0
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Kept:
    """A recorded message of somebody on trial, with what the guard said of it."""

    message_id: str
    space: Space
    account_id: str
    posted: Posted
    verdict: Verdict
    is_edit: bool = False


def begin(attempt: GateAttempt, settings: Settings) -> Text | None:
    """Put somebody who passed on trial; the sentence that tells them, None when there is no trial."""
    if not settings.has_trial:
        return None
    now = clock.now()
    Probation.objects.filter(
        space_id=attempt.space_id, account_id=attempt.account_id, ended_at__isnull=True
    ).update(ended_at=now, ended_by=ACTOR)
    Probation.objects.create(
        id=new_id(),
        space_id=attempt.space_id,
        account_id=attempt.account_id,
        attempt=attempt,
        clean_left=settings.trial_messages or None,
        until=now + timedelta(hours=settings.trial_hours) if settings.trial_hours else None,
        started_at=now,
    )
    limits = _limits(settings)
    if not limits:
        return None
    named = trial.named(limits)
    ends = words.trial_ends(settings.trial_messages, settings.trial_hours)
    return Text(
        words.PASSED_TRIAL.en.format(limits=named.en, ends=ends.en),
        words.PASSED_TRIAL.zh.format(limits=named.zh, ends=ends.zh),
    )


def running(pairs: Collection[Pair]) -> dict[Pair, Probation]:
    """Trials that run now for these (space, account); those whose time is up are ended on the way."""
    if not pairs:
        return {}
    rows = Probation.objects.filter(
        space_id__in={space for space, _ in pairs},
        account_id__in={account for _, account in pairs},
        ended_at__isnull=True,
    )
    now, out = clock.now(), {}
    for row in rows:
        pair = row.space_id, row.account_id
        if pair not in pairs:
            continue
        if trial.is_over(trial.Trial(row.clean_left, row.until), now):
            _end(row, ACTOR)
        else:
            out[pair] = row
    return out


def for_review(verdict: Verdict, posted: Posted, space_id: str) -> Verdict:
    """The verdict on a message of somebody on trial where the gate puts what breaks its limits before a
    person; one that does more already stays as it is.
    """
    gate = gates_in_force.gate_of(space_id)
    if gate is None or gate.settings.breach is not Breach.REVIEW or verdict.action is not Measure.ALLOW:
        return verdict
    limits = trial.broken(posted, gate.settings)
    if not limits:
        return verdict
    named = trial.named(limits)
    found = Reason(
        gate_rules.ON_TRIAL.id, gate_rules.ON_TRIAL.weight, params={"en": named.en, "zh": named.zh}
    )
    return replace(
        verdict,
        action=Measure.REVIEW,
        score=max(verdict.score, gate_rules.ON_TRIAL.weight),
        reasons=(found, *verdict.reasons),
    )


def count(kept: Sequence[Kept], trials: dict[Pair, Probation]) -> list[str]:
    """Count what people on trial posted: clean messages bring the end nearer, what breaks the limits is
    taken down where the gate says so. Returns the messages taken down. Joins the caller's transaction.
    """
    gone: list[str] = []
    for one in kept:
        row = trials.get((one.space.pk, one.account_id))
        gate = gates_in_force.gate_of(one.space.pk)
        if row is None or gate is None or row.ended_at is not None:
            continue
        limits = trial.broken(one.posted, gate.settings)
        if limits:
            Probation.objects.filter(pk=row.pk).update(broken=F("broken") + 1)
            if gate.settings.breach is Breach.REMOVE and not one.verdict.removes:
                _take_down(one, limits, row)
                gone.append(one.message_id)
        elif one.verdict.action is Measure.ALLOW and not one.is_edit and row.clean_left is not None:
            row.clean_left = max(0, row.clean_left - 1)
            Probation.objects.filter(pk=row.pk).update(clean_left=row.clean_left)
            if row.clean_left == 0:
                _end(row, ACTOR)
    return gone


def end_by_hand(space_id: str, account_id: str, by: str) -> bool:
    """Let somebody's trial be over; whether there was one. Joins the caller's transaction."""
    row = Probation.objects.filter(space_id=space_id, account_id=account_id, ended_at__isnull=True).first()
    if row is not None:
        _end(row, by)
    return row is not None


def _take_down(one: Kept, limits: Sequence[Limit], row: Probation) -> None:
    space = one.space
    removal = channels.Wanted(Act(Verb.DELETE, space.pk, message_id=one.message_id), reason="gate")
    wanted = [removal]
    if pauses.take(f"trial:{space.pk}:{one.account_id}", TOLD_EVERY_S):
        hours = 0
        if row.until is not None:
            hours = max(1, -(-int((row.until - clock.now()).total_seconds()) // 3600))
        named, ends = trial.named(limits), words.trial_ends(row.clean_left or 0, hours)
        said = words.REMOVED_ON_TRIAL
        told = Text(
            words.named(Text(said.en, said.en), space.name, limits=named.en, ends=ends.en).en,
            words.named(Text(said.zh, said.zh), space.name, limits=named.zh, ends=ends.zh).zh,
        )
        after = channels.Deed.REMOVED.of(one.message_id)
        notice = notices.tell(space, one.account_id, told, about=one.message_id, cause="gate", after=after)
        if notice is not None:
            wanted.append(notice)
    channels.request_many(wanted, actor=ACTOR, reason="gate")
    channels.hide_messages([one.message_id], by=ACTOR)
    audit.record(
        ACTOR, "gate.trial_broken", f"message:{one.message_id}",
        {"space": space.pk, "limits": [limit.value for limit in limits]},
    )  # fmt: skip


def _end(row: Probation, by: str) -> None:
    row.ended_at, row.ended_by = clock.now(), by[:60]
    row.save(update_fields=["ended_at", "ended_by"])
    audit.record(by, "gate.trial_over", f"account:{row.account_id}", {"space": row.space_id})


def _limits(settings: Settings) -> list[Limit]:
    everything = Posted(has_links=True, has_media=True, is_forward=True, mentions=1)
    return list(trial.broken(everything, settings))
