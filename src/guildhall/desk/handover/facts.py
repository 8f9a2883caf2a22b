"""What the house knows when somebody goes home, so that a note never begins empty. Reads only.

Each source is a function; rooms above may add theirs. What a vendor's people are told of is their tickets:
raids, feeds and pages are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from guildhall.core.text import Text
from guildhall.desk.handover.parts import CRITICAL, WATCH, TicketNow
from guildhall.desk.models import Ticket
from guildhall.exchange import queries as exchange
from guildhall.guard.models import Raid
from guildhall.paging.kinds import PageState, Severity
from guildhall.paging.models import Page

_MOST_OF_ONE = 5
OPEN = (Ticket.Status.OPEN, Ticket.Status.PENDING)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is going on. `subject` as audit names it (`raid:01H…`); `when`, `then`: what the next
    shift does if it goes on, both or neither.
    """

    kind: str
    severity: str
    text: Text
    subject: str = ""
    when: Text | None = None
    then: Text | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "severity": self.severity,
            "text": self.text.to_json(),
            "subject": self.subject,
        }


Source = Callable[[datetime], Iterator[Fact]]
_sources: dict[str, Source] = {}


def source(name: str, fn: Source) -> None:
    """Have `fn(at)` tell what it knows in every note of our own people. Registering again replaces it."""
    _sources[name] = fn


def of_house(at: datetime) -> list[Fact]:
    """Everything that is going on, the most serious first."""
    found = [fact for name in sorted(_sources) for fact in _sources[name](at)]
    return sorted(found, key=lambda one: one.severity != CRITICAL)


def open_tickets(staff_id: int) -> list[Ticket]:
    """What somebody owns and somebody has to own after them."""
    return list(
        Ticket.objects.filter(assignee_id=staff_id, status__in=OPEN, merged_into=None).order_by("number")
    )


def as_they_stand(tickets: Sequence[Ticket]) -> list[TicketNow]:
    """Tickets as the rules of `parts` read them."""
    return [
        TicketNow(
            one.pk,
            one.number,
            one.priority,
            waiting=one.waiting_since is not None,
            next_due_at=one.next_due_at,
            breached=one.breached,
        )
        for one in tickets
    ]


def register() -> None:
    """What the house itself knows. Called once, when Django starts."""
    source("alerts", _pages)
    source("feeds", _feeds)
    source("raids", _raids)


def _raids(_at: datetime) -> Iterator[Fact]:
    on = Raid.objects.exclude(state=Raid.State.OVER).select_related("space").order_by("-last_seen")
    for one in on[:_MOST_OF_ONE]:
        name = one.space.name
        yield Fact(
            "raid",
            CRITICAL,
            Text(f"Raid on {name}", f"{name} 正遭受突袭"),
            f"raid:{one.pk}",
            Text(f"the raid on {name} begins again", f"{name} 的突袭再次出现"),
            Text("extend it on its page and tell the moderators", "在突袭页面延长处置，并通知管理员"),
        )


def _feeds(at: datetime) -> Iterator[Fact]:
    sick = [one for one in exchange.healths(at) if one.needs_somebody]
    for one in sick[:_MOST_OF_ONE]:
        name = one.feed.name
        yield Fact(
            "feed",
            WATCH,
            Text(f"Exchange feed {name} is failing or silent", f"交易所数据源 {name} 失败或静默"),
            f"feed:{one.feed.pk}",
            Text(f"members ask why figures of {name} are old", f"用户询问 {name} 的数据为何未更新"),
            Text("say that we know, and do not promise a time", "告知我们已知悉，不要承诺时间"),
        )


def _pages(_at: datetime) -> Iterator[Fact]:
    rows = (
        Page.objects.exclude(state=PageState.RESOLVED)
        .exclude(kind__startswith="desk.")
        .order_by("-raised_at")
    )
    for one in rows[:_MOST_OF_ONE]:
        severity = CRITICAL if one.severity == Severity.CRITICAL else WATCH
        yield Fact("page", severity, Text.from_json(one.title), f"page:{one.pk}")
