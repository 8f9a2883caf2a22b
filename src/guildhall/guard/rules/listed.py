"""LIST: what lists outside the house say of the sender. Never enough to punish by itself."""

from __future__ import annotations

from guildhall.guard.rules.evidence import Evidence, by_id
from guildhall.guard.types import Reason

RULES = by_id()


def find(evidence: Evidence) -> list[Reason]:
    """The family's evidence in one message."""
    return []
