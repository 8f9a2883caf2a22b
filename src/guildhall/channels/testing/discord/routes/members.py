"""Routes on the people of a server: lists, roles, timeouts, kicks and bans."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from guildhall.channels.testing.discord import membership, shown
from guildhall.channels.testing.discord.permissions import ALL, highest, in_guild
from guildhall.channels.testing.discord.refusals import (
    Refused,
    bad_field,
    missing_access,
    missing_permissions,
    unknown,
)
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Guild

LONGEST_TIMEOUT = 28 * 86400
LONGEST_SWEEP = 7 * 86400


def _member(call: Call, guild: Guild) -> str:
    user_id = call.path["user_id"]
    if user_id not in call.world.users:
        raise unknown("User")
    if user_id not in guild.members:
        raise unknown("Member")
    return user_id


def below(call: Call, guild: Guild, user_id: str) -> None:
    """Who stands as high as the bot or higher is out of its reach."""
    if highest(guild, user_id) >= highest(guild, call.app.id):
        raise missing_permissions()


@route("GET /guilds/{guild_id}/members")
def members(call: Call) -> Any:
    guild = call.guild()
    if not call.app.has("members"):
        raise missing_access()
    after = int(call.query.get("after") or 0)
    ids = sorted((one for one in guild.members if int(one) > after), key=int)
    return [shown.member(call.world, guild, one) for one in ids[: call.number("limit", 1)]]


@route("GET /guilds/{guild_id}/members/search")
def search(call: Call) -> Any:
    guild, query = call.guild(), call.query.get("query", "").lower()
    found = [
        one
        for one, member in guild.members.items()
        if call.world.users[one]["username"].lower().startswith(query)
        or (member["nick"] or "").lower().startswith(query)
    ]
    return [shown.member(call.world, guild, one) for one in found[: call.number("limit", 1)]]


@route("GET /guilds/{guild_id}/members/{user_id}")
def member(call: Call) -> Any:
    guild = call.guild()
    return shown.member(call.world, guild, _member(call, guild))


@route("PATCH /guilds/{guild_id}/members/@me")
def change_me(call: Call) -> Any:
    guild = call.guild()
    call.world.need(guild, call.app, "CHANGE_NICKNAME")
    if "nick" in call.body:
        membership.change(
            call.world, guild, call.app.id, call.app.id, call.reason, nick=call.body["nick"] or None
        )
    return shown.member(call.world, guild, call.app.id)


@route("PATCH /guilds/{guild_id}/members/{user_id}")
def change(call: Call) -> Any:
    guild, world = call.guild(), call.world
    user_id = _member(call, guild)
    fields: dict[str, Any] = {}
    if "communication_disabled_until" in call.body:
        world.need(guild, call.app, "MODERATE_MEMBERS")
        below(call, guild, user_id)
        fields["communication_disabled_until"] = _until(call, guild, user_id)
    if "nick" in call.body:
        world.need(guild, call.app, "MANAGE_NICKNAMES")
        below(call, guild, user_id)
        fields["nick"] = call.body["nick"] or None
    if call.body.get("roles") is not None:
        world.need(guild, call.app, "MANAGE_ROLES")
        wanted = list(dict.fromkeys(call.body["roles"]))
        for role in set(wanted) ^ set(guild.members[user_id]["roles"]):
            grantable(call, guild, role)
        fields["roles"] = wanted
    if "flags" in call.body:
        world.need(guild, call.app, "MODERATE_MEMBERS")
        fields["flags"] = call.body["flags"] or 0
    for name, right in (("mute", "MUTE_MEMBERS"), ("deaf", "DEAFEN_MEMBERS")):
        if name in call.body:
            world.need(guild, call.app, right)
            fields[name] = bool(call.body[name])
    membership.change(world, guild, user_id, call.app.id, call.reason, **fields)
    return shown.member(world, guild, user_id)


def _until(call: Call, guild: Guild, user_id: str) -> str | None:
    given = call.body["communication_disabled_until"]
    if not given:
        return None
    if in_guild(guild, user_id) == ALL:
        raise missing_permissions()
    try:
        at = datetime.fromisoformat(given).timestamp()
    except ValueError:
        raise bad_field(
            ["communication_disabled_until"], "DATE_TIME_TYPE_PARSE", "Could not parse the date."
        ) from None
    if at > call.world.now() + LONGEST_TIMEOUT:
        raise bad_field(
            ["communication_disabled_until"],
            "COMMUNICATION_DISABLED_TOO_LONG",
            "A member cannot be timed out for more than 28 days.",
        )
    return call.world.time(at - call.world.now())


def grantable(call: Call, guild: Guild, role_id: str) -> None:
    """A bot hands out roles below its own, and none that an application manages."""
    role = guild.roles.get(role_id)
    if role is None or role_id == guild.id:
        raise unknown("Role")
    if role["managed"] or role["position"] >= highest(guild, call.app.id):
        raise missing_permissions()


@route("DELETE /guilds/{guild_id}/members/{user_id}")
def kick(call: Call) -> Any:
    guild = call.guild()
    user_id = _member(call, guild)
    call.world.need(guild, call.app, "KICK_MEMBERS")
    below(call, guild, user_id)
    membership.kick(call.world, guild, user_id, call.app.id, call.reason)


@route("PUT /guilds/{guild_id}/members/{user_id}/roles/{role_id}")
def give_role(call: Call) -> Any:
    return _role(call, given=True)


@route("DELETE /guilds/{guild_id}/members/{user_id}/roles/{role_id}")
def take_role(call: Call) -> Any:
    return _role(call, given=False)


def _role(call: Call, given: bool) -> None:
    guild, role_id = call.guild(), call.path["role_id"]
    user_id = _member(call, guild)
    call.world.need(guild, call.app, "MANAGE_ROLES")
    grantable(call, guild, role_id)
    roles = [one for one in guild.members[user_id]["roles"] if one != role_id]
    if given:
        roles.append(role_id)
    membership.change(call.world, guild, user_id, call.app.id, call.reason, roles=roles)


# -- bans ----------------------------------------------------------------------------------------------


@route("GET /guilds/{guild_id}/bans")
def bans(call: Call) -> Any:
    guild = call.guild()
    call.world.need(guild, call.app, "BAN_MEMBERS")
    after, before = int(call.query.get("after") or 0), int(call.query.get("before") or 1 << 63)
    ids = sorted((one for one in guild.bans if after < int(one) < before), key=int)
    return [
        {"user": call.world.users[one], "reason": guild.bans[one] or None}
        for one in ids[: call.number("limit", 1000)]
    ]


@route("GET /guilds/{guild_id}/bans/{user_id}")
def get_ban(call: Call) -> Any:
    guild, user_id = call.guild(), call.path["user_id"]
    call.world.need(guild, call.app, "BAN_MEMBERS")
    if user_id not in guild.bans:
        raise unknown("Ban")
    return {"user": call.world.users[user_id], "reason": guild.bans[user_id] or None}


def _seconds(call: Call) -> int:
    days = call.body.get("delete_message_days") or 0
    seconds = call.body.get("delete_message_seconds") or 0
    return min(int(seconds or days * 86400), LONGEST_SWEEP)


@route("PUT /guilds/{guild_id}/bans/{user_id}")
def ban(call: Call) -> Any:
    guild, user_id, world = call.guild(), call.path["user_id"], call.world
    world.need(guild, call.app, "BAN_MEMBERS")
    if user_id not in world.users:
        raise unknown("User")
    if user_id in guild.members:
        below(call, guild, user_id)
    if user_id not in guild.bans:
        membership.ban(world, guild, user_id, call.app.id, call.reason, _seconds(call))


@route("DELETE /guilds/{guild_id}/bans/{user_id}")
def unban(call: Call) -> Any:
    guild, user_id = call.guild(), call.path["user_id"]
    call.world.need(guild, call.app, "BAN_MEMBERS")
    if user_id not in guild.bans:
        raise unknown("Ban")
    membership.unban(call.world, guild, user_id, call.app.id, call.reason)


@route("POST /guilds/{guild_id}/bulk-ban")
def bulk_ban(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "BAN_MEMBERS", "MANAGE_GUILD")
    banned, failed = [], []
    for user_id in call.body["user_ids"]:
        reachable = user_id in world.users and highest(guild, user_id) < highest(guild, call.app.id)
        if not reachable or user_id in guild.bans:
            failed.append(user_id)
            continue
        membership.ban(world, guild, user_id, call.app.id, call.reason, _seconds(call))
        banned.append(user_id)
    if not banned:
        raise Refused(400, 500000, "Failed to ban users")
    return {"banned_users": banned, "failed_users": failed}
