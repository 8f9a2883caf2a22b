"""Routes that answer an interaction: the callback within three seconds, then follow-ups for a quarter of an
hour."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import posting, shown
from guildhall.channels.testing.discord.permissions import in_channel
from guildhall.channels.testing.discord.refusals import Refused, bad_field, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import App, Guild, Interaction, Json
from guildhall.channels.testing.discord.world import World

PONG, MESSAGE, LATER, LATER_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9
COMMAND, COMPONENT, AUTOCOMPLETE, SUBMIT = 2, 3, 4, 5
FITTING = {
    COMMAND: {MESSAGE, LATER, MODAL},
    COMPONENT: {MESSAGE, LATER, LATER_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    SUBMIT: {MESSAGE, LATER, LATER_UPDATE, UPDATE},
}
FIRST_SECONDS, TOKEN_SECONDS = 3.0, 900.0
LOADING = 1 << 7
HOOK = "/webhooks/{webhook_id}/{webhook_token}"


def ask(world: World, app: App, kind: int, data: Json, channel: Json, user_id: str, guild: Guild | None,
        message: Json | None = None) -> Interaction:  # fmt: skip
    """Somebody asks something of an application, which hears of it by INTERACTION_CREATE."""
    asked = Interaction(world.new_id(), world.word(120), app.id, kind, world.now(), user_id, channel["id"],
                        guild.id if guild else "", message["id"] if message else "")  # fmt: skip
    world.interactions[asked.id] = world.by_interaction_token[asked.token] = asked
    locale = world.fields[user_id].get("locale", "en-US")
    told: Json = {
        "id": asked.id, "application_id": app.id, "type": kind, "data": data, "token": asked.token,
        "version": 1, "channel_id": channel["id"], "channel": shown.channel(channel), "locale": locale,
        "entitlements": [], "entitlement_sku_ids": [], "attachment_size_limit": 10_485_760,
        "context": 0 if guild else 1, "authorizing_integration_owners": {"0": guild.id if guild else "0"},
    }  # fmt: skip
    if message is not None:
        told["message"] = shown.message(world, message, app.id)
    if guild is None:
        told["user"] = world.users[user_id]
        told["app_permissions"] = "0"
    else:
        rights = in_channel(guild, channel, user_id, world.now())
        told["member"] = {**shown.member(world, guild, user_id), "permissions": str(rights)}
        told["app_permissions"] = str(in_channel(guild, channel, app.id, world.now()))
        told["guild_id"] = guild.id
        told["guild_locale"] = guild.data["preferred_locale"]
        told["guild"] = {"id": guild.id, "locale": guild.data["preferred_locale"],
                         "features": guild.data["features"]}  # fmt: skip
    world.hub.tell("INTERACTION_CREATE", told, guild, to=app.id)
    return asked


@route("POST /interactions/{interaction_id}/{interaction_token}/callback", open=True)
def answer(call: Call) -> Any:
    world = call.world
    asked = world.interactions.get(call.path["interaction_id"])
    if asked is None or asked.token != call.path["interaction_token"]:
        raise unknown("Interaction")
    if asked.answered:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    if world.now() - asked.at > FIRST_SECONDS:
        raise unknown("Interaction")
    kind, data = call.body["type"], call.body.get("data") or {}
    if kind not in FITTING.get(asked.kind, ()):
        raise bad_field(["type"], "INTERACTION_APPLICATION_COMMAND_INVALID_VERSION", "Not fitting here")
    if kind == MESSAGE:
        asked.original = _say(call, asked, data)["id"]
    elif kind == LATER:
        flags = LOADING | int(data.get("flags") or 0) & posting.EPHEMERAL
        asked.original = _put(world, asked, flags=flags)["id"]
    elif kind in (UPDATE, LATER_UPDATE):
        asked.original = asked.message_id
        if kind == UPDATE:
            _change(call, asked, asked.message_id, data)
    asked.answered, asked.answer = kind, data
    if not call.says("with_response"):
        return None
    resource: Json = {"type": kind}
    if asked.original in world.messages[asked.channel_id]:
        resource["message"] = world.messages[asked.channel_id][asked.original]
    return {
        "interaction": {"id": asked.id, "type": asked.kind, "response_message_id": asked.original or None,
                        "response_message_loading": kind == LATER,
                        "response_message_ephemeral": bool(int(data.get("flags") or 0) & posting.EPHEMERAL)},
        "resource": resource,
    }  # fmt: skip


def _put(world: World, asked: Interaction, content: str = "", **fields: Any) -> Json:
    """A message of the application in the channel of the interaction; an ephemeral one is seen by nobody
    else and told to nobody."""
    hidden = bool(fields.get("flags", 0) & posting.EPHEMERAL)
    made = world.post(
        asked.channel_id, asked.app_id, content, tell=not hidden,
        webhook_id=asked.app_id, application_id=asked.app_id, **fields,
    )  # fmt: skip
    asked.followups.append(made["id"])
    return made


def _say(call: Call, asked: Interaction, data: Json) -> Json:
    fields = posting.fields(call.world, asked.channel_id, data, call.files)
    return _put(call.world, asked, fields.pop("content"), **fields)


def _change(call: Call, asked: Interaction, message_id: str, data: Json) -> Json:
    found = call.world.message_for(asked.channel_id, message_id)
    fields = posting.fields(call.world, asked.channel_id, data, call.files, message_id)
    changed = {key: value for key, value in fields.items() if key in data and key != "flags"}
    if call.files:
        changed["attachments"] = fields["attachments"]
    call.world.edit(asked.channel_id, found, flags=found["flags"] & ~LOADING, **changed)
    return found


def _asked(call: Call) -> Interaction:
    asked = call.world.by_interaction_token.get(call.path["webhook_token"])
    if asked is None or asked.app_id != call.path["webhook_id"]:
        raise unknown("Webhook")
    if call.world.now() - asked.at > TOKEN_SECONDS:
        raise Refused(401, 50027, "Invalid Webhook Token")
    if not asked.answered:
        raise unknown("Webhook")
    return asked


@route(f"POST {HOOK}", open=True)
def follow_up(call: Call) -> Any:
    return shown.message(call.world, _say(call, _asked(call), call.body), call.app.id)


def _number(call: Call, asked: Interaction) -> str:
    number = call.path.get("message_id", "@original")
    return asked.original if number == "@original" else number


@route(f"GET {HOOK}/messages/@original", f"GET {HOOK}/messages/{{message_id}}", open=True)
def message(call: Call) -> Any:
    asked = _asked(call)
    found = call.world.message_for(asked.channel_id, _number(call, asked))
    return shown.message(call.world, found, call.app.id)


@route(f"PATCH {HOOK}/messages/@original", f"PATCH {HOOK}/messages/{{message_id}}", open=True)
def change(call: Call) -> Any:
    asked = _asked(call)
    return shown.message(call.world, _change(call, asked, _number(call, asked), call.body), call.app.id)


@route(f"DELETE {HOOK}/messages/@original", f"DELETE {HOOK}/messages/{{message_id}}", open=True)
def delete(call: Call) -> Any:
    asked = _asked(call)
    number = _number(call, asked)
    call.world.message_for(asked.channel_id, number)
    call.world.remove(asked.channel_id, [number])
