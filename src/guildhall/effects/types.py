"""The nouns of the engine as plain data: how an effect may be repeated, where it stands, what a performer
is given.

Nothing here touches a database or a clock; the rules in `lifecycle`, `backoff` and `bucket` speak in these
words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

Payload = dict[str, Any]


class Mode(StrEnum):
    """REPEATABLE: doing it twice is the same as once (delete, ban, a job). ONCE: it is not (a message, a
    payout).
    """

    REPEATABLE = "repeatable"
    ONCE = "once"


class State(StrEnum):
    """Where an effect stands. Only ONCE effects pass through RUNNING and can become UNCERTAIN."""

    QUEUED = "queued"
    LEASED = "leased"
    RUNNING = "running"
    DONE = "done"
    UNCERTAIN = "uncertain"
    DEAD = "dead"
    CANCELLED = "cancelled"


LIVE = frozenset({State.QUEUED, State.LEASED, State.RUNNING})
IN_HAND = frozenset({State.LEASED, State.RUNNING})
FINISHED = frozenset({State.DONE, State.CANCELLED})
NEEDS_A_PERSON = frozenset({State.UNCERTAIN, State.DEAD})

# What a queued effect waits for, beside its turn: nothing, its time, an earlier effect of its order key, or
# tokens.
READY, TIME, KEY = "", "time", "key"
BUCKET_PREFIX = "bucket:"


@dataclass(frozen=True, slots=True)
class NewEffect:
    """An effect to be queued. Lower `priority` goes first; `due_at` is aware UTC, None for at once.

    order_key: effects of one key are done one after the other, in the order they were committed.
    buckets: names of token buckets; one token of each is taken before it is done.
    unique_key: the same key again is ignored; with another body it is a Conflict.
    cause: what this is due to, for people: a case id, a schedule.
    """

    kind: str
    payload: Payload = field(default_factory=dict)
    mode: Mode = Mode.REPEATABLE
    order_key: str = ""
    buckets: tuple[str, ...] = ()
    unique_key: str | None = None
    due_at: datetime | None = None
    priority: int = 100
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a performer is given. `attempt` counts from 1; `created_at` is aware UTC."""

    id: int
    kind: str
    payload: Payload
    attempt: int
    mode: Mode
    cause: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Done:
    """A performer's success. `record` runs in the transaction that notes the effect as done, so both or
    neither hold.

    A `record` must be short, must not open connections of its own, and may run again if that transaction
    fails.
    """

    result: Mapping[str, Any] = field(default_factory=dict)
    record: Callable[[], None] | None = None
