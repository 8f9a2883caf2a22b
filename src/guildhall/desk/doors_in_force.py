"""Which doors are open by which rules, parsed and cached; at most a second behind the database.

A house without doors pays one look into this cache for each batch of messages.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from guildhall.core.errors import BadInput
from guildhall.core.log import get_logger
from guildhall.desk.doors import Rules, from_json
from guildhall.desk.intents import Words
from guildhall.desk.models import DoorRule, DoorWords
from guildhall.guard import freshness

STAMP = "doors"
_logger = get_logger(__name__)


@dataclass(slots=True)
class _Known:
    stamp: str
    generation: int
    spaces: dict[str, Rules] = field(default_factory=dict)
    platforms: dict[str, Rules] = field(default_factory=dict)
    words: dict[str, tuple[str, ...]] = field(default_factory=dict)


_lock = threading.Lock()
_known: _Known | None = None


def are_any() -> bool:
    """Whether any door is open."""
    known = _current()
    return bool(known.spaces or known.platforms)


def rules_of(space_id: str, platform: str, *, is_private: bool) -> Rules | None:
    """The rules of a space, or of the private talks of its platform; None where no door is open."""
    known = _current()
    found = known.spaces.get(space_id)
    return found if found is not None or not is_private else known.platforms.get(platform)


def words() -> Words:
    """The house's own words, by category."""
    return _current().words


def touch() -> None:
    """Say that doors have changed. Inside the caller's transaction."""
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
    for row in DoorRule.objects.filter(enabled=True):
        try:
            rules = from_json(row.rules)
        except BadInput as error:
            _logger.error("door.unreadable", door=row.pk, why=error.text.en)
            rules = Rules()
        if row.space_id is not None:
            known.spaces[row.space_id] = rules
        else:
            known.platforms[row.platform] = rules
    for category, said in DoorWords.objects.values_list("category_id", "words"):
        known.words[category] = tuple(str(one) for one in said)
    return known
