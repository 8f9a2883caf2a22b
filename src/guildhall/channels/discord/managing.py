"""Changes to a server as a whole, asked for by staff and carried out as effects: verification level, roles,
overwrites, AutoMod, welcome screen, onboarding, paused invites, many messages or members at once.

Each says how the server is to be, not what to do to it, so that carrying it out twice is the same as once.
What a change needs is checked before it is queued; what Discord answers is kept by `servers` as it tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from guildhall.channels.discord import bots, changes
from guildhall.channels.discord.automod import Rule, check
from guildhall.channels.discord.errors import Refused, TokenRefused
from guildhall.channels.models import Space
from guildhall.core import audit
from guildhall.core.errors import BadInput, NotFound, Permanent
from guildhall.core.text import Text
from guildhall.effects import actions as effects
from guildhall.effects.types import Claimed, Done, NewEffect

KIND = "discord.manage"
WORDS = Text("Change a Discord server", "调整 Discord 服务器设置")
LEVELS = 4
MOST_BANNED, MOST_DELETED = 200, 100
_HIGHEST_COLOUR = 0xFFFFFF


def set_verification_level(space: Space, level: int, *, by: str) -> None:
    """How much Discord asks of whoever wants to write: 0 nothing to 4 a telephone. Raises BadInput."""
    if not 0 <= level <= LEVELS:
        raise _bad("level", f"Between 0 and {LEVELS}.", f"须为 0 至 {LEVELS}。")
    _queue(space, "verification_level", {"level": level}, by)


def set_overwrite(
    space: Space, channel: str, target: str, *, allow: int, deny: int, is_member: bool = False, by: str
) -> None:
    """What a role or member may in one channel beyond, or short of, what they may in the server."""
    if allow & deny:
        raise _bad("deny", "The same permission is both allowed and denied.", "同一权限不能既允许又拒绝。")
    told = {"channel": channel, "target": target, "allow": allow, "deny": deny, "type": int(is_member)}
    _queue(space, "overwrite", told, by)


def drop_overwrite(space: Space, channel: str, target: str, *, by: str) -> None:
    _queue(space, "drop_overwrite", {"channel": channel, "target": target}, by)


def keep_role(
    space: Space, name: str, *, permissions: int = 0, colour: int = 0, hoist: bool = False,
    mentionable: bool = False, by: str,
) -> None:  # fmt: skip
    """A role of this name, made when there is none. Raises BadInput."""
    if not 1 <= len(name) <= 100 or not 0 <= colour <= _HIGHEST_COLOUR:
        raise _bad("name", "A name has 1 to 100 characters.", "名称长度须为 1 至 100 个字符。")
    told = {
        "name": name, "permissions": permissions, "color": colour, "hoist": hoist, "mentionable": mentionable,
    }  # fmt: skip
    _queue(space, "role", told, by)


def drop_role(space: Space, role: str, *, by: str) -> None:
    _queue(space, "drop_role", {"role": role}, by)


def order_roles(space: Space, positions: Mapping[str, int], *, by: str) -> None:
    """Where roles stand, in one request, so that no order in between ever holds."""
    _queue(space, "order_roles", {"positions": dict(positions)}, by)


def keep_rule(space: Space, rule: Rule, *, by: str) -> None:
    """An AutoMod rule of this name. Raises BadInput for what Discord would refuse."""
    check(rule)
    _queue(space, "rule", {"rule": {**asdict(rule), "trigger": int(rule.trigger)}}, by)


def drop_rule(space: Space, name: str, *, by: str) -> None:
    _queue(space, "drop_rule", {"name": name}, by)


def set_welcome_screen(
    space: Space, description: str, channels: Sequence[tuple[str, str, str]], *, is_on: bool = True, by: str
) -> None:
    """What newcomers see first: `channels` are (channel id, words, emoji or ''). Raises BadInput."""
    if len(description) > 140 or len(channels) > 5 or any(not 1 <= len(one[1]) <= 50 for one in channels):
        raise _bad(
            "channels",
            "140 characters, and at most five channels with up to 50 characters each.",
            "说明最多 140 个字符，频道最多五个，每个说明最多 50 个字符。",
        )
    told = {"description": description, "channels": [list(one) for one in channels], "enabled": is_on}
    _queue(space, "welcome_screen", told, by)


def set_onboarding(
    space: Space,
    *,
    default_channels: Sequence[str],
    prompts: Sequence[Mapping[str, Any]],
    is_on: bool,
    by: str,
) -> None:
    """The questions newcomers answer, and the channels everybody begins with. `prompts` as Discord's API
    takes them; one without an id is new. Raises BadInput.
    """
    if len(prompts) > 15 or len(default_channels) > 500:
        raise _bad("prompts", "At most 15 questions and 500 channels.", "最多 15 个问题、500 个频道。")
    if any(not 1 <= len(one.get("options") or ()) <= 50 for one in prompts):
        raise _bad("prompts", "A question has 1 to 50 answers.", "每个问题须有 1 至 50 个选项。")
    told = {
        "default_channels": list(default_channels), "prompts": [dict(one) for one in prompts],
        "enabled": is_on,
    }  # fmt: skip
    _queue(space, "onboarding", told, by)


def pause_invites(space: Space, until: datetime | None, *, by: str) -> None:
    """Let nobody in until a time, a day at most; None lets people in again."""
    _queue(space, "incidents", {"invites": until.isoformat() if until else None}, by)


def pause_talks(space: Space, until: datetime | None, *, by: str) -> None:
    """Let members of the server write to each other in private no more until a time, a day at most."""
    _queue(space, "incidents", {"talks": until.isoformat() if until else None}, by)


def delete_many(space: Space, channel: str, messages: Sequence[str], *, by: str) -> None:
    """Remove messages (Discord's ids) of one channel: a hundred a request while they are younger than two
    weeks, one by one beyond.
    """
    _queue(space, "delete_many", {"channel": channel, "messages": sorted(set(messages), key=int)}, by)


def ban_many(space: Space, users: Sequence[str], *, delete_s: int = 0, by: str) -> None:
    """Ban people (Discord's ids) two hundred a request, with what they wrote in the last `delete_s`."""
    _queue(space, "ban_many", {"users": sorted(set(users), key=int), "delete_s": delete_s}, by)


def perform(effect: Claimed) -> Done:
    """Carry one change out. Raises Temporary, Permanent."""
    space = Space.objects.filter(pk=effect.payload["space"]).first()
    if space is None:
        raise Permanent(Text("The server is gone.", "该服务器已不存在。"))
    change = changes.of(str(effect.payload["what"]))
    try:
        told = change(
            changes.Place(bots.serving(space), space.external_id, space), dict(effect.payload["data"])
        )
    except TokenRefused:
        raise
    except Refused as refused:
        bots.note_refusal(space.pk, refused)
        raise
    except BadInput as wrong:
        raise Permanent(wrong.text) from wrong
    return Done(told or {})


def _queue(space: Space, what: str, data: dict[str, Any], by: str) -> None:
    if space.platform != "discord" or space.kind == "private":
        raise NotFound(Text("This is no Discord server.", "这不是 Discord 服务器。"))
    with transaction.atomic():
        effects.enqueue(
            NewEffect(
                KIND,
                {"space": space.pk, "what": what, "data": data, "by": by},
                order_key=f"discord.manage:{space.pk}",
            )
        )
        audit.record(by, "discord.change_requested", f"space:{space.pk}", {"what": what})


def _bad(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field)
