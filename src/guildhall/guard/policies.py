"""Which policy judges a space, parsed and cached. A space without one of its own is judged by `default`.

A stored version that no longer parses (a rule was retired, say) never stops intake: the one that comes with
the house judges instead, and an operational trouble says so until it is mended.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from guildhall.channels.models import Space
from guildhall.core import troubles
from guildhall.core.errors import BadInput
from guildhall.guard import freshness, policy
from guildhall.guard.models import PolicyVersion, SpacePolicy
from guildhall.guard.shadow import Judging
from guildhall.guard.types import Place, Policy

DEFAULT = "default"
TROUBLE = "guard.policy"
PLACES_EVERY_S = 60.0


@dataclass(slots=True)
class _Known:
    stamp: str
    generation: int
    by_slug: dict[str, Policy] = field(default_factory=dict)
    slug_of: dict[str, str] = field(default_factory=dict)
    by_space: dict[str, Policy] = field(default_factory=dict)
    """What judges in a space, worked out when the first message there is judged."""
    read_at: float = 0.0


_lock = threading.Lock()
_known: _Known | None = None


def active_for(space_id: str) -> Policy:
    """The policy in force for a space with its overrides for that place applied, at most a second behind the
    database (what overrides ask of the space itself, such as its language: at most a minute).
    """
    known = _current()
    found = known.by_space.get(space_id)
    return found if found is not None else _resolve(known, space_id)


def raw_for(space_id: str) -> Policy:
    """The policy in force for a space as it is written, with its overrides; for comparing policies."""
    known = _current()
    return known.by_slug.get(known.slug_of.get(space_id, DEFAULT)) or _default(known)


def in_force() -> Judging:
    """What judges where now, by place: for trying policies on the past."""
    known = _current()
    assigned = SpacePolicy.objects.values_list("space__slug", "policy__slug")
    slug_of = dict(assigned)
    judging = {slug: policy.ByPlace(found) for slug, found in known.by_slug.items()}
    house = policy.ByPlace(_default(known))

    def judge_of(place: Place) -> Policy:
        return judging.get(slug_of.get(place.space, DEFAULT), house)(place)

    return judge_of


def judged_spaces(slug: str) -> list[str]:
    """Ids of the spaces that a policy judges; those without one of their own are judged by `default`."""
    chosen = list(SpacePolicy.objects.filter(policy__slug=slug).values_list("space_id", flat=True))
    if slug == DEFAULT:
        chosen += Space.objects.filter(guard_policy=None).exclude(kind="private").values_list("pk", flat=True)
    return chosen


def active(slug: str) -> Policy:
    """The active version of a policy by its slug; that of `default` when it has none."""
    known = _current()
    return known.by_slug.get(slug) or _default(known)


def _resolve(known: _Known, space_id: str) -> Policy:
    found = known.by_slug.get(known.slug_of.get(space_id, DEFAULT)) or _default(known)
    if found.overrides:
        row = Space.objects.filter(pk=space_id).values_list("slug", "platform", "language", "tier").first()
        found = policy.resolve(found, Place(*row) if row is not None else Place())
    known.by_space[space_id] = found
    return found


def _default(known: _Known) -> Policy:
    return known.by_slug.get(DEFAULT) or policy.shipped(DEFAULT)


def _current() -> _Known:
    global _known
    stamp, generation = freshness.stamp("policies"), freshness.generation()
    now = time.monotonic()
    held = _known
    if held is not None and held.stamp == stamp and held.generation == generation:
        if now - held.read_at >= PLACES_EVERY_S:
            held.by_space, held.read_at = {}, now
        return held
    with _lock:
        if _known is None or _known.stamp != stamp or _known.generation != generation:
            _known = _load(stamp, generation)
            _known.read_at = now
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
