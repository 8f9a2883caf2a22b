"""Routes on invitations."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import membership, shown
from guildhall.channels.testing.discord.refusals import missing_permissions, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Guild, Json


@route("GET /guilds/{guild_id}/invites")
def of_guild(call: Call) -> Any:
    guild = call.guild()
    call.world.need(guild, call.app, "MANAGE_GUILD")
    return _shown(call, guild, list(guild.invites.values()))


@route("GET /channels/{channel_id}/invites")
def of_channel(call: Call) -> Any:
    guild, channel = call.place()
    if guild is None:
        return []
    call.world.need(guild, call.app, "MANAGE_CHANNELS", channel=channel)
    return _shown(call, guild, [one for one in guild.invites.values() if one["channel_id"] == channel["id"]])


def _shown(call: Call, guild: Guild, ones: list[Json]) -> list[Json]:
    return [shown.invite(call.world, one, guild) for one in ones if membership.usable(call.world, one)]


@route("POST /channels/{channel_id}/invites")
def create(call: Call) -> Any:
    guild, channel = call.place()
    if guild is None:
        raise missing_permissions()
    call.world.need(guild, call.app, "CREATE_INSTANT_INVITE", channel=channel)
    given = {key: call.body[key] for key in ("max_age", "max_uses", "temporary", "unique")
             if call.body.get(key) is not None}  # fmt: skip
    made = membership.new_invite(call.world, guild, channel, call.app.id, reason=call.reason, **given)
    return shown.invite(call.world, made, guild)


def _found(call: Call) -> tuple[Guild, Json]:
    code = call.path["code"]
    for guild in call.world.guilds.values():
        invite = guild.invites.get(code)
        if invite is not None and membership.usable(call.world, invite):
            return guild, invite
    raise unknown("Invite")


@route("GET /invites/{code}")
def invite(call: Call) -> Any:
    guild, found = _found(call)
    return shown.invite(call.world, found, guild, counts=call.says("with_counts"))


@route("DELETE /invites/{code}")
def delete(call: Call) -> Any:
    guild, found = _found(call)
    channel = guild.channels[found["channel_id"]]
    if not call.world.may(guild, channel, call.app.id, "MANAGE_CHANNELS"):
        call.world.need(guild, call.app, "MANAGE_GUILD")
    said = shown.invite(call.world, found, guild)
    membership.drop_invite(call.world, guild, found["code"], call.app.id, call.reason)
    return said
