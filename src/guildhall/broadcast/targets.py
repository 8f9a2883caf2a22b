"""Finds the places an audience means, in the database as it is now. Reads only.

Spaces that are archived are no places. A member is reached in one private talk: that of the platform they
wrote on last.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Q, QuerySet

from guildhall.broadcast.audience import MEMBERS, Announcing, Audience, Target, places, speaks
from guildhall.broadcast.content import spoken
from guildhall.broadcast.zones import zone_of
from guildhall.channels.models import Space, SpaceMember, Topic
from guildhall.channels.port import MemberState
from guildhall.core import clock

_AT_ONCE = 2_000
_GONE = (MemberState.LEFT.value, MemberState.BANNED.value)


def find(audience: Audience) -> list[Target]:
    """Every place, each once, in order of platform and name."""
    if audience.names_nobody:
        return []
    found = _members(audience) if audience.to == MEMBERS else _spaces(audience)
    unique = {(one.space_id, one.thread_id): one for one in found}
    return sorted(unique.values(), key=lambda one: (one.platform, one.name, one.space_id, one.thread_id))


def _spaces(audience: Audience) -> Iterator[Target]:
    spaces = list(_chosen(audience))
    topics: dict[str, list[Announcing]] = {}
    announcing = Topic.objects.filter(announces=True, gone_at__isnull=True, is_closed=False)
    for topic in announcing.order_by("id"):
        topics.setdefault(topic.space_id, []).append(
            Announcing(topic.external_id, topic.name, spoken(topic.language))
        )
    named = frozenset(audience.include)
    for space in spaces:
        for place in places(_target(space), topics.get(space.id, ()), space.settings):
            if speaks(audience, place.language) or space.id in named:
                yield place


def _chosen(audience: Audience) -> QuerySet[Space]:
    wanted = Q(pk__in=audience.include)
    if audience.has_filters:
        fits = Q(pk__isnull=False)
        for column in ("platform", "tier", "region", "theme"):
            values = getattr(audience, f"{column}s")
            if values:
                fits &= Q(**{f"{column}__in": values})
        # A language may be that of one of the topics only: it is looked at once the places are known.
        wanted |= fits
    open_ones = Space.objects.filter(archived_at__isnull=True).exclude(kind="private")
    return open_ones.filter(wanted).exclude(pk__in=audience.exclude).order_by("id")


def _members(audience: Audience) -> Iterator[Target]:
    talks = (
        SpaceMember.objects.filter(
            space__kind="private",
            space__archived_at__isnull=True,
            account__is_bot=False,
            account__member__erased_at__isnull=True,
        )
        .exclude(state__in=_GONE)
        .exclude(space__in=audience.exclude)
    )
    if audience.platforms:
        talks = talks.filter(space__platform__in=audience.platforms)
    if audience.seen_days:
        talks = talks.filter(
            account__member__last_seen_at__gte=clock.now() - timedelta(days=audience.seen_days)
        )
    if audience.within:
        inside = SpaceMember.objects.filter(space__in=audience.within).exclude(state__in=_GONE)
        talks = talks.filter(account__member__in=inside.values("account__member"))
    rows = talks.select_related("space", "account__member").order_by("-account__last_seen_at", "id")
    seen: set[str] = set()
    for talk in rows.iterator(chunk_size=_AT_ONCE):
        member = talk.account.member
        if member.id in seen:
            continue
        language = spoken(member.language or talk.space.language)
        region = member.region or talk.space.region
        if audience.regions and region not in audience.regions:
            continue
        if not speaks(audience, language):
            continue
        seen.add(member.id)
        yield Target(
            space_id=talk.space.id,
            platform=talk.space.platform,
            name=talk.space.name,
            language=language,
            region=region,
            kind=talk.space.kind,
            receiver=talk.space.receiver,
            external_id=talk.space.external_id,
            zone=zone_of(region, talk.space.settings),
            account_id=talk.account_id,
        )


def _target(space: Space) -> Target:
    return Target(
        space_id=space.id,
        platform=space.platform,
        name=space.name,
        language=spoken(space.language),
        region=space.region,
        kind=space.kind,
        receiver=space.receiver,
        external_id=space.external_id,
        tier=space.tier,
        theme=space.theme,
        zone=zone_of(space.region, space.settings),
    )
