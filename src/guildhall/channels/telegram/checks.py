"""What Telegram refuses of one act whatever the bot's rights, found out before it is asked: age, kind of
chat, lengths.

Raises `errors.Refused` with reason and way out, or BadInput. Looks up the message an act is about, nothing
else. Asked when an act is queued and again when it is performed, because time passes between the two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from guildhall.channels.models import Message
from guildhall.channels.port import Act, Refs, Verb
from guildhall.channels.telegram.errors import reason
from guildhall.core import clock
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

TEXT, CAPTION, ANSWER, TITLE, TOPIC, INVITE_NAME = 4096, 1024, 200, 128, 128, 32
QUESTION, OPTION, LEAST_OPTIONS, MOST_OPTIONS = 300, 100, 2, 12
MOST_MEMBERS = 99_999
FILES = 1
"""Telegram takes albums, but without buttons and each picture counts against the limits; we send one file."""
DELETABLE_FOR = timedelta(hours=48)
GROUP, SUPERGROUP, CHANNEL, PRIVATE = "group", "supergroup", "channel", "private"

_NOT_PRIVATE = frozenset(
    {
        Verb.RESTRICT, Verb.UNRESTRICT, Verb.KICK, Verb.BAN, Verb.UNBAN, Verb.APPROVE_JOIN, Verb.DECLINE_JOIN,
        Verb.CREATE_TOPIC, Verb.CLOSE_TOPIC, Verb.LOCK, Verb.UNLOCK, Verb.SET_TITLE, Verb.CREATE_INVITE,
        Verb.REVOKE_INVITE, Verb.PROMOTE, Verb.DEMOTE, Verb.LEAVE_SPACE,
    }
)  # fmt: skip
_NOT_BASIC = frozenset(
    {Verb.RESTRICT, Verb.UNRESTRICT, Verb.PROMOTE, Verb.DEMOTE, Verb.CREATE_TOPIC, Verb.CLOSE_TOPIC}
)
_NOT_CHANNEL = frozenset(
    {Verb.RESTRICT, Verb.UNRESTRICT, Verb.LOCK, Verb.UNLOCK, Verb.CREATE_TOPIC, Verb.CLOSE_TOPIC}
)
_NOT_A_CHANNEL = frozenset(
    {
        Verb.RESTRICT, Verb.UNRESTRICT, Verb.KICK, Verb.PROMOTE, Verb.DEMOTE, Verb.APPROVE_JOIN,
        Verb.DECLINE_JOIN,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PollAsked:
    """A poll as it is written in an act: the question in the first line, then one option a line."""

    question: str
    options: tuple[str, ...]


def units(text: str) -> int:
    """How long a text is for Telegram: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """The beginning of a text, at most `most` UTF-16 units long, never half a character."""
    if units(text) <= most:
        return text
    raw = text.encode("utf-16-le", "surrogatepass")[: (most - 1) * 2]
    return raw.decode("utf-16-le", "ignore") + "…"


def params_of(act: Act) -> dict[str, str]:
    """The parameters of an act by name."""
    return dict(act.params)


def is_yes(params: Mapping[str, str], name: str) -> bool:
    return params.get(name, "").lower() in ("yes", "true", "1", "on")


def is_sender_chat(account_external_id: str) -> bool:
    """Whether an account is a channel or group that speaks, not a person."""
    return account_external_id.startswith("-")


def check(act: Act, refs: Refs) -> None:
    """Raises Refused or BadInput for what can never be done."""
    _check_place(act.verb, refs)
    if refs.message_external_id and ":" in refs.message_external_id:
        raise reason("before_migration")
    if is_sender_chat(refs.account_external_id):
        if refs.account_external_id == refs.space_external_id:
            raise reason("is_group_itself")
        if act.verb in _NOT_A_CHANNEL:
            raise reason("is_channel")
    shape = _SHAPES.get(act.verb)
    if shape is not None:
        shape(act)


def poll_of(act: Act) -> PollAsked:
    """The poll an act asks for. Raises BadInput."""
    lines = [line.strip() for line in act.text.splitlines() if line.strip()]
    question, options = (lines[0] if lines else ""), tuple(lines[1:])
    if not question or units(question) > QUESTION:
        raise _bad(
            "text", f"A question has 1 to {QUESTION} characters.", f"问题长度须为 1 至 {QUESTION} 个字符。"
        )
    if not LEAST_OPTIONS <= len(options) <= MOST_OPTIONS or any(units(one) > OPTION for one in options):
        raise _bad(
            "text",
            f"Below the question, write {LEAST_OPTIONS} to {MOST_OPTIONS} options, one a line, of at most "
            f"{OPTION} characters.",
            f"请在问题下方逐行填写 {LEAST_OPTIONS} 至 {MOST_OPTIONS} 个选项，每个不超过 {OPTION} 个字符。",
        )
    return PollAsked(question, options)


def title_of(act: Act) -> str:
    """The title an act sets. Raises BadInput."""
    return _named(act.text or params_of(act).get("title", ""), "title", TITLE)


def topic_of(act: Act) -> str:
    """The name of the topic an act makes. Raises BadInput."""
    return _named(act.text or params_of(act).get("name", ""), "name", TOPIC)


def thread_of(act: Act) -> str:
    """The topic an act is about. Raises BadInput."""
    thread = params_of(act).get("thread", "")
    if not thread.isdigit():
        raise _bad("thread", "Name the topic.", "请指明话题。")
    return thread


def callback_of(act: Act) -> str:
    """The press an act answers. Raises BadInput."""
    return _given(act, "callback", "Name the press that is answered.", "请指明要应答的按钮操作。")


def invite_link_of(act: Act) -> str:
    """The invite an act revokes. Raises BadInput."""
    return _given(act, "link", "Name the invite link.", "请指明邀请链接。")


def member_limit_of(act: Act) -> int | None:
    """How many may come by an invite. Raises BadInput."""
    said = params_of(act).get("member_limit", "")
    if not said:
        return None
    if not said.isdigit() or not 1 <= int(said) <= MOST_MEMBERS:
        raise _bad(
            "member_limit", f"Between 1 and {MOST_MEMBERS:,} people.", f"人数须为 1 至 {MOST_MEMBERS:,}。"
        )
    if is_yes(params_of(act), "creates_join_request"):
        raise _bad(
            "member_limit",
            "An invite that asks for approval has no limit of people.",
            "需要审批的邀请链接不能限制人数。",
        )
    return int(said)


def _check_place(verb: Verb, refs: Refs) -> None:
    kind = refs.space_kind
    if kind == PRIVATE and verb in _NOT_PRIVATE:
        raise reason("in_private")
    if kind == GROUP and verb in _NOT_BASIC:
        raise reason("basic_group")
    if kind == CHANNEL and verb in _NOT_CHANNEL:
        raise reason("in_channel")


def _deletable(act: Act) -> None:
    sent_at = Message.objects.filter(pk=act.message_id).values_list("sent_at", flat=True).first()
    if sent_at is not None and clock.now() - sent_at >= DELETABLE_FOR:
        raise reason("too_old")


def _editable(act: Act) -> None:
    media = Message.objects.filter(pk=act.message_id).values_list("media", flat=True).first()
    if media and units(act.text) > CAPTION:
        raise _bad("text", f"A caption has at most {CAPTION} characters.", f"附文不得超过 {CAPTION} 个字符。")


def _invitable(act: Act) -> None:
    member_limit_of(act)
    if units(params_of(act).get("name", "")) > INVITE_NAME:
        raise _bad("name", f"At most {INVITE_NAME} characters.", f"不超过 {INVITE_NAME} 个字符。")


def _sayable(act: Act) -> None:
    if not act.media:
        return
    if len(act.media) > FILES:
        raise _bad("media", "One file a message on Telegram.", "Telegram 每条消息只能附一个文件。")
    if units(act.text) > CAPTION:
        raise _bad(
            "text",
            f"Words beside a file have at most {CAPTION} characters on Telegram.",
            f"Telegram 上附带文件的文字不得超过 {CAPTION} 个字符。",
        )


_SHAPES = {
    Verb.SEND: _sayable,
    Verb.REPLY: _sayable,
    Verb.DELETE: _deletable,
    Verb.EDIT: _editable,
    Verb.SEND_POLL: poll_of,
    Verb.SET_TITLE: title_of,
    Verb.CREATE_TOPIC: topic_of,
    Verb.CLOSE_TOPIC: thread_of,
    Verb.ANSWER_BUTTON: callback_of,
    Verb.REVOKE_INVITE: invite_link_of,
    Verb.CREATE_INVITE: _invitable,
}


def _given(act: Act, name: str, en: str, zh: str) -> str:
    said = params_of(act).get(name, "")
    if not said:
        raise _bad(name, en, zh)
    return said


def _named(said: str, field: str, most: int) -> str:
    said = " ".join(said.split())
    if not said or units(said) > most:
        raise _bad(field, f"A name has 1 to {most} characters.", f"名称长度须为 1 至 {most} 个字符。")
    return said


def _bad(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field)
