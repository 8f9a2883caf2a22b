"""WeCom and Official Accounts as the port sees them: what they can do, how each verb may be repeated, and
what they will never do.

One adapter serves four kinds of place at WeCom that can do very different things (`places`): the table says
what the platform can do at all, `check` says what this place can. What WeChat lets no program do is refused
with the manual step, never promised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from guildhall.channels.capabilities import declare, no
from guildhall.channels.models import Message
from guildhall.channels.parsing import Fields
from guildhall.channels.port import (
    Act,
    Button,
    Capability,
    Inbound,
    Kind,
    Limits,
    Platform,
    Profile,
    Receipt,
    Refs,
    Verb,
)
from guildhall.channels.telegram import buttons
from guildhall.channels.wecom import bodies, corp_reading, group_reading, kf_reading, oa_reading
from guildhall.channels.wecom.errors import Refused, reason
from guildhall.channels.wecom.models import CONTACT, KF, WechatTalk
from guildhall.channels.wecom.places import Place, place_of
from guildhall.core import clock
from guildhall.core.errors import BadInput, Permanent, Unsupported
from guildhall.core.text import Text
from guildhall.effects.types import Mode

CORP_BUCKET, ROBOT_BUCKET, ACCOUNT_BUCKET = "wecom:corp:", "wecom:robot:", "wechat_oa:app:"
RECALLABLE = timedelta(minutes=2)
_SAYS = frozenset({Verb.SEND, Verb.REPLY})
_ONCE = _SAYS | {Verb.CREATE_INVITE, Verb.WARN, Verb.SEND_POLL}

_BY_HAND = Text("Do it by hand in WeCom.", "请在企业微信中手动处理。")


def _never(en: str, zh: str, do: Text = _BY_HAND) -> Capability:
    return no(Text(en, zh), do)


_EDIT = _never(
    "WeChat messages cannot be changed.", "微信消息无法修改。", Text("Send another one.", "请另发一条消息。")
)
_RESTORE = _never(
    "WeChat cannot bring a message back.",
    "微信无法恢复消息。",
    Text("Ask them to post it again.", "请让对方重新发送。"),
)
_PEOPLE = _never(
    "WeChat lets no program mute, remove or ban anybody.", "微信未向程序开放禁言、移出或封禁成员。",
    Text("The group's owner removes people by hand in WeCom.", "请由群主在企业微信中手动移出成员。"),
)  # fmt: skip
_WARN = _never(
    "WeCom lets no program write to one member of a group.", "企业微信不允许程序单独联系群成员。",
    Text("Their member of staff can write to them.", "可由其专属成员手动联系。"),
)  # fmt: skip
_NO_PINS = _never(
    "WeChat lets no program pin messages.", "微信未向程序开放置顶消息。",
    Text("Put it into the group notice by hand.", "请手动写入群公告。"),
)  # fmt: skip
_NO_POLLS = _never(
    "WeChat has no polls for programs.", "微信未向程序开放投票。",
    Text("Ask in a message and count the answers.", "请用消息提问并人工统计。"),
)  # fmt: skip
_NO_TOPICS = _never(
    "WeChat has no topics.", "微信没有话题功能。", Text("Make another group.", "请另建一个群。")
)
_NO_REQUESTS = _never(
    "WeCom lets no program answer requests to join.", "企业微信未向程序开放入群审批。",
    Text("The owner confirms them in WeCom.", "请由群主在企业微信中确认。"),
)  # fmt: skip
_NO_QUIET = _never(
    "WeChat lets no program close or slow a group.", "微信未向程序开放全员禁言或慢速模式。",
    Text("The owner can mute everybody in WeCom's group settings.", "群主可在企业微信群设置中开启全员禁言。"),
)  # fmt: skip
_NO_RANKS = _never(
    "WeCom lets no program appoint administrators.", "企业微信未向程序开放设置群管理员。",
    Text("The owner appoints them in WeCom.", "请由群主在企业微信中设置。"),
)  # fmt: skip
_CANNOT: Mapping[Verb, Capability] = {
    Verb.EDIT: _EDIT,
    Verb.RESTORE: _RESTORE,
    Verb.RESTRICT: _PEOPLE,
    Verb.UNRESTRICT: _PEOPLE,
    Verb.KICK: _PEOPLE,
    Verb.BAN: _PEOPLE,
    Verb.UNBAN: _PEOPLE,
    Verb.WARN: _WARN,
    Verb.PIN: _NO_PINS,
    Verb.UNPIN: _NO_PINS,
    Verb.REACT: _never(
        "WeChat has no reactions.", "微信没有表情回应。", Text("Answer with a message.", "请用消息回复。")
    ),
    Verb.ANSWER_BUTTON: _never(
        "A pressed button shows nothing by itself in WeChat.", "微信按钮点击后不会弹出提示。",
        Text("Answer with a message.", "请用消息回复。"),
    ),
    Verb.APPROVE_JOIN: _NO_REQUESTS,
    Verb.DECLINE_JOIN: _NO_REQUESTS,
    Verb.CREATE_TOPIC: _NO_TOPICS,
    Verb.CLOSE_TOPIC: _NO_TOPICS,
    Verb.SEND_POLL: _NO_POLLS,
    Verb.CLOSE_POLL: _NO_POLLS,
    Verb.SLOW_MODE: _NO_QUIET,
    Verb.LOCK: _NO_QUIET,
    Verb.UNLOCK: _NO_QUIET,
    Verb.SET_TITLE: _never(
        "WeCom lets no program rename a customer group.", "企业微信未向程序开放修改群名。",
        Text("The owner renames it in WeCom.", "请由群主在企业微信中修改。"),
    ),
    Verb.PROMOTE: _NO_RANKS,
    Verb.DEMOTE: _NO_RANKS,
    Verb.LEAVE_SPACE: _never(
        "We are in no group: the member of staff is.", "程序本身不在群内，群内为企业成员。",
        Text("Hand the group over in WeCom's console.", "请在企业微信管理后台转接该群。"),
    ),
}  # fmt: skip
_OA_CANNOT: Mapping[Verb, Capability] = {
    **_CANNOT,
    Verb.DELETE: _never(
        "An Official Account cannot take a message back.", "公众号无法撤回已发送的客服消息。",
        Text("Send a correction.", "请另发消息更正。"),
    ),
    Verb.CREATE_INVITE: _never(
        "An Official Account has no invites; it has codes.", "公众号没有邀请链接，请使用二维码。",
        Text("Make a code under Settings, WeChat.", "请在“设置 → 微信”中生成二维码。"),
    ),
    Verb.REVOKE_INVITE: _never(
        "A code of an Official Account cannot be taken back.", "公众号二维码无法撤销。",
        Text("Take the picture away where it is shown.", "请撤下展示该二维码的图片。"),
    ),
}  # fmt: skip
_ALLOWED_IN: Mapping[Place, frozenset[Verb]] = {
    Place.TALK: frozenset({Verb.SEND, Verb.REPLY, Verb.DELETE}),
    Place.ROBOT: frozenset({Verb.SEND, Verb.REPLY}),
    Place.GROUP: frozenset({Verb.SEND, Verb.REPLY, Verb.CREATE_INVITE, Verb.REVOKE_INVITE}),
    Place.CONTACT: frozenset(),
}
_WHY_NOT = {
    Place.TALK: "not_in_talk", Place.ROBOT: "robot_hears_nothing", Place.GROUP: "not_in_group",
    Place.CONTACT: "not_in_contact",
}  # fmt: skip


class WecomAdapter:
    """WeCom. Words are said once; taking a message or a code back may be repeated."""

    platform: Platform = corp_reading.PLATFORM
    name = Text("WeCom", "企业微信")
    capabilities: Mapping[Verb, Capability] = declare(set(Verb) - set(_CANNOT), _CANNOT)
    limits = Limits(text=bodies.TEXT, buttons=bodies.MOST_BUTTONS, media=1, count=bodies.size)
    shows_at_once = True

    def mode(self, verb: Verb) -> Mode:
        return Mode.ONCE if verb in _ONCE else Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        if act.verb not in _SAYS:
            return ()
        if place_of(refs.space_external_id) is Place.ROBOT:
            return (f"{ROBOT_BUCKET}{refs.space_external_id}",)
        return (f"{CORP_BUCKET}{refs.receiver}",)

    def is_by_hand(self, act: Act, refs: Refs) -> bool:
        return act.verb in _SAYS and place_of(refs.space_external_id) is Place.GROUP

    def parse(self, raw: bytes) -> Inbound:
        body = Fields.of_json(raw)
        corp = body.id("corp")
        if isinstance(body.whole.get("kf"), dict):
            return _pressed(kf_reading.read(corp, body.whole["kf"], body.whole))
        if "chat" in body.whole:
            return group_reading.read(corp, body.whole)
        return corp_reading.read(corp, body.text("xml"), body.whole)

    def check(self, act: Act, refs: Refs) -> None:
        try:
            _check_place(act, refs)
        except Refused as refused:
            raise Unsupported(refused.reason, refused.do) from refused

    def perform(self, act: Act, refs: Refs) -> Receipt:
        from guildhall.channels.wecom import acts, saying

        speak = {Place.TALK: saying.in_talk, Place.ROBOT: saying.by_robot, Place.GROUP: saying.to_group}
        try:
            _check_place(act, refs)
            if act.verb in _SAYS:
                return speak[place_of(refs.space_external_id)](act, refs)
            return acts.carry_out(act, refs)
        except BadInput as wrong:
            raise Permanent(wrong.text) from wrong

    def fetch(self, ref: str, receiver: str, most: int) -> bytes:
        from guildhall.channels.wecom import media, saying

        return media.fetch(saying.corp_key(receiver, KF), ref, most)

    def profile(self, account_external_id: str, receiver: str) -> Profile:
        from guildhall.channels.wecom import customers, saying

        return customers.profile(saying.corp_key(receiver, CONTACT), account_external_id)


class WechatOaAdapter:
    """Official Accounts: one talk for each follower."""

    platform: Platform = oa_reading.PLATFORM
    name = Text("WeChat Official Account", "微信公众号")
    capabilities: Mapping[Verb, Capability] = declare(set(Verb) - set(_OA_CANNOT), _OA_CANNOT)
    limits = Limits(text=bodies.TEXT, buttons=bodies.MOST_BUTTONS, media=1, count=bodies.size)
    shows_at_once = True

    def mode(self, verb: Verb) -> Mode:
        return Mode.ONCE if verb in _ONCE else Mode.REPEATABLE

    def buckets(self, act: Act, refs: Refs) -> tuple[str, ...]:
        return (f"{ACCOUNT_BUCKET}{refs.receiver}",) if act.verb in _SAYS else ()

    def parse(self, raw: bytes) -> Inbound:
        body = Fields.of_json(raw)
        return _pressed(oa_reading.read(body.id("app"), body.text("xml"), body.whole))

    def check(self, act: Act, refs: Refs) -> None:
        try:
            _check_words(act, bodies.for_account)
            _check_open(act)
        except Refused as refused:
            raise Unsupported(refused.reason, refused.do) from refused

    def perform(self, act: Act, refs: Refs) -> Receipt:
        from guildhall.channels.wecom import saying

        if act.verb not in _SAYS:
            raise reason("not_in_talk")
        try:
            _check_words(act, bodies.for_account)
            return saying.in_account(act, refs)
        except BadInput as wrong:
            raise Permanent(wrong.text) from wrong

    def fetch(self, ref: str, receiver: str, most: int) -> bytes:
        from guildhall.channels.wecom import media, saying

        return media.fetch(saying.account_key(receiver), ref, most)

    def profile(self, account_external_id: str, receiver: str) -> Profile:
        """WeChat shows a follower's name and picture to no Official Account any more."""
        return Profile()


def _pressed(inbound: Inbound) -> Inbound:
    """What was pressed is worth what we signed. A menu of somebody else's is the words people see in it."""
    if inbound.callback is None or not inbound.message_id:
        return inbound
    data = buttons.unpack(inbound.callback.data)
    if data is None:
        return replace(inbound, kind=Kind.MESSAGE, callback=None)
    return replace(inbound, callback=replace(inbound.callback, data=data))


def _check_place(act: Act, refs: Refs) -> None:
    """Raises Refused or BadInput for what can never be done there."""
    place = place_of(refs.space_external_id)
    if act.verb not in _ALLOWED_IN[place]:
        raise reason(_WHY_NOT[place])
    if act.verb in _SAYS:
        _check_words(act, bodies.for_kf if place is Place.TALK else bodies.for_group)
        if place is not Place.TALK and any(button.data for button in act.buttons):
            raise BadInput(
                Text("Nobody hears a pressed button there.", "此处的按钮点击无法回传。"), field="buttons"
            )
        _check_open(act)
    if act.verb is Verb.DELETE:
        _check_recallable(act)


def _check_words(act: Act, shape: Callable[[str, Sequence[Button], Sequence[str]], object]) -> None:
    """Raises BadInput for words that do not fit with their buttons, as `shape` makes a body of them."""
    if act.verb not in _SAYS:
        return
    if len(act.media) > 1:
        raise BadInput(Text("One file a message.", "每条消息最多一个附件。"), field="media")
    if len(act.buttons) > bodies.MOST_BUTTONS:
        raise BadInput(Text("At most ten buttons.", "最多 10 个按钮。"), field="buttons")
    shape(act.text, act.buttons, ["" for _ in act.buttons])


def _check_open(act: Act) -> None:
    """Raises Refused where we know that WeChat takes no more words now."""
    talk = WechatTalk.objects.filter(pk=act.space_id).first()
    if talk is None:
        return
    now = clock.now()
    has_welcome = bool(talk.welcome_code) and talk.welcome_until is not None and talk.welcome_until > now
    if has_welcome or talk.open_until is None:
        if not has_welcome:
            raise reason("closed")
        return
    if talk.open_until <= now:
        raise reason("closed")
    if talk.sends_left <= 0:
        raise reason("allowance")


def _check_recallable(act: Act) -> None:
    """Raises Refused for messages of others, and for ours after two minutes."""
    row = Message.objects.filter(pk=act.message_id).values("direction", "sent_at").first()
    if row is None:
        return
    if row["direction"] != Message.Direction.OUT:
        raise reason("not_ours")
    if clock.now() - row["sent_at"] >= RECALLABLE:
        raise reason("too_old")
