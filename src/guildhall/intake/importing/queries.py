"""The reads about imports that the page and the command share: how far one is, how fast, what became of its
bans.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count

from guildhall.channels.actions import acting
from guildhall.effects.models import Effect
from guildhall.intake.models import Import


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: rows of `total`, rows a second of work, and how many bad rows so far."""

    done: int
    total: int
    per_second: int
    bad: int

    @property
    def percent(self) -> int:
        """0 to 100."""
        return min(100, self.done * 100 // self.total) if self.total else 0


@dataclass(frozen=True, slots=True)
class Carried:
    """What the platform has done of what an import asked for."""

    done: int
    waiting: int
    failed: int

    @property
    def total(self) -> int:
        """All that was asked for."""
        return self.done + self.waiting + self.failed


def progress(one: Import) -> Progress:
    """How far an import is."""
    rate = one.rows_done * 1000 // one.busy_ms if one.busy_ms else 0
    return Progress(one.rows_done, one.rows_total, rate, one.bad_rows)


def carried_out(one: Import) -> Carried:
    """The bans (and liftings of bans) of an import by what became of them."""
    found = dict(
        Effect.objects.filter(cause=f"import:{one.id}", kind=acting.KIND)
        .values_list("state")
        .annotate(n=Count("id"))
        .order_by()
    )
    failed = found.get("dead", 0) + found.get("uncertain", 0)
    return Carried(
        found.get("done", 0), sum(found.get(state, 0) for state in ("queued", "leased", "running")), failed
    )
