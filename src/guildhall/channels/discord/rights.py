"""What our bot has to be allowed on Discord, one by one: permissions in a server, intents of its application;
what each is for, whether it is held, how to grant it.

Pure. Reads what Discord told; asking Discord and noting what is missing is for `bots` and `servers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from guildhall.channels.discord import permissions as bits
from guildhall.core.text import Text

INSIDE, OUT = "inside", "out"
SCOPES = ("bot", "applications.commands")
_MEMBERS_FLAGS, _CONTENT_FLAGS = (1 << 14) | (1 << 15), (1 << 18) | (1 << 19)


@dataclass(frozen=True, slots=True)
class Right:
    """One thing the bot may or may not do. `needed`: moderation does not work without it."""

    key: str
    name: Text
    held: bool
    needed: bool
    how: Text
    what_for: Text


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found. `problem` and `do` are empty when nothing is wrong."""

    rights: tuple[Right, ...] = ()
    problem: Text = Text("", "")
    do: Text = Text("", "")

    @property
    def is_fine(self) -> bool:
        return not self.problem.en

    @property
    def missing(self) -> tuple[Right, ...]:
        return tuple(right for right in self.rights if right.needed and not right.held)


@dataclass(frozen=True, slots=True)
class Asked:
    """A permission we ask for: its bit and what Discord's own screens call it."""

    key: str
    bit: int
    name: Text
    what_for: Text
    needed: bool = True


ASKED = (
    Asked("view_channel", bits.VIEW_CHANNEL, Text("View Channels", "查看频道"),
          Text("It hears what is said.", "用于接收消息。")),
    Asked("send_messages", bits.SEND_MESSAGES, Text("Send Messages", "发送消息"),
          Text("Answers, warnings and announcements.", "用于回复、提醒和发布公告。")),
    Asked("send_in_threads", bits.SEND_IN_THREADS, Text("Send Messages in Threads", "在子区中发送消息"),
          Text("The same in threads and forum posts.", "用于在子区和论坛帖子中回复。")),
    Asked("read_history", bits.READ_HISTORY, Text("Read Message History", "阅读消息历史"),
          Text("What was said during an outage is fetched afterwards.", "用于补取中断期间的消息。")),
    Asked("manage_messages", bits.MANAGE_MESSAGES, Text("Manage Messages", "管理消息"),
          Text("Scams and spam disappear.", "用于移除诈骗和垃圾消息。")),
    Asked("moderate_members", bits.MODERATE_MEMBERS, Text("Time out members", "禁言成员"),
          Text("Whoever spams is silenced; newcomers are held in a raid.",
               "用于禁言违规者和突袭中的新成员。")),
    Asked("kick_members", bits.KICK_MEMBERS, Text("Kick Members", "踢出成员"),
          Text("Whoever fails the gate is sent out, and join requests are answered.",
               "用于移出未通过验证者、处理入群申请。")),
    Asked("ban_members", bits.BAN_MEMBERS, Text("Ban Members", "封禁成员"),
          Text("Known scammers stay out.", "用于封禁已知诈骗者。")),
    Asked("manage_channels", bits.MANAGE_CHANNELS, Text("Manage Channels", "管理频道"),
          Text("Slow mode, and locking channels in a raid.", "用于设置慢速模式、遭遇突袭时锁定频道。")),
    Asked("manage_roles", bits.MANAGE_ROLES, Text("Manage Roles", "管理身份组"),
          Text("The lock changes what @everyone may; members get and lose roles.",
               "用于锁定时调整 @everyone 权限、增减成员身份组。")),
    Asked("manage_guild", bits.MANAGE_GUILD, Text("Manage Server", "管理服务器"),
          Text("Sees which invite somebody came by; AutoMod rules.",
               "用于识别邀请来源、管理 AutoMod 规则。")),
    Asked("create_invite", bits.CREATE_INVITE, Text("Create Invite", "创建邀请"),
          Text("Invites of a campaign.", "用于为活动创建邀请链接。")),
    Asked("view_audit_log", bits.VIEW_AUDIT_LOG, Text("View Audit Log", "查看审计日志"),
          Text("Tells who of the moderators did what.", "用于得知管理人员的操作记录。"), needed=False),
    Asked("manage_threads", bits.MANAGE_THREADS, Text("Manage Threads", "管理子区"),
          Text("Threads and forum posts are closed.", "用于关闭子区和论坛帖子。"), needed=False),
    Asked("create_threads", bits.CREATE_PUBLIC_THREADS, Text("Create Public Threads", "创建公共子区"),
          Text("Threads and forum posts are opened.", "用于新建子区和论坛帖子。"), needed=False),
    Asked("embed_links", bits.EMBED_LINKS, Text("Embed Links", "嵌入链接"),
          Text("Links in announcements show a preview.", "公告中的链接可显示预览。"), needed=False),
    Asked("attach_files", bits.ATTACH_FILES, Text("Attach Files", "添加文件"),
          Text("Pictures go along with announcements.", "用于在公告中附图。"), needed=False),
    Asked("add_reactions", bits.ADD_REACTIONS, Text("Add Reactions", "添加表情回应"),
          Text("It reacts to messages.", "用于对消息作表情回应。"), needed=False),
    Asked("send_polls", bits.SEND_POLLS, Text("Create Polls", "创建投票"),
          Text("Polls.", "用于发起投票。"), needed=False),
    Asked("pin_messages", bits.PIN_MESSAGES, Text("Pin Messages", "置顶消息"),
          Text("Warnings for everybody stay on top.", "用于置顶面向全员的提醒。"), needed=False),
)  # fmt: skip
PERMISSIONS = sum(one.bit for one in ASKED)
"""Exactly what the invite link asks for. Administrator is not among them."""

INTENTS = (1 << 0) | (1 << 1) | (1 << 2) | (1 << 6) | (1 << 9) | (1 << 10) | (1 << 12) | (1 << 15) | (
    1 << 20
) | (1 << 21) | (1 << 24) | (1 << 25)  # fmt: skip
"""What the gateway is asked for: servers, members, moderation, invites, messages and reactions in servers,
direct messages, message content, AutoMod (rules and what they did), polls of servers and of talks."""


def judge(status: str, held: int, *, is_owner: bool = False) -> tuple[Right, ...]:
    """Every permission in the order they matter. `held`: the bot's in the whole server."""
    inside = status == INSIDE
    every = is_owner or bool(held & bits.ADMINISTRATOR)
    return tuple(
        Right(
            one.key,
            one.name,
            inside and (every or bool(held & one.bit)),
            one.needed,
            Text(
                f"In the server settings: Roles, the bot's role, switch “{one.name.en}” on.",
                f"在服务器设置 → 身份组 → 机器人的身份组中，开启“{one.name.zh}”。",
            ),
            one.what_for,
        )
        for one in ASKED
    )


def judge_bot(flags: int, *, is_public: bool | None = None) -> tuple[Right, ...]:
    """What the application needs in Discord's developer portal. `flags` as Discord tells them of it."""
    portal_en = "In Discord's developer portal: the application, Bot"
    portal_zh = "在 Discord 开发者后台 → 该应用 → Bot"
    rights = [
        Right(
            "message_content",
            Text("Message Content Intent", "Message Content Intent（消息内容）"),
            bool(flags & _CONTENT_FLAGS),
            True,
            Text(
                f"{portal_en}, switch “Message Content Intent” on.",
                f"{portal_zh}，开启 Message Content Intent。",
            ),
            Text("Without it messages arrive empty.", "否则收到的消息内容为空。"),
        ),
        Right(
            "server_members",
            Text("Server Members Intent", "Server Members Intent（成员）"),
            bool(flags & _MEMBERS_FLAGS),
            True,
            Text(
                f"{portal_en}, switch “Server Members Intent” on.",
                f"{portal_zh}，开启 Server Members Intent。",
            ),
            Text("Without it nobody's coming and going is heard.", "否则无法得知成员进出。"),
        ),
    ]
    if is_public is not None:
        rights.append(
            Right(
                "private",
                Text("Only you can add it", "仅限自己添加"),
                not is_public,
                False,
                Text(f"{portal_en}, switch “Public Bot” off.", f"{portal_zh}，关闭 Public Bot。"),
                Text(
                    "Else anybody can add it to a server of theirs.",
                    "否则任何人都可将其加入自己的服务器。",
                ),
            )
        )
    return tuple(rights)


def problem_of(status: str, found: Iterable[Right]) -> tuple[Text, Text] | None:
    """What is wrong in one sentence and what to do; None when every needed right is held."""
    if status == OUT:
        return (
            Text("The bot is no longer in this server.", "机器人已不在该服务器中。"),
            Text(
                "Invite it again from here. Nothing that was recorded is lost.",
                "请在此处重新邀请，已有记录不会丢失。",
            ),
        )
    missing = [right for right in found if right.needed and not right.held]
    if status != INSIDE or not missing:
        return None
    names_en = ", ".join(right.name.en for right in missing)
    names_zh = "、".join(right.name.zh for right in missing)
    return (
        Text(f"The bot lacks permissions: {names_en}.", f"机器人缺少权限：{names_zh}。"),
        Text(
            "Open the invite link again and agree, or switch them on in the bot's role.",
            "请重新打开邀请链接并确认，或在机器人的身份组中开启。",
        ),
    )


def blind_channels(
    guild_id: str, user: str, held: int, mine: Iterable[str], channels: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Names of channels for talk that the bot does not see, because an overwrite keeps it out."""
    own = tuple(mine)
    return [
        str(one.get("name", ""))
        for one in channels.values()
        if one.get("type") in TALK
        and not bits.in_channel(held, guild_id, user, own, one.get("overwrites") or ()) & bits.VIEW_CHANNEL
    ]


TEXT, VOICE, CATEGORY, NEWS, STAGE, FORUM, MEDIA = 0, 2, 4, 5, 13, 15, 16
THREADS = frozenset({10, 11, 12})
TALK = frozenset({TEXT, NEWS, FORUM, MEDIA})
KIND_WORDS = {
    TEXT: "text", VOICE: "voice", CATEGORY: "category", NEWS: "news", 10: "thread", 11: "thread",
    12: "thread", STAGE: "stage", FORUM: "forum", MEDIA: "forum",
}  # fmt: skip
"""What a channel's type is called in `Topic.kind`."""
