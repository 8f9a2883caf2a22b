"""Routes on threads and forum posts: start, join, leave, list."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import posting, shown
from guildhall.channels.testing.discord.refusals import Refused, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import FORUM, MEDIA, NEWS, TEXT, THREADS, Guild, Json
from guildhall.channels.testing.discord.world import World

PUBLIC, PRIVATE, OF_NEWS = 11, 12, 10
STARTED, STARTER = 18, 21


def start(world: World, guild: Guild, parent: Json, name: str, by: str, kind: int, number: str = "",
          **more: Any) -> Json:  # fmt: skip
    """A new thread, told to those who may see it."""
    made = shown.new_thread(world, parent, number or world.new_id(), name, by, kind, **more)
    guild.threads[made["id"]] = made
    guild.inside[made["id"]] = {by: world.time()}
    world.where[made["id"]] = guild
    world.tell("THREAD_CREATE", {**made, "newly_created": True}, guild, made)
    world.note(guild, 110, by, made["id"])
    return made


def enter(world: World, guild: Guild, thread: Json, user_id: str) -> None:
    inside = guild.inside.setdefault(thread["id"], {})
    if user_id in inside:
        return
    inside[user_id] = world.time()
    thread["member_count"] = len(inside)
    added = {"id": thread["id"], "user_id": user_id, "join_timestamp": inside[user_id], "flags": 0,
             "member": shown.member(world, guild, user_id)}  # fmt: skip
    _tell(world, guild, thread, added_members=[added])


def leave(world: World, guild: Guild, thread: Json, user_id: str) -> None:
    inside = guild.inside.get(thread["id"], {})
    if inside.pop(user_id, None) is None:
        return
    thread["member_count"] = len(inside)
    _tell(world, guild, thread, removed_member_ids=[user_id])


def _tell(world: World, guild: Guild, thread: Json, **what: Any) -> None:
    told = {"id": thread["id"], "guild_id": guild.id, "member_count": thread["member_count"], **what}
    world.tell("THREAD_MEMBERS_UPDATE", told, guild, thread)


def _settings(call: Call) -> Json:
    found: Json = {}
    if call.body.get("rate_limit_per_user") is not None:
        found["rate_limit_per_user"] = call.body["rate_limit_per_user"]
    if call.body.get("applied_tags"):
        found["applied_tags"] = call.body["applied_tags"]
    return found


@route("POST /channels/{channel_id}/threads")
def create(call: Call) -> Any:
    guild, parent = call.place()
    if guild is None or parent["type"] in THREADS:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    call.status = 201
    if parent["type"] in (FORUM, MEDIA):
        return _post(call, guild, parent)
    kind = call.body.get("type") or (OF_NEWS if parent["type"] == NEWS else PRIVATE)
    right = "CREATE_PRIVATE_THREADS" if kind == PRIVATE else "CREATE_PUBLIC_THREADS"
    call.world.need(guild, call.app, right, channel=parent)
    made = start(call.world, guild, parent, call.body["name"], call.app.id, kind, **_settings(call))
    if kind != PRIVATE:
        about = {"type": 0, "channel_id": made["id"], "guild_id": guild.id}
        call.world.post(parent["id"], call.app.id, made["name"], type=STARTED, message_reference=about)
    return made


def _post(call: Call, guild: Guild, parent: Json) -> Any:
    """A forum post: the thread and its first message share an id."""
    world = call.world
    world.need(guild, call.app, "SEND_MESSAGES", channel=parent)
    if parent["flags"] & 1 << 4 and not call.body.get("applied_tags"):
        raise Refused(400, 40067, "A tag is required to create a forum post in this channel")
    number = world.new_id()
    fields = posting.fields(world, number, call.body.get("message") or {}, call.files)
    made = start(world, guild, parent, call.body["name"], call.app.id, PUBLIC, number, **_settings(call))
    parent["last_message_id"] = number
    message = world.post(number, call.app.id, fields.pop("content"), id=number, **fields)
    return {**made, "message": shown.message(world, message, call.app.id)}


@route("POST /channels/{channel_id}/messages/{message_id}/threads")
def create_from(call: Call) -> Any:
    guild, parent = call.place()
    world, number = call.world, call.path["message_id"]
    if guild is None or parent["type"] not in (TEXT, NEWS):
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    message = world.message_for(parent["id"], number)
    world.need(guild, call.app, "CREATE_PUBLIC_THREADS", channel=parent)
    if number in guild.threads:
        raise Refused(400, 160004, "A thread has already been created for this message")
    kind = OF_NEWS if parent["type"] == NEWS else PUBLIC
    made = start(world, guild, parent, call.body["name"], call.app.id, kind, number, **_settings(call))
    world.edit(parent["id"], message, flags=message["flags"] | 1 << 5, thread=made)
    call.status = 201
    return made


# -- who is inside -------------------------------------------------------------------------------------


def _thread(call: Call) -> tuple[Guild, Json]:
    guild, found = call.place()
    if guild is None or found["type"] not in THREADS:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    return guild, found


def _shown(call: Call, guild: Guild, thread: Json, user_id: str) -> Json:
    said: Json = {"id": thread["id"], "user_id": user_id, "flags": 0,
                  "join_timestamp": guild.inside[thread["id"]][user_id]}  # fmt: skip
    if call.says("with_member") and user_id in guild.members:
        said["member"] = shown.member(call.world, guild, user_id)
    return said


@route("GET /channels/{channel_id}/thread-members")
def inside(call: Call) -> Any:
    guild, thread = _thread(call)
    return [_shown(call, guild, thread, one) for one in guild.inside.get(thread["id"], ())]


@route("GET /channels/{channel_id}/thread-members/{user_id}")
def is_inside(call: Call) -> Any:
    guild, thread = _thread(call)
    user_id = call.app.id if call.path["user_id"] == "@me" else call.path["user_id"]
    if user_id not in guild.inside.get(thread["id"], ()):
        raise unknown("Member")
    return _shown(call, guild, thread, user_id)


@route("PUT /channels/{channel_id}/thread-members/@me", "PUT /channels/{channel_id}/thread-members/{user_id}")
def add(call: Call) -> Any:
    guild, thread = _thread(call)
    user_id = call.path.get("user_id", call.app.id)
    if thread["thread_metadata"]["archived"]:
        raise Refused(400, 50083, "Thread is archived")
    if user_id not in guild.members:
        raise unknown("Member")
    if user_id != call.app.id:
        call.world.need(guild, call.app, "SEND_MESSAGES_IN_THREADS", channel=thread)
    enter(call.world, guild, thread, user_id)


@route(
    "DELETE /channels/{channel_id}/thread-members/@me",
    "DELETE /channels/{channel_id}/thread-members/{user_id}",
)
def remove(call: Call) -> Any:
    guild, thread = _thread(call)
    user_id = call.path.get("user_id", call.app.id)
    if user_id != call.app.id:
        call.world.need(guild, call.app, "MANAGE_THREADS", channel=thread)
    leave(call.world, guild, thread, user_id)


@route(
    "GET /channels/{channel_id}/threads/archived/public",
    "GET /channels/{channel_id}/threads/archived/private",
    "GET /channels/{channel_id}/users/@me/threads/archived/private",
)
def archived(call: Call) -> Any:
    guild, parent = call.place()
    if guild is None:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    call.world.need(guild, call.app, "READ_MESSAGE_HISTORY", channel=parent)
    is_private = "private" in call.route
    if is_private and "@me" not in call.route:
        call.world.need(guild, call.app, "MANAGE_THREADS", channel=parent)
    before, most = call.query.get("before"), call.number("limit", 50)
    found = [
        one
        for one in guild.threads.values()
        if one["parent_id"] == parent["id"]
        and one["thread_metadata"]["archived"]
        and (one["type"] == PRIVATE) == is_private
        and (not before or one["thread_metadata"]["archive_timestamp"] < before)
    ]
    found.sort(key=lambda one: str(one["thread_metadata"]["archive_timestamp"]), reverse=True)
    return {"threads": found[:most], "members": [], "has_more": len(found) > most}
