"""Compliance: may this be done, there, to them? Answered from rules that are versioned data.

Nouns: act (what is about to be done), region (the law that protects the audience), rule, claim (a phrase
that may not be promised), decision (allowed, reasons, disclosures), override (two people let one thing
pass, for a while), review (two people confirm that a rule still stands). This room never sends, never
guesses a region from a language, and never says yes because a rule is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from guildhall.compliance.acts import Act
    from guildhall.compliance.decide import Decision


def may(
    act: Act | str, audience_region: str, content: str, *, language: str = "en", at: datetime | None = None
) -> Decision:
    """Whether `act` may reach an audience in `audience_region` with `content`; see `gate.may`."""
    from guildhall.compliance import gate  # models may be imported only after Django's apps are ready

    return gate.may(act, audience_region, content, language=language, at=at)
