"""Routes on channels: their settings, order and overwrites."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import shown
from guildhall.channels.testing.discord.permissions import ALL, in_guild
from guildhall.channels.testing.discord.refusals import Refused, bad_field, missing_permissions, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import THREADS, Guild, Json
from guildhall.channels.testing.discord.world import World

FIELDS = (
    "name", "type", "position", "topic", "nsfw", "rate_limit_per_user", "parent_id", "available_tags",
    "default_reaction_emoji", "default_sort_order", "default_forum_layout", "flags", "bitrate",
    "user_limit", "default_auto_archive_duration", "default_thread_rate_limit_per_user",
)  # fmt: skip
SLOWEST = 21_600


@route("GET /channels/{channel_id}")
def channel(call: Call) -> Any:
    return shown.channel(call.place()[1])


@route("GET /guilds/{guild_id}/channels")
def channels(call: Call) -> Any:
    return list(call.guild().channels.values())


@route("POST /guilds/{guild_id}/channels")
def create(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_CHANNELS")
    given = {key: call.body[key] for key in FIELDS if call.body.get(key) is not None}
    name, kind = given.pop("name"), given.pop("type", 0)
    overwrites = [_overwrite(call, guild, one) for one in call.body.get("permission_overwrites") or ()]
    made = world.add_channel(guild, name, kind, permission_overwrites=overwrites, **_tagged(call, given))
    world.tell("CHANNEL_CREATE", made, guild, made)
    world.note(guild, 10, call.app.id, made["id"], reason=call.reason)
    call.status = 201
    return made


@route("PATCH /guilds/{guild_id}/channels")
def move(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_CHANNELS")
    for one in call.body:
        found = guild.channels.get(one.get("id"))
        if found is None:
            raise unknown("Channel")
        for key in ("position", "parent_id"):
            if one.get(key) is not None:
                found[key] = one[key]
        world.tell("CHANNEL_UPDATE", found, guild, found)


@route("PATCH /channels/{channel_id}")
def change(call: Call) -> Any:
    guild, found = call.place()
    if guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    if found["type"] in THREADS:
        return _change_thread(call, guild, found)
    world = call.world
    world.need(guild, call.app, "MANAGE_CHANNELS", channel=found)
    slow = call.body.get("rate_limit_per_user")
    if slow is not None and not 0 <= slow <= SLOWEST:
        raise bad_field(["rate_limit_per_user"], "NUMBER_TYPE_MAX",
                        f"int value should be less than or equal to {SLOWEST}.")  # fmt: skip
    old = dict(found)
    found.update(_tagged(call, {key: call.body[key] for key in FIELDS if key in call.body}))
    if call.body.get("permission_overwrites") is not None:
        world.need(guild, call.app, "MANAGE_ROLES", channel=found)
        found["permission_overwrites"] = [
            _overwrite(call, guild, one) for one in call.body["permission_overwrites"]
        ]
    if old != found:
        world.tell("CHANNEL_UPDATE", found, guild, found)
        world.note(guild, 11, call.app.id, found["id"], reason=call.reason)
    return shown.channel(found)


def _tagged(call: Call, given: Json) -> Json:
    """Forum tags that are new get their ids."""
    if given.get("available_tags"):
        given["available_tags"] = [
            {"moderated": False, "emoji_id": None, "emoji_name": None, **one,
             "id": one.get("id") or call.world.new_id()}
            for one in given["available_tags"]
        ]  # fmt: skip
    return given


def _change_thread(call: Call, guild: Guild, found: Json) -> Any:
    world = call.world
    meta = found["thread_metadata"]
    opens = call.body.get("archived") is False and set(call.body) == {"archived"}
    mine = found["owner_id"] == call.app.id and "locked" not in call.body
    if not (mine or (opens and not meta["locked"])):
        world.need(guild, call.app, "MANAGE_THREADS", channel=found)
    if meta["archived"] and call.body.get("archived") is not False:
        raise Refused(400, 50083, "Thread is archived")
    change_thread(world, guild, found, call.app.id, call.reason, call.body)
    return shown.channel(found)


def change_thread(world: World, guild: Guild, found: Json, by: str, reason: str, given: Json) -> None:
    """Sets name, archived, locked, slow mode, tags of a thread, and tells of it."""
    meta = found["thread_metadata"]
    for key in ("archived", "locked", "auto_archive_duration", "invitable"):
        if given.get(key) is not None:
            meta[key] = given[key]
            if key == "archived":
                meta["archive_timestamp"] = world.time()
    for key in ("name", "rate_limit_per_user", "applied_tags", "flags"):
        if given.get(key) is not None:
            found[key] = given[key]
    world.tell("THREAD_UPDATE", found, guild, found)
    world.note(guild, 111, by, found["id"], reason=reason)


@route("DELETE /channels/{channel_id}")
def delete(call: Call) -> Any:
    guild, found = call.place()
    if guild is None:
        return shown.channel(found)
    right = "MANAGE_THREADS" if found["type"] in THREADS else "MANAGE_CHANNELS"
    call.world.need(guild, call.app, right, channel=found)
    drop(call.world, guild, found, call.app.id, call.reason)
    return shown.channel(found)


def drop(world: World, guild: Guild, found: Json, by: str, reason: str = "") -> None:
    """A channel or thread is gone, with its threads and messages."""
    if found["type"] in THREADS:
        told = {key: found[key] for key in ("id", "guild_id", "parent_id", "type")}
        world.tell("THREAD_DELETE", told, guild, found)
        guild.threads.pop(found["id"], None)
        world.note(guild, 112, by, found["id"], reason=reason)
    else:
        for thread in [one for one in guild.threads.values() if one["parent_id"] == found["id"]]:
            guild.threads.pop(thread["id"])
            world.messages.pop(thread["id"], None)
        world.tell("CHANNEL_DELETE", found, guild, found)
        guild.channels.pop(found["id"], None)
        for code in [code for code, one in guild.invites.items() if one["channel_id"] == found["id"]]:
            guild.invites.pop(code)
        world.note(guild, 12, by, found["id"], reason=reason)
    world.messages.pop(found["id"], None)


# -- overwrites ----------------------------------------------------------------------------------------


def _overwrite(call: Call, guild: Guild, given: Json) -> Json:
    """One overwrite as it is kept. A bot cannot give or take what it may not do itself. Raises Refused."""
    allow, deny = int(given.get("allow") or 0), int(given.get("deny") or 0)
    mine = in_guild(guild, call.app.id)
    if mine != ALL and (allow | deny) & ~mine:
        raise missing_permissions()
    kind = given.get("type")
    if kind is None:
        kind = 0 if given["id"] in guild.roles else 1
    return {"id": given["id"], "type": int(kind), "allow": str(allow), "deny": str(deny)}


@route("PUT /channels/{channel_id}/permissions/{overwrite_id}")
def put_overwrite(call: Call) -> Any:
    guild, found, number = *call.place(), call.path["overwrite_id"]
    if guild is None or found["type"] in THREADS:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    call.world.need(guild, call.app, "MANAGE_ROLES", channel=found)
    if number not in guild.roles and number not in call.world.users:
        raise unknown("Role")
    made = _overwrite(call, guild, {**call.body, "id": number})
    known = any(one["id"] == number for one in found["permission_overwrites"])
    found["permission_overwrites"] = [one for one in found["permission_overwrites"] if one["id"] != number]
    found["permission_overwrites"].append(made)
    call.world.tell("CHANNEL_UPDATE", found, guild, found)
    call.world.note(guild, 14 if known else 13, call.app.id, found["id"], reason=call.reason, id=number,
                    type=str(made["type"]))  # fmt: skip


@route("DELETE /channels/{channel_id}/permissions/{overwrite_id}")
def delete_overwrite(call: Call) -> Any:
    guild, found, number = *call.place(), call.path["overwrite_id"]
    if guild is None or found["type"] in THREADS:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    call.world.need(guild, call.app, "MANAGE_ROLES", channel=found)
    kept = [one for one in found["permission_overwrites"] if one["id"] != number]
    if len(kept) == len(found["permission_overwrites"]):
        raise unknown("Permission Overwrite")
    found["permission_overwrites"] = kept
    call.world.tell("CHANNEL_UPDATE", found, guild, found)
    call.world.note(guild, 15, call.app.id, found["id"], reason=call.reason, id=number)
