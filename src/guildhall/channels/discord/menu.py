"""The commands Discord shows when somebody types a slash or opens the menu of a message or member, in
English, Simplified and Traditional Chinese.

What they do stands in intake's commands, which read them as they would be typed; a test there holds the two
together. Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from guildhall.channels.discord.permissions import MODERATE_MEMBERS
from guildhall.core.text import Text

SLASH, _ON_USER, _ON_MESSAGE = 1, 2, 3
_STRING, _USER = 3, 6
_IN_SERVER, _IN_TALK = 0, 1
_FOR_SERVERS = 0
_CHINESE = ("zh-CN", "zh-TW")
_LONGEST_NAME, _LONGEST_WORDS = 32, 100


@dataclass(frozen=True, slots=True)
class Blank:
    """Something to fill in with a command."""

    name: Text
    what: Text
    is_person: bool = False
    required: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    """(what is shown, what is said)"""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command as people see it. `word` is what intake reads, `name` how Chinese call it."""

    word: str
    name: Text
    what: Text
    blanks: tuple[Blank, ...] = ()
    for_staff: bool = False
    kind: int = SLASH


_WHO = Blank(Text("member", "成员"), Text("Who", "目标成员"), is_person=True, required=True)
_TIME = Blank(Text("time", "时长"), Text("How long, such as 30m, 2h or 7d", "时长，例如 30m、2h 或 7d"))
_WHY = Blank(Text("reason", "原因"), Text("Why; the member is told", "原因，将告知该成员"))
_TONGUES = (("English", "en"), ("简体中文", "zh-hans"), ("繁體中文", "zh-hant"))

ENTRIES = (
    Entry("help", Text("help", "帮助"), Text("What I can do", "查看我能做什么")),
    Entry("rules", Text("rules", "群规"), Text("The rules here", "查看群规")),
    Entry(
        "appeal", Text("appeal", "申诉"),
        Text("A message of yours was removed by mistake", "消息被误删时申诉"),
        (Blank(Text("statement", "说明"), Text("What you want to say", "申诉说明")),),
    ),
    Entry(
        "why", Text("why", "为什么"), Text("Why a message was removed", "查看消息被移除的原因"),
        (Blank(Text("number", "编号"), Text("The number of the case", "处置编号")),),
    ),
    Entry(
        "language", Text("language", "语言"),
        Text("The language I speak with you", "设置我与您交流的语言"),
        (Blank(Text("language", "语言"), Text("Which", "选择语言"), required=True, choices=_TONGUES),),
    ),
    Entry("warn", Text("warn", "警告"), Text("Warn a member", "警告成员"), (_WHO, _WHY), for_staff=True),
    Entry(
        "mute", Text("mute", "禁言"), Text("Silence a member", "禁言成员"), (_WHO, _TIME, _WHY),
        for_staff=True,
    ),
    Entry(
        "unmute", Text("unmute", "解禁"), Text("Let them speak again", "解除禁言"), (_WHO,), for_staff=True
    ),
    Entry("ban", Text("ban", "封禁"), Text("Ban a member", "封禁成员"), (_WHO, _TIME, _WHY), for_staff=True),
    Entry("unban", Text("unban", "解封"), Text("Lift a ban", "解除封禁"), (_WHO,), for_staff=True),
    Entry(
        "undo", Text("undo", "撤销"), Text("Take the last measure back", "撤销上一次处置"), (_WHO,),
        for_staff=True,
    ),
    Entry(
        "raid", Text("raid", "突袭防护"),
        Text("Make newcomers read-only in a raid", "遭遇突袭时将新成员设为只读"), (_TIME,), for_staff=True,
    ),
    Entry("unraid", Text("unraid", "解除突袭防护"), Text("End the raid", "结束突袭防护"), for_staff=True),
    Entry("report", Text("Report message", "举报消息"), Text("", ""), kind=_ON_MESSAGE),
    Entry("why", Text("Why was it removed", "查看移除原因"), Text("", ""), for_staff=True, kind=_ON_MESSAGE),
    Entry("warn", Text("Warn member", "警告成员"), Text("", ""), for_staff=True, kind=_ON_USER),
    Entry("mute", Text("Mute member", "禁言成员"), Text("", ""), for_staff=True, kind=_ON_USER),
    Entry("ban", Text("Ban member", "封禁成员"), Text("", ""), for_staff=True, kind=_ON_USER),
)  # fmt: skip
"""Of menus the first English word is the command itself: what Discord sends back is the English name."""


def commands() -> list[dict[str, Any]]:
    """All of them as Discord's API takes them."""
    return [_command(one) for one in ENTRIES]


def digest(told: Sequence[dict[str, Any]]) -> str:
    """Names one set of commands, so that the same is not registered twice."""
    return hashlib.sha256(orjson.dumps(list(told), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _command(one: Entry) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": one.kind,
        "name": one.name.en[:_LONGEST_NAME],
        "name_localizations": _in_chinese(one.name, _LONGEST_NAME),
        "integration_types": [_FOR_SERVERS],
        "contexts": [_IN_SERVER] if one.for_staff or one.kind != SLASH else [_IN_SERVER, _IN_TALK],
    }
    if one.for_staff:
        told["default_member_permissions"] = MODERATE_MEMBERS
    if one.kind == SLASH:
        told["description"] = one.what.en[:_LONGEST_WORDS]
        told["description_localizations"] = _in_chinese(one.what, _LONGEST_WORDS)
        if one.blanks:
            told["options"] = [_option(blank) for blank in one.blanks]
    return told


def _option(blank: Blank) -> dict[str, Any]:
    told: dict[str, Any] = {
        "type": _USER if blank.is_person else _STRING,
        "name": blank.name.en,
        "name_localizations": _in_chinese(blank.name, _LONGEST_NAME),
        "description": blank.what.en[:_LONGEST_WORDS],
        "description_localizations": _in_chinese(blank.what, _LONGEST_WORDS),
        "required": blank.required,
    }
    if blank.choices:
        told["choices"] = [{"name": shown, "value": said} for shown, said in blank.choices]
    return told


def _in_chinese(words: Text, most: int) -> dict[str, str]:
    return {code: words.for_language(code)[:most] for code in _CHINESE}
