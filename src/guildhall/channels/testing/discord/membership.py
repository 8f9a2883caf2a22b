"""Who is in a server: joins by invitation, leaves, kicks, bans, roles and timeouts, and what is told."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import shown
from guildhall.channels.testing.discord.state import App, Guild, Json
from guildhall.channels.testing.discord.world import World

KICK, BAN, UNBAN, UPDATE, ROLES, BOT_ADD = 20, 22, 23, 24, 25, 28
JOIN_MESSAGE = 7


def join(
    world: World, guild: Guild, user_id: str, code: str = "", quiet: bool = False, **fields: Any
) -> bool:
    """False when the user is banned, already there, or the invitation lets nobody in any more."""
    if user_id in guild.members or user_id in guild.bans:
        return False
    invite = guild.invites.get(code) if code else None
    if code and (invite is None or not usable(world, invite)):
        return False
    incidents = guild.data.get("incidents_data") or {}
    if code and (incidents.get("invites_disabled_until") or "") > world.time():
        return False
    if invite is not None:
        invite["uses"] += 1
        invite["users"].append(user_id)
        if invite["max_uses"] and invite["uses"] >= invite["max_uses"]:
            drop_invite(world, guild, code)
    screened = "MEMBER_VERIFICATION_GATE_ENABLED" in guild.data["features"]
    world.enter(guild, user_id, **{"pending": screened, **fields})
    world.tell("GUILD_MEMBER_ADD", {**shown.member(world, guild, user_id), "guild_id": guild.id}, guild)
    system = guild.data["system_channel_id"]
    if system in guild.channels and not guild.data["system_channel_flags"] & 1:
        world.post(system, user_id, type=JOIN_MESSAGE)
    return True


def usable(world: World, invite: Json) -> bool:
    return not (invite["expires_at"] and invite["expires_at"] <= world.time())


def drop_invite(world: World, guild: Guild, code: str, by: str = "", reason: str = "") -> Json:
    """The invitation is gone: used up, or taken back by somebody."""
    invite = guild.invites.pop(code)
    channel = guild.channels.get(invite["channel_id"])
    told = {"code": code, "guild_id": guild.id, "channel_id": invite["channel_id"]}
    if channel is not None:
        world.tell("INVITE_DELETE", told, guild, channel)
    if by:
        world.note(guild, 42, by, None, reason=reason, changes=[{"key": "code", "old_value": code}])
    return invite


def new_invite(world: World, guild: Guild, channel: Json, by: str, *, max_age: int = 86400, max_uses: int = 0,
               temporary: bool = False, unique: bool = False, reason: str = "") -> Json:  # fmt: skip
    if not unique:
        for found in guild.invites.values():
            same = (found["channel_id"], found["by"], found["max_age"], found["max_uses"])
            if same == (channel["id"], by, max_age, max_uses) and usable(world, found):
                return found
    invite: Json = {
        "code": world.word(8), "channel_id": channel["id"], "by": by, "uses": 0, "max_uses": max_uses,
        "max_age": max_age, "temporary": temporary, "created_at": world.time(),
        "expires_at": world.time(max_age) if max_age else None, "users": [],
    }  # fmt: skip
    guild.invites[invite["code"]] = invite
    told = {
        "code": invite["code"], "guild_id": guild.id, "channel_id": channel["id"], "uses": 0, "type": 0,
        "max_uses": max_uses, "max_age": max_age, "temporary": temporary, "inviter": world.users[by],
        "created_at": invite["created_at"], "expires_at": invite["expires_at"],
    }  # fmt: skip
    world.tell("INVITE_CREATE", told, guild, channel)
    world.note(guild, 40, by, None, reason=reason, changes=[{"key": "code", "new_value": invite["code"]}])
    return invite


def leave(world: World, guild: Guild, user_id: str) -> bool:
    """They are out, whoever wanted it; threads forget them."""
    if guild.members.pop(user_id, None) is None:
        return False
    for inside in guild.inside.values():
        inside.pop(user_id, None)
    world.tell("GUILD_MEMBER_REMOVE", {"guild_id": guild.id, "user": world.users[user_id]}, guild)
    if user_id in world.apps:
        world.hub.tell("GUILD_DELETE", {"id": guild.id}, guild, lambda app_id: app_id == user_id)
        for number in [one for one, role in guild.roles.items() if _is_of(role, user_id)]:
            del guild.roles[number]
    return True


def _is_of(role: Json, app_id: str) -> bool:
    return bool(role.get("tags", {}).get("bot_id") == app_id)


def kick(world: World, guild: Guild, user_id: str, by: str, reason: str = "") -> None:
    leave(world, guild, user_id)
    world.note(guild, KICK, by, user_id, reason=reason)


def ban(world: World, guild: Guild, user_id: str, by: str, reason: str = "", delete_seconds: int = 0) -> None:
    """They are out for good, and what they said in the last seconds is gone with them."""
    guild.bans[user_id] = reason
    if delete_seconds:
        _sweep(world, guild, user_id, delete_seconds)
    leave(world, guild, user_id)
    world.tell("GUILD_BAN_ADD", {"guild_id": guild.id, "user": world.users[user_id]}, guild)
    world.note(guild, BAN, by, user_id, reason=reason)


def _sweep(world: World, guild: Guild, user_id: str, seconds: int) -> None:
    since = world.time(-seconds)
    for channel_id in (*guild.channels, *guild.threads):
        gone = [
            one["id"]
            for one in world.messages[channel_id].values()
            if one["author"]["id"] == user_id and one["timestamp"] >= since
        ]
        if gone:
            world.remove(channel_id, gone, bulk=True)


def unban(world: World, guild: Guild, user_id: str, by: str, reason: str = "") -> None:
    guild.bans.pop(user_id, None)
    world.tell("GUILD_BAN_REMOVE", {"guild_id": guild.id, "user": world.users[user_id]}, guild)
    world.note(guild, UNBAN, by, user_id, reason=reason)


def change(world: World, guild: Guild, user_id: str, by: str, reason: str = "", **fields: Any) -> Json:
    """New fields of a member: nick, roles, communication_disabled_until, pending, ..."""
    member = guild.members[user_id]
    old = dict(member)
    member.update(fields)
    if old == member:
        return member
    world.tell("GUILD_MEMBER_UPDATE", {**shown.member(world, guild, user_id), "guild_id": guild.id}, guild)
    if set(old["roles"]) != set(member["roles"]):
        world.note(guild, ROLES, by, user_id, reason=reason, changes=[
            {"key": key, "new_value": [{"id": one, "name": guild.roles[one]["name"]} for one in ids]}
            for key, ids in (("$add", [one for one in member["roles"] if one not in old["roles"]]),
                             ("$remove", [one for one in old["roles"] if one not in member["roles"]]))
            if ids
        ])  # fmt: skip
    changed = [
        {"key": key, "old_value": old[key], "new_value": member[key]}
        for key in ("nick", "communication_disabled_until", "mute", "deaf")
        if old[key] != member[key]
    ]
    if changed:
        world.note(guild, UPDATE, by, user_id, reason=reason, changes=changed)
    return member


def install(world: World, guild: Guild, app: App, allow: int, by: str) -> None:
    """The bot is invited with these permissions: a role of its own, then GUILD_CREATE."""
    role = world.add_role(guild, app.user["username"], allow, managed=True, tags={"bot_id": app.id})
    world.enter(guild, app.id, roles=[role["id"]])
    world.hub.tell("GUILD_CREATE", world.guild_create(guild, app.id), guild, lambda app_id: app_id == app.id)
    world.hub.tell("GUILD_MEMBER_ADD", {**shown.member(world, guild, app.id), "guild_id": guild.id}, guild)
    world.note(guild, BOT_ADD, by, app.id)


def set_permissions(world: World, guild: Guild, app: App, allow: int) -> None:
    """Other permissions of the bot's own role."""
    for role in guild.roles.values():
        if _is_of(role, app.id):
            role["permissions"] = str(allow)
            world.tell("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": role}, guild)
