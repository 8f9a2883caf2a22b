"""How each change to a server is carried out: which routes, with what. Called by `managing` in the engine;
every one may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from guildhall.channels.discord import automod, client
from guildhall.channels.discord.errors import Refused
from guildhall.channels.models import Space
from guildhall.core import clock
from guildhall.core.errors import NotFound
from guildhall.core.text import Text

_GUILD = "/guilds/{guild_id}"
_OVERWRITE = "/channels/{channel_id}/permissions/{overwrite_id}"
_RULES = f"{_GUILD}/auto-moderation/rules"
_YOUNG = timedelta(days=13, hours=23)
_EPOCH_MS = 1_420_070_400_000
_AT_ONCE, _BANNED_AT_ONCE = 100, 200

Data = dict[str, Any]
Told = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Place:
    """A server and the bot (Discord's id) that acts in it."""

    bot_id: int
    guild_id: str
    space: Space

    def ask(self, method: str, path: str, *, body: Any = None, **where: Any) -> Any:
        return client.call(
            self.bot_id, method, path, body=body, reason="Guildhall" if method != "GET" else "", **where
        )


def of(what: str) -> Callable[[Place, Data], Told]:
    """The change of a name. Raises NotFound."""
    found = _CHANGES.get(what)
    if found is None:
        raise NotFound(Text(f"There is no change called {what}.", f"没有名为 {what} 的调整。"))
    return found


def _verification(place: Place, data: Data) -> Told:
    place.ask("PATCH", _GUILD, body={"verification_level": data["level"]}, guild_id=place.guild_id)
    return None


def _overwrite(place: Place, data: Data) -> Told:
    body = {"type": data["type"], "allow": data["allow"], "deny": data["deny"]}
    place.ask("PUT", _OVERWRITE, body=body, channel_id=data["channel"], overwrite_id=data["target"])
    return None


def _drop_overwrite(place: Place, data: Data) -> Told:
    _unless_gone(
        lambda: place.ask("DELETE", _OVERWRITE, channel_id=data["channel"], overwrite_id=data["target"]),
        "overwrite_gone",
    )
    return None


def _role(place: Place, data: Data) -> Told:
    for one in place.ask("GET", f"{_GUILD}/roles", guild_id=place.guild_id):
        if one["name"] == data["name"] and not one.get("managed"):
            place.ask(
                "PATCH", f"{_GUILD}/roles/{{role_id}}", body=data, guild_id=place.guild_id, role_id=one["id"]
            )
            return {"role": str(one["id"])}
    made = place.ask("POST", f"{_GUILD}/roles", body=data, guild_id=place.guild_id)
    return {"role": str(made["id"])}


def _drop_role(place: Place, data: Data) -> Told:
    _unless_gone(
        lambda: place.ask(
            "DELETE", f"{_GUILD}/roles/{{role_id}}", guild_id=place.guild_id, role_id=data["role"]
        ),
        "role_gone",
    )
    return None


def _order_roles(place: Place, data: Data) -> Told:
    body = [{"id": role, "position": position} for role, position in data["positions"].items()]
    place.ask("PATCH", f"{_GUILD}/roles", body=body, guild_id=place.guild_id)
    return None


def _rule(place: Place, data: Data) -> Told:
    rule = automod.from_json(data["rule"])
    known = place.ask("GET", _RULES, guild_id=place.guild_id) or []
    same = [one for one in known if one["name"] == rule.name]
    if same and same[0]["trigger_type"] != rule.trigger:  # Discord does not change what a rule looks at
        place.ask("DELETE", f"{_RULES}/{{rule_id}}", guild_id=place.guild_id, rule_id=same[0]["id"])
        known, same = [one for one in known if one is not same[0]], []
    automod.check_room(rule, [one for one in known if one not in same])
    body = automod.body(rule)
    if same:
        told = place.ask(
            "PATCH", f"{_RULES}/{{rule_id}}", body=body, guild_id=place.guild_id, rule_id=same[0]["id"]
        )
    else:
        told = place.ask("POST", _RULES, body=body, guild_id=place.guild_id)
    return {"rule": str(told["id"])}


def _drop_rule(place: Place, data: Data) -> Told:
    for one in place.ask("GET", _RULES, guild_id=place.guild_id) or []:
        if one["name"] == data["name"]:
            place.ask("DELETE", f"{_RULES}/{{rule_id}}", guild_id=place.guild_id, rule_id=one["id"])
    return None


def _welcome_screen(place: Place, data: Data) -> Told:
    shown = []
    for channel, words, emoji in data["channels"]:
        one = {"channel_id": channel, "description": words}
        if emoji.isdigit():
            one["emoji_id"] = emoji
        elif emoji:
            one["emoji_name"] = emoji
        shown.append(one)
    body = {"description": data["description"], "welcome_channels": shown, "enabled": data["enabled"]}
    place.ask("PATCH", f"{_GUILD}/welcome-screen", body=body, guild_id=place.guild_id)
    return None


def _onboarding(place: Place, data: Data) -> Told:
    """A question that Discord has under the same title keeps its id; a new one gets a number."""
    known = place.ask("GET", f"{_GUILD}/onboarding", guild_id=place.guild_id) or {}
    ids = {one["title"]: str(one["id"]) for one in known.get("prompts") or ()}
    prompts = [
        {**one, "id": str(one.get("id") or ids.get(str(one.get("title"))) or at)}
        for at, one in enumerate(data["prompts"], 1)
    ]
    body = {
        "prompts": prompts, "default_channel_ids": data["default_channels"], "enabled": data["enabled"],
        "mode": 0,
    }  # fmt: skip
    place.ask("PUT", f"{_GUILD}/onboarding", body=body, guild_id=place.guild_id)
    return None


def _incidents(place: Place, data: Data) -> Told:
    names = {"invites": "invites_disabled_until", "talks": "dms_disabled_until"}
    body = {names[name]: until for name, until in data.items()}
    place.ask("PUT", f"{_GUILD}/incident-actions", body=body, guild_id=place.guild_id)
    return None


def _delete_many(place: Place, data: Data) -> Told:
    channel, messages = data["channel"], list(data["messages"])
    oldest = clock.now() - _YOUNG
    young = [one for one in messages if made_at(one) > oldest]
    one_by_one = [one for one in messages if made_at(one) <= oldest]
    for at in range(0, len(young), _AT_ONCE):
        part = young[at : at + _AT_ONCE]
        if len(part) == 1:
            one_by_one += part
            continue
        place.ask(
            "POST", "/channels/{channel_id}/messages/bulk-delete", body={"messages": part}, channel_id=channel
        )
    for message in one_by_one:
        _unless_gone(
            lambda message=message: place.ask(  # type: ignore[misc]
                "DELETE", "/channels/{channel_id}/messages/{message_id}", channel_id=channel,
                message_id=message,
            ),
            "message_gone",
        )  # fmt: skip
    return {"messages": len(messages)}


def _ban_many(place: Place, data: Data) -> Told:
    """Those Discord does not ban (they stand above us, or are banned) are counted, not tried again."""
    users, banned = list(data["users"]), 0
    for at in range(0, len(users), _BANNED_AT_ONCE):
        body = {"user_ids": users[at : at + _BANNED_AT_ONCE], "delete_message_seconds": data["delete_s"]}
        told = place.ask("POST", f"{_GUILD}/bulk-ban", body=body, guild_id=place.guild_id) or {}
        banned += len(told.get("banned_users") or ())
    return {"banned": banned, "failed": len(users) - banned}


def made_at(snowflake: str) -> datetime:
    """When Discord made an id."""
    return datetime.fromtimestamp(((int(snowflake) >> 22) + _EPOCH_MS) / 1000, UTC)


_CHANGES: dict[str, Callable[[Place, Data], Told]] = {
    "verification_level": _verification, "overwrite": _overwrite, "drop_overwrite": _drop_overwrite,
    "role": _role, "drop_role": _drop_role, "order_roles": _order_roles, "rule": _rule,
    "drop_rule": _drop_rule, "welcome_screen": _welcome_screen, "onboarding": _onboarding,
    "incidents": _incidents, "delete_many": _delete_many, "ban_many": _ban_many,
}  # fmt: skip


def _unless_gone(do: Callable[[], Any], why: str) -> None:
    try:
        do()
    except Refused as refused:
        if refused.why != why:
            raise
