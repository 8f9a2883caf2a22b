"""Discord's permissions as bits, and what somebody may in a channel once roles and overwrites are put
together in Discord's order. Pure arithmetic (Discord's documentation, Permissions, "Permission Hierarchy").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

CREATE_INVITE = 1 << 0
KICK_MEMBERS = 1 << 1
BAN_MEMBERS = 1 << 2
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_AUDIT_LOG = 1 << 7
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_HISTORY = 1 << 16
CONNECT = 1 << 20
SPEAK = 1 << 21
MANAGE_ROLES = 1 << 28
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_IN_THREADS = 1 << 38
MANAGE_THREADS = 1 << 34
MODERATE_MEMBERS = 1 << 40
SEND_POLLS = 1 << 49
PIN_MESSAGES = 1 << 51

SPEAKING = SEND_MESSAGES | SEND_IN_THREADS | CREATE_PUBLIC_THREADS | ADD_REACTIONS
"""What a lock takes from everybody."""
ALL = (1 << 53) - 1

ROLE, MEMBER = 0, 1


def number(said: Any) -> int:
    """A bit set as Discord writes it (a decimal string, or a number); 0 for anything else."""
    if type(said) is int and said >= 0:
        return said
    return int(said) if isinstance(said, str) and said.isascii() and said.isdigit() else 0


def of_member(
    guild_id: str, owner: str, user: str, mine: Iterable[str], roles: Mapping[str, Mapping[str, Any]]
) -> int:
    """What a member may in the whole server: @everyone and their roles together; everything for its owner and
    for administrators.
    """
    if user and user == owner:
        return ALL
    held = number(roles.get(guild_id, {}).get("permissions"))
    for role in mine:
        held |= number(roles.get(role, {}).get("permissions"))
    return ALL if held & ADMINISTRATOR else held


def in_channel(
    held: int, guild_id: str, user: str, mine: Iterable[str], overwrites: Iterable[Mapping[str, Any]]
) -> int:
    """The same in one channel: @everyone's overwrite, then those of the roles together, then the member's."""
    if held & ADMINISTRATOR:
        return ALL
    allow_roles = deny_roles = allow_own = deny_own = 0
    own = set(mine)
    for one in overwrites:
        target, allow, deny = str(one.get("id", "")), number(one.get("allow")), number(one.get("deny"))
        if number(one.get("type")) == MEMBER:
            if target == user:
                allow_own, deny_own = allow, deny
        elif target == guild_id:
            held = held & ~deny | allow
        elif target in own:
            allow_roles |= allow
            deny_roles |= deny
    held = held & ~deny_roles | allow_roles
    held = held & ~deny_own | allow_own
    return held if held & VIEW_CHANNEL else 0


def top_position(mine: Iterable[str], roles: Mapping[str, Mapping[str, Any]]) -> int:
    """Where the highest of these roles stands; 0 for @everyone alone."""
    return max((int(roles.get(role, {}).get("position") or 0) for role in mine), default=0)
