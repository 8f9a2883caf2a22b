"""MODEL: what the text model says of the words; its probability becomes a weight by its own cut-offs."""

from __future__ import annotations

from guildhall.guard.rules.evidence import Evidence, by_id
from guildhall.guard.types import Reason

RULES = by_id()


def find(evidence: Evidence) -> list[Reason]:
    """The family's evidence in one message."""
    return []
