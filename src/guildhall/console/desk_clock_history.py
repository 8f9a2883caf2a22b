"""Why a clock shows what it shows: a ticket's time from beginning to end, what of it counted on each clock
and what did not, and what happened then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from guildhall.console.house_words import known
from guildhall.core.ids import is_id
from guildhall.desk import clocking, scope
from guildhall.desk.clocks.timeline import Spell
from guildhall.desk.models import Clock, PolicyVersion, Ticket, TimelineEvent
from guildhall.people.access import requires

WIDE = 1000
MOST_DRAWN, MOST_LISTED, MOST_EVENTS = 600, 40, 200
_OVER = ("met", "merged")
_EVENTS = {
    "opened": gettext_lazy("opened"),
    "customer_message": gettext_lazy("the asker wrote"),
    "agent_reply": gettext_lazy("a colleague answered"),
    "merged": gettext_lazy("merged into another ticket"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the bar: from `x`, `width` wide, of WIDE in all, as SVG writes numbers. `css`: counted,
    shut, paused or none.
    """

    x: str
    width: str
    css: str


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch as a line of the list. `why` in words."""

    start: datetime
    end: datetime
    css: str
    why: str

    @property
    def length(self) -> str:
        return exact(round((self.end - self.start).total_seconds()))


@dataclass(frozen=True, slots=True)
class Shown:
    """One clock: its row, the bar from `start` to `end`, the list of what counted, where it broke (`broke`)
    and where it will be due (`due`) on the bar, '' where it did not and is not. `counted`, `target`: lengths
    in words.
    """

    row: Clock
    start: datetime
    end: datetime
    pieces: Sequence[Piece]
    lines: Sequence[Line]
    left_out: int
    broke: str
    due: str
    counted: str
    target: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One event as its line says it."""

    at: datetime
    words: str


@requires("desk.view")
@never_cache
@require_safe
def clock_history(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """The clocks of one ticket and what they counted."""
    found = scope.tickets_for(known(request)).filter(pk=ticket_id).first() if is_id(ticket_id) else None
    if found is None:
        raise Http404
    return render(request, "console/clocks/history.html", {"ticket": found, **context(found)})


def context(ticket: Ticket) -> dict[str, Any]:
    """What the partial `console/clocks/bars.html` shows: `shown` clocks and the `events` they followed."""
    spells: dict[tuple[str, int], list[Spell]] = {}
    for spell in clocking.history(ticket):
        spells.setdefault((spell.metric, spell.instance), []).append(spell)
    shown = [
        _shown(row, spells[row.metric, row.instance])
        for row in clocking.of(ticket)
        if (row.metric, row.instance) in spells
    ]
    return {"shown": shown, "events": _events(ticket), "wide": WIDE}


def exact(seconds: int) -> str:
    """A length to the second: 26:05:03 are hours, minutes, seconds."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _shown(row: Clock, spells: list[Spell]) -> Shown:
    while len(spells) > 1 and spells[-1].why in _OVER:
        spells = spells[:-1]
    start = spells[0].start
    is_over = spells[-1].why in _OVER
    until = spells[-1].start if is_over else spells[-1].end
    lived = [] if is_over else spells
    end = max(one for one in (until, row.due_at, row.breached_at) if one is not None)
    whole = max(1.0, (end - start).total_seconds())

    def place(at: datetime | None) -> str:
        return "" if at is None else f"{WIDE * (at - start).total_seconds() / whole:.2f}"

    def wide(one: Spell) -> str:
        return f"{WIDE * (one.end - one.start).total_seconds() / whole:.2f}"

    # A clock that still runs counts up to now; its row stands as of the last event.
    counted = sum(round((one.end - one.start).total_seconds()) for one in spells if one.is_counted)
    return Shown(
        row=row,
        start=start,
        end=end,
        pieces=[Piece(place(one.start), wide(one), _css(one)) for one in lived[-MOST_DRAWN:]],
        lines=[Line(one.start, one.end, _css(one), _why(one)) for one in lived[-MOST_LISTED:]],
        left_out=max(0, len(lived) - MOST_LISTED),
        broke=place(row.breached_at),
        due=place(row.due_at),
        counted=exact(counted),
        target="" if row.target_seconds is None else exact(row.target_seconds),
    )


def _css(spell: Spell) -> str:
    return spell.why if spell.why in ("counted", "shut", "paused") else "none"


def _why(spell: Spell) -> str:
    if spell.why == "counted":
        return _("counted")
    if spell.why == "shut":
        return _("outside the hours of “%(calendar)s”") % {"calendar": spell.calendar}
    if spell.why == "paused":
        words = dict(Ticket.Status.choices)
        return _("on hold: %(status)s") % {"status": words.get(spell.status, spell.status)}
    if spell.why == "no_target":
        return _("no promise held")
    return _("met until it was reopened")


def _events(ticket: Ticket) -> list[Happened]:
    rows = list(TimelineEvent.objects.filter(ticket=ticket).order_by("-at", "-id")[:MOST_EVENTS])
    versions = {int(one.value) for one in rows if one.type == "policy" and one.value.isdigit()}
    names = {one.pk: one for one in PolicyVersion.objects.filter(pk__in=versions).select_related("policy")}
    return [Happened(one.at, _happened(one, names)) for one in rows]


def _happened(event: TimelineEvent, names: dict[int, PolicyVersion]) -> str:
    if event.type == "status":
        words = dict(Ticket.Status.choices)
        return _("status: %(value)s") % {"value": words.get(event.value, event.value)}
    if event.type == "priority":
        words = dict(Ticket.Priority.choices)
        return _("priority: %(value)s") % {"value": words.get(event.value, event.value)}
    if event.type == "policy":
        version = names.get(int(event.value)) if event.value.isdigit() else None
        if version is None:
            return _("no SLA policy holds from here on")
        return _("SLA policy: %(name)s, version %(number)s") % {
            "name": version.policy.called,
            "number": version.version,
        }
    return str(_EVENTS.get(event.type, event.type))
