"""What is known of a server and what our bot may do there, kept as Discord tells it: whole when the bot comes
in or asks, piece by piece as roles and channels change.

Everything here runs inside the caller's transaction and asks nobody. Both the gateway's follower and the
checks write through it, so that what is missing is noted, and cleared, in one place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from guildhall.channels.discord import permissions as bits
from guildhall.channels.discord import rights
from guildhall.channels.discord.models import DiscordServer
from guildhall.channels.discord.rights import INSIDE, OUT, Report
from guildhall.channels.models import Space
from guildhall.core import audit, clock
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import NewEffect

PLATFORM = "discord"
ACTOR = "system:discord"
RIGHTS = "rights"
AGAIN = "discord.again"
AWAY = "away"
_SHOWN_BLIND = 3

Json = Mapping[str, Any]


def row_of(space: Space) -> DiscordServer:
    """The row of a server, locked for this transaction."""
    DiscordServer.objects.get_or_create(space=space)
    return DiscordServer.objects.select_for_update().get(pk=space.pk)


def keep_guild(space: Space, guild: Json, own_roles: Iterable[str] | None = None) -> Report:
    """Keep a whole server (GUILD_CREATE, GUILD_UPDATE or GET /guilds/{id}; parts it lacks stay as they were).
    `own_roles`: the bot's, where told.
    """
    row = row_of(space)
    row.status = AWAY if guild.get("unavailable") is True else INSIDE
    row.owner = _text(guild, "owner_id", row.owner)
    if isinstance(guild.get("roles"), list):
        row.roles = {str(one["id"]): _role(one) for one in guild["roles"] if _has_id(one)}
    if isinstance(guild.get("channels"), list):
        row.channels = {str(one["id"]): _channel(one) for one in guild["channels"] if _has_id(one)}
    if isinstance(guild.get("features"), list):
        row.features = [str(one)[:60] for one in guild["features"]][:100]
    if type(guild.get("verification_level")) is int:
        row.verification_level = max(0, min(9, guild["verification_level"]))
    row.preferred_locale = _text(guild, "preferred_locale", row.preferred_locale)[:10]
    for key in ("member_count", "approximate_member_count"):
        if type(guild.get(key)) is int:
            row.member_count = max(0, guild[key])
    for field, key in (
        ("system_channel", "system_channel_id"),
        ("rules_channel", "rules_channel_id"),
        ("updates_channel", "public_updates_channel_id"),
    ):
        if key in guild:
            setattr(row, field, str(guild[key] or "")[:40])
    if own_roles is not None:
        row.bot_roles = [str(one) for one in own_roles]
    return _settled(space, row)


def keep_own_roles(space: Space, own_roles: Iterable[str]) -> Report:
    """Our bot's roles in a server changed."""
    row = row_of(space)
    row.status, row.bot_roles = INSIDE, [str(one) for one in own_roles]
    return _settled(space, row)


def keep_role(space: Space, role: Json) -> Report:
    """A role was made or changed."""
    row = row_of(space)
    if _has_id(role):
        row.roles = {**row.roles, str(role["id"]): _role(role)}
    return _settled(space, row)


def drop_role(space: Space, role_id: str) -> Report:
    row = row_of(space)
    row.roles = {key: one for key, one in row.roles.items() if key != role_id}
    row.bot_roles = [one for one in row.bot_roles if one != role_id]
    return _settled(space, row)


def keep_channel(space: Space, channel: Json) -> None:
    """A channel (not a thread) was made or changed."""
    row = row_of(space)
    if _has_id(channel):
        row.channels = {**row.channels, str(channel["id"]): _channel(channel)}
        row.save(update_fields=["channels"])


def drop_channel(space: Space, channel_id: str) -> None:
    row = row_of(space)
    if channel_id in row.channels:
        row.channels = {key: one for key, one in row.channels.items() if key != channel_id}
        row.locked = {key: one for key, one in row.locked.items() if key != channel_id}
        row.save(update_fields=["channels", "locked"])


def keep_out(space: Space) -> Report:
    """Our bot is no longer in the server."""
    row = row_of(space)
    row.status, row.permissions, row.bot_roles, row.top_position = OUT, 0, [], 0
    return _settled(space, row)


def note_problem(space: Space, why: str, text: Text, do: Text) -> None:
    """Note what is wrong in a server until a check or Discord itself says that it is over. Once is enough."""
    row = row_of(space)
    if row.problem.get("why") != why and row.problem.get("en") != text.en:
        row.problem, row.problem_since = as_problem(why, text, do), clock.now()
        row.save(update_fields=["problem", "problem_since"])
        audit.record(ACTOR, "discord.problem", f"space:{space.pk}", {"why": why})


def as_problem(why: str, text: Text, do: Text) -> dict[str, str]:
    """A problem as it is kept on a bot or server."""
    return {"why": why, "en": text.en, "zh": text.zh, "do_en": do.en, "do_zh": do.zh}


def report_of(space: Space) -> Report:
    """What is known of our bot in a server, as kept last."""
    row = DiscordServer.objects.filter(pk=space.pk).first()
    if row is None or space.kind == "private":
        return Report()
    return _report(space, row)


def held_in(row: DiscordServer, guild_id: str, bot: str, channel_id: str) -> int:
    """What our bot may in one channel; a thread is asked by its parent's id."""
    channel = row.channels.get(channel_id, {})
    return bits.in_channel(
        row.permissions, guild_id, bot, tuple(row.bot_roles), channel.get("overwrites") or ()
    )


def _settled(space: Space, row: DiscordServer) -> Report:
    """Put together what the bot may; note what is missing, clear it when it is back."""
    before = DiscordServer.objects.filter(pk=row.pk).values_list("status", flat=True).first() or ""
    bot = space.receiver
    if row.status != OUT:
        row.permissions = bits.of_member(space.external_id, row.owner, bot, row.bot_roles, row.roles)
        row.top_position = bits.top_position(row.bot_roles, row.roles)
    row.checked_at = clock.now()
    report = _report(space, row)
    if report.is_fine:
        if row.problem:
            effects.enqueue(NewEffect(AGAIN, {"space": space.pk}, order_key=f"{AGAIN}:{space.pk}"))
        row.problem, row.problem_since = {}, None
    elif (row.problem.get("en"), row.problem.get("do_en")) != (report.problem.en, report.do.en):
        row.problem = as_problem(RIGHTS, report.problem, report.do)
        row.problem_since = row.problem_since or clock.now()
    row.save()
    if before != row.status:
        audit.record(ACTOR, "discord.standing", f"space:{space.pk}", {"before": before, "after": row.status})
    return report


def _report(space: Space, row: DiscordServer) -> Report:
    found = rights.judge(
        row.status, row.permissions, is_owner=bool(row.owner) and row.owner == space.receiver
    )
    wrong = rights.problem_of(row.status, found)
    if wrong is None and row.status == INSIDE:
        wrong = _blind(space, row)
    return Report(found) if wrong is None else Report(found, *wrong)


def _blind(space: Space, row: DiscordServer) -> tuple[Text, Text] | None:
    names = rights.blind_channels(
        space.external_id, space.receiver, row.permissions, row.bot_roles, row.channels
    )
    if not names or len(names) < sum(one.get("type") in rights.TALK for one in row.channels.values()):
        return None  # staff channels that a bot does not see are no trouble; seeing none is
    shown = ", ".join(f"#{name}" for name in names[:_SHOWN_BLIND])
    return (
        Text(
            f"The bot sees no channel of this server ({shown}).",
            f"机器人看不到该服务器的任何频道（{shown}）。",
        ),
        Text(
            "Let the bot's role view the channels it is to look after.",
            "请允许机器人的身份组查看需要管理的频道。",
        ),
    )


def _role(one: Json) -> dict[str, Any]:
    return {
        "name": str(one.get("name") or "")[:100],
        "position": one["position"] if type(one.get("position")) is int else 0,
        "permissions": str(bits.number(one.get("permissions"))),
        "managed": one.get("managed") is True,
    }


def _channel(one: Json) -> dict[str, Any]:
    told = one.get("permission_overwrites")
    return {
        "name": str(one.get("name") or "")[:100],
        "type": one["type"] if type(one.get("type")) is int else -1,
        "parent": str(one.get("parent_id") or ""),
        "slow": one["rate_limit_per_user"] if type(one.get("rate_limit_per_user")) is int else 0,
        "overwrites": [
            {
                "id": str(over["id"]),
                "type": bits.number(over.get("type")),
                "allow": str(bits.number(over.get("allow"))),
                "deny": str(bits.number(over.get("deny"))),
            }
            for over in (told if isinstance(told, list) else ())
            if _has_id(over)
        ],
    }


def _has_id(one: Any) -> bool:
    return isinstance(one, Mapping) and isinstance(one.get("id"), str | int)


def _text(told: Json, key: str, otherwise: str) -> str:
    said = told.get(key)
    return said[:40] if isinstance(said, str) else otherwise
