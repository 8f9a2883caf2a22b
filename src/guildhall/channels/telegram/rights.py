"""What our bot has to be allowed in a chat, right by right: what each is for, whether it is held, how to
grant it.

Pure. Reads a member's status and rights as Telegram tells them; asking Telegram and noting what is missing
is for `bots`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guildhall.core.text import Text

ADMINISTRATOR, SUPERGROUP = "administrator", "supergroup"
INSIDE = frozenset({"creator", "administrator", "member", "restricted"})
_ADMINS = frozenset({"creator", "administrator"})


@dataclass(frozen=True, slots=True)
class Right:
    """One thing the bot may or may not do in a chat. `needed`: moderation does not work without it."""

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
class _Asked:
    key: str
    name: Text
    what_for: Text
    label: Text
    """What Telegram's own screens call it."""
    needed: bool = True
    kinds: tuple[str, ...] = ("group", "supergroup", "channel")
    only_forum: bool = False


_ASKED = (
    _Asked(
        "can_delete_messages", Text("Delete messages", "删除消息"),
        Text("Scams and spam disappear.", "用于移除诈骗和垃圾消息。"),
        Text("Delete messages", "删除消息"),
    ),
    _Asked(
        "can_restrict_members", Text("Restrict and ban members", "限制和封禁成员"),
        Text("Whoever spams is muted or banned; a raid is locked out.",
             "用于禁言、封禁违规者，遭遇刷屏时锁定群组。"),
        Text("Ban users", "封禁用户"), kinds=("group", "supergroup"),
    ),
    _Asked(
        "can_invite_users", Text("Invite people, answer join requests", "邀请成员、处理入群申请"),
        Text("Invite links with a name, and requests to join.", "用于创建具名邀请链接和审批入群申请。"),
        Text("Invite users via link", "通过链接邀请用户"),
    ),
    _Asked(
        "can_pin_messages", Text("Pin messages", "置顶消息"),
        Text("Warnings for everybody stay on top.", "用于置顶面向全员的提醒。"),
        Text("Pin messages", "置顶消息"), needed=False, kinds=("group", "supergroup"),
    ),
    _Asked(
        "can_manage_topics", Text("Manage topics", "管理话题"),
        Text("Topics are made and closed.", "用于创建和关闭话题。"),
        Text("Manage topics", "管理话题"), needed=False, kinds=("supergroup",), only_forum=True,
    ),
    _Asked(
        "can_post_messages", Text("Post messages", "发布消息"),
        Text("Announcements are posted.", "用于发布公告。"),
        Text("Post messages", "发布消息"), kinds=("channel",),
    ),
    _Asked(
        "can_edit_messages", Text("Edit messages", "编辑消息"),
        Text("Posts are corrected and pinned.", "用于更正和置顶帖子。"),
        Text("Edit messages of others", "编辑他人消息"), needed=False, kinds=("channel",),
    ),
    _Asked(
        "can_change_info", Text("Change the title", "修改群组资料"),
        Text("Only to rename the chat from here.", "仅用于在本平台修改名称。"),
        Text("Change group info", "修改群组信息"), needed=False,
    ),
    _Asked(
        "can_promote_members", Text("Appoint administrators", "任命管理员"),
        Text("Only to promote and demote from here.", "仅用于在本平台任免管理员。"),
        Text("Add new admins", "添加新管理员"), needed=False, kinds=("supergroup", "channel"),
    ),
)  # fmt: skip


def judge(kind: str, status: str, rights: Mapping[str, bool], *, is_forum: bool = False) -> tuple[Right, ...]:
    """Every right for this kind of chat, in the order they matter. `status` and `rights` as Telegram tells
    them of the bot; none for a private talk.
    """
    if kind not in ("group", "supergroup", "channel"):
        return ()
    is_admin, owns = status in _ADMINS, status == "creator"
    found = [
        Right(
            ADMINISTRATOR,
            Text("Is an administrator", "是管理员"),
            is_admin,
            True,
            Text(
                "In Telegram open the group's name, Edit, Administrators, Add administrator; choose the bot.",
                "在 Telegram 中点开群组名称 → 编辑 → 管理员 → 添加管理员，选择该机器人。",
            ),
            Text(
                "Administrators hear every message and every coming and going.",
                "管理员才能收到所有消息以及成员进出的通知。",
            ),
        )
    ]
    for asked in _ASKED:
        if kind not in asked.kinds or (asked.only_forum and not is_forum):
            continue
        found.append(
            Right(
                asked.key,
                asked.name,
                owns or (is_admin and bool(rights.get(asked.key))),
                asked.needed,
                Text(
                    f"In Telegram: Administrators, the bot, switch “{asked.label.en}” on.",
                    f"在 Telegram 中：管理员 → 该机器人 → 开启“{asked.label.zh}”。",
                ),
                asked.what_for,
            )
        )
    if kind != "channel":
        found.append(
            Right(
                SUPERGROUP,
                Text("Is a supergroup", "是超级群组"),
                kind == "supergroup",
                True,
                Text(
                    "Open the group's settings and make the chat history visible to new members: Telegram "
                    "turns it into a supergroup at once. Nothing is lost.",
                    "在群组设置中将“聊天记录”设为对新成员可见，Telegram 会立即升级为超级群组，"
                    "不会丢失任何内容。",
                ),
                Text("Only there can members be restricted.", "仅超级群组支持限制成员。"),
            )
        )
    return tuple(found)


def judge_bot(facts: Mapping[str, object]) -> tuple[Right, ...]:
    """What a bot needs of @BotFather. `facts` as getMe tells them; what is not told counts as held."""
    return (
        Right(
            "can_join_groups",
            Text("May be added to groups", "可加入群组"),
            facts.get("can_join_groups") is not False,
            True,
            Text(
                "Send /setjoingroups to @BotFather, choose the bot, Enable.",
                "向 @BotFather 发送 /setjoingroups，选择该机器人，点 Enable。",
            ),
            Text("Without it nobody can add the bot.", "否则无法将机器人加入群组。"),
        ),
        Right(
            "can_read_all_group_messages",
            Text("Hears every message (privacy mode off)", "可收到全部消息（已关闭隐私模式）"),
            facts.get("can_read_all_group_messages") is not False,
            False,
            Text(
                "Make the bot an administrator of each group; or send /setprivacy to @BotFather, Disable, "
                "and add it to its groups anew.",
                "将机器人设为各群组的管理员；或向 @BotFather 发送 /setprivacy 并选择 Disable，再重新加群。",
            ),
            Text(
                "In groups where it is no administrator it hears only commands otherwise.",
                "否则在非管理员的群组中只能收到命令。",
            ),
        ),
    )


def problem_of(kind: str, status: str, found: tuple[Right, ...]) -> tuple[Text, Text] | None:
    """What is wrong in one sentence and what to do; None when every needed right is held."""
    if kind == "private":
        return None
    if status and status not in INSIDE:
        return (
            Text("The bot is no longer in this group.", "机器人已不在该群组中。"),
            Text(
                "Add it again as an administrator. Nothing that was recorded is lost.",
                "请重新将其加入群组并设为管理员，已有记录不会丢失。",
            ),
        )
    missing = [right for right in found if right.needed and not right.held]
    if not missing:
        return None
    first = missing[0]
    if first.key == ADMINISTRATOR:
        return (
            Text(
                "The bot is not an administrator, so it cannot moderate here.",
                "机器人不是管理员，无法在此执行管理操作。",
            ),
            first.how,
        )
    names_en = ", ".join(right.name.en.lower() for right in missing)
    names_zh = "、".join(right.name.zh for right in missing)
    if [right.key for right in missing] == [SUPERGROUP]:
        return (
            Text(
                "This is a basic group: members cannot be restricted in it.",
                "这是普通群组，无法限制成员。",
            ),
            first.how,
        )
    return (Text(f"The bot lacks rights: {names_en}.", f"机器人缺少权限：{names_zh}。"), first.how)
