"""Whom somebody seems to pretend to be, by name, by words about themselves and by picture. Pure.

Names are for `rules.names`; here the other traits are weighed beside them. What becomes of a suspicion is a
person's decision: people who only write to others in private never post anything that could be judged.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from guildhall.guard.rules import names
from guildhall.guard.types import NameIndex, Reason

SUSPECT_FROM = 400
"""Score (0..1000) from which a person looks at somebody."""


@dataclass(frozen=True, slots=True)
class Face:
    """What an account shows to everybody. `looks_like`: whose picture it copies, '' nobody's."""

    name: str = ""
    username: str = ""
    bio: str = ""
    looks_like: str = ""


def suspicion(face: Face, indexes: Iterable[NameIndex]) -> tuple[Reason, ...]:
    """Why an account is suspected of posing as somebody, heaviest first; empty when it is not."""
    found: list[Reason] = []
    for index in indexes:
        posed = names.posed(face.name, face.username, index)
        if posed is not None:
            found.append(posed)
            break
    if not found:
        title = names.titled(face.name)
        if title is not None:
            found.append(title)
    if face.looks_like:
        found.append(names.pictured(face.looks_like))
    for index in indexes:
        claim = names.claimed(face.bio, index)
        if claim is not None:
            found.append(claim)
            break
    return tuple(sorted(found, key=lambda reason: (-reason.weight, reason.rule_id)))


def score(reasons: Iterable[Reason]) -> int:
    """How sure we are, 0..1000: independent pieces of evidence add up, never beyond certainty."""
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - reason.weight / 1000
    return round((1 - doubt) * 1000)
