"""The campaigns whose texts are known by heart, so that most of their messages are told without a query:
found by any of eight bands, compared in full. Kept until the stamp `campaigns` changes.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from guildhall.core import clock
from guildhall.guard import freshness
from guildhall.guard.fingerprints import ALIKE, Fingerprint, bands_of, equal_values
from guildhall.guard.models import Campaign

STAMP = "campaigns"
DECIDED_FOR = timedelta(days=180)
SUSPECTED_FOR = timedelta(days=7)
MOST = 2_000
"""Campaigns kept in mind, the latest ones."""
MOST_SHAPES = 12
_MOST_ANSWERS = 20_000


@dataclass(slots=True)
class _Known:
    stamp: str
    generation: int
    by_band: dict[int, list[tuple[str, str]]] = field(default_factory=dict)  # band -> (values, campaign id)
    answers: dict[str, tuple[str, int]] = field(default_factory=dict)


_lock = threading.Lock()
_known: _Known | None = None


def find(print_: Fingerprint) -> tuple[str, int]:
    """The campaign a text belongs to and how many of the sixteen values agree; ('', 0) when it is none."""
    known = _current()
    if not known.by_band:
        return "", 0
    found = known.answers.get(print_.values)
    if found is None:
        found = _closest(known, print_.values)
        if len(known.answers) < _MOST_ANSWERS:
            known.answers[print_.values] = found
    return found


def _closest(known: _Known, values: str) -> tuple[str, int]:
    shapes = {shape for band in bands_of(values) for shape in known.by_band.get(band, ())}
    best, most = "", ALIKE - 1
    for shape, campaign in sorted(shapes):
        equal = equal_values(shape, values)
        if equal > most:
            best, most = campaign, equal
    return (best, most) if best else ("", 0)


def touch() -> None:
    """Say that campaigns were found or decided, in the caller's transaction."""
    freshness.touch(STAMP)


def _current() -> _Known:
    global _known
    stamp, generation = freshness.stamp(STAMP), freshness.generation()
    held = _known
    if held is not None and held.stamp == stamp and held.generation == generation:
        return held
    with _lock:
        if _known is None or _known.stamp != stamp or _known.generation != generation:
            _known = _load(stamp, generation)
        return _known


def _load(stamp: str, generation: int) -> _Known:
    known = _Known(stamp, generation)
    if not stamp:
        return known
    now = clock.now()
    rows = Campaign.objects.order_by("-last_seen").values_list("id", "state", "shapes", "last_seen")[:MOST]
    for pk, state, shapes, last_seen in rows:
        kept = SUSPECTED_FOR if state == Campaign.State.SUSPECTED else DECIDED_FOR
        if now - last_seen > kept:
            continue
        for values in shapes:
            for band in dict.fromkeys(bands_of(values)):
                known.by_band.setdefault(band, []).append((values, pk))
    return known
