"""The rows a domain model learns from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DomainRow:
    """One labelled domain: 1 was registered to deceive, 0 is honest. `first_seen` is an ISO date or ''."""

    domain: str
    label: int
    source: str = ""
    first_seen: str = ""
    weight: float = 1.0
