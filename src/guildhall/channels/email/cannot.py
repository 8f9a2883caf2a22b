"""What e-mail cannot do, why, and what a person does instead."""

from __future__ import annotations

from collections.abc import Mapping

from guildhall.channels.capabilities import no
from guildhall.channels.port import Capability, Verb
from guildhall.core.text import Text

_GONE = no(
    Text("A letter that was sent cannot be changed or taken back.", "邮件一经发出便无法修改或撤回。"),
    Text("Write another one that puts it right.", "请另发一封邮件更正。"),
)
_THEIRS = no(
    Text("What lies in somebody's mailbox is theirs.", "对方邮箱中的内容不受我们控制。"),
    Text("Write to them.", "请发邮件联系对方。"),
)
_NOBODY_TO_BAR = no(
    Text(
        "Everybody can write a letter; only the mail provider can turn one away.",
        "任何人都可以发来邮件，只有邮箱服务商能够拒收。",
    ),
    Text("Block the address in the mailbox at your provider.", "请在邮箱服务商处将该地址列入黑名单。"),
)
_NO_GROUP = no(
    Text(
        "A correspondence is between two: there is no group to change.",
        "邮件往来是一对一的，没有群组。",
    ),
    Text("Use a platform with groups for this.", "请在支持群组的平台上进行。"),
)
_NO_MARKS = no(
    Text("E-mail has no reactions and no pins.", "邮件没有表情回应和置顶功能。"),
    Text("Answer with a letter.", "请用邮件回复。"),
)
_NO_BUTTONS = no(
    Text("A letter has no buttons that call back.", "邮件中没有可回调的按钮。"),
    Text("Put a link into the letter.", "请在邮件中附上链接。"),
)
_NO_POLLS = no(
    Text("E-mail has no polls.", "邮件不支持投票。"),
    Text(
        "Ask in a letter and count the answers, or link to a poll.",
        "请用邮件发问并统计，或附上投票链接。",
    ),
)
CANNOT: Mapping[Verb, Capability] = {
    Verb.EDIT: _GONE, Verb.DELETE: _GONE, Verb.RESTORE: _THEIRS,
    Verb.PIN: _NO_MARKS, Verb.UNPIN: _NO_MARKS, Verb.REACT: _NO_MARKS, Verb.ANSWER_BUTTON: _NO_BUTTONS,
    Verb.SEND_POLL: _NO_POLLS, Verb.CLOSE_POLL: _NO_POLLS,
    Verb.RESTRICT: _NOBODY_TO_BAR, Verb.UNRESTRICT: _NOBODY_TO_BAR, Verb.KICK: _NOBODY_TO_BAR,
    Verb.BAN: _NOBODY_TO_BAR, Verb.UNBAN: _NOBODY_TO_BAR, Verb.SLOW_MODE: _NOBODY_TO_BAR,
    Verb.LOCK: _NOBODY_TO_BAR, Verb.UNLOCK: _NOBODY_TO_BAR,
    Verb.APPROVE_JOIN: _NO_GROUP, Verb.DECLINE_JOIN: _NO_GROUP, Verb.CREATE_TOPIC: _NO_GROUP,
    Verb.CLOSE_TOPIC: _NO_GROUP, Verb.SET_TITLE: _NO_GROUP, Verb.CREATE_INVITE: _NO_GROUP,
    Verb.REVOKE_INVITE: _NO_GROUP, Verb.PROMOTE: _NO_GROUP, Verb.DEMOTE: _NO_GROUP,
    Verb.LEAVE_SPACE: _NO_GROUP,
}  # fmt: skip
