"""Reads a command out of a message: `/mute @name 2h spam`, `/report`, 禁言 2小时. Pure; never raises.

A slash command counts wherever it stands first, unless it is addressed to another bot. Of Chinese words only
those alone or followed by what belongs to them count, so that talk about a ban is not one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from guildhall.channels.port import Entity, EntityKind


class Name(StrEnum):
    """What can be asked for."""

    START = "start"
    HELP = "help"
    RULES = "rules"
    REPORT = "report"
    APPEAL = "appeal"
    LANGUAGE = "language"
    WARN = "warn"
    MUTE = "mute"
    UNMUTE = "unmute"
    BAN = "ban"
    UNBAN = "unban"
    WHY = "why"
    UNDO = "undo"
    RAID = "raid"
    UNRAID = "unraid"
    ASK = "ask"
    TICKET = "ticket"


MODERATORS = frozenset({Name.WARN, Name.MUTE, Name.UNMUTE, Name.BAN, Name.UNBAN, Name.UNDO})
TIMED = frozenset({Name.MUTE, Name.BAN, Name.RAID})
FOR_THE_DESK = frozenset({Name.ASK, Name.TICKET})
OF_THE_SPACE = frozenset({Name.RAID, Name.UNRAID})
"""Asked for by those who look after a space, about the space itself."""
AIMED = MODERATORS | {Name.WHY}

WORDS: Mapping[str, Name] = {
    **{name.value: name for name in Name},
    "lang": Name.LANGUAGE, "rule": Name.RULES,
    "帮助": Name.HELP, "幫助": Name.HELP,
    "群规": Name.RULES, "群規": Name.RULES, "规则": Name.RULES, "規則": Name.RULES,
    "举报": Name.REPORT, "舉報": Name.REPORT,
    "申诉": Name.APPEAL, "申訴": Name.APPEAL,
    "语言": Name.LANGUAGE, "語言": Name.LANGUAGE,
    "警告": Name.WARN,
    "禁言": Name.MUTE, "解禁": Name.UNMUTE, "解除禁言": Name.UNMUTE,
    "封禁": Name.BAN, "解封": Name.UNBAN, "解除封禁": Name.UNBAN,
    "为什么": Name.WHY, "為什麼": Name.WHY, "原因": Name.WHY,
    "撤销": Name.UNDO, "撤銷": Name.UNDO,
    "突袭防护": Name.RAID, "突襲防護": Name.RAID,
    "提问": Name.ASK, "提問": Name.ASK, "人工客服": Name.ASK, "转人工": Name.ASK, "轉人工": Name.ASK,
    "工单": Name.TICKET, "工單": Name.TICKET,
    "解除突袭防护": Name.UNRAID, "解除突襲防護": Name.UNRAID,
}  # fmt: skip
_BARE = frozenset(word for word in WORDS if not word.isascii())
_LONGEST_BARE = max(map(len, _BARE))
_SLASH = re.compile(r"[/／]([^\s@/／]{1,32})(?:@([A-Za-z0-9_]{3,64}))?(?=\s|$)")
_FIRST = re.compile(r"\s*(\S+)")
_UNITS = {
    "m": 60, "min": 60, "mins": 60, "分": 60, "分钟": 60, "分鐘": 60,
    "h": 3600, "hr": 3600, "小时": 3600, "小時": 3600, "时": 3600, "時": 3600,
    "d": 86_400, "天": 86_400, "日": 86_400,
    "w": 604_800, "周": 604_800, "週": 604_800, "s": 1, "秒": 1,
}  # fmt: skip
_PART = re.compile(r"(\d{1,6})(" + "|".join(sorted(_UNITS, key=len, reverse=True)) + ")")
_EVER = frozenset({"forever", "ever", "perm", "permanent", "永久", "永远", "永遠"})
_NUMBER = re.compile(r"\d{1,5}")
_LIKE_A_TIME = re.compile(r"[-+]?\d+(?:" + "|".join(sorted(_UNITS, key=len, reverse=True)) + r")?")
"""A time mistyped: taken for a reason it would mean another term than the one wanted."""
_PLATFORM_ID = re.compile(r"-?\d{6,20}")
_OUR_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}", re.IGNORECASE)
_SHORT_ID = re.compile(r"[0-9A-HJKMNP-TV-Z]{6,12}", re.IGNORECASE)
SHORTEST_S, LONGEST_S = 60, 366 * 86_400
FOR_EVER = 0


class Problem(StrEnum):
    """What is wrong with what was asked."""

    NONE = ""
    NO_UNIT = "no_unit"
    TOO_SHORT = "too_short"


@dataclass(frozen=True, slots=True)
class Target:
    """Who or what is meant, as written; all empty: the message answered."""

    username: str = ""
    external_id: str = ""
    """The platform's id of somebody."""
    id: str = ""
    """An id of ours, whole or its end: a measure, a message, an account."""

    def __bool__(self) -> bool:
        return bool(self.username or self.external_id or self.id)


@dataclass(frozen=True, slots=True)
class Command:
    """`seconds` is None when no time was said and 0 for ever; `text` is what is left: a reason, a statement,
    a language. `bare`: a Chinese word without a slash.
    """

    name: Name
    target: Target = Target()
    seconds: int | None = None
    text: str = ""
    problem: Problem = Problem.NONE
    bare: bool = False


def sounds_like_one(text: str, entities: Sequence[Entity] = ()) -> bool:
    """Whether it is worth parsing; cheap, for every message that comes in."""
    first = text[:1]
    if first in ("/", "／"):
        return True
    if entities and entities[0].kind is EntityKind.COMMAND and entities[0].offset == 0:
        return True
    return first in _BARE_STARTS and _bare_word(text) is not None


def parse(
    text: str, *, entities: Sequence[Entity] = (), username: str = "", is_reply: bool = False
) -> Command | None:
    """The command in a text, or None.

    username: our bot's, so that `/help@other` is left to the other. is_reply: whether a message is answered,
    which makes it the target unless somebody is named.
    """
    slash = _SLASH.match(text)
    if slash is not None:
        name = WORDS.get(slash[1].casefold())
        meant = slash[2]
        if name is None or (meant and meant.casefold() != username.casefold()):
            return None
        return _filled(Command(name), text, slash.end(), entities, is_reply)
    word = _bare_word(text)
    if word is None:
        return None
    command = _filled(Command(WORDS[word], bare=True), text, len(word), entities, is_reply)
    return command if _is_meant(command, is_reply) else None


def duration(word: str) -> int | Problem | None:
    """Seconds of a time such as 30m, 1d12h, 2小时 or 永久 (0); None for what is no time at all.

    More than 366 days is for ever, as platforms have it.
    """
    plain = unicodedata.normalize("NFKC", word).casefold()
    if plain in _EVER:
        return FOR_EVER
    if _NUMBER.fullmatch(plain):
        return Problem.NO_UNIT
    total, at = 0, 0
    while at < len(plain):
        part = _PART.match(plain, at)
        if part is None:
            return Problem.NO_UNIT if _LIKE_A_TIME.fullmatch(plain) else None
        total += int(part[1]) * _UNITS[part[2]]
        at = part.end()
    if not at:
        return None
    if total < SHORTEST_S:
        return Problem.TOO_SHORT
    return FOR_EVER if total > LONGEST_S else total


_BARE_STARTS = frozenset(word[0] for word in _BARE)


def _bare_word(text: str) -> str | None:
    """The Chinese word a text begins with, when nothing but space or the end follows it."""
    head = _FIRST.match(text[: _LONGEST_BARE + 1])
    word = head[1] if head is not None and head.start(1) == 0 else ""
    return word if word in _BARE else None


def _is_meant(command: Command, is_reply: bool) -> bool:
    """A bare word asks for something only when it stands alone or says all that is needed."""
    if command.name in (Name.HELP, Name.RULES, Name.LANGUAGE) or command.name in OF_THE_SPACE:
        return not command.text
    if command.name is Name.APPEAL or command.name is Name.ASK:
        return True
    if command.name is Name.TICKET:
        return is_reply and not command.text
    if command.name is Name.REPORT:
        return is_reply
    if command.name is Name.WHY:
        return is_reply and not command.text
    return is_reply or bool(command.target)


def _filled(command: Command, text: str, at: int, entities: Sequence[Entity], is_reply: bool) -> Command:
    if command.name in AIMED:
        target, at = _target(text, at, entities, is_reply, command.name)
        command = replace(command, target=target)
    if command.name in TIMED:
        command, at = _time(command, text, at)
    return replace(command, text=text[at:].replace("\x00", "").strip())


def _target(text: str, at: int, entities: Sequence[Entity], is_reply: bool, name: Name) -> tuple[Target, int]:
    first = _FIRST.match(text, at)
    if first is None:
        return Target(), at
    for entity in entities:
        if entity.kind is EntityKind.TEXT_MENTION and entity.offset == first.start(1) and entity.account:
            return Target(external_id=entity.account), entity.offset + entity.length
    word = first[1]
    if len(word) > 1 and word[0] in "@＠":
        return Target(username=word[1:]), first.end()
    if _PLATFORM_ID.fullmatch(word):
        return Target(external_id=word), first.end()
    if _OUR_ID.fullmatch(word):
        return Target(id=word.upper()), first.end()
    has_digit = any(letter.isdigit() for letter in word)
    if name is Name.UNDO and _SHORT_ID.fullmatch(word) and (has_digit or not is_reply):
        return Target(id=word.upper()), first.end()
    return Target(), at


def _time(command: Command, text: str, at: int) -> tuple[Command, int]:
    first = _FIRST.match(text, at)
    if first is None:
        return command, at
    said, end = duration(first[1]), first.end()
    if said is Problem.NO_UNIT:
        unit = _FIRST.match(text, end)
        together = duration(first[1] + unit[1]) if unit is not None else None
        if unit is not None and isinstance(together, int):
            said, end = together, unit.end()
    if isinstance(said, Problem):
        return replace(command, problem=said), end
    return (replace(command, seconds=said), end) if said is not None else (command, at)
