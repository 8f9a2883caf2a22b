"""The only writers of the facts room: one verb for each thing that can happen."""

from guildhall.facts.actions.deciding import accept, dismiss, resubmit
from guildhall.facts.actions.staging import stage

__all__ = ["accept", "dismiss", "resubmit", "stage"]
