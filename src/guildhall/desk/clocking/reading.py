"""What pages and the API ask about clocks."""

from __future__ import annotations

from typing import Any

from guildhall.core import clock
from guildhall.desk.clocking.replaying import POLICY, Versions, replay, stored, version_of, whole
from guildhall.desk.models import Clock, Ticket

_ORDER = {metric: number for number, metric in enumerate(Clock.Metric.values)}


def of(ticket: Ticket) -> list[Clock]:
    """The clocks of a ticket: first response, next responses, resolution."""
    return sorted(Clock.objects.filter(ticket=ticket), key=lambda one: (_ORDER[one.metric], one.instance))


def history(ticket: Ticket) -> Any:
    """What of a ticket's time counted on which clock and what did not, up to now, as `Timeline.history`."""
    events = sorted(stored([ticket.pk]).get(ticket.pk, []), key=lambda one: one.at)
    named = [version_of(one.value) for one in events if one.type == POLICY]
    versions = Versions(one for one in named if one is not None)
    timeline, _ = replay(events, versions)
    now = whole(clock.now())
    return timeline.history(max(now, events[-1].at) if events else now)
