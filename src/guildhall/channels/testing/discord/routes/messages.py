"""Routes on messages: read, send, edit, delete, pin, publish."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import posting, shown
from guildhall.channels.testing.discord.gateway import BLANK
from guildhall.channels.testing.discord.posting import EPHEMERAL
from guildhall.channels.testing.discord.refusals import Refused, bad_field, missing_permissions
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import NEWS, Guild, Json

MOST_PINS = 250
FORTNIGHT = 14 * 86400
PIN_MESSAGE = 6
UNTOUCHABLE = frozenset({1, 2, 3, 4, 5, 14, 15, 16, 17, 21})
"""Types of system messages nobody can delete."""


def as_read(call: Call, message: Json) -> Json:
    """As the bot reads it over REST: without the content where it has no right to it."""
    said = shown.message(call.world, message, call.app.id)
    mine = message["author"]["id"] == call.app.id or any(
        one["id"] == call.app.id for one in message["mentions"]
    )
    if call.app.has("message_content") or mine or message["channel_id"] in call.world.direct:
        return said
    return {**said, **BLANK}


def _may_read(call: Call, guild: Guild | None, channel: Json) -> bool:
    return guild is None or call.world.may(guild, channel, call.app.id, "READ_MESSAGE_HISTORY")


@route("GET /channels/{channel_id}/messages")
def history(call: Call) -> Any:
    guild, channel = call.place()
    if not _may_read(call, guild, channel):
        return []
    most = call.number("limit", 50)
    if not 1 <= most <= 100:
        raise bad_field(["limit"], "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    ones = [one for one in call.world.messages[channel["id"]].values() if not one["flags"] & EPHEMERAL]
    after, before, around = (call.query.get(name) for name in ("after", "before", "around"))
    if around:
        half = most // 2
        older = [one for one in ones if int(one["id"]) < int(around)][-half:]
        newer = [one for one in ones if int(one["id"]) >= int(around)][: most - half]
        ones = older + newer
    elif after is not None:
        ones = [one for one in ones if int(one["id"]) > int(after)][:most]
    else:
        ones = [one for one in ones if not before or int(one["id"]) < int(before)][-most:]
    return [as_read(call, one) for one in reversed(ones)]


@route("GET /channels/{channel_id}/messages/{message_id}")
def message(call: Call) -> Any:
    guild, channel = call.place()
    if not _may_read(call, guild, channel):
        raise missing_permissions()
    return as_read(call, call.world.message_for(channel["id"], call.path["message_id"]))


@route("POST /channels/{channel_id}/messages")
def send(call: Call) -> Any:
    guild, channel = call.place()
    world = call.world
    posting.may_speak(world, guild, channel, call.app, call.body, bool(call.files))
    earlier = posting.same_nonce(world, channel["id"], call.app, call.body)
    if earlier is not None:
        return shown.message(world, earlier, call.app.id)
    fields = posting.fields(world, channel["id"], call.body, call.files)
    reply = posting.answered(world, guild, channel, call.app, call.body)
    if call.body.get("nonce") is not None:
        fields["nonce"] = call.body["nonce"]
    made = world.post(channel["id"], call.app.id, fields.pop("content"), tell=False, **fields, **reply)
    everyone = guild is None or world.may(guild, channel, call.app.id, "MENTION_EVERYONE")
    posting.mentions(made, call.body.get("allowed_mentions"), everyone)
    world.tell("MESSAGE_CREATE", shown.message_event(world, guild, made), guild, channel)
    return shown.message(world, made, call.app.id)


@route("PATCH /channels/{channel_id}/messages/{message_id}")
def edit(call: Call) -> Any:
    guild, channel = call.place()
    world = call.world
    found = world.message_for(channel["id"], call.path["message_id"])
    if found["author"]["id"] != call.app.id:
        if set(call.body) == {"flags"} and guild is not None:
            world.need(guild, call.app, "MANAGE_MESSAGES", channel=channel)
        else:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
    fields = posting.fields(world, channel["id"], call.body, call.files, found["id"])
    changed = {key: value for key, value in fields.items() if key in call.body}
    if "attachments" in call.body or call.files:
        kept = {str(one.get("id")) for one in call.body.get("attachments") or ()}
        old = [one for one in found["attachments"] if "attachments" not in call.body or one["id"] in kept]
        changed["attachments"] = old + fields["attachments"]
    world.edit(channel["id"], found, **changed)
    return shown.message(world, found, call.app.id)


@route("DELETE /channels/{channel_id}/messages/{message_id}")
def delete(call: Call) -> Any:
    guild, channel = call.place()
    found = call.world.message_for(channel["id"], call.path["message_id"])
    by_me = found["author"]["id"] == call.app.id
    if not by_me:
        if guild is None:
            raise Refused(403, 50003, "Cannot execute action on a DM channel")
        call.world.need(guild, call.app, "MANAGE_MESSAGES", channel=channel)
    if found["type"] in UNTOUCHABLE:
        raise Refused(403, 50021, "Cannot execute action on a system message")
    call.world.remove(channel["id"], [found["id"]])
    if guild is not None and not by_me:
        call.world.note(guild, 72, call.app.id, found["author"]["id"], reason=call.reason,
                        channel_id=channel["id"], count="1")  # fmt: skip


@route("POST /channels/{channel_id}/messages/bulk-delete")
def bulk_delete(call: Call) -> Any:
    guild, channel = call.place()
    if guild is None:
        raise Refused(403, 50003, "Cannot execute action on a DM channel")
    call.world.need(guild, call.app, "MANAGE_MESSAGES", channel=channel)
    ids = call.body["messages"]
    if not 2 <= len(ids) <= 100:
        raise Refused(400, 50016, "Provided too few or too many messages to delete. Must provide at least 2 "
                                  "and fewer than 100 messages to delete")  # fmt: skip
    oldest = call.world.now() * 1000 - FORTNIGHT * 1000
    if any((int(one) >> 22) + 1_420_070_400_000 < oldest for one in ids):
        raise Refused(400, 50034, "A message provided was too old to bulk delete")
    gone = call.world.remove(channel["id"], ids, bulk=True)
    call.world.note(guild, 73, call.app.id, channel["id"], reason=call.reason, count=str(len(gone)))


# -- pins ----------------------------------------------------------------------------------------------


@route("GET /channels/{channel_id}/messages/pins")
def pins(call: Call) -> Any:
    _, channel = call.place()
    ones = [one for one in call.world.messages[channel["id"]].values() if one["pinned"]]
    most = call.number("limit", 50)
    newest = sorted(ones, key=lambda one: one["pinned_at"], reverse=True)
    return {
        "items": [
            {"pinned_at": one["pinned_at"], "message": _plain(call, one)} for one in newest[:most]
        ],
        "has_more": len(newest) > most,
    }  # fmt: skip


def _plain(call: Call, found: Json) -> Json:
    return {key: value for key, value in as_read(call, found).items() if key != "pinned_at"}


@route("GET /channels/{channel_id}/pins")
def old_pins(call: Call) -> Any:
    return [one["message"] for one in pins(call)["items"]]


@route(
    "PUT /channels/{channel_id}/messages/pins/{message_id}",
    "PUT /channels/{channel_id}/pins/{message_id}",
)
def pin(call: Call) -> Any:
    guild, channel = call.place()
    world = call.world
    if guild is not None:
        world.need(guild, call.app, "PIN_MESSAGES", channel=channel)
    found = world.message_for(channel["id"], call.path["message_id"])
    if found["pinned"]:
        return
    if sum(one["pinned"] for one in world.messages[channel["id"]].values()) >= MOST_PINS:
        raise Refused(400, 30003, f"Maximum number of pins reached for the channel ({MOST_PINS})")
    _set_pin(call, guild, channel, found, world.time())
    about = {"type": 0, "channel_id": channel["id"], "message_id": found["id"]}
    world.post(channel["id"], call.app.id, type=PIN_MESSAGE, message_reference=about)


@route(
    "DELETE /channels/{channel_id}/messages/pins/{message_id}",
    "DELETE /channels/{channel_id}/pins/{message_id}",
)
def unpin(call: Call) -> Any:
    guild, channel = call.place()
    if guild is not None:
        call.world.need(guild, call.app, "PIN_MESSAGES", channel=channel)
    found = call.world.message_for(channel["id"], call.path["message_id"])
    if found["pinned"]:
        _set_pin(call, guild, channel, found, None)


def _set_pin(call: Call, guild: Guild | None, channel: Json, found: Json, at: str | None) -> None:
    world = call.world
    world.edit(channel["id"], found, pinned=at is not None, pinned_at=at)
    channel["last_pin_timestamp"] = at or channel["last_pin_timestamp"]
    server = {"guild_id": guild.id} if guild is not None else {}
    world.tell("CHANNEL_PINS_UPDATE", {"channel_id": channel["id"], "last_pin_timestamp": at, **server},
               guild, channel)  # fmt: skip
    if guild is not None:
        world.note(guild, 74 if at else 75, call.app.id, found["author"]["id"], reason=call.reason,
                   channel_id=channel["id"], message_id=found["id"])  # fmt: skip


@route("POST /channels/{channel_id}/messages/{message_id}/crosspost")
def crosspost(call: Call) -> Any:
    guild, channel = call.place()
    found = call.world.message_for(channel["id"], call.path["message_id"])
    if guild is None or channel["type"] != NEWS:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    if found["author"]["id"] != call.app.id:
        call.world.need(guild, call.app, "MANAGE_MESSAGES", channel=channel)
    if found["flags"] & 1:
        raise Refused(400, 40033, "This message has already been crossposted.")
    call.world.edit(channel["id"], found, flags=found["flags"] | 1)
    return shown.message(call.world, found, call.app.id)


@route("POST /channels/{channel_id}/typing")
def typing(call: Call) -> Any:
    call.place()
