"""Kinds of content that a policy may forbid (`forbid:`): forwards, stickers, links, walls of emoji, scripts.

Part of the family WORD: what speaks is the house's own rule, not evidence of a scam. Each kind has a number
of its own, so that its weight can be set and its verdicts counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from guildhall.core.text import Text
from guildhall.guard.rules.evidence import Evidence, Rule, by_id, reason
from guildhall.guard.types import Forbidden, Measure, Reason, Span

MEDIA: Mapping[str, Text] = {
    "photo": Text("pictures", "图片"),
    "video": Text("videos", "视频"),
    "animation": Text("animations", "动图"),
    "audio": Text("music files", "音频文件"),
    "voice": Text("voice messages", "语音消息"),
    "video_note": Text("round videos", "视频留言"),
    "document": Text("files", "文件"),
    "sticker": Text("stickers", "贴纸"),
    "contact": Text("contacts", "联系人名片"),
    "location": Text("places", "位置"),
    "poll": Text("polls", "投票"),
    "story": Text("stories", "动态"),
    "dice": Text("dice", "骰子"),
    "game": Text("games", "游戏"),
    "invoice": Text("invoices", "账单"),
    "giveaway": Text("giveaways", "抽奖"),
    "card": Text("cards", "卡片"),
}
"""Kinds of attachments, as channels name them."""

SCRIPTS: Mapping[str, str] = {
    "arabic": "\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff",
    "armenian": "\u0530-\u058f",
    "bengali": "\u0980-\u09ff",
    "chinese": "\u3400-\u9fff\U00020000-\U0003ffff",
    "cyrillic": "\u0400-\u052f",
    "devanagari": "\u0900-\u097f",
    "georgian": "\u10a0-\u10ff",
    "greek": "\u0370-\u03ff",
    "hebrew": "\u0590-\u05ff",
    "japanese": "\u3040-\u30ff",
    "korean": "\uac00-\ud7af\u1100-\u11ff",
    "latin": "A-Za-z\u00c0-\u024f",
    "tamil": "\u0b80-\u0bff",
    "thai": "\u0e00-\u0e7f",
}
"""Scripts that may be forbidden, as ranges of a character class."""

OVER: Mapping[str, int] = {"long": 2_000, "emoji": 10, "mentions": 5, "lines": 30}
"""Kinds with a limit, and the limit where the policy sets none."""

_SAID: tuple[tuple[str, int, str, str], ...] = (
    ("links", 10, "Links have no place here: {domain}.", "此处不允许发送链接：{domain}。"),
    ("invites", 11, "Invitations to other groups have no place here.", "此处不允许发送其他群组的邀请。"),
    ("forwards", 12, "Forwarded messages have no place here.", "此处不允许转发消息。"),
    ("media", 13, "Attachments have no place here: {media}.", "此处不允许发送附件：{media}。"),
    ("bots", 14, "Other bots have no place here.", "此处不允许其他机器人发言。"),
    (
        "via_bots",
        15,
        "Messages written by way of a bot have no place here.",
        "此处不允许通过机器人发送消息。",
    ),
    ("channels", 16, "Nobody may write here under a channel's name.", "此处不允许以频道身份发言。"),
    ("buttons", 17, "Messages with buttons have no place here.", "此处不允许发送带按钮的消息。"),
    ("long", 18, "Longer than {over} characters.", "超过 {over} 个字符。"),
    ("lines", 19, "More than {over} lines.", "超过 {over} 行。"),
    ("caps", 20, "Written in capitals nearly throughout.", "几乎全部为大写字母。"),
    ("emoji", 21, "More than {over} emoji.", "表情符号超过 {over} 个。"),
    ("mentions", 22, "More than {over} people are named.", "提及超过 {over} 人。"),
    (
        "scripts",
        23,
        "Written in a script that has no place here: {script}.",
        "使用了此处不允许的文字：{script}。",
    ),
    ("commands", 24, "Commands for bots have no place here.", "此处不允许发送机器人命令。"),
    ("emails", 25, "Addresses of e-mail have no place here.", "此处不允许发送邮箱地址。"),
    ("phones", 26, "Telephone numbers have no place here.", "此处不允许发送电话号码。"),
)
KINDS: tuple[str, ...] = (*(kind for kind, *_ in _SAID), *MEDIA)
_IDS = {kind: f"WORD-{number}" for kind, number, *_ in _SAID}
RULES = by_id(
    *(
        Rule(f"WORD-{number}", 400, Text(en, zh), "kinds of content the policy forbids")
        for _kind, number, en, zh in _SAID
    )
)

_EMOJI = re.compile("[\u203c\u2049\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_MENTION = re.compile(r"(?<!\w)@\w{3,40}")
_EMAIL = re.compile(r"(?<![\w.])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_PHONE = re.compile(r"(?<![\w+])\+?\d(?:[ ().-]?\d){9,14}(?!\w)")
_COMMAND = re.compile(r"[/!][A-Za-z]\w{0,40}(?:@\w+)?(?:\s|$)")
_SCRIPT = {name: re.compile(f"[{chars}]+") for name, chars in SCRIPTS.items()}
_LEAST_OF_SCRIPT = 3
_LEAST_CAPS = 15
_SHOUTED = 0.8
_HEAD = 16_000

Hit = tuple[tuple[Span, ...], dict[str, str]]


def find(evidence: Evidence) -> list[Reason]:
    """What the policy forbids and this message has."""
    out = []
    limits = evidence.policy.thresholds
    for item in evidence.policy.forbid:
        if item.newcomers and not evidence.is_newcomer:
            continue
        hit = _looked_for(item, evidence)
        if hit is None:
            continue
        spans, said = hit
        weight = item.weight
        if weight is None:
            weight = min(limits.delete if item.action is Measure.DELETE else limits.review, 1000)
        rule = RULES[_IDS.get(item.kind, "WORD-13")]
        out.append(reason(rule, spans, weight=weight, **said))
    return out


def _looked_for(item: Forbidden, evidence: Evidence) -> Hit | None:
    look = _LOOKS.get(item.kind)
    if look is not None:
        return look(item, evidence)
    media = evidence.subject.media
    if item.kind == "media":
        return ((), {"media": media[0]}) if media else None
    return ((), {"media": item.kind}) if item.kind in media else None


def _links(item: Forbidden, evidence: Evidence) -> Hit | None:
    found = [link for link in evidence.open_links if not link.is_invite and not link.shape_only]
    return (found[0].spans, {"domain": found[0].domain or found[0].host}) if found else None


def _invites(item: Forbidden, evidence: Evidence) -> Hit | None:
    found = [link for link in evidence.open_links if link.is_invite]
    return (found[0].spans, {}) if found else None


def _buttons(item: Forbidden, evidence: Evidence) -> Hit | None:
    return ((), {}) if any(link.kind == "button" for link in evidence.subject.links) else None


def _long(item: Forbidden, evidence: Evidence) -> Hit | None:
    over = item.over or OVER["long"]
    return ((), {"over": str(over)}) if len(evidence.subject.text) > over else None


def _lines(item: Forbidden, evidence: Evidence) -> Hit | None:
    over = item.over or OVER["lines"]
    return ((), {"over": str(over)}) if evidence.subject.text.count("\n") >= over else None


def _caps(item: Forbidden, evidence: Evidence) -> Hit | None:
    letters = [char for char in evidence.subject.text[:_HEAD] if char.isupper() or char.islower()]
    shouted = sum(map(str.isupper, letters))
    return ((), {}) if len(letters) >= _LEAST_CAPS and shouted >= _SHOUTED * len(letters) else None


def _emoji(item: Forbidden, evidence: Evidence) -> Hit | None:
    return _many(_EMOJI, item.over or OVER["emoji"], evidence)


def _mentions(item: Forbidden, evidence: Evidence) -> Hit | None:
    return _many(_MENTION, item.over or OVER["mentions"], evidence)


def _scripts(item: Forbidden, evidence: Evidence) -> Hit | None:
    text = evidence.subject.text[:_HEAD]
    for script in item.scripts:
        runs = [match.span() for match in _SCRIPT[script].finditer(text)]
        if sum(end - start for start, end in runs) >= _LEAST_OF_SCRIPT:
            return (tuple(runs[:5]), {"script": script})
    return None


def _many(pattern: re.Pattern[str], over: int, evidence: Evidence) -> Hit | None:
    spans = [match.span() for match in pattern.finditer(evidence.subject.text[:_HEAD])]
    return (tuple(spans[:5]), {"over": str(over)}) if len(spans) > over else None


def _written(pattern: re.Pattern[str]) -> Callable[[Forbidden, Evidence], Hit | None]:
    def look(item: Forbidden, evidence: Evidence) -> Hit | None:
        match = pattern.search(evidence.subject.text[:_HEAD])
        return ((match.span(),), {}) if match else None

    return look


def _command(item: Forbidden, evidence: Evidence) -> Hit | None:
    match = _COMMAND.match(evidence.subject.text)
    return ((match.span(),), {}) if match else None


def _is(name: str) -> Callable[[Forbidden, Evidence], Hit | None]:
    def look(item: Forbidden, evidence: Evidence) -> Hit | None:
        return ((), {}) if getattr(evidence.subject, name) else None

    return look


_LOOKS: Mapping[str, Callable[[Forbidden, Evidence], Hit | None]] = {
    "links": _links,
    "invites": _invites,
    "forwards": _is("is_forward"),
    "bots": _is("sender_is_bot"),
    "via_bots": _is("is_via_bot"),
    "channels": _is("sender_is_channel"),
    "buttons": _buttons,
    "long": _long,
    "lines": _lines,
    "caps": _caps,
    "emoji": _emoji,
    "mentions": _mentions,
    "scripts": _scripts,
    "commands": _command,
    "emails": _written(_EMAIL),
    "phones": _written(_PHONE),
}
