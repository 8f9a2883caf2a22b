"""The state of the house as numbers, read from the database: what waits, what failed, who is alive, what is
wrong.

Every count goes through a small index and is capped, so a scrape costs the same at a thousand and a million
rows. When the database does not answer, what is known without it is still told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.db.models import Count, QuerySet

from guildhall.channels.models import Message, Quarantine
from guildhall.core import beats, clock, health
from guildhall.core.models import AuditEntry, AuditSeal, Proposal
from guildhall.effects.models import Effect
from guildhall.effects.types import FINISHED, State
from guildhall.guard.models import Case

_CAP = 100_000
Values = dict[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class Gauge:
    """One family: values by the values of its labels."""

    name: str
    help: str
    labels: tuple[str, ...]
    values: Values


def read() -> list[Gauge]:
    """Every gauge that can be read now; `guildhall_database_up` says whether the database answered."""
    found: list[Gauge] = []
    up = 1.0
    for one in (_effects, _waiting, _cases, _processes, _audit):
        try:
            found += one()
        except DatabaseError:
            up = 0.0
    found.append(Gauge("guildhall_database_up", "Whether the database answered.", (), {(): up}))
    found.append(_problems())
    return found


def _effects() -> Iterator[Gauge]:
    live = [state for state in State if state not in FINISHED]
    counted: Values = dict.fromkeys(((state.value,) for state in live), 0.0)
    rows = (
        Effect.objects.filter(state__in=[s.value for s in live]).values_list("state").annotate(n=Count("id"))
    )
    counted.update({(state,): float(n) for state, n in rows.values_list("state", "n")})
    yield Gauge("guildhall_effects", "Effects that are not finished.", ("state",), counted)
    now = clock.now()
    oldest = (
        Effect.objects.filter(state=State.QUEUED.value, waiting_for="")
        .order_by("id")
        .values_list("due_at", flat=True)
        .first()
    )
    age = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    yield Gauge(
        "guildhall_effect_oldest_ready_seconds", "Seconds the oldest ready effect has waited.", (), {(): age}
    )


def _waiting() -> Iterator[Gauge]:
    counts: dict[str, Callable[[], QuerySet[Any]]] = {
        "quarantine": lambda: Quarantine.objects.filter(state=Quarantine.State.NEW),
        "search_index": lambda: Message.objects.filter(indexed=False),
        "approvals": lambda: Proposal.objects.filter(state=Proposal.State.PROPOSED),
    }
    values: Values = {(name,): float(_capped(rows())) for name, rows in counts.items()}
    yield Gauge("guildhall_waiting", f"Things that wait, counted up to {_CAP}.", ("what",), values)


def _cases() -> Iterator[Gauge]:
    rows = Case.objects.filter(state=Case.State.OPEN).values_list("kind").annotate(n=Count("id"))
    values: Values = {(kind,): float(n) for kind, n in rows.values_list("kind", "n")}
    yield Gauge("guildhall_cases_open", "Cases that wait for a moderator.", ("kind",), values)


def _processes() -> Iterator[Gauge]:
    now = clock.now()
    living = beats.alive()
    yield Gauge(
        "guildhall_process_beat_age_seconds",
        "Seconds since a living process gave a sign of life.",
        ("process", "host", "pid"),
        {(p.process, p.host, str(p.pid)): max(0.0, (now - p.at).total_seconds()) for p in living},
    )
    yield Gauge(
        "guildhall_process_count",
        "What living processes count themselves, since each began.",
        ("process", "host", "pid", "name"),
        {
            (p.process, p.host, str(p.pid), name): float(value)
            for p in living
            for name, value in p.detail.items()
            if isinstance(value, int | float)
        },
    )


def _audit() -> Iterator[Gauge]:
    unsealed = _capped(AuditEntry.objects.filter(seal=None))
    yield Gauge(
        "guildhall_audit_unsealed", f"Audit entries without a seal, up to {_CAP}.", (), {(): float(unsealed)}
    )
    newest = AuditSeal.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    yield Gauge("guildhall_audit_seals", "Links of the audit chain.", (), {(): float(newest)})


def _problems() -> Gauge:
    values: Values = {}
    for problem in health.problems():
        key = (problem.kind, problem.severity.value)
        values[key] = values.get(key, 0.0) + 1
    return Gauge("guildhall_problems", "What is wrong with the house now.", ("kind", "severity"), values)


def _capped(rows: QuerySet[Any]) -> int:
    return int(rows.order_by().values("pk")[:_CAP].count())
