"""Routes on the roles of a server."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord.permissions import ALL, highest, in_guild
from guildhall.channels.testing.discord.refusals import missing_permissions, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Guild, Json

FIELDS = ("name", "permissions", "color", "colors", "hoist", "mentionable", "unicode_emoji")


def _role(call: Call, guild: Guild) -> Json:
    role = guild.roles.get(call.path["role_id"])
    if role is None:
        raise unknown("Role")
    return role


def _fields(call: Call, guild: Guild) -> Json:
    found = {key: value for key, value in call.body.items() if key in FIELDS and value is not None}
    if "permissions" in found:
        asked, mine = int(found["permissions"]), in_guild(guild, call.app.id)
        if mine != ALL and asked & ~mine:
            raise missing_permissions()
        found["permissions"] = str(asked)
    return found


@route("GET /guilds/{guild_id}/roles")
def roles(call: Call) -> Any:
    return list(call.guild().roles.values())


@route("GET /guilds/{guild_id}/roles/member-counts")
def counts(call: Call) -> Any:
    guild = call.guild()
    return {
        number: sum(number in member["roles"] for member in guild.members.values())
        for number in guild.roles
        if number != guild.id
    }


@route("GET /guilds/{guild_id}/roles/{role_id}")
def role(call: Call) -> Any:
    return _role(call, call.guild())


@route("POST /guilds/{guild_id}/roles")
def create(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_ROLES")
    given = _fields(call, guild)
    found = world.add_role(guild, given.pop("name", "new role"), **given)
    world.tell("GUILD_ROLE_CREATE", {"guild_id": guild.id, "role": found}, guild)
    world.note(guild, 30, call.app.id, found["id"], reason=call.reason)
    return found


@route("PATCH /guilds/{guild_id}/roles")
def move(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_ROLES")
    for one in call.body:
        found = guild.roles.get(one.get("id"))
        if found is None:
            raise unknown("Role")
        position = one.get("position")
        top = highest(guild, call.app.id)
        if position is None:
            continue
        if found["position"] >= top or position >= top:
            raise missing_permissions()
        found["position"] = position
        world.tell("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": found}, guild)
    return list(guild.roles.values())


@route("PATCH /guilds/{guild_id}/roles/{role_id}")
def change(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_ROLES")
    found = _role(call, guild)
    if found["position"] >= highest(guild, call.app.id):
        raise missing_permissions()
    found.update(_fields(call, guild))
    world.tell("GUILD_ROLE_UPDATE", {"guild_id": guild.id, "role": found}, guild)
    world.note(guild, 31, call.app.id, found["id"], reason=call.reason)
    return found


@route("DELETE /guilds/{guild_id}/roles/{role_id}")
def delete(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_ROLES")
    found = _role(call, guild)
    if found["id"] == guild.id or found["managed"] or found["position"] >= highest(guild, call.app.id):
        raise missing_permissions()
    del guild.roles[found["id"]]
    for member in guild.members.values():
        member["roles"] = [one for one in member["roles"] if one != found["id"]]
    world.tell("GUILD_ROLE_DELETE", {"guild_id": guild.id, "role_id": found["id"]}, guild)
    world.note(guild, 32, call.app.id, found["id"], reason=call.reason)
