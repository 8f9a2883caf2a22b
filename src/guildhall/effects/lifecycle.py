"""The life of an effect as a pure state machine: where it stands, what happened, where it goes.

Every writer of the engine (worker, reaper, people on the Effects page) asks here, so the promises hold in
one place: nothing is lost, a ONCE effect is never repeated unless it surely did not happen, and only a
person settles a doubt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from guildhall.effects import backoff
from guildhall.effects.types import Mode, State

# A failure nobody foresaw is a bug more often than bad weather: after this many tries a person should look.
UNFORESEEN_ATTEMPTS = 10
# A worker's death takes innocent effects with it; only one that was in hand at very many of them is suspect
# itself.
EXPIRED_ATTEMPTS = 25
UNKNOWN_KIND_WAIT_MS = 60_000


class Event(StrEnum):
    """What can happen to an effect that a worker holds."""

    DONE = "done"
    TEMPORARY = "temporary"  # surely not done; worth trying again
    PERMANENT = "permanent"  # surely not done; pointless to try again
    UNCERTAIN = "uncertain"  # nobody can tell
    UNFORESEEN = "unforeseen"  # the performer raised something else
    UNRECORDED = "unrecorded"  # done outside, but noting its result here failed
    UNKNOWN_KIND = "unknown_kind"  # no performer is registered in this process
    GIVEN_BACK = "given_back"  # the worker stops and has not begun it
    EXPIRED = "expired"  # the lease ran out: the worker is dead or cut off


class Decision(StrEnum):
    """What a person can decide."""

    RETRY = "retry"
    GIVE_UP = "give_up"
    IT_HAPPENED = "it_happened"
    IT_DID_NOT_HAPPEN = "it_did_not_happen"


@dataclass(frozen=True, slots=True)
class Step:
    """Where an effect goes. wait_ms: for QUEUED, how long it waits; attempts: its count of tries from now
    on.
    """

    state: State
    attempts: int
    wait_ms: int = 0


class NotPossible(ValueError):
    """This cannot happen to an effect in that state."""


def after(
    state: State,
    mode: Mode,
    event: Event,
    *,
    effect_id: int,
    attempts: int,
    max_attempts: int | None = None,
    retry_after_ms: int | None = None,
) -> Step:
    """The step after an event. attempts: tries begun so far, this one included (claiming counts one).

    Without max_attempts a TEMPORARY failure is retried for ever and an unforeseen one ten times; a lease
    that ran out is not the effect's own failure and counts against a larger limit.
    Raises NotPossible unless a worker holds the effect (LEASED or RUNNING).
    """
    if state not in (State.LEASED, State.RUNNING):
        raise NotPossible(f"{event} cannot happen to an effect that is {state}")
    attempts = max(attempts, 1)
    begun = state is State.RUNNING or mode is Mode.REPEATABLE
    match event:
        case Event.DONE:
            return Step(State.DONE, attempts)
        case Event.PERMANENT:
            return Step(State.DEAD, attempts)
        case Event.GIVEN_BACK:
            if state is State.RUNNING:
                raise NotPossible("an effect that was begun cannot be given back")
            return Step(State.QUEUED, attempts - 1)
        case Event.UNKNOWN_KIND:
            return Step(State.QUEUED, attempts - 1, UNKNOWN_KIND_WAIT_MS)
        case Event.EXPIRED if not begun:
            return Step(State.QUEUED, attempts - 1)
    if mode is Mode.ONCE and event is not Event.TEMPORARY:
        return Step(State.UNCERTAIN, attempts)
    limit = _limit(event, max_attempts)
    if limit is not None and attempts >= limit:
        return Step(State.DEAD, attempts)
    if event is Event.EXPIRED and attempts == 1:
        return Step(State.QUEUED, attempts)
    wait = backoff.delay_ms(effect_id, attempts)
    if event is Event.TEMPORARY and retry_after_ms is not None:
        wait = max(0, retry_after_ms)
    return Step(State.QUEUED, attempts, wait)


def _limit(event: Event, max_attempts: int | None) -> int | None:
    if event is Event.EXPIRED:
        return EXPIRED_ATTEMPTS
    if max_attempts is None and event is not Event.TEMPORARY and event is not Event.UNCERTAIN:
        return UNFORESEEN_ATTEMPTS
    return max_attempts


def decided(state: State, decision: Decision, *, attempts: int) -> Step:
    """The step a person's decision leads to.

    RETRY: a dead effect starts over, a queued one stops waiting for its time. GIVE_UP: queued, dead or
    uncertain. IT_HAPPENED / IT_DID_NOT_HAPPEN settle an uncertain one. Raises NotPossible otherwise.
    """
    match decision, state:
        case (Decision.RETRY, State.DEAD) | (Decision.IT_DID_NOT_HAPPEN, State.UNCERTAIN):
            return Step(State.QUEUED, 0)
        case Decision.RETRY, State.QUEUED:
            return Step(State.QUEUED, attempts)
        case Decision.GIVE_UP, (State.QUEUED | State.DEAD | State.UNCERTAIN):
            return Step(State.CANCELLED, attempts)
        case Decision.IT_HAPPENED, State.UNCERTAIN:
            return Step(State.DONE, attempts)
    raise NotPossible(f"{decision} is not possible for an effect that is {state}")
