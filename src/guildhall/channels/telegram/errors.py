"""What an answer of Telegram means for an effect: try again, never, nobody can tell, or it is so already.

Pure. Telegram tells reasons as English sentences; those that are known get words in both languages and what
a person can do about it. What is not known is passed on as Telegram said it.
"""

from __future__ import annotations

from dataclasses import dataclass

from guildhall.channels.port import Verb
from guildhall.core.errors import GuildhallError, Permanent, Temporary, Uncertain
from guildhall.core.text import Text
from guildhall.effects.types import Mode

TOKEN_PAUSE_S = 600.0
NOBODY = Text("", "")


@dataclass(frozen=True, slots=True)
class Failure:
    """A call that brought no result. `status`: HTTP status, 0 when no answer came; `was_sent`: whether the
    request may have reached Telegram; `is_late`: it was kept back because its moment had passed;
    `retry_after` in seconds; `migrate_to`: the group's new id.
    """

    description: str
    status: int = 0
    was_sent: bool = True
    retry_after: float | None = None
    migrate_to: str = ""
    is_late: bool = False


class Refused(Permanent):
    """Telegram will never do this. `why` names the reason for programs, `do` says what a person can do."""

    def __init__(self, why: str, reason: Text, do: Text = NOBODY) -> None:
        super().__init__(Text(f"{reason.en} {do.en}".strip(), f"{reason.zh}{do.zh}"))
        self.why, self.reason, self.do = why, reason, do


class Moved(Temporary):
    """The group became a supergroup and has the id `to`; the effect goes on there."""

    def __init__(self, to: str) -> None:
        super().__init__(Text("The group became a supergroup.", "该群组已升级为超级群组。"), retry_after=0.5)
        self.to = to


class TokenRefused(Temporary):
    """Telegram does not know the token (any more): nothing goes out until there is a new one."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Telegram refuses the bot's token; put in a new one under Settings, Telegram.",
                "Telegram 拒绝了该机器人的令牌，请在“设置 → Telegram”中填写新令牌。",
            ),
            retry_after=TOKEN_PAUSE_S,
        )


def judge(failure: Failure, mode: Mode) -> GuildhallError:
    """The error a performer raises. `mode`: ONCE makes a doubt Uncertain, REPEATABLE makes it Temporary."""
    said = failure.description or "no answer"
    if not failure.was_sent:
        return Temporary(Text(f"Telegram was not reached: {said}", f"无法连接 Telegram：{said}"))
    if failure.migrate_to:
        return Moved(failure.migrate_to)
    if failure.status == 429:
        wait = failure.retry_after if failure.retry_after is not None else 1.0
        return Temporary(
            Text(f"Telegram asks to wait {wait:g} s.", f"Telegram 要求等待 {wait:g} 秒。"), retry_after=wait
        )
    if failure.status in (401, 404):
        return TokenRefused()
    if failure.status == 409:
        return Temporary(
            Text(
                "Somebody else fetches this bot's updates, or a webhook is set.",
                "该机器人的更新正被其他程序获取，或已设置 Webhook。",
            ),
            retry_after=30.0,
        )
    if 400 <= failure.status < 500:
        return refusal(said)
    if mode is Mode.ONCE:
        return Uncertain(
            Text(
                f"Telegram's answer never came, so nobody knows whether it was done ({said}).",
                f"未收到 Telegram 的应答，无法确定是否已执行（{said}）。",
            )
        )
    return Temporary(Text(f"Telegram is in trouble: {said}", f"Telegram 服务异常：{said}"))


def is_done(verb: Verb, description: str) -> bool:
    """Whether a refusal says that what was wanted is so already."""
    said = description.lower()
    return any(words in said for words in _DONE.get(verb, ()))


def refusal(description: str) -> Refused:
    """A refusal for good, with its reason in both languages."""
    said = description.lower()
    for words, why in _KNOWN:
        if words in said:
            reason, do = _REASONS[why]
            return Refused(why, reason, do)
    plain = description.removeprefix("Bad Request: ").removeprefix("Forbidden: ")
    return Refused("other", Text(f"Telegram refused: {plain}.", f"Telegram 拒绝了该操作：{plain}。"))


def reason(why: str) -> Refused:
    """The refusal of a name, for what is refused before Telegram is asked."""
    words, do = _REASONS[why]
    return Refused(why, words, do)


_DONE: dict[Verb, tuple[str, ...]] = {
    Verb.DELETE: ("message to delete not found", "message_id_invalid"),
    Verb.EDIT: ("message is not modified",),
    Verb.PIN: ("not_modified", "already pinned"),
    Verb.UNPIN: ("message to unpin not found", "not pinned", "not_modified"),
    Verb.CLOSE_POLL: ("already been closed",),
    Verb.CLOSE_TOPIC: ("topic_not_modified", "topic_closed", "already closed"),
    Verb.SET_TITLE: ("not modified", "not_modified"),
    Verb.LOCK: ("not modified", "not_modified"),
    Verb.UNLOCK: ("not modified", "not_modified"),
    Verb.RESTRICT: ("not modified", "not_modified"),
    Verb.UNRESTRICT: ("not modified", "not_modified"),
    Verb.DEMOTE: ("not modified", "not_modified"),
    Verb.REVOKE_INVITE: ("invite_hash_expired", "already revoked"),
    Verb.APPROVE_JOIN: ("hide_requester_missing", "user_already_participant"),
    Verb.DECLINE_JOIN: ("hide_requester_missing",),
    Verb.ANSWER_BUTTON: ("query is too old", "query id is invalid", "query_id_invalid"),
    Verb.KICK: ("user_not_participant", "user is not a member"),
    Verb.REACT: ("message to react not found", "not_modified"),
    Verb.LEAVE_SPACE: ("bot was kicked", "bot is not a member", "chat not found", "group chat was deleted"),
}

_KNOWN: tuple[tuple[str, str], ...] = (
    ("bot was kicked", "bot_out"),
    ("bot is not a member", "bot_out"),
    ("group chat was deleted", "chat_gone"),
    ("group is deactivated", "chat_gone"),
    ("bot was blocked", "blocked"),
    ("can't initiate conversation", "blocked"),
    ("user is deactivated", "user_gone"),
    ("can't send messages to bots", "is_bot"),
    ("chat not found", "chat_gone"),
    ("channel_private", "bot_out"),
    ("user not found", "user_gone"),
    ("member not found", "user_gone"),
    ("participant_id_invalid", "user_gone"),
    ("user_id_invalid", "user_gone"),
    ("user_not_participant", "not_member"),
    ("message to edit not found", "message_gone"),
    ("message to pin not found", "message_gone"),
    ("message to react not found", "message_gone"),
    ("message to be replied not found", "message_gone"),
    ("message to reply not found", "message_gone"),
    ("message with poll", "message_gone"),
    ("message can't be deleted", "undeletable"),
    ("message_delete_forbidden", "undeletable"),
    ("message can't be edited", "uneditable"),
    ("message_edit_time_expired", "uneditable"),
    ("supergroup and channel chats only", "basic_group"),
    ("only for supergroups", "basic_group"),
    ("available only for supergroup", "basic_group"),
    ("not a forum", "no_forum"),
    ("message thread not found", "topic_gone"),
    ("topic_closed", "topic_closed"),
    ("topic_deleted", "topic_gone"),
    ("topic_id_invalid", "topic_gone"),
    ("can't remove chat owner", "is_admin"),
    ("can't restrict chat owner", "is_admin"),
    ("can't demote chat", "is_admin"),
    ("is an administrator", "is_admin"),
    ("user_admin_invalid", "is_admin"),
    ("can't remove self", "is_self"),
    ("can't restrict self", "is_self"),
    ("can't promote self", "is_self"),
    ("can't demote self", "is_self"),
    ("not enough rights", "no_rights"),
    ("need administrator rights", "no_rights"),
    ("have no rights", "no_rights"),
    ("chat_admin_required", "no_rights"),
    ("right_forbidden", "no_rights"),
    ("chat_write_forbidden", "no_rights"),
    ("administrator rights", "no_rights"),
    ("message is too long", "too_long"),
    ("message caption is too long", "too_long"),
    ("button_url_invalid", "bad_link"),
    ("wrong http url", "bad_link"),
    ("reaction_invalid", "bad_reaction"),
)

_GRANT = Text(
    "Give the bot the missing right in the group's administrators; Settings, Telegram shows which.",
    "请在群组管理员设置中为机器人补上缺少的权限，“设置 → Telegram”页面列有明细。",
)
_BY_HAND = Text("Remove it by hand in Telegram.", "请在 Telegram 中手动删除。")
_REASONS: dict[str, tuple[Text, Text]] = {
    "bot_out": (
        Text("The bot is no longer in this group.", "机器人已不在该群组中。"),
        Text("Add it again as an administrator.", "请重新将其加入群组并设为管理员。"),
    ),
    "chat_gone": (
        Text(
            "Telegram knows no such chat, or the bot is not in it.",
            "Telegram 中不存在该会话，或机器人不在其中。",
        ),
        Text(
            "Look whether the group still exists and add the bot again.",
            "请确认群组仍然存在，并重新加入机器人。",
        ),
    ),
    "blocked": (
        Text(
            "This person has not started the bot or has blocked it.", "对方尚未启动该机器人，或已将其屏蔽。"
        ),
        Text("Reach them in the group.", "请在群组中联系对方。"),
    ),
    "user_gone": (Text("Telegram knows no such person here.", "Telegram 在此找不到该用户。"), NOBODY),
    "not_member": (Text("This person is not in the group.", "对方不在该群组中。"), NOBODY),
    "is_bot": (Text("Bots cannot write to bots.", "机器人之间无法互发消息。"), NOBODY),
    "message_gone": (Text("The message is no longer there.", "该消息已不存在。"), NOBODY),
    "too_old": (
        Text(
            "Telegram lets bots delete messages only within 48 hours.",
            "Telegram 仅允许机器人删除 48 小时内的消息。",
        ),
        _BY_HAND,
    ),
    "undeletable": (
        Text("Telegram does not let the bot delete this message.", "Telegram 不允许机器人删除该消息。"),
        Text(
            "Give the bot the right to delete messages, or remove it by hand.",
            "请授予机器人删除消息的权限，或手动删除。",
        ),
    ),
    "uneditable": (
        Text("Telegram does not let the bot change this message.", "Telegram 不允许机器人修改该消息。"),
        Text("Send a new one.", "请另发一条消息。"),
    ),
    "before_migration": (
        Text(
            "The message is from before the group became a supergroup; bots cannot reach it any more.",
            "该消息发布于群组升级为超级群组之前，机器人已无法操作。",
        ),
        Text("Do it by hand in Telegram.", "请在 Telegram 中手动处理。"),
    ),
    "basic_group": (
        Text("Telegram can do this in supergroups only.", "Telegram 仅在超级群组中支持该操作。"),
        Text(
            "Make the group a supergroup: in its settings, make the chat history visible to new members.",
            "请升级为超级群组：在群组设置中将“聊天记录”设为对新成员可见。",
        ),
    ),
    "in_private": (
        Text("There is no such thing in a private talk.", "私聊中不支持该操作。"),
        Text("Do it in the group.", "请在群组中操作。"),
    ),
    "in_channel": (
        Text(
            "There is no such thing in a channel: its readers cannot post.",
            "频道中不支持该操作：订阅者本就无法发言。",
        ),
        Text("Ban a reader, or do it in the discussion group.", "可封禁订阅者，或在其讨论群组中操作。"),
    ),
    "no_forum": (
        Text("This group has no topics.", "该群组未启用话题。"),
        Text("Switch Topics on in the group's settings.", "请在群组设置中开启“话题”。"),
    ),
    "topic_gone": (Text("The topic is no longer there.", "该话题已不存在。"), NOBODY),
    "topic_closed": (
        Text("The topic is closed.", "该话题已关闭。"),
        Text("Open it again in Telegram.", "请在 Telegram 中重新打开话题。"),
    ),
    "is_admin": (
        Text(
            "Telegram does not let bots act against administrators.",
            "Telegram 不允许机器人对管理员执行该操作。",
        ),
        Text("The owner of the group can demote them first.", "可先由群主撤销其管理员身份。"),
    ),
    "is_self": (Text("The bot cannot do this to itself.", "机器人无法对自己执行该操作。"), NOBODY),
    "is_group_itself": (
        Text(
            "It was said in the name of the group: an anonymous administrator. Telegram tells nobody who.",
            "该消息以群组名义发布，属匿名管理员发言，Telegram 不会透露其身份。",
        ),
        Text("The owner sees it in the group's recent actions.", "群主可在“近期操作”中查看。"),
    ),
    "is_channel": (
        Text(
            "They write in the name of a channel; Telegram can ban a channel, nothing less.",
            "对方以频道身份发言，Telegram 仅支持封禁频道。",
        ),
        Text("Ban the channel instead.", "请改为封禁该频道。"),
    ),
    "no_rights": (Text("The bot lacks a right for this.", "机器人缺少执行该操作的权限。"), _GRANT),
    "too_long": (
        Text("It is too long for Telegram.", "内容超出 Telegram 的长度限制。"),
        Text("Shorten it.", "请缩短内容。"),
    ),
    "bad_link": (
        Text("Telegram does not take the link of a button.", "Telegram 不接受按钮中的链接。"),
        Text("Use a whole https:// address.", "请使用完整的 https:// 网址。"),
    ),
    "bad_reaction": (
        Text(
            "Telegram does not know this reaction, or the group does not allow it.",
            "Telegram 不支持该表情回应，或群组未允许。",
        ),
        NOBODY,
    ),
    "nobody_serves": (
        Text("No bot of ours serves this group.", "没有机器人服务于该群组。"),
        Text("Add one of our bots to it.", "请将我们的机器人加入该群组。"),
    ),
}
