"""Routes on a server as a whole: what it is, its settings, its log, incidents, join requests."""

from __future__ import annotations

from typing import Any

from guildhall.channels.testing.discord import membership, shown
from guildhall.channels.testing.discord.refusals import Refused, unknown
from guildhall.channels.testing.discord.routes.registry import Call, route

SETTINGS = (
    "name", "description", "icon", "verification_level", "default_message_notifications",
    "explicit_content_filter", "preferred_locale", "afk_timeout", "afk_channel_id", "system_channel_id",
    "system_channel_flags", "features", "rules_channel_id", "safety_alerts_channel_id",
    "public_updates_channel_id", "premium_progress_bar_enabled", "banner", "splash",
)  # fmt: skip


@route("GET /guilds/{guild_id}")
def guild(call: Call) -> Any:
    return shown.guild(call.guild(), counts=call.says("with_counts"))


@route("PATCH /guilds/{guild_id}")
def change(call: Call) -> Any:
    found, world = call.guild(), call.world
    world.need(found, call.app, "MANAGE_GUILD")
    old = dict(found.data)
    found.data.update({key: call.body[key] for key in SETTINGS if key in call.body})
    changes = [
        {"key": key, "old_value": old[key], "new_value": found.data[key]}
        for key in SETTINGS
        if old.get(key) != found.data.get(key)
    ]
    if changes:
        world.tell("GUILD_UPDATE", {**shown.guild(found), "guild_id": found.id}, found)
        world.note(found, 1, call.app.id, found.id, reason=call.reason, changes=changes)
    return shown.guild(found)


@route("GET /guilds/{guild_id}/audit-logs")
def audit(call: Call) -> Any:
    found = call.guild()
    call.world.need(found, call.app, "VIEW_AUDIT_LOG")
    kind, by, target = (call.query.get(name) for name in ("action_type", "user_id", "target_id"))
    before, after = call.query.get("before"), call.query.get("after")
    entries = [
        one
        for one in found.audit
        if (not kind or one["action_type"] == int(kind))
        and (not by or one["user_id"] == by)
        and (not target or one["target_id"] == target)
        and (not before or int(one["id"]) < int(before))
        and (not after or int(one["id"]) > int(after))
    ]
    most = call.number("limit", 50)
    entries = entries[:most] if after is not None else entries[::-1][:most]
    people = {one for entry in entries for one in (entry["user_id"], entry["target_id"])}
    return {
        "audit_log_entries": entries,
        "users": [call.world.users[one] for one in sorted(filter(None, people)) if one in call.world.users],
        "application_commands": [], "auto_moderation_rules": list(found.rules.values()),
        "guild_scheduled_events": [], "integrations": [], "threads": [], "webhooks": [],
    }  # fmt: skip


@route("PUT /guilds/{guild_id}/incident-actions")
def incidents(call: Call) -> Any:
    found, world = call.guild(), call.world
    world.need(found, call.app, "MANAGE_GUILD")
    data = dict(
        found.data["incidents_data"]
        or {"invites_disabled_until": None, "dms_disabled_until": None, "raid_detected_at": None,
            "dm_spam_detected_at": None}
    )  # fmt: skip
    for key in ("invites_disabled_until", "dms_disabled_until"):
        if key in call.body:
            data[key] = call.body[key]
    found.data["incidents_data"] = data
    world.tell("GUILD_UPDATE", {**shown.guild(found), "guild_id": found.id}, found)
    return data


@route("GET /guilds/{guild_id}/requests")
def requests(call: Call) -> Any:
    found = call.guild()
    call.world.need(found, call.app, "KICK_MEMBERS")
    status = call.query.get("status", "SUBMITTED")
    ones = [one for one in found.requests.values() if one["application_status"] == status]
    return {"guild_join_requests": ones[: call.number("limit", 100)], "total": len(ones), "limit": 100}


@route("PATCH /guilds/{guild_id}/requests/{request_id}")
def answer_request(call: Call) -> Any:
    found, world = call.guild(), call.world
    world.need(found, call.app, "KICK_MEMBERS")
    asked = found.requests.get(call.path["request_id"])
    if asked is None:
        raise Refused(404, 10098, "Unknown Guild Join Request")
    action = call.body["action"]
    asked["application_status"] = action
    asked["actioned_by_user"] = world.users[call.app.id]
    asked["actioned_at"] = world.time()
    if action == "REJECTED":
        asked["rejection_reason"] = call.body.get("rejection_reason")
    told = {"guild_id": found.id, "status": action, "request": asked}
    world.tell("GUILD_JOIN_REQUEST_UPDATE", told, found)
    if action == "APPROVED":
        user_id = asked["user_id"]
        if user_id in found.members:
            membership.change(world, found, user_id, call.app.id, pending=False)
        else:
            membership.join(world, found, user_id, pending=False)
    return asked


@route("GET /guilds/{guild_id}/threads/active")
def active_threads(call: Call) -> Any:
    found, world = call.guild(), call.world
    seen = [
        one
        for one in found.threads.values()
        if not one["thread_metadata"]["archived"] and world.may(found, one, call.app.id, "VIEW_CHANNEL")
    ]
    mine = [
        {"id": one["id"], "user_id": call.app.id, "join_timestamp": joined, "flags": 0}
        for one in seen
        if (joined := found.inside.get(one["id"], {}).get(call.app.id))
    ]
    return {"threads": sorted(seen, key=lambda one: -int(one["id"])), "members": mine, "has_more": False}


@route("GET /users/@me/guilds/{guild_id}/member")
def my_member(call: Call) -> Any:
    found = call.guild()
    if call.app.id not in found.members:
        raise unknown("Guild")
    return shown.member(call.world, found, call.app.id)
