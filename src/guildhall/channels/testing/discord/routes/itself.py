"""Routes about the bot itself: who it is, where it is, where the gateway listens, direct messages."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import membership, shown
from guildhall.channels.testing.discord.refusals import Refused, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route


@route("GET /gateway")
def gateway(call: Call) -> Any:
    return {"url": call.world.gateway_url}


@route("GET /gateway/bot")
def gateway_bot(call: Call) -> Any:
    starts = len(call.world.hub.starts.get(call.app.id, ()))
    return {
        "url": call.world.gateway_url, "shards": call.world.shards,
        "session_start_limit": {"total": 1000, "remaining": max(0, 1000 - starts), "reset_after": 14_400_000,
                                "max_concurrency": 1},
    }  # fmt: skip


@route("GET /users/@me")
def me(call: Call) -> Any:
    return call.app.user


@route("PATCH /users/@me")
def change_me(call: Call) -> Any:
    call.app.user.update({key: call.body[key] for key in ("username",) if key in call.body})
    call.world.users[call.app.id].update({"username": call.app.user["username"]})
    return call.app.user


@route("GET /users/{user_id}")
def user(call: Call) -> Any:
    found = call.world.users.get(call.path["user_id"])
    if found is None:
        raise unknown("User")
    return found


@route("GET /applications/@me", "GET /oauth2/applications/@me")
def application(call: Call) -> Any:
    guilds = sum(call.app.id in guild.members for guild in call.world.guilds.values())
    return {**call.app.data, "approximate_guild_count": guilds, "bot": call.world.users[call.app.id]}


@route("PATCH /applications/@me")
def change_application(call: Call) -> Any:
    call.app.data.update(
        {key: value for key, value in call.body.items() if key in ("description", "flags", "tags")}
    )
    return application(call)


@route("GET /users/@me/guilds")
def guilds(call: Call) -> Any:
    most, after, before = call.number("limit", 200), call.query.get("after"), call.query.get("before")
    found = sorted(
        (one for one in call.world.guilds.values() if call.app.id in one.members), key=lambda one: int(one.id)
    )
    found = [
        one
        for one in found
        if (not after or int(one.id) > int(after)) and (not before or int(one.id) < int(before))
    ]
    return [shown.guild_preview(call.world, one, call.app) for one in found[:most]]


@route("DELETE /users/@me/guilds/{guild_id}")
def leave_guild(call: Call) -> Any:
    membership.leave(call.world, call.guild(), call.app.id)


@route("POST /users/@me/channels")
def open_direct(call: Call) -> Any:
    world, user_id = call.world, call.body.get("recipient_id")
    if user_id not in world.users:
        raise unknown("User")
    if user_id in world.apps:
        raise Refused(400, 50007, "Cannot send messages to this user")
    return shown.channel(world.direct_with(call.app, user_id))
