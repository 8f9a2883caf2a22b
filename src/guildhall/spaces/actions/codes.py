"""Codes (活码) of entrances: made at WeCom, kept in line with the groups that have room, taken away.

Speaks with WeCom, so never inside a transaction; what it learns is written in one. What WeCom refuses is kept
with the entrance until it is mended.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from guildhall.channels.models import Space
from guildhall.channels.wecom import client, customers
from guildhall.channels.wecom.errors import Refused
from guildhall.channels.wecom.models import WecomWay
from guildhall.core import audit, clock
from guildhall.core.errors import GuildhallError
from guildhall.core.text import Text
from guildhall.effects.types import Claimed, Done, NewEffect
from guildhall.spaces import filling
from guildhall.spaces.actions.filling import rooms
from guildhall.spaces.models import Entrance, Place

ACTOR = "system:spaces"
REMOVE = "spaces.remove_code"
_GET_JOIN_WAY = "/cgi-bin/externalcontact/groupchat/get_join_way"


def make(entrance: Entrance, *, by: str) -> bool:
    """Have WeCom make the code of an open entrance; whether there is one now. Raises Temporary, Uncertain."""
    if entrance.kind == Entrance.Kind.BY_HAND or entrance.corp is None:
        return False
    way = entrance.way or _planned(entrance, by)
    if way is None:
        return False
    try:
        customers.make_way(way)
    except Refused as refused:
        note_problem(entrance, refused)
        return False
    with transaction.atomic():
        Entrance.objects.filter(pk=entrance.pk).update(problem={}, state=Entrance.State.OPEN)
        entrance.problem, entrance.state = {}, Entrance.State.OPEN
        audit.record(by, "entrance.code_made", f"entrance:{entrance.pk}", {"groups": len(way.groups)})
    return True


def change(entrance: Entrance, *, by: str) -> None:
    """Put the colleagues of an entrance behind its code. Raises Temporary, Refused."""
    if entrance.way is not None and entrance.kind == Entrance.Kind.CONTACT:
        entrance.way.remark = entrance.name
        WecomWay.objects.filter(pk=entrance.way.pk).update(remark=entrance.name)
        customers.change_way(entrance.way, users=list(entrance.users), by=by)


def perform_adjust(effect: Claimed) -> Done | None:
    """Ask for the code as WeCom has it, take in groups it opened by itself, name those that have room."""
    entrance = (
        Entrance.objects.select_related("way__corp", "corp", "family")
        .filter(pk=effect.payload["entrance"], kind=Entrance.Kind.GROUP)
        .exclude(state__in=(Entrance.State.CLOSED, Entrance.State.HELD))
        .first()
    )
    if entrance is None:
        return None
    way = entrance.way
    if way is None or not way.config_id:
        make(entrance, by=ACTOR)
        return None
    try:
        told = client.call(customers.contact_key(way.corp), _GET_JOIN_WAY, {"config_id": way.config_id})
        theirs = _chat_ids(told)
        adopted = _adopt(entrance, theirs)
        wanted = list(filling.behind_a_code(rooms(entrance.family, entrance.tier)))
        if wanted and wanted != theirs:
            customers.change_way(way, groups=wanted, by=ACTOR)
            theirs = wanted
    except Refused as refused:
        note_problem(entrance, refused)
        return None

    def record() -> None:
        if theirs != list(way.groups):
            WecomWay.objects.filter(pk=way.pk).update(groups=theirs)
        if entrance.problem:
            Entrance.objects.filter(pk=entrance.pk).update(problem={})

    return Done({"groups": len(theirs), "new": adopted}, record)


def removal(way: WecomWay, cause: str) -> NewEffect:
    """The effect that takes a code away at WeCom, so that nobody enters by it any more."""
    return NewEffect(REMOVE, {"way": way.pk}, priority=30, cause=cause)


def perform_removal(effect: Claimed) -> Done | None:
    """Take a code away; one that is gone already is as good."""
    way = WecomWay.objects.select_related("corp").filter(pk=effect.payload["way"], removed_at=None).first()
    if way is None:
        return None
    try:
        customers.remove_at_wecom(way)
    except Refused as refused:
        problem = refused.reason.to_json()
        return Done({"refused": refused.errcode}, lambda: _gone(way, problem))
    return Done({}, lambda: _gone(way, {}))


def note_problem(entrance: Entrance, refused: Refused) -> None:
    """Keep what WeCom said against an entrance, and what can be done."""
    words = Text(f"{refused.reason.en} {refused.do.en}".strip(), f"{refused.reason.zh}{refused.do.zh}")
    Entrance.objects.filter(pk=entrance.pk).update(problem=words.to_json())
    entrance.problem = words.to_json()


def _planned(entrance: Entrance, by: str) -> WecomWay | None:
    """The code of an entrance as it is to be made; None while no group has room."""
    assert entrance.corp is not None
    more: dict[str, Any] = {"state": entrance.code, "remark": entrance.name, "by": by}
    with transaction.atomic():
        if entrance.kind == Entrance.Kind.CONTACT:
            way = customers.plan_contact_way(entrance.corp, list(entrance.users), **more)
        else:
            groups = filling.behind_a_code(rooms(entrance.family, entrance.tier))
            if not groups:
                return None
            number = Place.objects.filter(family=entrance.family, tier=entrance.tier).count() + 1
            way = customers.plan_join_way(
                entrance.corp,
                groups,
                makes_groups=entrance.makes_groups,
                room_name=f"{entrance.family.name} "[:38] if entrance.makes_groups else "",
                room_number=number,
                **more,
            )
        Entrance.objects.filter(pk=entrance.pk).update(way=way)
        entrance.way = way
    return way


def _gone(way: WecomWay, problem: dict[str, str]) -> None:
    WecomWay.objects.filter(pk=way.pk).update(removed_at=clock.now(), problem=problem)


def _chat_ids(told: dict[str, Any]) -> list[str]:
    found = (told.get("join_way") or {}).get("chat_id_list")
    return [str(one)[:190] for one in found] if isinstance(found, list) else []


def _adopt(entrance: Entrance, chat_ids: list[str]) -> int:
    """Give groups that WeCom opened behind the code a place in the family; how many were new."""
    from guildhall.spaces.actions import families  # it calls this module's neighbours

    strangers = Space.objects.filter(platform="wecom", external_id__in=chat_ids, place=None)
    adopted = 0
    for space_id in list(strangers.values_list("pk", flat=True)):
        try:
            families.put(space_id, entrance.family_id, tier=entrance.tier, by=ACTOR)
        except GuildhallError:
            continue  # archived meanwhile: it is nobody's group any more
        adopted += 1
    return adopted
