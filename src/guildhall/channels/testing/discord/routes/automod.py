"""Routes on Discord's own moderation rules, and what the rules do to a message."""

from __future__ import annotations

import re
from typing import Any

from guildhall.channels.testing.discord import membership
from guildhall.channels.testing.discord.refusals import bad_field, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route
from guildhall.channels.testing.discord.state import Guild, Json
from guildhall.channels.testing.discord.world import World

KEYWORD, SPAM, PRESET, MENTION, PROFILE = 1, 3, 4, 5, 6
BLOCK, ALERT, TIMEOUT = 1, 2, 3
MOST = {KEYWORD: 6, SPAM: 1, PRESET: 1, MENTION: 1, PROFILE: 1}
ALERT_MESSAGE = 24
RULES = "/guilds/{guild_id}/auto-moderation/rules"


def _rule(call: Call, guild: Guild) -> Json:
    found = guild.rules.get(call.path["rule_id"])
    if found is None:
        raise unknown("Auto Moderation Rule")
    return found


@route(f"GET {RULES}")
def rules(call: Call) -> Any:
    guild = call.guild()
    call.world.need(guild, call.app, "MANAGE_GUILD")
    return list(guild.rules.values())


@route(f"GET {RULES}/{{rule_id}}")
def rule(call: Call) -> Any:
    guild = call.guild()
    call.world.need(guild, call.app, "MANAGE_GUILD")
    return _rule(call, guild)


def _metadata(kind: int, given: Json) -> Json:
    if kind in (KEYWORD, PROFILE):
        return {"keyword_filter": [], "regex_patterns": [], "allow_list": [], **given}
    if kind == PRESET:
        return {"presets": [], "allow_list": [], **given}
    if kind == MENTION:
        return {"mention_total_limit": 20, "mention_raid_protection_enabled": False, **given}
    return given


def _actions(given: list[Json]) -> list[Json]:
    return [{"type": one["type"], "metadata": one.get("metadata") or {}} for one in given]


@route(f"POST {RULES}")
def create(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_GUILD")
    kind = call.body["trigger_type"]
    if sum(one["trigger_type"] == kind for one in guild.rules.values()) >= MOST.get(kind, 0):
        raise bad_field(["trigger_type"], "AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED",
                        "Maximum number of rules of this type reached")  # fmt: skip
    if any(one["type"] == TIMEOUT for one in call.body["actions"]):
        world.need(guild, call.app, "MODERATE_MEMBERS")
        if kind not in (KEYWORD, MENTION):
            raise bad_field(["actions"], "AUTO_MODERATION_INVALID_ACTION_TYPE", "Invalid action")
    made: Json = {
        "id": world.new_id(), "guild_id": guild.id, "creator_id": call.app.id, "name": call.body["name"],
        "event_type": call.body["event_type"], "trigger_type": kind,
        "trigger_metadata": _metadata(kind, call.body.get("trigger_metadata") or {}),
        "actions": _actions(call.body["actions"]), "enabled": bool(call.body.get("enabled")),
        "exempt_roles": call.body.get("exempt_roles") or [],
        "exempt_channels": call.body.get("exempt_channels") or [],
    }  # fmt: skip
    guild.rules[made["id"]] = made
    world.tell("AUTO_MODERATION_RULE_CREATE", made, guild)
    world.note(guild, 140, call.app.id, made["id"], reason=call.reason)
    return made


@route(f"PATCH {RULES}/{{rule_id}}")
def change(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_GUILD")
    found = _rule(call, guild)
    for key in ("name", "event_type", "enabled", "exempt_roles", "exempt_channels"):
        if call.body.get(key) is not None:
            found[key] = call.body[key]
    if call.body.get("trigger_metadata") is not None:
        found["trigger_metadata"] = _metadata(found["trigger_type"], call.body["trigger_metadata"])
    if call.body.get("actions") is not None:
        found["actions"] = _actions(call.body["actions"])
    world.tell("AUTO_MODERATION_RULE_UPDATE", found, guild)
    world.note(guild, 141, call.app.id, found["id"], reason=call.reason)
    return found


@route(f"DELETE {RULES}/{{rule_id}}")
def delete(call: Call) -> Any:
    guild, world = call.guild(), call.world
    world.need(guild, call.app, "MANAGE_GUILD")
    found = _rule(call, guild)
    del guild.rules[found["id"]]
    world.tell("AUTO_MODERATION_RULE_DELETE", found, guild)
    world.note(guild, 142, call.app.id, found["id"], reason=call.reason)


# -- at work -------------------------------------------------------------------------------------------


def judge(world: World, guild: Guild, channel: Json, user_id: str, content: str) -> bool:
    """Whether a rule keeps the message from appearing; its other actions happen here."""
    blocked = False
    roles = set(guild.members[user_id]["roles"])
    for one in list(guild.rules.values()):
        if not one["enabled"] or roles & set(one["exempt_roles"]) or channel["id"] in one["exempt_channels"]:
            continue
        hit, matched = _hit(one, content)
        if not hit:
            continue
        for action in one["actions"]:
            blocked = _act(world, guild, channel, user_id, content, one, action, (hit, matched)) or blocked
    return blocked


def _hit(rule: Json, content: str) -> tuple[str, str]:
    meta, low = rule["trigger_metadata"], content.lower()
    if rule["trigger_type"] == MENTION:
        count = len(set(re.findall(r"<@[!&]?(\d+)>", content)))
        return ("mentions", content) if count > meta["mention_total_limit"] else ("", "")
    if any(word.lower().strip("*") in low for word in meta.get("allow_list", ())):
        return "", ""
    for word in meta.get("keyword_filter", ()):
        bare = re.escape(word.strip("*"))
        start, end = "" if word.startswith("*") else r"\b", "" if word.endswith("*") else r"\b"
        if found := re.search(f"{start}{bare}{end}", content, re.IGNORECASE):
            return word, found[0]
    for pattern in meta.get("regex_patterns", ()):
        if found := re.search(pattern, content, re.IGNORECASE):
            return pattern, found[0]
    return "", ""


def _act(world: World, guild: Guild, channel: Json, user_id: str, content: str, rule: Json, action: Json,
         found: tuple[str, str]) -> bool:  # fmt: skip
    told: Json = {
        "guild_id": guild.id, "action": action, "rule_id": rule["id"], "user_id": user_id,
        "rule_trigger_type": rule["trigger_type"], "channel_id": channel["id"], "content": content,
        "matched_keyword": found[0], "matched_content": found[1],
    }  # fmt: skip
    if action["type"] == ALERT:
        place = action["metadata"].get("channel_id")
        if place in guild.channels:
            made = world.post(place, user_id, type=ALERT_MESSAGE, embeds=[
                {"type": "auto_moderation_message", "description": content}])  # fmt: skip
            told["alert_system_message_id"] = made["id"]
    elif action["type"] == TIMEOUT:
        until = world.time(action["metadata"].get("duration_seconds", 60))
        membership.change(world, guild, user_id, rule["creator_id"], communication_disabled_until=until)
    world.tell("AUTO_MODERATION_ACTION_EXECUTION", told, guild)
    number = {BLOCK: 143, ALERT: 144, TIMEOUT: 145}.get(action["type"], 143)
    world.note(guild, number, user_id, user_id, channel_id=channel["id"],
               auto_moderation_rule_name=rule["name"],
               auto_moderation_rule_trigger_type=str(rule["trigger_type"]))  # fmt: skip
    return bool(action["type"] == BLOCK)
