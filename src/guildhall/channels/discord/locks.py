"""Locking a channel and opening it again, as arithmetic on its overwrites. Pure.

A lock takes from everybody what lets them speak, leaves it to staff and to our bot, and touches no other bit.
Opening gives each target back exactly the bits it had, so that what somebody changed meanwhile stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guildhall.channels.discord import permissions as bits
from guildhall.channels.discord.permissions import MEMBER, ROLE, SPEAKING, number

_STAFF = (
    bits.ADMINISTRATOR | bits.MANAGE_MESSAGES | bits.MODERATE_MEMBERS | bits.BAN_MEMBERS | bits.MANAGE_GUILD
)

Overwrite = dict[str, Any]


def staff_roles(guild_id: str, roles: Mapping[str, Mapping[str, Any]]) -> frozenset[str]:
    """Roles whose holders look after the server."""
    return frozenset(
        key for key, one in roles.items() if key != guild_id and number(one.get("permissions")) & _STAFF
    )


def locked(
    overwrites: Iterable[Mapping[str, Any]], guild_id: str, bot: str, staff: Iterable[str], may: int
) -> list[Overwrite]:
    """The overwrites of a locked channel. `may`: what our bot holds; it can change no other bit."""
    change = SPEAKING & may
    found = {str(one["id"]): _plain(one) for one in overwrites}
    chosen = set(staff)
    everyone = found.setdefault(guild_id, _fresh(guild_id, ROLE))
    for key in (*chosen, bot):
        found.setdefault(key, _fresh(key, MEMBER if key == bot else ROLE))
    for key, one in found.items():
        if key == bot or key in chosen:
            one["allow"], one["deny"] = one["allow"] | change, one["deny"] & ~change
        elif one is everyone or one["allow"] & change:
            one["allow"], one["deny"] = one["allow"] & ~change, one["deny"] | change
    return list(found.values())


def opened(
    current: Iterable[Mapping[str, Any]], before: Iterable[Mapping[str, Any]], may: int
) -> list[Overwrite]:
    """The overwrites of a channel opened again: `before` is how they stood when it was locked."""
    change = SPEAKING & may
    was = {str(one["id"]): _plain(one) for one in before}
    out = []
    for told in current:
        one = _plain(told)
        old = was.get(one["id"])
        one["allow"] = one["allow"] & ~change | (old["allow"] & change if old else 0)
        one["deny"] = one["deny"] & ~change | (old["deny"] & change if old else 0)
        if old is not None or one["allow"] or one["deny"]:
            out.append(one)
    return out


def kept(overwrites: Iterable[Mapping[str, Any]]) -> list[Overwrite]:
    """Overwrites as a request carries them and as we remember them."""
    return [_plain(one) for one in overwrites]


def _plain(one: Mapping[str, Any]) -> Overwrite:
    return {
        "id": str(one["id"]),
        "type": number(one.get("type")),
        "allow": number(one.get("allow")),
        "deny": number(one.get("deny")),
    }


def _fresh(key: str, kind: int) -> Overwrite:
    return {"id": key, "type": kind, "allow": 0, "deny": 0}
