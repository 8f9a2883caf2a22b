"""Routes on what newcomers see: the welcome screen, onboarding, the guide."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord.refusals import Refused, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Guild, Json

FEWEST_DEFAULT, FEWEST_OPEN = 7, 5


def _onboarding(guild: Guild) -> Json:
    return {
        "guild_id": guild.id, "prompts": [], "default_channel_ids": [], "enabled": False, "mode": 0,
        "responses": [], "onboarding_prompts_seen": {}, "onboarding_responses_seen": {}, **guild.onboarding,
    }  # fmt: skip


@route("GET /guilds/{guild_id}/onboarding")
def onboarding(call: Call) -> Any:
    return _onboarding(call.guild())


@route("PUT /guilds/{guild_id}/onboarding")
def put_onboarding(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_GUILD", "MANAGE_ROLES")
    given = {key: value for key, value in call.body.items() if value is not None}
    if "prompts" in given:
        given["prompts"] = [_prompt(call, one) for one in given["prompts"]]
    merged = {**guild.onboarding, **given}
    if merged.get("enabled") and len(merged.get("default_channel_ids", ())) < FEWEST_DEFAULT:
        raise Refused(400, 350003, "Onboarding requires a minimum number of default channels")
    guild.onboarding = merged
    world.note(guild, 167, call.app.id, guild.id, reason=call.reason)
    return _onboarding(guild)


def _prompt(call: Call, given: Json) -> Json:
    options = [
        {"description": "", "role_ids": [], "channel_ids": [],
         **{key: value for key, value in one.items() if not key.startswith("emoji_")},
         "id": one.get("id") or call.world.new_id(),
         "emoji": {"id": one.get("emoji_id"), "name": one.get("emoji_name"),
                   "animated": bool(one.get("emoji_animated"))}}
        for one in given["options"]
    ]  # fmt: skip
    return {"type": 0, "single_select": False, "required": False, "in_onboarding": True, **given,
            "options": options, "id": given.get("id") or call.world.new_id()}  # fmt: skip


@route("GET /guilds/{guild_id}/welcome-screen")
def welcome(call: Call) -> Any:
    guild = call.guild()
    if not guild.welcome:
        raise unknown("Guild Welcome Screen")
    return {key: guild.welcome[key] for key in ("description", "welcome_channels")}


@route("PATCH /guilds/{guild_id}/welcome-screen")
def change_welcome(call: Call) -> Any:
    guild = call.guild()
    call.world.need(guild, call.app, "MANAGE_GUILD")
    if "COMMUNITY" not in guild.data["features"]:
        raise Refused(403, 150011, "This server needs to be a community server")
    known = guild.welcome or {"description": None, "welcome_channels": [], "enabled": False}
    known.update({key: call.body[key] for key in ("description", "enabled") if key in call.body})
    if call.body.get("welcome_channels") is not None:
        known["welcome_channels"] = [
            {"emoji_id": None, "emoji_name": None, **one} for one in call.body["welcome_channels"]
        ]
    guild.welcome = known
    return {key: known[key] for key in ("description", "welcome_channels")}


@route("GET /guilds/{guild_id}/new-member-welcome")
def guide(call: Call) -> Any:
    guild = call.guild()
    return {"guild_id": guild.id, "enabled": False, "welcome_message": None, "new_member_actions": [],
            "resource_channels": []}  # fmt: skip
