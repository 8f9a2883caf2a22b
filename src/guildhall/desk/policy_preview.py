"""What another version would change on the tickets that are open now, before anybody puts it in force.

Each ticket's life is gone through as it happened and then goes on under the new version, as it would (CLK-7);
nothing is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guildhall.desk import policies
from guildhall.desk.clocking.replaying import POLICY, Versions, replay, stored, version_of, whole
from guildhall.desk.clocks.timeline import ClockState
from guildhall.desk.models import PolicyVersion, Ticket

MOST_TICKETS, MOST_EXAMPLES = 500, 8
_ENDED = ("met", "merged")


@dataclass(frozen=True, slots=True)
class Shift:
    """One clock that would be due at another time, or be over its target at once."""

    ticket: Ticket
    metric: str
    due_before: datetime | None
    due_after: datetime | None
    is_broken: bool


@dataclass(slots=True)
class Preview:
    """Counts of unmet clocks of open tickets. `tickets`: looked at; `governed`: those the version would hold
    for; `all_seen`: whether every open ticket was looked at.
    """

    tickets: int = 0
    governed: int = 0
    all_seen: bool = True
    broken: int = 0
    sooner: int = 0
    later: int = 0
    without: int = 0
    same: int = 0
    examples: list[Shift] = field(default_factory=list)


def preview(version: PolicyVersion, now: datetime) -> Preview:
    """What putting a version in force now would do to the open tickets that are due first."""
    second = whole(now)
    among = policies.read_rules(instead=[version])
    found = Preview()
    open_ones = Ticket.objects.filter(
        status__in=(Ticket.Status.OPEN, Ticket.Status.PENDING), merged_into=None
    ).order_by("next_due_at", "pk")
    tickets = list(open_ones[: MOST_TICKETS + 1])
    found.all_seen, tickets = len(tickets) <= MOST_TICKETS, tickets[:MOST_TICKETS]
    found.tickets = len(tickets)
    mine = [ticket for ticket in tickets if policies.choose(among, ticket) == version]
    found.governed = len(mine)
    past = stored([ticket.pk for ticket in mine])
    known = Versions(
        number
        for events in past.values()
        for one in events
        if one.type == POLICY and (number := version_of(one.value)) is not None
    )
    known.learn(version.pk, version.content)
    for ticket in mine:
        events = sorted(past.get(ticket.pk, ()), key=lambda one: one.at)
        if not events:
            continue
        timeline, _terms = replay(events, known)
        at = max(second, events[-1].at)
        before = timeline.clocks(at)
        timeline.change_policy(known.of(version.pk).policy, at)
        _compare(found, ticket, before, timeline.clocks(at))
    found.examples.sort(key=lambda one: (not one.is_broken, one.due_after is None, one.due_after or now))
    found.examples = found.examples[:MOST_EXAMPLES]
    return found


def _compare(
    found: Preview, ticket: Ticket, before: Sequence[ClockState], after: Sequence[ClockState]
) -> None:
    for old, new in zip(before, after, strict=True):
        if old.state in _ENDED:
            continue
        broken = old.breached_at is None and new.breached_at is not None
        if broken:
            found.broken += 1
        elif new.target_seconds is None and old.target_seconds is not None:
            found.without += 1
        elif old.due_at == new.due_at:
            found.same += 1
            continue
        elif new.due_at is None or (old.due_at is not None and new.due_at > old.due_at):
            found.later += 1
        else:
            found.sooner += 1
        found.examples.append(Shift(ticket, new.metric, old.due_at, new.due_at, broken))
