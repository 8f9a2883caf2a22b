"""Events reach the clocks here: they are added to the ticket's timeline, and its clocks are reckoned anew.

Whoever does something to a ticket calls `note` in the transaction of the deed. Times are made whole seconds.
What a colleague answered counts from when they wrote it, although it is told only when it can no longer be
taken back; everything else counts no earlier than what was noted before it. What was recorded as a breach
stays (CLK-8): later news of an earlier second counts from the second after it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from guildhall.channels import sql
from guildhall.core import bulk, reading
from guildhall.desk import policies
from guildhall.desk.clocking import ending, held
from guildhall.desk.clocking.replaying import (
    POLICY,
    Terms,
    Versions,
    replay,
    stored,
    version_of,
    whole,
)
from guildhall.desk.clocking.warning import coming_warning
from guildhall.desk.clocks.timeline import ClockState, Event
from guildhall.desk.models import Clock, Ticket, TimelineEvent

SECOND = timedelta(seconds=1)
COLUMNS = (
    "started_at", "state", "elapsed_seconds", "as_of", "target_seconds", "calendar", "policy_version",
    "due_at", "warn_at", "warn_share", "met_at", "breached_at",
)  # fmt: skip
_NEW = ("ticket", "metric", "instance", *COLUMNS, "warned_share")
EVENT = ("ticket", "at", "type", "value")
_TICKET = ("next_due_at", "breached", "policy_version")
_ENDED = (Clock.State.MET, Clock.State.MERGED)


@dataclass(slots=True)
class _Batch:
    """What a call is going to write."""

    events: list[tuple[Any, ...]] = field(default_factory=list)
    new: list[tuple[Any, ...]] = field(default_factory=list)
    changed: list[tuple[Any, ...]] = field(default_factory=list)
    tickets: list[tuple[Any, ...]] = field(default_factory=list)
    ended: list[Clock] = field(default_factory=list)


def note(tickets_with_events: Sequence[tuple[Ticket, Sequence[Event]]], *, at: datetime) -> None:
    """Tell clocks what happened to tickets, in the caller's transaction; a ticket without events has its
    policy looked up anew and its clocks brought up to `at`.

    The first event of a ticket is `opened` (value: its priority). Event times may have fractions of seconds
    and lie in the past; none counts later than `at`. `next_due_at`, `breached` and `policy_version` are set
    on the ticket's row and on the objects given. A few queries for any number of tickets. Raises RuntimeError
    outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("clocks are told inside the transaction of what happened")
    given: dict[str, tuple[Ticket, list[Event]]] = {}
    for ticket, events in tickets_with_events:
        given.setdefault(ticket.pk, (ticket, []))[1].extend(events)
    if not given:
        return
    ids = sorted(given)
    # One that begins here has no past, and nobody else knows of it yet.
    old = [one for one in ids if not _begins(given[one][1])]
    _hold(old)
    past = stored(old)
    rows = rows_of(old)
    versions = Versions(
        known
        for events in past.values()
        for one in events
        if one.type == POLICY and (known := version_of(one.value))
    )
    answers = held.answers(ids, at) if rows else {}
    batch = _Batch()
    for ticket_id in ids:
        ticket, events = given[ticket_id]
        before = past.get(ticket_id, [])
        if not before and not events:
            continue
        its_clocks = rows.get(ticket_id, {})
        fresh = _timed(ticket, before, events, its_clocks, versions, whole(at))
        batch.events += [(ticket_id, one.at, one.type, one.value[:40]) for one in fresh]
        line = sorted((*before, *fresh), key=lambda one: one.at)
        _reckon(batch, ticket, line, its_clocks, versions, whole(at), answers.get(ticket_id))
    bulk.insert(TimelineEvent, EVENT, batch.events)
    bulk.insert(Clock, _NEW, batch.new)
    bulk.update_many(Clock, "id", COLUMNS, batch.changed)
    bulk.update_many(Ticket, "id", _TICKET, batch.tickets)
    ending.tell(batch.ended)


def rows_of(ticket_ids: Sequence[str]) -> dict[str, dict[tuple[str, int], Clock]]:
    """The clocks of tickets by metric and instance."""
    found: dict[str, dict[tuple[str, int], Clock]] = defaultdict(dict)
    if ticket_ids:
        for row in reading.objects(Clock, sql.any_of("ticket_id"), [sql.many(ticket_ids)]):
            found[row.ticket_id][row.metric, row.instance] = row
    return found


def _begins(events: Sequence[Event]) -> bool:
    return bool(events) and events[0].type == "opened"


def _hold(ticket_ids: Sequence[str]) -> None:
    """Hold the tickets' rows to the end of the transaction; SQLite has one writer anyway."""
    if ticket_ids and connection.vendor == "postgresql":
        condition = f"{sql.any_of('id')} ORDER BY id{reading.for_update()}"
        reading.rows(Ticket, ("id",), condition, [sql.many(ticket_ids)])


def _timed(
    ticket: Ticket,
    before: Sequence[Event],
    events: Sequence[Event],
    known: Mapping[tuple[str, int], Clock],
    versions: Versions,
    now: datetime,
) -> list[Event]:
    """The new events with the seconds they count from, a change of policy in front of them."""
    opened = before[0].at if before else None
    last = max((one.at for one in before), default=None)
    judged = max((row.breached_at for row in known.values() if row.breached_at), default=None)
    fresh: list[Event] = []
    for event in events:
        at = min(whole(event.at), now)
        least = opened if event.type == "agent_reply" else last
        if judged is not None:
            least = max(least or judged, judged + SECOND)
        if least is not None and at < least:
            at = least
        fresh.append(Event(ticket.pk, at, event.type, event.value))
        last = at if last is None else max(last, at)
        opened = opened or at
    change = _policy_change(ticket, before, versions)
    if change is not None:
        since = min((one.at for one in fresh), default=max(now, last or now))
        if before and fresh:
            since = max(since, before[-1].at)
        fresh.insert(0, Event(ticket.pk, since, POLICY, change))
    return fresh


def _policy_change(ticket: Ticket, before: Sequence[Event], versions: Versions) -> str | None:
    """The value of the timeline event that says which policy holds now; None when that is known."""
    version = policies.version_for(ticket)
    wanted = version.pk if version is not None else None
    if version is not None:
        versions.learn(version.pk, version.content)
    named = [version_of(one.value) for one in before if one.type == POLICY]
    ticket.policy_version = wanted
    return None if wanted == (named[-1] if named else None) else str(wanted or "")


def _reckon(
    batch: _Batch,
    ticket: Ticket,
    line: Sequence[Event],
    known: Mapping[tuple[str, int], Clock],
    versions: Versions,
    now: datetime,
    answered: datetime | None,
) -> None:
    timeline, terms = replay(line, versions)
    as_of = max(now, line[-1].at)
    due: datetime | None = None
    breached = False
    for state in timeline.clocks(as_of):
        row = known.get((state.metric, state.instance))
        stands = _stands(state, row, terms, as_of, answered)
        columns = tuple(getattr(stands, name) for name in COLUMNS)
        if row is None:
            batch.new.append((ticket.pk, state.metric, state.instance, *columns, 0))
        else:
            if state.state in _ENDED and row.state not in _ENDED:
                batch.ended.append(row)
            batch.changed.append((row.pk, *columns))
        breached = breached or stands.breached_at is not None
        # A broken clock that still runs was due when it broke: its ticket does not sink below those in time.
        pressing = stands.due_at or (stands.breached_at if stands.state == Clock.State.RUNNING else None)
        if pressing is not None:
            due = pressing if due is None else min(due, pressing)
    ticket.next_due_at, ticket.breached = due, breached
    batch.tickets.append((ticket.pk, due, breached, ticket.policy_version))


def _stands(
    state: ClockState, row: Clock | None, terms: Terms, as_of: datetime, answered: datetime | None
) -> Clock:
    """The row a clock has now, not saved. A breach is recorded once its second is over, and not while an
    answer that would have prevented it can still be taken back.
    """
    breached, due = row.breached_at if row is not None else None, state.due_at
    if breached is None and state.breached_at is not None:
        if state.breached_at < as_of and not held.prevents(state.metric, answered, state.breached_at):
            breached = state.breached_at
        elif state.state == Clock.State.RUNNING:
            due = state.breached_at
    stands = Clock(
        metric=state.metric,
        instance=state.instance,
        started_at=state.started_at,
        state=state.state,
        elapsed_seconds=state.elapsed_seconds,
        as_of=as_of,
        target_seconds=state.target_seconds,
        calendar=state.calendar or "",
        policy_version=terms.version,
        due_at=due if breached is None else None,
        met_at=state.met_at,
        breached_at=breached,
    )
    warned = row.warned_share if row is not None else 0
    stands.warn_at, stands.warn_share = coming_warning(stands, terms, warned)
    return stands
