"""What the banner, the pages and the commands ask about the demo."""

from __future__ import annotations

import time
from dataclasses import dataclass

from guildhall.channels.models import Message, Space, SpaceMember
from guildhall.demo.models import ONLY, World
from guildhall.guard.models import Case
from guildhall.people.models import Staff

FRESH_S = 5.0
_held: tuple[float, World | None] | None = None


@dataclass(frozen=True, slots=True)
class Belongings:
    """What goes when the demo goes."""

    spaces: tuple[str, ...]
    messages: int
    members: int
    cases: int
    staff: int
    visitors: int
    """People who are not made up and wrote or joined in the demo's spaces."""


def world() -> World | None:
    """The demo's row as it is now, or None when this house never had one."""
    return World.objects.filter(pk=ONLY).first()


def glance() -> World | None:
    """The same, at most some seconds old: every page of the console asks."""
    global _held
    now = time.monotonic()
    if _held is None or now - _held[0] >= (1.0 if is_moving(_held[1]) else FRESH_S):
        _held = (now, world())
    return _held[1]


def forget() -> None:
    """Look again at the next glance."""
    global _held
    _held = None


def is_moving(one: World | None) -> bool:
    """Whether it is being built or removed."""
    return one is not None and one.state in (World.State.BUILDING, World.State.REMOVING)


def is_there(one: World | None) -> bool:
    """Whether anything of a demo may be in the house."""
    return one is not None and one.state != World.State.REMOVED


def belongings(one: World) -> Belongings:
    """What a removal would take."""
    there = Space.objects.filter(pk__in=one.spaces)
    people = SpaceMember.objects.filter(space__in=one.spaces).values_list("account_id").distinct()
    made_up = people.filter(account__external_id__startswith="demo-").count()
    everybody = people.count()
    return Belongings(
        tuple(there.order_by("name").values_list("name", flat=True)),
        Message.objects.filter(space__in=one.spaces).count(),
        made_up,
        Case.objects.filter(space__in=one.spaces).count(),
        Staff.objects.filter(pk__in=one.staff).count(),
        everybody - made_up,
    )
