"""What can happen to the demo as a whole: begun in a house without a community of its own, and removed.

Building goes on in `building`, a step a transaction; removing in `sweeping`, carried out by a worker.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from guildhall.channels import actions as channels
from guildhall.channels.models import Space
from guildhall.channels.webchat import PLATFORM
from guildhall.core import audit, clock
from guildhall.core.errors import Conflict, NotFound
from guildhall.core.models import AuditEntry
from guildhall.core.text import Text
from guildhall.demo import queries
from guildhall.demo.cast import EN, LENGTH, VIP, ZH
from guildhall.demo.models import ONLY, World
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect
from guildhall.guard import actions as guard

ACTOR = "system:demo"
SEED = 7
REMOVAL = "demo.remove"
State = World.State
_SPACES = {
    EN: (
        "Demo: traders' lounge",
        "en",
        "",
        "This is a demo: everybody you see here is made up. Write something, or try a scam.",
    ),
    ZH: ("演示：交易者茶馆", "zh-hans", "", "这里是演示：群里的人都是虚构的。随便说两句，或者发条诈骗试试。"),
    VIP: (
        "Demo: VIP desk · 演示：VIP 贵宾群",
        "en",
        "vip",
        "This is a demo in two languages; everybody here is made up. 本群为双语演示，成员均为虚构。",
    ),
}
EMPTY_HOUSE = (EN, ZH)


def begin(*, seed: int = SEED, by: str = ACTOR, length: timedelta = LENGTH) -> World:
    """Make the demo's spaces and have its world built, in a house without any other space. Its past reaches
    `length` back, in whole hours.

    Raises Conflict when the house has a community of its own, or the demo is there already.
    """
    with transaction.atomic():
        world = _begun(by, seed, length, (EN, ZH, VIP))
        audit.record(by, "demo.begun", "demo:world", {"seed": seed})
    queries.forget()
    return world


def furnish() -> World | None:
    """Two demo spaces and nobody in them, in a house that never had a space or a demo; None elsewhere."""
    with transaction.atomic():
        if Space.objects.exists() or queries.world() is not None:
            return None
        world = _begun(ACTOR, SEED, timedelta(), EMPTY_HOUSE)
    queries.forget()
    return world


def remove(by: str) -> None:
    """Have everything of the demo taken away by a worker. Raises NotFound when there is none."""
    with transaction.atomic():
        world = World.objects.select_for_update().filter(pk=ONLY).exclude(state=State.REMOVED).first()
        if world is None:
            raise NotFound(Text("There is no demo in this house.", "此系统中没有演示数据。"))
        if world.state == State.REMOVING:
            return
        world.state, world.done, world.total, world.changed_at = State.REMOVING, 0, 100, clock.now()
        world.save()
        for space_id in Space.objects.filter(pk__in=world.spaces).values_list("pk", flat=True):
            channels.archive_space(space_id, by=by)
        audit.record(by, "demo.removal_asked", "demo:world", {"spaces": len(world.spaces)})
        effects.enqueue(NewEffect(REMOVAL, {"by": by}, order_key="demo:world", cause="demo:world"))
    queries.forget()


def has_own_community() -> bool:
    """Whether anything but the demo's own spaces is in the house."""
    return Space.objects.exclude(pk__in=[space.pk for space in _own_spaces().values()]).exists()


def _begun(by: str, seed: int, length: timedelta, slugs: tuple[str, ...]) -> World:
    before = World.objects.select_for_update().filter(pk=ONLY).first()
    if before is not None and (
        queries.is_moving(before) or (before.state == State.READY and before.total > 0)
    ):
        raise Conflict(Text("The demo is there already.", "演示数据已存在。"), code="demo_exists")
    if has_own_community():
        raise Conflict(
            Text(
                "This house has spaces of its own; the demo is only for an empty one.",
                "此系统已有自己的群组；演示数据只能用于空系统。",
            ),
            code="house_in_use",
        )
    ends = clock.now().replace(microsecond=0)
    known = _own_spaces()
    with clock.freeze(ends - length):
        spaces = [known.get(slug) or _made(slug, by) for slug in slugs]
        for space in spaces:
            guard.assign_policy(space.pk, "default", ACTOR)
    world, _created = World.objects.update_or_create(
        pk=ONLY,
        defaults={
            "seed": seed,
            "ends": ends,
            "state": State.BUILDING if length else State.READY,
            "done": 0,
            "total": length // timedelta(hours=1),
            "spaces": [space.pk for space in spaces],
            "staff": [],
            "accounts": [],
            "changed_at": ends,
        },
    )
    return world


def _made(slug: str, by: str) -> Space:
    name, language, tier, welcome = _SPACES[slug]
    return channels.create_space(
        platform=PLATFORM, slug=slug, name=name, language=language, tier=tier, welcome=welcome, by=by,
        is_demo=True,
    )  # fmt: skip


def _own_spaces() -> dict[str, Space]:
    """The demo's spaces that stand in the house, by slug: they say so, or the house itself made them."""
    found = {}
    for space in Space.objects.filter(slug__in=_SPACES, platform=PLATFORM):
        made = AuditEntry.objects.filter(subject=f"space:{space.pk}", verb="space.created", actor=ACTOR)
        if space.settings.get("is_demo") or made.exists():
            found[space.slug] = space
    return found
