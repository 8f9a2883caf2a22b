"""Words that a checklist gives to people to paste go through compliance like everything that is said."""

from __future__ import annotations

from guildhall.compliance.gate import may
from guildhall.compliance.regions import UNKNOWN
from guildhall.core.text import Text
from guildhall.work import clearing


def register() -> None:
    """Called once, when Django starts."""
    clearing.decided_by(clear)


def clear(act: str, region: str, words: str, language: str) -> clearing.Cleared:
    """What compliance says of words for an audience in a region; one nobody can read counts as unknown."""
    try:
        decision = may(act, region, words, language=language)
    except ValueError:
        decision = may(act, UNKNOWN, words, language=language)
    if decision.allowed:
        return clearing.Cleared(decision.text)
    refused = [reason.text for reason in decision.reasons if reason.blocks]
    why = refused[0] if refused else Text("Compliance refuses them.", "合规检查未通过。")
    return clearing.Cleared("", why)
