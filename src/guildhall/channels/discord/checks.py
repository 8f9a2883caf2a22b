"""What Discord refuses of one act whatever the bot's permissions, found out before it is asked: the kind of
space, lengths, numbers.

Raises `errors.Refused` with reason and way out, or BadInput. Asked when an act is queued and again when it is
performed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from guildhall.channels.discord.buttons import ADDRESS
from guildhall.channels.discord.errors import reason
from guildhall.channels.port import Act, Refs, Verb
from guildhall.core.errors import BadInput
from guildhall.core.text import Text

TEXT, TITLE, CHANNEL_NAME = 2000, 100, 100
QUESTION, OPTION, LEAST_OPTIONS, MOST_OPTIONS = 300, 55, 1, 10
MOST_USES, LONGEST_INVITE_S = 100, 5_184_000
SLOWEST_S = 21_600
LONGEST_POLL_H = 768
PRIVATE, SERVER = "private", "server"
DM = "dm:"

_NOT_PRIVATE = frozenset(
    {
        Verb.RESTRICT, Verb.UNRESTRICT, Verb.KICK, Verb.BAN, Verb.UNBAN, Verb.APPROVE_JOIN, Verb.DECLINE_JOIN,
        Verb.CREATE_TOPIC, Verb.CLOSE_TOPIC, Verb.LOCK, Verb.UNLOCK, Verb.SET_TITLE, Verb.CREATE_INVITE,
        Verb.REVOKE_INVITE, Verb.PROMOTE, Verb.DEMOTE, Verb.LEAVE_SPACE, Verb.SLOW_MODE,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PollAsked:
    """A poll as it is written in an act: the question in the first line, then one option a line."""

    question: str
    options: tuple[str, ...]
    hours: int = 24


def units(text: str) -> int:
    """How long a text is at most for Discord: in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def params_of(act: Act) -> dict[str, str]:
    """The parameters of an act by name."""
    return dict(act.params)


def is_yes(params: Mapping[str, str], name: str) -> bool:
    return params.get(name, "").lower() in ("yes", "true", "1", "on")


def talk_of(space_external_id: str) -> str:
    """Whose private talk a space is (`dm:<user>/<bot>`). Raises Refused."""
    user = space_external_id.removeprefix(DM).partition("/")[0]
    if not space_external_id.startswith(DM) or not user.isdigit():
        raise reason("channel_gone")
    return user


def check(act: Act, refs: Refs) -> None:
    """Raises Refused or BadInput for what can never be done."""
    if refs.space_kind == PRIVATE and act.verb in _NOT_PRIVATE:
        raise reason("in_private")
    if refs.account_external_id and refs.account_external_id == refs.receiver and act.verb in _NOT_PRIVATE:
        raise reason("is_self")
    for button in act.buttons:
        if len(button.url) > ADDRESS:
            raise _bad(
                "buttons", f"A link has at most {ADDRESS} characters.", f"链接不得超过 {ADDRESS} 个字符。"
            )
    shape = _SHAPES.get(act.verb)
    if shape is not None:
        shape(act)


def poll_of(act: Act) -> PollAsked:
    """The poll an act asks for; the parameter `hours` says how long it runs. Raises BadInput."""
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
    return PollAsked(question, options, _whole(act, "hours", 24, 1, LONGEST_POLL_H))


def title_of(act: Act) -> str:
    """The name an act gives the server. Raises BadInput."""
    return _named(act.text or params_of(act).get("title", ""), "title", 2, TITLE)


def topic_of(act: Act) -> str:
    """The name of the channel or thread an act makes. Raises BadInput."""
    return _named(act.text or params_of(act).get("name", ""), "name", 1, CHANNEL_NAME)


def thread_of(act: Act) -> str:
    """The channel or thread an act is about. Raises BadInput."""
    thread = act.thread_id or params_of(act).get("thread", "")
    if not thread.isdigit():
        raise _bad("thread", "Name the channel or thread.", "请指明频道或子区。")
    return thread


def callback_of(act: Act) -> str:
    """The press an act answers. Raises BadInput."""
    return _given(act, "callback", "Name the press that is answered.", "请指明要应答的按钮操作。")


def invite_link_of(act: Act) -> str:
    """The invite an act revokes. Raises BadInput."""
    return _given(act, "link", "Name the invite link.", "请指明邀请链接。")


def seconds_of(act: Act) -> int:
    """The slow mode an act sets, 0 for none. Raises BadInput."""
    return _whole(act, "seconds", 0, 0, SLOWEST_S)


def member_limit_of(act: Act) -> int:
    """How many may come by an invite, 0 for any number. Raises BadInput."""
    return _whole(act, "member_limit", 0, 0, MOST_USES)


def _whole(act: Act, name: str, otherwise: int, least: int, most: int) -> int:
    said = params_of(act).get(name, "")
    if not said:
        return otherwise
    if not (said.isascii() and said.isdigit() and least <= int(said) <= most):
        raise _bad(name, f"Between {least} and {most:,}.", f"须为 {least} 至 {most:,}。")
    return int(said)


_SHAPES = {
    Verb.SEND_POLL: poll_of,
    Verb.SET_TITLE: title_of,
    Verb.CREATE_TOPIC: topic_of,
    Verb.CLOSE_TOPIC: thread_of,
    Verb.ANSWER_BUTTON: callback_of,
    Verb.REVOKE_INVITE: invite_link_of,
    Verb.CREATE_INVITE: member_limit_of,
    Verb.SLOW_MODE: seconds_of,
}


def _given(act: Act, name: str, en: str, zh: str) -> str:
    said = params_of(act).get(name, "")
    if not said:
        raise _bad(name, en, zh)
    return said


def _named(said: str, field: str, least: int, most: int) -> str:
    said = " ".join(said.split())
    if not least <= units(said) <= most:
        raise _bad(
            field, f"A name has {least} to {most} characters.", f"名称长度须为 {least} 至 {most} 个字符。"
        )
    return said


def _bad(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(en, zh), field=field)
