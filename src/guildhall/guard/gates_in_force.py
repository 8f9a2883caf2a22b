"""Which gates stand where, parsed and cached; at most a second behind the database.

A gate whose stored settings cannot be read asks as a new one would, and an operational trouble says so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from guildhall.core import clock, troubles
from guildhall.core.errors import BadInput
from guildhall.guard import freshness
from guildhall.guard.gates.settings import Settings, hardened, parse
from guildhall.guard.models import Gate

STAMP = "gates"
TROUBLE = "guard.gate"
Verified = Callable[[Collection[str]], Collection[str]]
"""Our ids of accounts -> those whose owner has proven who they are."""


@dataclass(frozen=True, slots=True)
class InForce:
    """A gate as it asks now. opened_at: who came before is not asked. board: key and time of the message a
    busy group shows for all.
    """

    space_id: str
    settings: Settings
    is_open: bool
    is_hard: bool
    opened_at: datetime | None


@dataclass(slots=True)
class _Known:
    stamp: str
    generation: int
    rows: dict[str, tuple[Gate, Settings]] = field(default_factory=dict)


_lock = threading.Lock()
_known: _Known | None = None
_verified: Verified | None = None


def verified_source(source: Verified | None) -> None:
    """Register who knows which accounts are verified; without one nobody counts as such."""
    global _verified
    _verified = source


def can_verify() -> bool:
    """Whether anybody here knows of verified accounts."""
    return _verified is not None


def verified(account_ids: Collection[str]) -> frozenset[str]:
    """Those of the accounts whose owner has proven who they are."""
    return frozenset(_verified(account_ids)) if _verified is not None and account_ids else frozenset()


def gate_of(space_id: str, at: datetime | None = None) -> InForce | None:
    """The gate of a space as it stands at a time (now), open or not; None where there never was one."""
    known = _rows().get(space_id)
    if known is None:
        return None
    row, settings = known
    is_hard = row.hard_until is not None and row.hard_until > (at or clock.now())
    return InForce(
        space_id, hardened(settings) if is_hard else settings, row.is_on or is_hard, is_hard, row.opened_at
    )


def open_gate(space_id: str, at: datetime | None = None) -> InForce | None:
    """The gate of a space if it asks newcomers at a time (now)."""
    found = gate_of(space_id, at)
    return found if found is not None and found.is_open else None


def are_any() -> bool:
    """Whether any space has a gate, open or closed."""
    return bool(_rows())


def _rows() -> Mapping[str, tuple[Gate, Settings]]:
    global _known
    stamp, generation = freshness.stamp(STAMP), freshness.generation()
    held = _known
    if held is not None and held.stamp == stamp and held.generation == generation:
        return held.rows
    with _lock:
        if _known is None or _known.stamp != stamp or _known.generation != generation:
            _known = _load(stamp, generation)
        return _known.rows


def _load(stamp: str, generation: int) -> _Known:
    known = _Known(stamp, generation)
    broken = []
    for row in Gate.objects.all():
        settings = Settings()
        try:
            settings = parse(row.settings)
        except BadInput as error:
            broken.append(f"{row.space_id}: {error.text.en}")
        known.rows[row.space_id] = row, settings
    if broken:
        troubles.report(TROUBLE, "; ".join(broken))
    elif known.rows:
        troubles.clear(TROUBLE)
    return known
