"""Who else has this ticket open, and who is writing: so that two people do not answer one question.

Kept in the cache all processes share, written at most every few seconds for each person; what is not renewed
is forgotten by itself. Only ever a hint: what must not be overwritten is held by the ticket's revision.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

from guildhall.desk import showing
from guildhall.people.models import Staff

LOOKING_S = 45
WRITING_S = 12
_RENEW_S = 15
_Marks = dict[int, tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class Other:
    """A colleague at the same ticket."""

    name: str
    is_writing: bool


def note(ticket_id: str, staff: Staff, *, is_writing: bool) -> Sequence[Other]:
    """Say that `staff` looks at the ticket (and writes); returns the others, those who write first."""
    key, now = f"desk:at:{ticket_id}", time.time()
    marks: _Marks = {who: mark for who, mark in (cache.get(key) or {}).items() if mark[1] > now - LOOKING_S}
    _name, seen, wrote = marks.get(staff.pk, ("", 0.0, 0.0))
    if seen < now - _RENEW_S or (is_writing and wrote < now - WRITING_S / 2):
        marks[staff.pk] = (str(staff), now, now if is_writing else wrote)
        cache.set(key, marks, LOOKING_S)
    return _others(marks, staff, now)


def leave(ticket_id: str, staff: Staff) -> None:
    """`staff` went on to something else."""
    key = f"desk:at:{ticket_id}"
    marks: _Marks = cache.get(key) or {}
    if marks.pop(staff.pk, None) is not None:
        cache.set(key, marks, LOOKING_S)


def _others(marks: _Marks, staff: Staff, now: float) -> list[Other]:
    if all(who == staff.pk for who in marks):
        return []
    eyes = showing.for_reader(staff)
    found = [
        Other(eyes.actor(f"staff:{who}", name), wrote > now - WRITING_S)
        for who, (name, _seen, wrote) in marks.items()
        if who != staff.pk
    ]
    return sorted(found, key=lambda one: (not one.is_writing, one.name))
