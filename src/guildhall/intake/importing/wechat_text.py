"""Reads the text of a WeChat chat as people get it out of a phone or a computer: sent by e-mail, copied from
the desktop, or written by one of the usual export programs.

Pure. WeChat has no export format, so a line counts as the head of a message when it is nothing but a name
and a time, in the one shape that most heads of the text have; a time that jumps ahead and back again stands
in what somebody said. Shapes, seen in the wild and not documented by anybody:

    day        —————  2024-01-05  —————  then  Name  10:22      (e-mail from the phone)
    name_time  Name 2024/1/5 10:22:33                           (copied from the desktop)
    time_name  2024-01-05 10:22:33 Name                         (export programs)
    bracket    Name (2024-01-05 10:22:33): words                (export programs)
    squares    [2024-01-05 10:22:33] Name: words                (export programs)
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from guildhall.channels.port import MediaKind
from guildhall.channels.text import clean, one_line

LONGEST_TEXT = 20_000
LONGEST_NAME = 64
_DATE = r"(?P<y>20\d\d)\s*(?:[-/.]|年)\s*(?P<m>\d{1,2})\s*(?:[-/.]|月)\s*(?P<d>\d{1,2})\s*日?"
_HALF = r"上午|下午|凌晨|早上|中午|晚上|AM|PM|am|pm"
_TIME = (
    rf"(?:(?P<before>{_HALF})\s*)?(?P<h>\d{{1,2}}):(?P<mi>\d{{2}})(?::(?P<s>\d{{2}}))?"
    rf"(?:\s*(?P<after>{_HALF}))?"
)
_WHEN = rf"{_DATE}(?:\s*(?:星期|周)[一二三四五六日天])?[ ,，T\t]*{_TIME}"
_NAME = r"(?P<name>\S(?:.{0,120}?\S)?)"
_SHAPES: dict[str, re.Pattern[str]] = {
    "day": re.compile(rf"{_NAME}[ \t\u00a0]{{2,}}{_TIME}\s*(?P<words>)"),
    "squares": re.compile(rf"\[{_WHEN}\]\s*{_NAME}\s*[:：]\s*(?P<words>.*)"),
    "bracket": re.compile(rf"{_NAME}\s*[(（]{_WHEN}[)）]\s*(?:[:：]\s*(?P<words>.*))?"),
    "time_name": re.compile(rf"{_WHEN}\s+{_NAME}\s*(?P<words>)"),
    "name_time": re.compile(rf"{_NAME}[:：]?\s+{_WHEN}\s*(?P<words>)"),
}
_DAY_LINE = re.compile(rf"[—─–\-=\s]{{2,}}{_DATE}(?:\s*(?:星期|周)[一二三四五六日天])?[—─–\-=\s]*")
_WXID = re.compile(r"\s*[(（<](?:wxid_[\w-]+|[\w.-]+@chatroom|[\w-]{5,30})[)）>]$")
_JOINED = (
    re.compile(r'"?(?P<by>[^"]{1,80}?)"?邀请"?(?P<who>[^"]{1,200}?)"?加入了?群聊'),
    re.compile(r'"?(?P<who>[^"]{1,80}?)"?通过扫描.{0,90}二维码加入了?群聊'),
    re.compile(r'"?(?P<by>[^"]{1,80}?)"? invited "?(?P<who>[^"]{1,200}?)"? to the group chat\.?', re.I),
    re.compile(r'"?(?P<who>[^"]{1,80}?)"? joined (?:the )?group chat via .{0,90}', re.I),
)
_NOTICE = re.compile(
    r".{0,90}(?:撤回了?一条消息|修改群名为.{0,90}|拍了拍.{0,90}|移出了?群聊|已成为新群主)|"
    r".{0,90}(?: recalled a message| changed the group name to .{0,90}| was removed from the group chat)\.?",
    re.I,
)
_MEDIA = {
    "图片": MediaKind.PHOTO, "照片": MediaKind.PHOTO, "photo": MediaKind.PHOTO, "image": MediaKind.PHOTO,
    "视频": MediaKind.VIDEO, "video": MediaKind.VIDEO, "语音": MediaKind.VOICE, "voice": MediaKind.VOICE,
    "voice message": MediaKind.VOICE, "audio": MediaKind.VOICE, "文件": MediaKind.DOCUMENT,
    "file": MediaKind.DOCUMENT, "表情": MediaKind.STICKER, "动画表情": MediaKind.STICKER,
    "sticker": MediaKind.STICKER, "位置": MediaKind.LOCATION, "location": MediaKind.LOCATION,
    "名片": MediaKind.CONTACT, "个人名片": MediaKind.CONTACT, "contact card": MediaKind.CONTACT,
    "链接": MediaKind.CARD, "link": MediaKind.CARD, "小程序": MediaKind.CARD, "mini program": MediaKind.CARD,
    "红包": MediaKind.OTHER, "转账": MediaKind.OTHER, "聊天记录": MediaKind.CARD,
}  # fmt: skip
_MARK = re.compile(r"[\[【](?P<kind>[^\]】:：()（）]{1,20})(?:[:：(（](?P<name>[^\]】]{0,200}))?[\]】]")
_FEW = 5
"""So many strays are believed whatever the share."""
_LATE, _NOON = {"下午", "晚上", "pm"}, {"中午"}


@dataclass(frozen=True, slots=True)
class Said:
    """One thing of the chat. `what`: message or join (then `name` came); `key` is the same for the same
    thing in another export of it. `media` is the kind and name of what was attached, if the text says so.
    """

    what: str
    at: datetime
    name: str
    text: str
    key: str
    media: tuple[MediaKind, str] | None = None


@dataclass(frozen=True, slots=True)
class Chat:
    """A whole text. `shape` is '' when no head of a message was found; `notices` are lines WeChat itself
    wrote; `before` counts the lines before the first message.
    """

    shape: str
    said: tuple[Said, ...]
    notices: int = 0
    before: int = 0


@dataclass(slots=True)
class _Head:
    line: int
    at: datetime
    name: str
    words: str


def read(text: str, zone: str) -> Chat:
    """The chat in a text; its times are wall clock of `zone` (IANA)."""
    lines = clean(text).replace("\u2005", " ").splitlines()
    found = {shape: list(_heads(lines, shape, ZoneInfo(zone))) for shape in _SHAPES}
    shape = max(found, key=lambda one: len(found[one]))
    heads = _without_strays(found[shape])
    if not heads:
        return Chat("", ())
    seen: Counter[tuple[datetime, str, str]] = Counter()
    said: list[Said] = []
    notices = 0
    for n, head in enumerate(heads):
        end = heads[n + 1].line if n + 1 < len(heads) else len(lines)
        words, came, told = _body([head.words, *lines[head.line + 1 : end]])
        notices += told
        if words:
            said.append(_message(head, words, seen))
        said += [_join(head.at, name, seen) for name in came]
    return Chat(shape, tuple(said), notices, heads[0].line)


def _heads(lines: list[str], shape: str, zone: ZoneInfo) -> Iterator[_Head]:
    pattern, day = _SHAPES[shape], None
    for number, line in enumerate(lines):
        stripped = line.strip()
        if len(stripped) > 400 or not stripped:
            continue
        if shape == "day":
            told = _DAY_LINE.fullmatch(stripped)
            if told is not None:
                day = _date(told)
                continue
            if day is None:
                continue
        match = pattern.fullmatch(stripped)
        if match is None:
            continue
        on = day if shape == "day" else _date(match)
        at = _moment(on, match, zone) if on is not None else None
        name = one_line(_WXID.sub("", match["name"]).strip('"“”: ：'), LONGEST_NAME)
        if at is not None and name and not _is_marks(name):
            yield _Head(number, at, name, match["words"] or "")


def _is_marks(name: str) -> bool:
    return not any(char.isalnum() or ord(char) > 0x2000 for char in name)


def _date(match: re.Match[str]) -> date | None:
    try:
        return date(int(match["y"]), int(match["m"]), int(match["d"]))
    except ValueError:
        return None


def _moment(day: date, match: re.Match[str], zone: ZoneInfo) -> datetime | None:
    hour, half = int(match["h"]), (match["before"] or match["after"] or "").lower()
    if half in _LATE and hour < 12 or half in _NOON and hour < 3:
        hour += 12
    elif half in ("am", "上午", "凌晨") and hour == 12:
        hour = 0
    try:
        wall = datetime.combine(day, time(hour, int(match["mi"]), int(match["s"] or 0)), zone)
        return wall.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _without_strays(heads: list[_Head]) -> list[_Head]:
    """Heads without those that stand out of time: somebody wrote a date into their words.

    The longest course of times that never go back is taken for the chat. Where that would drop many, the
    text is several chats behind each other, and all heads count.
    """
    if not heads:
        return []
    start = heads[0].at
    ends: list[datetime] = []
    last: list[int] = []
    before: dict[int, int] = {}
    for n, head in enumerate(heads):
        if head.at < start:
            continue
        at = bisect_right(ends, head.at)
        ends[at : at + 1], last[at : at + 1] = [head.at], [n]
        if at:
            before[n] = last[at - 1]
    kept, n = [], last[-1]
    while True:
        kept.append(n)
        if n not in before:
            break
        n = before[n]
    dropped = len(heads) - len(kept)
    if dropped > _FEW and dropped * 5 > len(heads):
        return heads
    return [heads[n] for n in reversed(kept)]


def _body(lines: list[str]) -> tuple[str, list[str], int]:
    """What was said under a head, who came meanwhile, and how many lines WeChat itself wrote."""
    words: list[str] = []
    came: list[str] = []
    notices = 0
    for line in lines:
        stripped = line.strip()
        joined = next((match for each in _JOINED if (match := each.fullmatch(stripped))), None)
        if joined is not None:
            came += [one_line(name, LONGEST_NAME) for name in re.split(r"[、,，]\s*", joined["who"])]
        elif _NOTICE.fullmatch(stripped) is not None:
            notices += 1
        elif _DAY_LINE.fullmatch(stripped) is None:
            words.append(line.rstrip())
    text = "\n".join(words).strip("\n")
    return text.strip()[:LONGEST_TEXT], [name for name in came if name], notices


def _message(head: _Head, text: str, seen: Counter[tuple[datetime, str, str]]) -> Said:
    mark = _MARK.match(text)
    kind = _MEDIA.get(mark["kind"].strip().lower()) if mark is not None else None
    media = (kind, one_line(mark["name"] or "", 200)) if mark is not None and kind is not None else None
    return Said("message", head.at, head.name, text, _key(head.at, head.name, text, seen), media)


def _join(at: datetime, name: str, seen: Counter[tuple[datetime, str, str]]) -> Said:
    return Said("join", at, name, "", _key(at, name, "\x00join", seen))


def _key(at: datetime, name: str, text: str, seen: Counter[tuple[datetime, str, str]]) -> str:
    """The same for the same words of the same person in the same minute, one after the other: exports with
    and without seconds agree.
    """
    minute = at.replace(second=0)
    number = seen[minute, name, text]
    seen[minute, name, text] += 1
    said = "\x1f".join((minute.isoformat(), name, " ".join(text.split()), str(number)))
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:24]
