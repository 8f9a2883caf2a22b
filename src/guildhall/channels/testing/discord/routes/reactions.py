"""Routes on reactions."""

from __future__ import annotations

import re
from typing import Any

from guildhall.channels.testing.discord import shown
from guildhall.channels.testing.discord.refusals import Refused, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Guild, Json
from guildhall.channels.testing.discord.world import World

MOST = 20
CUSTOM = re.compile(r"^\w{2,32}:\d+$")


def react(world: World, channel_id: str, message: Json, user_id: str, key: str) -> None:
    """Somebody reacts; told once."""
    users = world.reactions[message["id"]].setdefault(key, [])
    if user_id in users:
        return
    users.append(user_id)
    guild = world.where.get(channel_id)
    told = _told(world, guild, channel_id, message, user_id, key)
    told["message_author_id"] = message["author"]["id"]
    if guild is not None and user_id in guild.members:
        told["member"] = shown.member(world, guild, user_id)
    world.tell("MESSAGE_REACTION_ADD", told, guild, _place(world, guild, channel_id))


def unreact(world: World, channel_id: str, message: Json, user_id: str, key: str) -> None:
    users = world.reactions[message["id"]].get(key, [])
    if user_id not in users:
        return
    users.remove(user_id)
    guild = world.where.get(channel_id)
    told = _told(world, guild, channel_id, message, user_id, key)
    world.tell("MESSAGE_REACTION_REMOVE", told, guild, _place(world, guild, channel_id))


def _place(world: World, guild: Guild | None, channel_id: str) -> Json | None:
    return guild.place(channel_id) if guild is not None else world.direct[channel_id]


def _told(world: World, guild: Guild | None, channel_id: str, message: Json, user_id: str, key: str) -> Json:
    server = {"guild_id": guild.id} if guild is not None else {}
    return {"user_id": user_id, "channel_id": channel_id, "message_id": message["id"], **server,
            "emoji": shown.emoji(key), "burst": False, "type": 0}  # fmt: skip


def _found(call: Call) -> tuple[Guild | None, Json, Json]:
    guild, channel = call.place()
    return guild, channel, call.world.message_for(channel["id"], call.path["message_id"])


def _key(call: Call) -> str:
    key = call.path["emoji_name"]
    if not CUSTOM.match(key) and (key.isascii() or len(key) > 16):
        raise unknown("Emoji")
    return key


@route("PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me")
def add(call: Call) -> Any:
    guild, channel, message = _found(call)
    key = _key(call)
    present = call.world.reactions[message["id"]]
    if guild is not None:
        call.world.need(guild, call.app, "READ_MESSAGE_HISTORY", channel=channel)
        if not present.get(key):
            call.world.need(guild, call.app, "ADD_REACTIONS", channel=channel)
    if not present.get(key) and sum(bool(users) for users in present.values()) >= MOST:
        raise Refused(400, 30010, f"Maximum number of reactions reached ({MOST})")
    react(call.world, channel["id"], message, call.app.id, key)


@route("DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me")
def take_back(call: Call) -> Any:
    _, channel, message = _found(call)
    unreact(call.world, channel["id"], message, call.app.id, _key(call))


@route("DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/{user_id}")
def take_from(call: Call) -> Any:
    guild, channel, message = _found(call)
    if guild is not None:
        call.world.need(guild, call.app, "MANAGE_MESSAGES", channel=channel)
    unreact(call.world, channel["id"], message, call.path["user_id"], _key(call))


@route("DELETE /channels/{channel_id}/messages/{message_id}/reactions")
def clear(call: Call) -> Any:
    guild, channel, message = _found(call)
    if guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    call.world.need(guild, call.app, "MANAGE_MESSAGES", channel=channel)
    call.world.reactions.pop(message["id"], None)
    told = {"channel_id": channel["id"], "message_id": message["id"], "guild_id": guild.id}
    call.world.tell("MESSAGE_REACTION_REMOVE_ALL", told, guild, channel)


@route("DELETE /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}")
def clear_one(call: Call) -> Any:
    guild, channel, message = _found(call)
    if guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    call.world.need(guild, call.app, "MANAGE_MESSAGES", channel=channel)
    key = _key(call)
    call.world.reactions[message["id"]].pop(key, None)
    told = {"channel_id": channel["id"], "message_id": message["id"], "guild_id": guild.id,
            "emoji": shown.emoji(key)}  # fmt: skip
    call.world.tell("MESSAGE_REACTION_REMOVE_EMOJI", told, guild, channel)


@route("GET /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}")
def users(call: Call) -> Any:
    _, _, message = _found(call)
    after = int(call.query.get("after") or 0)
    ids = sorted((one for one in call.world.reactions[message["id"]].get(_key(call), ()) if int(one) > after),
                 key=int)  # fmt: skip
    return [call.world.users[one] for one in ids[: call.number("limit", 25)]]
