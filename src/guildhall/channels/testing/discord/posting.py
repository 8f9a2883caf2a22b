"""What becomes of a body that wants to be a message: the rules Discord holds it to, its files, its
components; the same for channels, interactions and their follow-ups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from guildhall.channels.testing.discord.refusals import Refused, bad_field
from guildhall.channels.testing.discord.state import App, File, Guild, Json
from guildhall.channels.testing.discord.world import World

LONGEST, LONGEST_EMBEDS = 2000, 6000
EPHEMERAL, COMPONENTS_V2 = 1 << 6, 1 << 15
SETTABLE = 1 << 2 | EPHEMERAL | 1 << 12 | 1 << 13 | COMPONENTS_V2
NONCE_SECONDS = 300.0


def fields(
    world: World, channel_id: str, body: Json, files: Mapping[str, File], message_id: str = ""
) -> Json:
    """The fields of the message a body describes. Raises Refused."""
    content = body.get("content") or ""
    if len(content) > LONGEST:
        raise bad_field(["content"], "BASE_TYPE_MAX_LENGTH", f"Must be {LONGEST} or fewer in length.")
    flags = int(body.get("flags") or 0) & SETTABLE
    components = body.get("components") or []
    if flags & COMPONENTS_V2 and (content or body.get("embeds") or body.get("poll")):
        raise bad_field(
            ["content"],
            "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
            "The 'content' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
        )
    embeds = [{"type": "rich", **one} for one in body.get("embeds") or []]
    if sum(map(_embed_length, embeds)) > LONGEST_EMBEDS:
        raise bad_field(["embeds"], "MAX_EMBED_SIZE_EXCEEDED",
                        f"Embed size exceeds maximum size of {LONGEST_EMBEDS}")  # fmt: skip
    found: Json = {
        "content": content, "embeds": embeds, "components": _numbered(components), "flags": flags,
        "attachments": _attachments(world, channel_id, body, files),
    }  # fmt: skip
    if body.get("poll"):
        found["poll"] = _poll(world, body["poll"])
    if not message_id and not any(
        (content, embeds, components, found["attachments"], body.get("poll"), body.get("sticker_ids"))
    ):
        raise Refused(400, 50006, "Cannot send an empty message")
    return found


def _embed_length(embed: Json) -> int:
    parts = [embed.get("title"), embed.get("description"), (embed.get("footer") or {}).get("text"),
             (embed.get("author") or {}).get("name")]  # fmt: skip
    for one in embed.get("fields") or ():
        parts += [one.get("name"), one.get("value")]
    return sum(len(part or "") for part in parts)


def _numbered(components: list[Json]) -> list[Json]:
    """Components with the ids Discord gives those that have none. Raises Refused for a doubled custom_id."""
    seen: set[str] = set()
    count = 0

    def number(one: Json, path: list[str]) -> Json:
        nonlocal count
        count += 1
        custom = one.get("custom_id")
        if custom is not None:
            if custom in seen:
                raise bad_field([*path, "custom_id"], "COMPONENT_CUSTOM_ID_DUPLICATED",
                                "Component custom id cannot be duplicated")  # fmt: skip
            seen.add(custom)
        made = {**one, "id": one.get("id") or count}
        for key in ("components", "items"):
            if isinstance(one.get(key), list):
                made[key] = [number(inner, [*path, key, str(at)]) if "type" in inner else inner
                             for at, inner in enumerate(one[key])]  # fmt: skip
        if isinstance(one.get("accessory"), dict):
            made["accessory"] = number(one["accessory"], [*path, "accessory"])
        if one.get("type") == 1 and len(one.get("components", ())) > 5:
            raise bad_field([*path, "components"], "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                            "The specified component exceeds the maximum width")  # fmt: skip
        return made

    return [number(one, ["components", str(at)]) for at, one in enumerate(components)]


def _attachments(world: World, channel_id: str, body: Json, files: Mapping[str, File]) -> list[Json]:
    described = {str(one.get("id")): one for one in body.get("attachments") or []}
    found = []
    for field, file in files.items():
        if not field.startswith("files["):
            continue
        at = field[6:-1]
        said = described.pop(at, {})
        number, name = world.new_id(), said.get("filename") or file.name
        path = f"/attachments/{channel_id}/{number}/{name}"
        world.files[path] = file
        one: Json = {
            "id": number, "filename": name, "size": len(file.content), "url": world.url + path,
            "proxy_url": world.url + path, "content_type": file.mime, "content_scan_version": 0,
        }  # fmt: skip
        if said.get("description"):
            one["description"] = said["description"]
        found.append(one)
    return found


def _poll(world: World, asked: Json) -> Json:
    hours = asked.get("duration") or 24
    return {
        "question": {"text": (asked["question"] or {}).get("text", "")},
        "answers": [
            {"answer_id": number, "poll_media": one["poll_media"]}
            for number, one in enumerate(asked["answers"], 1)
        ],
        "expiry": world.time(hours * 3600), "allow_multiselect": bool(asked.get("allow_multiselect")),
        "layout_type": asked.get("layout_type") or 1,
        "results": {"answer_counts": [], "is_finalized": False},
    }  # fmt: skip


def may_speak(
    world: World, guild: Guild | None, channel: Json, app: App, body: Json, has_files: bool
) -> None:
    """Raises Refused when the bot may not say this here."""
    if guild is None:
        user_id = channel["recipients"][0]["id"]
        shut = world.closed_doors
        shares = any(user_id in one.members and app.id in one.members for one in world.guilds.values())
        if (user_id, "") in shut or (user_id, app.id) in shut or not shares:
            raise Refused(403, 50007, "Cannot send messages to this user")
        return
    if channel["type"] in (4, 14, 15, 16):
        raise Refused(400, 50008, "Cannot send messages in a non-text channel")
    thread = channel.get("thread_metadata")
    needed = ["SEND_MESSAGES_IN_THREADS" if thread else "SEND_MESSAGES"]
    if body.get("embeds"):
        needed.append("EMBED_LINKS")
    if has_files:
        needed.append("ATTACH_FILES")
    if body.get("poll"):
        needed.append("SEND_POLLS")
    if body.get("tts"):
        needed.append("SEND_TTS_MESSAGES")
    world.need(guild, app, *needed, channel=channel)
    if thread and thread["locked"] and not world.may(guild, channel, app.id, "MANAGE_THREADS"):
        raise Refused(400, 160005, "Thread is locked")


def mentions(made: Json, allowed: Json | None, everyone: bool) -> None:
    """Takes out of a message the mentions that `allowed_mentions` does not let through."""
    if not everyone:
        made["mention_everyone"] = False
    if allowed is None:
        return
    parse = allowed.get("parse")
    if parse is None:
        parse = []
    if "everyone" not in parse:
        made["mention_everyone"] = False
    if "users" not in parse:
        kept = set(allowed.get("users") or ())
        made["mentions"] = [one for one in made["mentions"] if one["id"] in kept]
    if "roles" not in parse:
        kept = set(allowed.get("roles") or ())
        made["mention_roles"] = [one for one in made["mention_roles"] if one in kept]


def same_nonce(world: World, channel_id: str, app: App, body: Json) -> Json | None:
    """The message this bot has just sent here with the same nonce, when it asked for that to be checked."""
    nonce = body.get("nonce")
    if not nonce or not body.get("enforce_nonce"):
        return None
    since = world.time(-NONCE_SECONDS)
    for found in reversed(world.messages[channel_id].values()):
        if found["timestamp"] < since:
            return None
        if found["author"]["id"] == app.id and found.get("nonce") == nonce:
            return found
    return None


def answered(world: World, guild: Guild | None, channel: Json, app: App, body: Json) -> Json:
    """`reply_to` when the body answers a message that is there. Raises Refused when it is gone."""
    reference: Any = body.get("message_reference")
    if not reference or reference.get("type") == 1:
        return {}
    number = reference["message_id"]
    if number not in world.messages[reference.get("channel_id") or channel["id"]]:
        if reference.get("fail_if_not_exists") is False:
            return {}
        raise bad_field(["message_reference"], "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
    if guild is not None and not world.may(guild, channel, app.id, "READ_MESSAGE_HISTORY"):
        raise Refused(403, 160002, "Cannot reply without permission to read message history")
    return {"reply_to": number}
