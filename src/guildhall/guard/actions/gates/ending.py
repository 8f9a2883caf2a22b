"""How an attempt at a gate ends: passed, failed, expired, left, let in or turned away by a person.

Each ending is one decision: the row, what is asked of the platform, what is said, the audit; in the caller's
transaction, once. What a moderator or the guard keeps somebody silent for outlives the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.models import Space
from guildhall.channels.port import Act, Verb
from guildhall.core import audit, clock
from guildhall.effects import actions as effects
from guildhall.effects import webhooks
from guildhall.effects.models import Effect
from guildhall.effects.types import LIVE, State
from guildhall.guard import gates_in_force, standing
from guildhall.guard.actions.gates import asking, calling, trials
from guildhall.guard.gates import words
from guildhall.guard.gates.deciding import Stage, then
from guildhall.guard.gates.settings import Settings, Then
from guildhall.guard.models import Case, GateAttempt
from guildhall.guard.types import Measure

Way, Outcome = GateAttempt.Way, GateAttempt.State
MARGIN = timedelta(days=1)
"""So long after the time to answer the platform itself lets go, should this house be gone for good."""


def pass_(attempt: GateAttempt, space: Space, *, by: str = "", talk: str = "") -> None:
    """Somebody answered, or a person let them in (`by`): they are free, perhaps on trial."""
    state = Outcome.LET_IN if by else Outcome.PASSED
    was_held = attempt.held
    _end(attempt, state, by or f"account:{attempt.account_id}", "gate.let_in" if by else "gate.passed")
    settings = _settings(space)
    acts = _freeing(attempt, was_held)
    if acts:
        channels.request_many(acts, actor=by or asking.ACTOR, reason=f"gate:{attempt.pk}")
    ends = trials.begin(attempt, settings)
    told = words.named(words.PASSED, space.name)
    if any(act.verb is Verb.RESTRICT for act in acts):
        told = words.both(told, words.STILL_HELD)
    if ends is not None:
        told = words.both(told, ends)
    asking.say(attempt, space, told, talk=talk)
    asking.clear(attempt)


def fail(
    attempt: GateAttempt,
    space: Space,
    settings: Settings,
    what: Then,
    *,
    expired: bool = False,
    why: str = "",
    talk: str = "",
) -> None:
    """Somebody did not pass; what the gate is set to do about it follows."""
    was_held = attempt.held
    attempt.why = why or ("" if expired else "tries")
    state, verb = (Outcome.EXPIRED, "gate.expired") if expired else (Outcome.FAILED, "gate.failed")
    _end(attempt, state, asking.ACTOR, verb, keeps_hold=what is Then.MUTE and attempt.way == Way.JOINED)
    _send_away(attempt, space, settings, what, asking.ACTOR, was_held=was_held)
    told = words.TOO_OFTEN if why == "too_often" else words.FAILED[what].format(hours=settings.ban_hours)
    asking.say(attempt, space, told, talk=talk)
    asking.clear(attempt)
    if what is Then.MUTE:
        calling.call_staff(attempt, space)


def expire(attempt_id: str) -> bool:
    """End an attempt whose time is up; whether there was one. Whoever the question never reached, and whoever
    asked for a person that nobody was, keeps a place in the line of those a person decides about.
    """
    with transaction.atomic():
        attempt = locked(attempt_id)
        if attempt is None or attempt.state != Outcome.WAITING or clock.now() < attempt.deadline:
            return False
        space = attempt.space
        settings = _settings(space)
        if attempt.stage != Stage.PERSON and not _was_reached(attempt):
            hand_over(attempt, space, settings, "unreachable")
            return True
        fail(attempt, space, settings, then(settings, expired=True), expired=True)
        return True


def hand_over(attempt: GateAttempt, space: Space, settings: Settings, why: str) -> None:
    """Let a person decide: they have `person_hours` for it, and the hold lasts as long."""
    attempt.stage, attempt.why = Stage.PERSON, why
    attempt.deadline = clock.now() + timedelta(hours=settings.person_hours)
    attempt.save(update_fields=["stage", "why", "deadline"])
    if attempt.held:
        channels.request_many([hold(attempt)], actor=asking.ACTOR, reason=f"gate:{attempt.pk}")
    effects.enqueue(asking.expires(attempt))
    audit.record(
        asking.ACTOR, "gate.handed_over", f"account:{attempt.account_id}", {"attempt": attempt.pk, "why": why}
    )
    calling.call_staff(attempt, space)


def hold(attempt: GateAttempt) -> Act:
    """The act that keeps somebody silent until they answered."""
    return Act(
        Verb.RESTRICT,
        attempt.space_id,
        account_id=attempt.account_id,
        until=attempt.deadline + MARGIN,
    )


def leave(attempts: Sequence[GateAttempt]) -> None:
    """They went away before they answered. The platform keeps them silent should they come back, and so does
    the next attempt.
    """
    for attempt in attempts:
        _end(attempt, Outcome.LEFT, f"account:{attempt.account_id}", "gate.left", keeps_hold=attempt.held)
        asking.clear(attempt)


def settle_elsewhere(attempt: GateAttempt, by: str, *, let_in: bool) -> None:
    """Somebody decided on the platform itself or on another page: nothing is asked of the platform again."""
    space = attempt.space
    state = Outcome.LET_IN if let_in else Outcome.DECLINED
    _end(attempt, state, by, "gate.let_in" if let_in else "gate.turned_away")
    if let_in:
        trials.begin(attempt, _settings(space))
        asking.say(attempt, space, words.named(words.PASSED, space.name))
    asking.clear(attempt)


def turn_away(attempt: GateAttempt, space: Space, by: str) -> None:
    """A person decided against somebody: out, or their request declined."""
    was_held = attempt.held
    _end(attempt, Outcome.DECLINED, by, "gate.turned_away")
    _send_away(attempt, space, _settings(space), Then.KICK, by, was_held=was_held)
    asking.say(attempt, space, words.TURNED_AWAY)
    asking.clear(attempt)


def locked(attempt_id: str) -> GateAttempt | None:
    """An attempt, held against others until the caller's transaction ends."""
    found = GateAttempt.objects.select_for_update(of=("self",)).select_related("space", "account")
    return found.filter(pk=attempt_id).first()


def clear_message(key: str, space_id: str) -> bool:
    """Have one of our questions taken away; False while it is still on its way."""
    effect = Effect.objects.filter(unique_key=key).first()
    if effect is None:
        return True
    if effect.state in LIVE:
        return False
    message = asking.posted_as(key, space_id)
    if message is not None and effect.state == State.DONE:
        with transaction.atomic():
            channels.request_many(
                [Act(Verb.DELETE, message.space_id, message_id=message.pk)], actor=asking.ACTOR, reason="gate"
            )
    return True


def _freeing(attempt: GateAttempt, was_held: bool) -> list[Act]:
    """What lets somebody in: unless something else keeps them silent, then for as long as that lasts."""
    whom = attempt.account_id
    if attempt.way == Way.REQUEST:
        return [Act(Verb.APPROVE_JOIN, attempt.space_id, account_id=whom)]
    if attempt.way == Way.FIRST:
        gone = Case.objects.filter(message_id=attempt.message_id).exclude(enacted=[])
        if not attempt.message_id or gone.exclude(state=Case.State.UNDONE).exists():
            return []  # what the guard removed stays removed
        return [Act(Verb.RESTORE, attempt.space_id, message_id=attempt.message_id)]
    if not was_held:
        return []
    other = standing.called_for(attempt.space_id, attempt.account_id, Measure.RESTRICT)
    if other is not None:
        return [Act(Verb.RESTRICT, attempt.space_id, until=other.until, account_id=whom)]
    return [Act(Verb.UNRESTRICT, attempt.space_id, account_id=whom)]


def _send_away(
    attempt: GateAttempt, space: Space, settings: Settings, what: Then, by: str, *, was_held: bool
) -> None:
    whom = attempt.account_id
    until = clock.now() + timedelta(hours=settings.ban_hours)
    acts = []
    if attempt.way == Way.REQUEST:
        acts.append(Act(Verb.DECLINE_JOIN, space.pk, account_id=whom))
        if what is Then.BAN:
            acts.append(Act(Verb.BAN, space.pk, until=until, account_id=whom))
    elif what is Then.BAN:
        acts.append(Act(Verb.BAN, space.pk, until=until, account_id=whom))
    elif what is Then.KICK and attempt.way == Way.JOINED:
        acts.append(Act(Verb.KICK, space.pk, account_id=whom))
    elif was_held:
        acts.append(Act(Verb.RESTRICT, space.pk, account_id=whom))
    able = [act for act in acts if registry.capability(space.platform, act.verb).supported]
    if able:
        channels.request_many(able, actor=by, reason=f"gate:{attempt.pk}")


def _end(
    attempt: GateAttempt, state: GateAttempt.State, by: str, verb: str, *, keeps_hold: bool = False
) -> None:
    attempt.state, attempt.ended_at, attempt.ended_by = state, clock.now(), by[:60]
    attempt.held = keeps_hold and attempt.held
    attempt.save(update_fields=["state", "ended_at", "ended_by", "held", "why"])
    facts = {"attempt": attempt.pk, "space": attempt.space_id, "way": attempt.way, "wrong": attempt.wrong}
    if attempt.rules_version:
        facts["rules"] = attempt.rules_version
    audit.record(by, verb, f"account:{attempt.account_id}", facts)
    webhooks.announce("gate.ended", {"attempt": attempt.pk, "space": attempt.space_id, "state": str(state)})


def _was_reached(attempt: GateAttempt) -> bool:
    """Whether the question was put at all; the board is everybody's."""
    if not attempt.post_key:
        return attempt.place == "board"
    effect = Effect.objects.filter(unique_key=attempt.post_key).values_list("state", flat=True).first()
    return effect != State.DEAD


def _settings(space: Space) -> Settings:
    gate = gates_in_force.gate_of(space.pk)
    return gate.settings if gate is not None else Settings()
