"""More of the same question: a message on a ticket that is open and already waits for an answer.

By CLK-3 and CLK-4 such a message changes no clock, so it is only added to the timeline, without reckoning
anything anew. Everything else goes the whole way (`noting`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import groupby

from guildhall.channels import sql
from guildhall.core import bulk, reading
from guildhall.desk import policies
from guildhall.desk.clocking import noting
from guildhall.desk.clocking.replaying import whole
from guildhall.desk.clocks.timeline import Event
from guildhall.desk.models import Clock, Ticket, TimelineEvent

MESSAGE = "customer_message"
_COLUMNS = (
    "ticket", "metric", "state", "policy_version", "target_seconds", "due_at", "breached_at"
)  # fmt: skip
_RUNS = (Clock.State.RUNNING.value, Clock.State.PAUSED.value)
_Row = tuple[str, str, str, int | None, int | None, datetime | None, datetime | None]


def hear(
    heard: Sequence[tuple[Ticket, Sequence[datetime]]], were_open: Collection[str], *, at: datetime
) -> None:
    """Tell clocks of messages: (ticket, when each was said). were_open: the ids of tickets that were open
    before. Their rows are held by the caller, whose transaction this joins; each ticket stands there once.
    """
    ids = [ticket.pk for ticket, _ in heard if ticket.pk in were_open]
    rows = _rows(ids)
    now = whole(at)
    same = {
        ticket.pk
        for ticket, _ in heard
        if ticket.pk in rows and _changes_nothing(ticket, rows[ticket.pk], now)
    }
    last = _last(sorted(same))
    events: list[tuple[str, datetime, str, str]] = []
    others: list[tuple[Ticket, list[Event]]] = []
    for ticket, times in heard:
        if ticket.pk not in last:
            others.append((ticket, [Event(ticket.pk, when, MESSAGE) for when in times]))
            continue
        least = last[ticket.pk]
        for row in rows[ticket.pk]:
            if row[6] is not None:
                least = max(least, row[6] + noting.SECOND)
        for when in times:
            least = max(least, min(whole(when), now))
            events.append((ticket.pk, least, MESSAGE, ""))
    bulk.insert(TimelineEvent, noting.EVENT, events)
    if others:
        noting.note(others, at=at)


def _changes_nothing(ticket: Ticket, rows: Sequence[_Row], now: datetime) -> bool:
    """Whether a message leaves every clock of an open ticket as its row says: somebody waits for an answer
    already, the same policy holds, and nothing is due that was not recorded.
    """
    version = policies.version_for(ticket)
    held = version.pk if version is not None else None
    awaited = False
    for _ticket, metric, state, terms, target, due, breached in rows:
        if state in _RUNS:
            awaited = awaited or metric != Clock.Metric.RESOLUTION
            is_far = due is None and breached is None and target is not None
            if terms != held or (is_far and state == Clock.State.RUNNING) or (due is not None and due < now):
                return False
        elif state == Clock.State.MERGED or metric == Clock.Metric.RESOLUTION:
            return False
    return awaited and ticket.policy_version == held


def _rows(ticket_ids: Sequence[str]) -> dict[str, list[_Row]]:
    if not ticket_ids:
        return {}
    condition = f"{sql.any_of('ticket_id')} ORDER BY ticket_id"
    found = reading.rows(Clock, _COLUMNS, condition, [sql.many(ticket_ids)])
    return {key: list(rows) for key, rows in groupby(found, lambda row: str(row[0]))}


def _last(ticket_ids: Sequence[str]) -> dict[str, datetime]:
    """The latest instant in each ticket's timeline."""
    if not ticket_ids:
        return {}
    found = sql.run(
        "SELECT ticket_id, MAX(at) FROM desk_timelineevent "
        f"WHERE {sql.any_of('ticket_id')} GROUP BY ticket_id",
        [sql.many(ticket_ids)],
    )
    return {ticket: moment for ticket, at in found if (moment := sql.moment(at)) is not None}
