"""What a platform gives a gate to work with: can it hold somebody, ask in private, show buttons; what is
missing here and what a person does instead. Reads only, but for the private talks it makes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from guildhall.channels import actions as channels
from guildhall.channels import registry
from guildhall.channels.discord import rights
from guildhall.channels.models import DiscordServer, DiscordTalk, Space, TelegramBot, TelegramChat
from guildhall.channels.port import SpaceRef, Verb
from guildhall.core.text import Text
from guildhall.guard.gates.settings import Settings
from guildhall.guard.models import GateAttempt
from guildhall.people.models import Account

TELEGRAM, DISCORD = "telegram", "discord"
_TALKS = {TELEGRAM: "{account}/{bot}", DISCORD: "dm:{account}/{bot}"}
"""What a private talk is called where a bot can have one."""
Way = GateAttempt.Way
_NEEDS = {
    Way.JOINED: (Verb.RESTRICT, Verb.UNRESTRICT, Verb.WARN),
    Way.REQUEST: (Verb.APPROVE_JOIN, Verb.DECLINE_JOIN, Verb.SEND),
    Way.FIRST: (Verb.RESTORE, Verb.WARN),
}
_RIGHTS = {
    Way.JOINED: ("can_restrict_members", "can_delete_messages"),
    Way.REQUEST: ("can_invite_users",),
    Way.FIRST: (),
}
_PERMISSIONS = {
    Way.JOINED: ("moderate_members", "manage_messages"),
    Way.REQUEST: ("kick_members",),
    Way.FIRST: (),
}
"""The same for Discord, as `discord.rights` calls them."""
_NAMES = {
    "can_restrict_members": Text("Ban users", "封禁用户"),
    "can_delete_messages": Text("Delete messages", "删除消息"),
    "can_invite_users": Text("Invite users via link", "通过链接邀请用户"),
}


@dataclass(frozen=True, slots=True)
class Lack:
    """Something a way in cannot do here, why, and what a person does about it."""

    way: GateAttempt.Way
    reason: Text
    step: Text


def ways_of(space: Space) -> tuple[GateAttempt.Way, ...]:
    """The ways in that this kind of space has at all: where we hold messages back the first one waits;
    elsewhere people join or ask to.
    """
    if space.kind in ("private", "channel") or space.archived_at is not None:
        return ()
    if space.platform in registry.holding():
        return (Way.FIRST,)
    return (Way.JOINED, Way.REQUEST)


def wanted(way: GateAttempt.Way, settings: Settings) -> bool:
    """Whether the gate is set to ask people who come this way."""
    return {
        Way.JOINED: settings.asks_joined, Way.REQUEST: settings.asks_requests, Way.FIRST: settings.asks_first,
    }[way]  # fmt: skip


def lacks(space: Space, ways: Sequence[GateAttempt.Way] | None = None) -> list[Lack]:
    """What is missing for these ways (all this space has), the most serious of each first."""
    out = []
    for way in ways if ways is not None else ways_of(space):
        missing = [
            (verb, declared)
            for verb in _NEEDS[way]
            if not (declared := registry.capability(space.platform, verb)).supported
        ]
        if missing:
            declared = missing[0][1]
            out.append(Lack(way, declared.reason, declared.manual_step))
        elif (lack := _LACKS.get(space.platform)) is not None and (found := lack(space, way)) is not None:
            out.append(found)
    return out


def can(space: Space, way: GateAttempt.Way) -> bool:
    """Whether people who come this way can be asked here and held until they answered."""
    return way in ways_of(space) and not lacks(space, (way,))


def has_buttons(space: Space) -> bool:
    """Whether a button under a message comes back to us when it is pressed."""
    adapter = registry.get(space.platform)
    return adapter.limits.buttons > 0 and adapter.capabilities[Verb.ANSWER_BUTTON].supported


def bot_name(space: Space) -> str:
    """What the bot that serves a space is called, for a link into its private talk; '' for none."""
    if space.platform != TELEGRAM or not space.receiver.isdigit():
        return ""
    found = TelegramBot.objects.filter(bot_id=int(space.receiver)).values_list("username", flat=True)
    return found.first() or ""


def open_talks(space: Space, accounts: Collection[Account]) -> dict[str, str]:
    """The private talks these accounts have begun with the bot here and not blocked, by account."""
    if space.platform not in _TALKS or not space.receiver:
        return {}
    named = {_talk(space, one): one.pk for one in accounts if not _is_closed(space, one)}
    rows = Space.objects.filter(platform=space.platform, external_id__in=list(named)).exclude(
        telegram__status="kicked"
    )
    return {named[external]: pk for pk, external in rows.values_list("pk", "external_id")}


def make_talks(space: Space, accounts: Collection[Account]) -> dict[str, str]:
    """The private talks of people who asked to join: the bot may write to them without being written to
    first. Joins the caller's transaction.
    """
    if space.platform not in _TALKS or not space.receiver:
        return {}
    named = {_talk(space, one): one for one in accounts}
    found = channels.ensure_spaces(
        channels.SpaceSeen(space.platform, SpaceRef(external, one.display_name, "private"), space.receiver)
        for external, one in named.items()
    )
    return {named[external].pk: one.pk for (_, external), one in found.spaces.items() if external in named}


def _talk(space: Space, account: Account) -> str:
    return _TALKS[space.platform].format(account=account.external_id, bot=space.receiver)


def _is_closed(space: Space, account: Account) -> bool:
    """Whether somebody on Discord takes no messages from the bot."""
    return (
        space.platform == DISCORD
        and DiscordTalk.objects.filter(user=account.external_id, closed_at__isnull=False)
        .filter(bot__bot_id=int(space.receiver) if space.receiver.isdigit() else 0)
        .exists()
    )


def _discord(space: Space, way: GateAttempt.Way) -> Lack | None:
    row = DiscordServer.objects.filter(space=space).first()
    if row is None or not row.status:
        return None
    held = rights.judge(row.status, row.permissions, is_owner=row.owner == space.receiver)
    missing = [one for one in held if one.key in _PERMISSIONS[way] and not one.held]
    if not missing:
        return None
    one = missing[0]
    reason = Text(f"The bot lacks the permission “{one.name.en}”.", f"机器人缺少“{one.name.zh}”权限。")
    return Lack(way, reason, one.how)


def _telegram(space: Space, way: GateAttempt.Way) -> Lack | None:
    if way is Way.JOINED and space.kind == "group":
        return Lack(
            way,
            Text("This is a basic group: members cannot be held in it.", "这是普通群组，无法限制成员发言。"),
            Text(
                "Make the chat history visible to new members: Telegram turns the group into a supergroup.",
                "请将聊天记录设为对新成员可见，Telegram 会将其升级为超级群组。",
            ),
        )
    chat = TelegramChat.objects.filter(space=space).first()
    if chat is None or not chat.status:
        return None  # nothing told yet: a refusal will be noted where Telegram's troubles are
    if chat.status == "creator":
        return None
    missing = [key for key in _RIGHTS[way] if not (chat.status == "administrator" and chat.rights.get(key))]
    if not missing:
        return None
    name = _NAMES[missing[0]]
    return Lack(
        way,
        Text(f"The bot lacks the right “{name.en}”.", f"机器人缺少“{name.zh}”权限。"),
        Text(
            f"In Telegram: Administrators, the bot, switch “{name.en}” on.",
            f"在 Telegram 中：管理员 → 该机器人 → 开启“{name.zh}”。",
        ),
    )


_LACKS = {TELEGRAM: _telegram, DISCORD: _discord}
