"""How Discord writes things down: new objects with every usual field, and what is shown of them to whom."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from guildhall.channels.testing.discord import permissions
from guildhall.channels.testing.discord.state import CATEGORY, FORUM, MEDIA, THREADS, App, Guild, Json

if TYPE_CHECKING:
    from guildhall.channels.testing.discord.world import World

USER_NAMED = re.compile(r"<@!?(\d+)>")
ROLE_NAMED = re.compile(r"<@&(\d+)>")
HIDDEN = ("app", "overwrites_kept")


def new_user(number: str, username: str, global_name: str | None = None, bot: bool = False) -> Json:
    found: Json = {
        "id": number, "username": username, "discriminator": f"{int(number) % 10000:04d}" if bot else "0",
        "global_name": global_name, "avatar": None, "banner": None, "accent_color": None,
        "public_flags": 0, "flags": 0, "avatar_decoration_data": None, "collectibles": None,
        "display_name_styles": None, "primary_guild": None, "clan": None, "banner_color": None,
    }  # fmt: skip
    if bot:
        found["bot"] = True
    return found


def new_application(number: str, name: str, flags: int, public: bool) -> Json:
    return {
        "id": number, "name": name, "icon": None, "description": "", "type": None, "bot_public": public,
        "bot_require_code_grant": False, "verify_key": "0" * 64, "flags": flags, "max_participants": None,
        "tags": [], "explicit_content_filter": 0, "redirect_uris": [], "interactions_endpoint_url": None,
        "role_connections_verification_url": None, "event_webhooks_status": 1, "approximate_guild_count": 0,
        "approximate_user_install_count": 0, "approximate_user_authorization_count": 0, "team": None,
        "integration_types_config": {"0": {}}, "flags_new": str(flags), "eligible_oauth2_scopes": [],
        "owner": new_user(str(int(number) + 1), f"{name.lower()}-owner"),
    }  # fmt: skip


def new_guild(number: str, name: str, owner: str, features: list[str]) -> Json:
    return {
        "id": number, "name": name, "icon": None, "description": None, "home_header": None, "splash": None,
        "discovery_splash": None, "features": features, "banner": None, "owner_id": owner,
        "application_id": None, "region": "us-west", "afk_channel_id": None, "afk_timeout": 300,
        "system_channel_id": None, "system_channel_flags": 0, "widget_enabled": False,
        "widget_channel_id": None, "verification_level": 1, "default_message_notifications": 1,
        "mfa_level": 0, "explicit_content_filter": 2, "max_presences": None, "max_members": 25_000_000,
        "max_stage_video_channel_users": 50, "max_video_channel_users": 25, "vanity_url_code": None,
        "premium_tier": 0, "premium_subscription_count": 0, "preferred_locale": "en-US",
        "rules_channel_id": None, "safety_alerts_channel_id": None, "public_updates_channel_id": None,
        "premium_progress_bar_enabled": False, "nsfw": False, "nsfw_level": 0, "incidents_data": None,
        "owner_configured_content_level": None,
    }  # fmt: skip


def new_role(number: str, name: str, allow: int, position: int) -> Json:
    return {
        "id": number, "name": name, "description": None, "permissions": str(allow), "position": position,
        "color": 0, "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False, "managed": False, "mentionable": False, "icon": None, "unicode_emoji": None,
        "flags": 0,
    }  # fmt: skip


def new_channel(number: str, guild_id: str, name: str, kind: int, position: int, **more: Any) -> Json:
    found: Json = {
        "id": number, "type": kind, "guild_id": guild_id, "name": name, "position": position,
        "permission_overwrites": [], "flags": 0, "parent_id": None,
    }  # fmt: skip
    if kind != CATEGORY:
        found.update({"topic": None, "nsfw": False, "last_message_id": None, "rate_limit_per_user": 0,
                      "last_pin_timestamp": None})  # fmt: skip
    if kind in (FORUM, MEDIA):
        found.update({"available_tags": [], "default_reaction_emoji": None, "default_sort_order": None,
                      "default_forum_layout": 0, "default_thread_rate_limit_per_user": 0})  # fmt: skip
    return {**found, **more}


def new_thread(
    world: World, parent: Json, number: str, name: str, owner: str, kind: int, **more: Any
) -> Json:
    return {
        "id": number, "type": kind, "guild_id": parent["guild_id"], "name": name, "parent_id": parent["id"],
        "owner_id": owner, "flags": 0, "last_message_id": None, "rate_limit_per_user": 0,
        "last_pin_timestamp": None, "message_count": 0, "member_count": 1, "total_message_sent": 0,
        "thread_metadata": {"archived": False, "archive_timestamp": world.time(),
                            "auto_archive_duration": 4320, "locked": False,
                            "create_timestamp": world.time()},
        **more,
    }  # fmt: skip


def new_member(joined_at: str) -> Json:
    return {
        "roles": [], "joined_at": joined_at, "nick": None, "avatar": None, "banner": None, "mute": False,
        "deaf": False, "pending": False, "flags": 0, "premium_since": None, "unusual_dm_activity_until": None,
        "communication_disabled_until": None, "avatar_decoration_data": None, "collectibles": None,
        "display_name_styles": None,
    }  # fmt: skip


def member(world: World, guild: Guild, user_id: str) -> Json:
    return {**guild.members[user_id], "user": world.users[user_id]}


def guild(found: Guild, counts: bool = False) -> Json:
    said: Json = {**found.data, "roles": list(found.roles.values()), "emojis": [], "stickers": []}
    if counts:
        said["approximate_member_count"] = len(found.members)
        said["approximate_presence_count"] = len(found.members)
    return said


def channel(found: Json) -> Json:
    """As anybody sees it, without what the fake keeps beside."""
    return {key: value for key, value in found.items() if key not in HIDDEN}


def named_in(world: World, guild: Guild | None, content: str) -> Json:
    """The mentions of a text."""
    users = [world.users[one] for one in dict.fromkeys(USER_NAMED.findall(content)) if one in world.users]
    roles = [one for one in dict.fromkeys(ROLE_NAMED.findall(content)) if guild and one in guild.roles]
    return {"mentions": users, "mention_roles": roles}


def new_message(
    world: World, home: Guild | None, channel_id: str, author: str, content: str, **more: Any
) -> Json:
    number = world.new_id()
    reply_to = more.pop("reply_to", "")
    found: Json = {
        "id": number, "channel_id": channel_id, "type": 0, "content": content,
        "author": world.users[author], "timestamp": world.time(), "edited_timestamp": None, "tts": False,
        "mention_everyone": "@everyone" in content or "@here" in content, "attachments": [], "embeds": [],
        "components": [], "pinned": False, "flags": 0, **named_in(world, home, content), **more,
    }  # fmt: skip
    if reply_to:
        answered = world.messages[channel_id].get(reply_to)
        found["type"] = 19 if found["type"] == 0 else found["type"]
        found["message_reference"] = {"type": 0, "channel_id": channel_id, "message_id": reply_to}
        if home is not None:
            found["message_reference"]["guild_id"] = home.id
        found["referenced_message"] = None if answered is None else {
            key: value for key, value in answered.items() if key != "referenced_message"}  # fmt: skip
    return found


def message(world: World, found: Json, viewer: str) -> Json:
    """A message as REST shows it to a bot, with its reactions and the standing of its poll."""
    said = dict(found)
    if world.reactions.get(found["id"]):
        said["reactions"] = [
            {"emoji": emoji(key), "count": len(users), "count_details": {"burst": 0, "normal": len(users)},
             "burst_colors": [], "burst_count": 0, "me_burst": False, "me": viewer in users}
            for key, users in world.reactions[found["id"]].items() if users
        ]  # fmt: skip
    if "poll" in found:
        counts = [
            {"id": number, "count": len(users), "me_voted": viewer in users}
            for number, users in sorted(world.votes[found["id"]].items())
        ]
        said["poll"] = {**found["poll"], "results": {**found["poll"]["results"], "answer_counts": counts}}
    return said


def message_event(world: World, home: Guild | None, found: Json) -> Json:
    """A message as the gateway tells of it: with the server and the author's membership."""
    said = message(world, found, "")
    place = home.place(found["channel_id"]) if home is not None else None
    said["channel_type"] = place["type"] if place is not None else 1
    if home is None:
        return said
    said["guild_id"] = home.id
    author = found["author"]["id"]
    if author in home.members and "webhook_id" not in found:
        said["member"] = home.members[author]
    said["mentions"] = [
        {**one, "member": home.members[one["id"]]} if one["id"] in home.members else one
        for one in found["mentions"]
    ]
    return said


def emoji(key: str) -> Json:
    """An emoji from its address: the character itself, or name:id."""
    name, _, number = key.partition(":")
    return {"id": number or None, "name": name, **({"animated": False} if number else {})}


def guild_preview(world: World, found: Guild, app: App) -> Json:
    """As in the list of servers a bot is in."""
    return {
        "id": found.id, "name": found.data["name"], "icon": found.data["icon"],
        "banner": found.data["banner"], "owner": found.data["owner_id"] == app.id,
        "permissions": str(permissions.in_guild(found, app.id)), "features": found.data["features"],
        "approximate_member_count": len(found.members), "approximate_presence_count": len(found.members),
    }  # fmt: skip


def invite(world: World, found: Json, home: Guild, counts: bool = False) -> Json:
    """An invitation as those see it who may manage the server."""
    place = home.channels[found["channel_id"]]
    said: Json = {
        "code": found["code"], "type": 0, "inviter": world.users[found["by"]], "uses": found["uses"],
        "max_uses": found["max_uses"], "max_age": found["max_age"], "temporary": found["temporary"],
        "created_at": found["created_at"], "expires_at": found["expires_at"], "guild_id": home.id,
        "flags": 0, "channel": {"id": place["id"], "type": place["type"], "name": place["name"]},
        "guild": {key: home.data[key] for key in (
            "id", "name", "icon", "splash", "banner", "description", "features", "verification_level",
            "vanity_url_code", "nsfw_level", "nsfw", "premium_subscription_count")}
        | {"premium_tier": home.data["premium_tier"]},
    }  # fmt: skip
    if counts:
        said["approximate_member_count"] = len(home.members)
        said["approximate_presence_count"] = len(home.members)
    return said


def is_thread(found: Json) -> bool:
    return found["type"] in THREADS
