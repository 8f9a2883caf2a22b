"""Personal WeChat groups: no program may enter them, so every verb is a person's, and this says how.

What puts words before people becomes a post that waits for somebody to paste it; everything else is refused
with what to do on the phone. `parse` reads what a person typed in or an exported chat told, in our own form
(`raw`), so that it goes through the same door as everything that comes in.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from guildhall.channels.capabilities import declare, no
from guildhall.channels.links import extract
from guildhall.channels.parsing import Fields
from guildhall.channels.port import (
    Act,
    Capability,
    Inbound,
    Kind,
    Limits,
    MemberChange,
    MemberState,
    Platform,
    Receipt,
    Refs,
    SenderRef,
    SpaceRef,
    Verb,
)
from guildhall.channels.wecom.assisted import posts
from guildhall.core.text import Text
from guildhall.effects.types import Mode

PLATFORM = "wechat"
LONGEST_POST = 2000
"""Ours: WeChat publishes no limit, and a longer post is folded away on a phone."""
MOST_PICTURES = 9
"""What a phone sends in one go."""
LONGEST_NAME = 64

_KINDS = {kind.value: kind for kind in (Kind.MESSAGE, Kind.JOIN, Kind.LEAVE)}
_BY_A_PERSON = frozenset({Verb.SEND, Verb.REPLY, Verb.WARN, Verb.SEND_POLL})
_CLOSED = Text("WeChat lets no program into personal groups.", "微信不允许任何程序进入个人微信群。")


def _by_hand(en: str, zh: str) -> Capability:
    return no(_CLOSED, Text(en, zh))


_ADMIN_REMOVES = _by_hand(
    "On the phone: open the group, Delete members, choose the person.",
    "请在手机上打开群聊，点击“移出成员”（减号），选择该成员。",
)
_NO_MUTE = _by_hand(
    "WeChat cannot mute one person: ask them to stop, or remove them from the group on the phone.",
    "微信不能禁言单个成员：请先提醒对方，必要时在手机上将其移出群聊。",
)
_NO_DELETE = _by_hand(
    "Others' messages cannot be taken back in WeChat: answer in the group, and remove the sender if need be.",
    "微信无法撤回他人的消息：请在群内说明，必要时将发送者移出群聊。",
)
_NOTICE = _by_hand(
    "On the phone: Group notice. Paste the words there; only the owner and administrators can.",
    "请在手机上打开“群公告”粘贴内容；仅群主和群管理员可操作。",
)
_REVIEW = _by_hand(
    "On the phone: answer the request in the group's invitations (the owner confirms).",
    "请由群主在手机上的入群申请中处理。",
)
_NO_TOPICS = _by_hand(
    "A WeChat group has no topics: make a second group.", "微信群没有话题功能：请另建一个群。"
)
_CODE = _by_hand(
    "On the phone: Group QR code. It ends after seven days; put a picture of the new one where people look.",
    "请在手机上打开“群二维码”。二维码七天后失效，请及时更换展示的图片。",
)
_RANK = _by_hand(
    "On the phone: Manage group, Group admins (the owner can).",
    "请由群主在手机上的“群管理—群管理员”中设置。",
)
_CANNOT: Mapping[Verb, Capability] = {
    Verb.EDIT: _by_hand(
        "WeChat messages cannot be changed: take it back within two minutes, then post again.",
        "微信消息无法修改：可在两分钟内撤回后重新发送。",
    ),
    Verb.DELETE: _NO_DELETE,
    Verb.RESTORE: _by_hand("Post it again.", "请重新发送。"),
    Verb.RESTRICT: _NO_MUTE,
    Verb.UNRESTRICT: _NO_MUTE,
    Verb.KICK: _ADMIN_REMOVES,
    Verb.BAN: _by_hand(
        "On the phone: remove the person, and turn on that the owner confirms invitations.",
        "请在手机上将其移出群聊，并开启“群聊邀请确认”。",
    ),
    Verb.UNBAN: _by_hand("Invite the person again on the phone.", "请在手机上重新邀请该成员。"),
    Verb.PIN: _NOTICE,
    Verb.UNPIN: _NOTICE,
    Verb.REACT: _by_hand("Answer in the group on the phone.", "请在手机上回复。"),
    Verb.ANSWER_BUTTON: _by_hand("WeChat groups have no buttons.", "微信群没有按钮。"),
    Verb.APPROVE_JOIN: _REVIEW,
    Verb.DECLINE_JOIN: _REVIEW,
    Verb.CREATE_TOPIC: _NO_TOPICS,
    Verb.CLOSE_TOPIC: _NO_TOPICS,
    Verb.CLOSE_POLL: _by_hand("Say in the group that the vote is over.", "请在群内说明投票已结束。"),
    Verb.SLOW_MODE: _by_hand(
        "WeChat has no slow mode: ask the group to slow down.", "微信没有慢速模式：请在群内提醒。"
    ),
    Verb.LOCK: _by_hand(
        "WeChat cannot close a group for posting: turn on invitation review and remove who floods.",
        "微信群无法全员禁言：请开启邀请确认，并移出刷屏者。",
    ),
    Verb.UNLOCK: _by_hand("Turn invitation review off on the phone.", "请在手机上关闭邀请确认。"),
    Verb.SET_TITLE: _by_hand(
        "On the phone: Group name; then change it under WeChat groups here.",
        "请在手机上修改群名称，然后在此处的微信群页面同步修改。",
    ),
    Verb.CREATE_INVITE: _CODE,
    Verb.REVOKE_INVITE: _CODE,
    Verb.PROMOTE: _RANK,
    Verb.DEMOTE: _RANK,
    Verb.LEAVE_SPACE: _by_hand("Leave the group on the phone.", "请在手机上退出群聊。"),
}


class AssistedAdapter:
    """Personal WeChat groups. Nothing here reaches a network; asking a person twice is the same as once."""

    platform: Platform = PLATFORM
    name = Text("WeChat groups (by hand)", "微信群（人工）")
    capabilities: Mapping[Verb, Capability] = declare(set(_BY_A_PERSON), _CANNOT)
    limits = Limits(text=LONGEST_POST, buttons=0, media=MOST_PICTURES)
    shows_at_once = True

    def mode(self, verb: Verb) -> Mode:
        return Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        return ()

    def is_by_hand(self, act: Act, refs: Refs) -> bool:
        return act.verb in _BY_A_PERSON

    def parse(self, raw: bytes) -> Inbound:
        said = Fields.of_json(raw)
        kind = said.one_of("type", _KINDS)
        name = said.line("sender", LONGEST_NAME)
        space = said.id("space")
        sender = SenderRef(sender_id(space, name), display_name=name)
        text = said.text("text") if kind is Kind.MESSAGE else ""
        came = MemberState.MEMBER if kind is Kind.JOIN else MemberState.LEFT
        return Inbound(
            kind,
            PLATFORM,
            SpaceRef(space, kind="group"),
            said.id("message_id") if kind is Kind.MESSAGE else "",
            sender,
            said.moment("sent_at"),
            text,
            links=extract(text),
            members=(MemberChange(sender, None, came),) if kind is not Kind.MESSAGE else (),
            raw=said.whole,
        )

    def check(self, act: Act, refs: Refs) -> None:
        """Whatever can be pasted can be pasted anywhere."""

    def perform(self, act: Act, refs: Refs) -> Receipt:
        return Receipt(is_waiting=True, record=partial(posts.ask, act, refs))


def sender_id(space: str, name: str) -> str:
    """How somebody is told apart where only names are known: by name within one group."""
    return f"{space}:{name}"[:190] if name else f"{space}:?"
