"""Parses what the chat page sends and declares what web chat can do. Performing needs nothing outside our
database.
"""

from __future__ import annotations

from collections.abc import Mapping

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
from guildhall.core.ids import new_id
from guildhall.core.text import Text
from guildhall.effects.types import Mode

PLATFORM = "webchat"
LONGEST_NAME = 40

_KINDS = {kind.value: kind for kind in (Kind.MESSAGE, Kind.EDIT, Kind.DELETE, Kind.JOIN, Kind.LEAVE)}
_MAKES_A_MESSAGE = (Verb.SEND, Verb.REPLY, Verb.WARN)

_NO_TOPICS = no(
    Text("Web chat has no topics.", "网页聊天没有话题功能。"),
    Text("Make a second space for the topic.", "请为该话题新建一个群组。"),
)
_NO_POLLS = no(
    Text("Web chat has no polls.", "网页聊天不支持投票。"),
    Text("Ask in a message and count the answers.", "请用消息发起提问并人工统计。"),
)
_NO_INVITES = no(
    Text("A web chat is open to everyone who has its address.", "网页聊天凭网址即可进入。"),
    Text("Give people the address of the page.", "请直接分享页面网址。"),
)
_NO_BUTTONS = no(
    Text("Web chat messages have no buttons to press.", "网页聊天消息没有可点按的按钮。"),
    Text("Put a link into the message.", "请在消息中附上链接。"),
)
_NO_RANKS = no(
    Text("Web chat knows no administrators among its members.", "网页聊天的成员中不设管理员。"),
    Text("Give the person a role under Staff.", "请在“员工”中授予其角色。"),
)
_CANNOT: Mapping[Verb, Capability] = {
    Verb.PIN: no(
        Text("Web chat pins nothing.", "网页聊天不支持置顶。"),
        Text("Put the notice into the space's welcome text.", "请把公告写入群组的欢迎语。"),
    ),
    Verb.UNPIN: no(
        Text("Web chat pins nothing.", "网页聊天不支持置顶。"),
        Text("Change the space's welcome text.", "请修改群组的欢迎语。"),
    ),
    Verb.REACT: no(
        Text("Web chat has no reactions.", "网页聊天没有表情回应。"),
        Text("Answer with a message.", "请用消息回复。"),
    ),
    Verb.ANSWER_BUTTON: _NO_BUTTONS,
    Verb.APPROVE_JOIN: _NO_INVITES,
    Verb.DECLINE_JOIN: _NO_INVITES,
    Verb.CREATE_INVITE: _NO_INVITES,
    Verb.REVOKE_INVITE: _NO_INVITES,
    Verb.CREATE_TOPIC: _NO_TOPICS,
    Verb.CLOSE_TOPIC: _NO_TOPICS,
    Verb.SEND_POLL: _NO_POLLS,
    Verb.CLOSE_POLL: _NO_POLLS,
    Verb.SLOW_MODE: no(
        Text("Web chat limits everyone already.", "网页聊天已对所有人限速。"),
        Text("Restrict those who flood.", "请限制刷屏的成员。"),
    ),
    Verb.LOCK: no(
        Text("A web chat is open or archived.", "网页聊天只有开放和归档两种状态。"),
        Text("Archive the space until the raid is over.", "请先归档该群组，待刷屏结束后再重新开放。"),
    ),
    Verb.UNLOCK: no(
        Text("A web chat is open or archived.", "网页聊天只有开放和归档两种状态。"),
        Text("Open the archived space again.", "请重新开放已归档的群组。"),
    ),
    Verb.SET_TITLE: no(
        Text("The title is the space's name.", "标题即群组名称。"),
        Text("Change the name under Spaces.", "请在“群组”中修改名称。"),
    ),
    Verb.PROMOTE: _NO_RANKS,
    Verb.DEMOTE: _NO_RANKS,
    Verb.LEAVE_SPACE: no(
        Text("The house cannot leave its own web chat.", "本平台无法退出自己的网页聊天。"),
        Text("Archive the space.", "请归档该群组。"),
    ),
}


class WebchatAdapter:
    """The web chat. Its verbs end in our own rows, so all are repeatable and none is ever uncertain."""

    platform: Platform = PLATFORM
    name = Text("Web chat", "网页聊天")
    capabilities: Mapping[Verb, Capability] = declare(set(Verb) - set(_CANNOT), _CANNOT)
    limits = Limits(text=4000, buttons=0, media=0)
    shows_at_once = False

    def mode(self, verb: Verb) -> Mode:
        return Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        return ()

    def parse(self, raw: bytes) -> Inbound:
        said = Fields.of_json(raw)
        kind = said.one_of("type", _KINDS)
        sender = SenderRef(
            said.id("visitor"),
            display_name=said.line("name", LONGEST_NAME),
            language=said.line("language", 10),
        )
        sent_at = said.moment("sent_at")
        text = said.text("text") if kind in (Kind.MESSAGE, Kind.EDIT) else ""
        came = MemberState.MEMBER if kind is Kind.JOIN else MemberState.LEFT
        moved = (MemberChange(sender, None, came),) if kind in (Kind.JOIN, Kind.LEAVE) else ()
        return Inbound(
            kind,
            PLATFORM,
            SpaceRef(said.id("space")),
            said.id("message_id") if kind in (Kind.MESSAGE, Kind.EDIT, Kind.DELETE) else "",
            sender,
            sent_at,
            text,
            links=extract(text),
            reply_to=said.id("reply_to", optional=True) or None,
            edited_at=sent_at if kind is Kind.EDIT else None,
            members=moved,
            raw=said.whole,
        )

    def check(self, act: Act, refs: Refs) -> None:
        """Every act it can do at all, it can do."""

    def perform(self, act: Act, refs: Refs) -> Receipt:
        return Receipt(new_id() if act.verb in _MAKES_A_MESSAGE else "")
