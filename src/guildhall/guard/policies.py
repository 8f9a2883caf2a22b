"""Which policy judges a space, parsed and cached. A space without one of its own is judged by `default`.

A stored version that no longer parses (a rule was retired, say) never stops intake: the one that comes with
the house judges instead, and an operational trouble says so until it is mended.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from guildhall.core import troubles
from guildhall.core.errors import BadInput
from guildhall.guard import freshness, policy
from guildhall.guard.models import PolicyVersion, SpacePolicy
from guildhall.guard.types import Policy

DEFAULT = "default"
TROUBLE = "guard.policy"


@dataclass(slots=True)
class _Known:
    stamp: str
    generation: int
    by_slug: dict[str, Policy] = field(default_factory=dict)
    slug_of: dict[str, str] = field(default_factory=dict)


_lock = threading.Lock()
_known: _Known | None = None


def active_for(space_id: str) -> Policy:
    """The policy in force for a space, at most a second behind the database."""
    known = _current()
    return known.by_slug.get(known.slug_of.get(space_id, DEFAULT)) or _default(known)


def active(slug: str) -> Policy:
    """The active version of a policy by its slug; that of `default` when it has none."""
    known = _current()
    return known.by_slug.get(slug) or _default(known)


def _default(known: _Known) -> Policy:
    return known.by_slug.get(DEFAULT) or policy.shipped(DEFAULT)


def _current() -> _Known:
    global _known
    stamp, generation = freshness.stamp("policies"), freshness.generation()
    held = _known
    if held is not None and held.stamp == stamp and held.generation == generation:
        return held
    with _lock:
        if _known is None or _known.stamp != stamp or _known.generation != generation:
            _known = _load(stamp, generation)
        return _known


def _load(stamp: str, generation: int) -> _Known:
    known = _Known(stamp, generation)
    broken = []
    rows = PolicyVersion.objects.filter(state=PolicyVersion.State.ACTIVE).values_list(
        "policy__slug", "version", "source_yaml"
    )
    for slug, version, source in rows:
        try:
            known.by_slug[slug] = policy.parse(source, slug=slug, version=version)
        except BadInput as error:
            broken.append(f"{slug}@{version}: {error.text.en}")
    known.slug_of = dict(SpacePolicy.objects.values_list("space_id", "policy__slug"))
    if broken:
        troubles.report(TROUBLE, "; ".join(broken))
    elif rows:
        troubles.clear(TROUBLE)
    return known
