"""The judgement: a message and what surrounds it in, a verdict with reasons out. Pure, total, bounded in
time.

Rule families look for evidence; this module applies the policy's weights, adds up by family (noisy-or, so
that evidence accumulates but never exceeds certainty) and turns the score into a measure and, for repeat
offenders, a step of the ladder. Whether that may be done without a person is the business of `punishing`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from guildhall.guard import punishing
from guildhall.guard.canonical import canonical
from guildhall.guard.rulebook import UNJUDGED, all_rules
from guildhall.guard.rules import (
    addresses,
    behaviour,
    caution,
    flood,
    hiding,
    links,
    listed,
    model,
    names,
    newcomer,
    pictures,
    theft,
    words,
)
from guildhall.guard.rules.evidence import Evidence, reason
from guildhall.guard.types import (
    SEVERITY,
    Action,
    Context,
    Measure,
    Measured,
    Mode,
    Policy,
    Reason,
    SenderHistory,
    Step,
    Subject,
    Verdict,
)


def judge(subject: Subject, context: Context, policy: Policy) -> Verdict:
    """The verdict on one message under one policy.

    Never raises: should a rule fail, the message is put before a person with that as the reason.
    """
    if policy.tiers:
        policy = policy.tiers.get(tier_of(context.sender, context.now, policy), policy)
    if subject.sender_is_staff and "staff" in policy.exempt_roles:
        return _allow(policy)
    if subject.sender_is_bot and "bot" in policy.exempt_roles:
        return _allow(policy)
    try:
        found = _evidence(subject, context, policy)
    except Exception as error:  # noqa: BLE001 - one message must never stop the intake of all others
        found = [reason(UNJUDGED, error=type(error).__name__)]
    model = "" if context.scorer is None else context.scorer.version
    if not found:
        return _allow(policy, model)
    verdict = decide(found, context.sender, context.now, policy, context.measured)
    return replace(verdict, model=model) if model else verdict


def decide(
    found: list[Reason],
    sender: SenderHistory,
    now: datetime,
    policy: Policy,
    measured: Mapping[str, tuple[Measured, ...]] | None = None,
) -> Verdict:
    """Score, measure and actions from the evidence found. `measured`: as in `Context`."""
    if not found:
        return _allow(policy)
    reasons = _weighed(found, policy)
    added = punishing.contributions(reasons, policy)
    score = punishing.together(added.values())
    measure = _called_for(score, policy)
    actions: tuple[Action, ...] = ()
    held = None
    if policy.mode is Mode.ACT and SEVERITY[measure] >= SEVERITY[Measure.DELETE]:
        held = punishing.held_back(added, measure, measured or {}, policy)
    if held is not None:
        reasons.append(held)
        measure = Measure.REVIEW
    elif SEVERITY[measure] >= SEVERITY[Measure.DELETE]:
        actions = _with_ladder(measure, sender, now, policy)
        measure = max((action.measure for action in actions), key=SEVERITY.__getitem__)
    return Verdict(
        score,
        measure,
        actions if policy.mode is Mode.ACT else (),
        tuple(reasons),
        policy.slug,
        policy.version,
        policy.mode,
    )


def is_newcomer(sender: SenderHistory, now: datetime, policy: Policy) -> bool:
    """Few messages here, or here for a short time only (somebody never seen before is new). Of somebody
    nothing is known about, nothing is concluded.
    """
    if not sender.is_known:
        return False
    if sender.messages_seen < policy.newcomer.messages:
        return True
    since = sender.joined_at or sender.first_seen
    return since is not None and now - since < timedelta(hours=policy.newcomer.hours)


def current_strikes(sender: SenderHistory, now: datetime, policy: Policy) -> int:
    """Strikes that still count: all of them, unless the last one is older than the policy remembers."""
    if sender.last_strike_at is None:
        return 0
    if now - sender.last_strike_at > timedelta(days=policy.strikes_last_days):
        return 0
    return sender.strikes


def tier_of(sender: SenderHistory, now: datetime, policy: Policy) -> str:
    """What the sender is in the eyes of a policy's overrides; '' when nothing is known of them."""
    if sender.is_verified:
        return "verified"
    if not sender.is_known:
        return ""
    return "newcomers" if is_newcomer(sender, now, policy) else "regulars"


def ladder_step(strikes: int, policy: Policy) -> Step | None:
    """The step of the policy's ladder that so many strikes have reached, if any."""
    reached = (step for step in policy.ladder if step.strikes <= strikes)
    return max(reached, key=lambda step: step.strikes, default=None)


def _evidence(subject: Subject, context: Context, policy: Policy) -> list[Reason]:
    canon = canonical(subject.text)
    facts = links.facts(subject, context, policy, canon)
    evidence = Evidence(
        subject, context, policy, canon, facts, is_newcomer(context.sender, context.now, policy)
    )
    found, asks_for_contact = theft.find(evidence)
    if facts:
        found += links.find(evidence)
    found += names.find(evidence)
    if context.lists.addresses:
        found += addresses.find(evidence)
    if canon.borrowed or canon.hidden or canon.spelled_out:
        found += hiding.find(evidence)
    if context.sender.recent or context.copies.accounts:
        found += flood.find(evidence, asks_for_contact)
    if evidence.is_newcomer:
        found += newcomer.find(evidence, asks_for_contact)
    for family in (model, behaviour, listed, words, pictures):
        found += family.find(evidence)
    return caution.softened(evidence, found)


def _weighed(found: list[Reason], policy: Policy) -> list[Reason]:
    """Reasons under the policy's settings, the heaviest of each group, heaviest first."""
    rules = all_rules()
    best: dict[str, Reason] = {}
    for item in found:
        if not punishing.setting(policy, punishing.family_of(item.rule_id)).on:
            continue
        setting = policy.rules.get(item.rule_id)
        if setting is not None:
            if not setting.on:
                continue
            if setting.weight is not None:
                item = Reason(item.rule_id, setting.weight, item.spans, item.params)
        rule = rules.get(item.rule_id)
        key = (rule.group if rule is not None else "") or item.rule_id
        if key not in best or best[key].weight < item.weight:
            best[key] = item
    return sorted(best.values(), key=lambda item: (-item.weight, item.rule_id))


def _called_for(score: int, policy: Policy) -> Measure:
    limits = policy.thresholds
    if score >= limits.ban:
        return Measure.BAN
    if score >= limits.restrict:
        return Measure.RESTRICT
    if score >= limits.delete:
        return Measure.DELETE
    return Measure.REVIEW if score >= limits.review else Measure.ALLOW


def _with_ladder(
    measure: Measure, sender: SenderHistory, now: datetime, policy: Policy
) -> tuple[Action, ...]:
    """Removal plus the harder of what the score and what the ladder calls for."""
    step = ladder_step(current_strikes(sender, now, policy) + 1, policy)
    extra = Action(measure, policy.restrict_s if measure is Measure.RESTRICT else 0)
    if step is not None:
        climbed = Action(step.action, step.duration_s)
        if SEVERITY[climbed.measure] > SEVERITY[extra.measure] or (
            climbed.measure is extra.measure
            and (climbed.duration_s == 0 or climbed.duration_s > extra.duration_s)
        ):
            extra = climbed
    removal = Action(Measure.DELETE)
    return (removal,) if extra.measure is Measure.DELETE else (removal, extra)


def _allow(policy: Policy, model: str = "") -> Verdict:
    return _nothing_found(policy.slug, policy.version, policy.mode, model)


@lru_cache(maxsize=256)
def _nothing_found(slug: str, version: int, mode: Mode, model: str) -> Verdict:
    return Verdict(0, Measure.ALLOW, (), (), slug, version, mode, model)
