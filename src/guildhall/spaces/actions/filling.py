"""What happens when groups fill up: their heads are counted, who is full is noted, and every entrance of the
family is led on to the next group: by the code itself where WeCom lets us, by a task for a person elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count, Q

from guildhall.channels.wecom.models import WecomGroup
from guildhall.core import clock
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect
from guildhall.spaces import filling
from guildhall.spaces.filling import Room
from guildhall.spaces.models import OPEN_OR_FULL, Entrance, Family, Place
from guildhall.work import actions as work
from guildhall.work.asking import Proofs

ADJUST = "spaces.adjust"
"""The effect that brings a code at WeCom in line with the groups that have room."""
SWAP, ROOM = "entrance_swap", "family_room"
"""Kinds of tasks: put another code up; open another group."""


def rooms(family: Family, tier: str) -> list[Room]:
    """The groups of one tier as they stand."""
    found = Place.objects.filter(family=family, tier=tier, space__archived_at=None).select_related("space")
    return [
        Room(
            place.space_id,
            place.space.external_id,
            place.heads,
            place.limit or family.limit,
            place.takes,
            place.position,
        )
        for place in found
    ]


def count_again(space_ids: Collection[str]) -> None:
    """Count the heads of customer groups that have a place, from who is known to be in them. Inside the
    caller's transaction.
    """
    counted = (
        WecomGroup.objects.filter(space__in=list(space_ids), space__place__isnull=False)
        .annotate(here=Count("members", filter=Q(members__left_at=None)))
        .values_list("space_id", "here", "member_count", "dismissed_at")
    )
    now = clock.now()
    for space_id, here, told, dismissed in counted:
        heads = max(here, 0) or told
        said = {"heads": heads, "counted_at": now, "by_hand": False}
        if dismissed is not None:
            said["takes"] = False
        Place.objects.filter(pk=space_id).update(**said)


def note_heads(space_id: str, heads: int, *, by: str) -> None:
    """A person counted a group. Inside the caller's transaction."""
    place = Place.objects.select_for_update().select_related("family").filter(pk=space_id).first()
    if place is not None:
        place.heads, place.counted_at, place.by_hand = heads, clock.now(), True
        place.save(update_fields=["heads", "counted_at", "by_hand"])
        look_again(place.family, by=by)


def look_again(family: Family, *, by: str) -> None:
    """Note who is full, and have every entrance of the family follow. Inside the caller's transaction."""
    now = clock.now()
    for place in Place.objects.filter(family=family):
        full = place.heads is not None and place.heads >= (place.limit or family.limit)
        if full != (place.full_at is not None):
            place.full_at = now if full else None
            place.save(update_fields=["full_at"])
    for entrance in Entrance.objects.filter(OPEN_OR_FULL, family=family):
        follow(entrance, by=by)


def follow(entrance: Entrance, *, by: str) -> None:
    """Bring one open entrance in line with the groups that have room now."""
    if entrance.kind == Entrance.Kind.CONTACT:
        return
    found = rooms(entrance.family, entrance.tier)
    wanted = filling.behind_a_code(found)
    if entrance.kind == Entrance.Kind.BY_HAND:
        _by_hand(entrance, found, by)
    elif entrance.way is not None and wanted and list(wanted) != list(entrance.way.groups):
        effects.enqueue(adjust(entrance))
    has_room = bool(wanted) or (entrance.kind == Entrance.Kind.GROUP and entrance.makes_groups)
    state = Entrance.State.OPEN if has_room else Entrance.State.FULL
    if entrance.state != state:
        entrance.state = state
        entrance.save(update_fields=["state"])
    if not has_room:
        _ask_for_a_group(entrance, by)


def adjust(entrance: Entrance) -> NewEffect:
    """The effect that asks WeCom for the code as it is and changes what differs."""
    return NewEffect(
        ADJUST, {"entrance": entrance.pk}, order_key=f"spaces.entrance:{entrance.pk}", priority=40,
        cause=f"entrance:{entrance.pk}",
    )  # fmt: skip


def _by_hand(entrance: Entrance, found: list[Room], by: str) -> None:
    """A person puts another code up when the group that is shown is full."""
    shown = next((room for room in found if room.space_id == entrance.shows_id), None)
    if shown is not None and shown.takes and not shown.is_full:
        return
    following = filling.after(found, entrance.shows_id or "")
    if following is None or following.space_id == entrance.shows_id:
        return
    place = Place.objects.select_related("space").get(pk=following.space_id)
    was = Place.objects.select_related("space").filter(pk=entrance.shows_id).first()
    full = Text(f" “{was.space.name}” is full.", f"“{was.space.name}”已满员。") if was else Text("", "")
    work.open_task(
        work.NewTask(
            SWAP,
            Text(
                f"Show the code of “{place.space.name}” at “{entrance.name}”",
                f"将“{entrance.name}”的二维码更换为“{place.space.name}”",
            ),
            notes=Text(
                f"WeChat gives no program the code of a personal group.{full.en} Take the code of the next "
                f"group from the phone and put it up where this entrance is shown: {entrance.source or '-'}.",
                f"微信不向程序提供个人群的二维码。{full.zh}请用手机取下一个群的二维码，"
                f"并更换到该入口展示之处：{entrance.source or '-'}。",
            ),
            space_id=place.space_id,
            subject=f"entrance:{entrance.pk}",
            role="manager",
            proofs=Proofs.OPTIONAL,
            dedupe_key=f"spaces.swap:{entrance.pk}:{entrance.shows_id or ''}:{place.space_id}:"
            f"{was.full_at.isoformat() if was and was.full_at else ''}",
            data={"entrance": entrance.pk, "space": place.space_id},
        ),
        by=by,
    )


def _ask_for_a_group(entrance: Entrance, by: str) -> None:
    """No group has room: somebody opens another. WeCom lets no program do that."""
    full_since = (
        Place.objects.filter(family=entrance.family, tier=entrance.tier, full_at__isnull=False)
        .order_by("-full_at")
        .values_list("full_at", flat=True)
        .first()
    )
    named = f"{entrance.family.name} · {entrance.tier}" if entrance.tier else entrance.family.name
    work.open_task(
        work.NewTask(
            ROOM,
            Text(f"Open another group for “{named}”", f"为“{named}”新建一个群"),
            notes=Text(
                "Every group of this family is full, so nobody can come in by its codes. WeChat lets no "
                "program open a group: open it on a phone, then give it a place in the family.",
                "该群系列的群已全部满员，入口暂无法引导新人。微信不允许程序建群：请用手机新建群后，将其归入该群系列。",
            ),
            subject=f"family:{entrance.family_id}",
            role="manager",
            dedupe_key=f"spaces.room:{entrance.family_id}:{entrance.tier}:"
            f"{full_since.isoformat() if full_since else 'none'}",
            data={"family": entrance.family_id, "tier": entrance.tier},
        ),
        by=by,
    )
