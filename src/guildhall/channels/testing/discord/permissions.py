"""Discord's permissions: their bits, and what a member may do in a server, a channel or a thread.

Pure: reads the records of `state.py`. The order is Discord's own: the roles together, then the overwrites of
everyone, of the roles and of the member; a member in timeout only reads.
"""

from __future__ import annotations

from datetime import datetime

from guildhall.channels.testing.discord.state import Guild, Json

NAMES = (
    "CREATE_INSTANT_INVITE", "KICK_MEMBERS", "BAN_MEMBERS", "ADMINISTRATOR", "MANAGE_CHANNELS",
    "MANAGE_GUILD", "ADD_REACTIONS", "VIEW_AUDIT_LOG", "PRIORITY_SPEAKER", "STREAM", "VIEW_CHANNEL",
    "SEND_MESSAGES", "SEND_TTS_MESSAGES", "MANAGE_MESSAGES", "EMBED_LINKS", "ATTACH_FILES",
    "READ_MESSAGE_HISTORY", "MENTION_EVERYONE", "USE_EXTERNAL_EMOJIS", "VIEW_GUILD_INSIGHTS", "CONNECT",
    "SPEAK", "MUTE_MEMBERS", "DEAFEN_MEMBERS", "MOVE_MEMBERS", "USE_VAD", "CHANGE_NICKNAME",
    "MANAGE_NICKNAMES", "MANAGE_ROLES", "MANAGE_WEBHOOKS", "MANAGE_GUILD_EXPRESSIONS",
    "USE_APPLICATION_COMMANDS", "REQUEST_TO_SPEAK", "MANAGE_EVENTS", "MANAGE_THREADS",
    "CREATE_PUBLIC_THREADS", "CREATE_PRIVATE_THREADS", "USE_EXTERNAL_STICKERS",
    "SEND_MESSAGES_IN_THREADS", "USE_EMBEDDED_ACTIVITIES", "MODERATE_MEMBERS",
    "VIEW_CREATOR_MONETIZATION_ANALYTICS", "USE_SOUNDBOARD", "CREATE_GUILD_EXPRESSIONS", "CREATE_EVENTS",
    "USE_EXTERNAL_SOUNDS", "SEND_VOICE_MESSAGES", "UNUSED_47", "SET_VOICE_CHANNEL_STATUS", "SEND_POLLS",
    "USE_EXTERNAL_APPS", "PIN_MESSAGES", "BYPASS_SLOWMODE",
)  # fmt: skip
BITS = {name: 1 << number for number, name in enumerate(NAMES)}
ALL = (1 << len(NAMES)) - 1
READING = BITS["VIEW_CHANNEL"] | BITS["READ_MESSAGE_HISTORY"]


def bits(*names: str) -> int:
    found = 0
    for name in names:
        found |= BITS[name]
    return found


USUAL = bits(
    "CREATE_INSTANT_INVITE", "ADD_REACTIONS", "STREAM", "VIEW_CHANNEL", "SEND_MESSAGES", "EMBED_LINKS",
    "ATTACH_FILES", "READ_MESSAGE_HISTORY", "MENTION_EVERYONE", "USE_EXTERNAL_EMOJIS", "CONNECT", "SPEAK",
    "USE_VAD", "CHANGE_NICKNAME", "USE_APPLICATION_COMMANDS", "REQUEST_TO_SPEAK",
    "CREATE_PUBLIC_THREADS", "CREATE_PRIVATE_THREADS", "USE_EXTERNAL_STICKERS",
    "SEND_MESSAGES_IN_THREADS", "USE_EMBEDDED_ACTIVITIES", "SEND_VOICE_MESSAGES", "SEND_POLLS",
    "USE_EXTERNAL_APPS",
)  # fmt: skip
"""What everybody may do in a new server."""


def in_timeout(member: Json, now: float) -> bool:
    until = member.get("communication_disabled_until")
    return bool(until) and datetime.fromisoformat(str(until)).timestamp() > now


def in_guild(guild: Guild, user_id: str) -> int:
    member = guild.members.get(user_id)
    if member is None:
        return 0
    if guild.data["owner_id"] == user_id:
        return ALL
    found = int(guild.roles[guild.id]["permissions"])
    for role in member["roles"]:
        found |= int(guild.roles[role]["permissions"])
    return ALL if found & BITS["ADMINISTRATOR"] else found


def in_channel(guild: Guild, channel: Json, user_id: str, now: float) -> int:
    """What a member may do in a channel or thread; 0 when they may not even see it."""
    found = in_guild(guild, user_id)
    member = guild.members.get(user_id)
    if member is None or found == ALL:
        return found
    place = guild.channels.get(channel["parent_id"], channel) if channel["type"] in (10, 11, 12) else channel
    overwrites = {one["id"]: one for one in place.get("permission_overwrites", ())}
    if guild.id in overwrites:
        found = _over(found, [overwrites[guild.id]])
    found = _over(found, [overwrites[role] for role in member["roles"] if role in overwrites])
    if user_id in overwrites:
        found = _over(found, [overwrites[user_id]])
    if not found & BITS["VIEW_CHANNEL"]:
        return 0
    if channel["type"] == 12 and not (
        found & BITS["MANAGE_THREADS"] or user_id in guild.inside.get(channel["id"], ())
    ):
        return 0
    return found & READING if in_timeout(member, now) else found


def _over(found: int, overwrites: list[Json]) -> int:
    allowed = denied = 0
    for one in overwrites:
        allowed |= int(one["allow"])
        denied |= int(one["deny"])
    return found & ~denied | allowed


def highest(guild: Guild, user_id: str) -> int:
    """The position of a member's highest role; an owner stands above all."""
    if guild.data["owner_id"] == user_id:
        return 1 << 30
    member = guild.members.get(user_id)
    if member is None:
        return -1
    return max((int(guild.roles[role]["position"]) for role in member["roles"]), default=0)
