"""Reads one message of a chat history that Telegram Desktop exported, and the head of its chat.

Pure. Source of the format: core.telegram.org/import-export and the behaviour of Telegram Desktop's exporter:
`text` as a string or a list of strings and marked parts; `from_id` as user…, chat… or channel…; times as
`date_unixtime` (exports before 2021 only have `date`, in the exporter's own zone: taken as UTC and told of);
control characters written as \\xHH, which is no JSON and is mended here. Messages from before a group became
a supergroup have negative ids. Not verified against a file: reactions and paid media of the newest versions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from guildhall.channels import links
from guildhall.channels.port import Entity, EntityKind, Link, LinkKind, Media, MediaKind
from guildhall.core.errors import BadInput
from guildhall.core.text import Text
from guildhall.intake.importing import values

LONGEST_TEXT = 20_000
_CONTROL = re.compile(rb"(?<!\\)((?:\\\\)*)\\x([0-9A-Fa-f]{2})")
_PEER = re.compile(r"(user|chat|channel)(\d{1,19})")
_ENTITIES = {
    "mention": EntityKind.MENTION, "mention_name": EntityKind.TEXT_MENTION, "hashtag": EntityKind.HASHTAG,
    "cashtag": EntityKind.CASHTAG, "bot_command": EntityKind.COMMAND, "link": EntityKind.URL,
    "text_link": EntityKind.TEXT_LINK, "email": EntityKind.EMAIL, "phone": EntityKind.PHONE,
    "bold": EntityKind.BOLD, "italic": EntityKind.ITALIC, "underline": EntityKind.UNDERLINE,
    "strikethrough": EntityKind.STRIKE, "spoiler": EntityKind.SPOILER, "code": EntityKind.CODE,
    "pre": EntityKind.PRE, "blockquote": EntityKind.QUOTE, "custom_emoji": EntityKind.CUSTOM_EMOJI,
}  # fmt: skip
_MEDIA = {
    "sticker": MediaKind.STICKER, "video_message": MediaKind.VIDEO_NOTE, "voice_message": MediaKind.VOICE,
    "animation": MediaKind.ANIMATION, "video_file": MediaKind.VIDEO, "audio_file": MediaKind.AUDIO,
}  # fmt: skip
_JOINS = frozenset({"join_group_by_link", "join_group_by_request"})
CHANNELS = ("private_supergroup", "public_supergroup", "private_channel", "public_channel")
_LONGEST_SECONDS = 4_102_444_800


@dataclass(frozen=True, slots=True)
class Chat:
    """The head of one exported chat. `external_id` is its id as a bot writes it, or '' when it has none."""

    name: str
    type: str
    external_id: str

    @property
    def has_global_ids(self) -> bool:
        """Whether message ids are the same for everybody: in supergroups and channels only."""
        return self.type in CHANNELS


@dataclass(frozen=True, slots=True)
class Past:
    """One thing of the past. `what`: message, join, leave, topic (then `text` is its title) or other.

    `number` is Telegram's id, negative before a migration; `sender` the id as a bot writes it or '';
    `is_zoneless` when the time came without a zone.
    """

    what: str
    number: int
    sent_at: datetime
    sender: str = ""
    sender_name: str = ""
    text: str = ""
    entities: tuple[Entity, ...] = ()
    links: tuple[Link, ...] = ()
    media: tuple[Media, ...] = ()
    reply_to: int = 0
    forwarded_from: str = ""
    edited_at: datetime | None = None
    via_bot: str = ""
    is_zoneless: bool = False
    key: str = ""
    """The platform id it gets, where the source has no numbers of its own."""


def chat_of(head: bytes) -> Chat:
    """The chat that an export's object begins with; empty when it says nothing."""
    said = _loaded(head) if head else {}
    if not isinstance(said, dict):
        said = {}
    kind, number = str(said.get("type") or ""), said.get("id")
    external = ""
    if isinstance(number, int) and not isinstance(number, bool) and number > 0:
        if kind in CHANNELS:
            external = f"-100{number}"
        else:
            external = f"-{number}" if kind == "private_group" else str(number)
    return Chat(values.one_line(said.get("name"), 255), kind[:40], external)


def read(raw: bytes) -> Past:
    """One message or service message. Raises BadInput naming the field that cannot be read."""
    said = _loaded(raw)
    if not isinstance(said, dict):
        raise _bad("", "is no JSON object", "不是 JSON 对象")
    number = said.get("id")
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < abs(number) < 1 << 53:
        raise _bad("id", "is missing or no number", "缺失或不是数字")
    kind = said.get("type")
    if kind == "unsupported":
        raise _bad("type", "Telegram Desktop could not export it", "Telegram 桌面版未能导出此消息")
    if kind not in ("message", "service"):
        raise _bad("type", "is unknown", "类型未知")
    sent_at, zoneless = _time(said, "date")
    if sent_at is None:
        raise _bad("date", "is missing or no time", "缺失或不是有效时间")
    if kind == "service":
        return _service(said, number, sent_at, zoneless)
    text, entities, given = _text(said)
    forwarded = said.get("forwarded_from", "")
    return Past(
        "message",
        number,
        sent_at,
        _peer(said.get("from_id")),
        values.one_line(said.get("from"), 255),
        text,
        entities,
        links.extract(text, given) if text else (),
        _media(said),
        _number(said.get("reply_to_message_id")) if "reply_to_peer_id" not in said else 0,
        "?" if forwarded is None else values.one_line(forwarded, 255),
        _time(said, "edited")[0],
        values.one_line(said.get("via_bot"), 190).lstrip("@"),
        zoneless,
    )


def _loaded(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if b"\\x" not in raw:
            return None
    try:
        return orjson.loads(_CONTROL.sub(rb"\1\\u00\2", raw))
    except orjson.JSONDecodeError:
        return None


def _bad(field: str, en: str, zh: str) -> BadInput:
    return BadInput(Text(f"{field or 'the message'}: {en}", f"{field or '消息'}：{zh}"), field=field)


def _service(said: dict[str, Any], number: int, sent_at: datetime, zoneless: bool) -> Past:
    action, members = str(said.get("action") or ""), said.get("members")
    name = values.one_line(said.get("actor"), 255)
    alone = isinstance(members, list) and members == [said.get("actor")]
    what, text = "other", ""
    if action in _JOINS or (action == "invite_members" and alone):
        what = "join"
    elif action == "remove_members" and alone:
        what = "leave"
    elif action == "topic_created":
        what, text = "topic", values.one_line(said.get("title"), 255)
    return Past(what, number, sent_at, _peer(said.get("actor_id")), name, text, is_zoneless=zoneless)


def _peer(given: object) -> str:
    """An id as a bot writes it: users plainly, groups with a minus, channels with -100 before."""
    match = _PEER.fullmatch(given) if isinstance(given, str) else None
    if match is None:
        return str(given) if isinstance(given, int) and not isinstance(given, bool) and given > 0 else ""
    return {"user": "", "chat": "-", "channel": "-100"}[match[1]] + match[2]


def _number(given: object) -> int:
    return given if isinstance(given, int) and not isinstance(given, bool) else 0


def _time(said: dict[str, Any], name: str) -> tuple[datetime | None, bool]:
    """A time, and whether it came without a zone."""
    counted = said.get(f"{name}_unixtime")
    try:
        if counted is not None:
            seconds = int(counted)
            return (
                (datetime.fromtimestamp(seconds, UTC), False)
                if 0 < seconds < _LONGEST_SECONDS
                else (None, False)
            )
        written = said.get(name)
        if isinstance(written, str):
            return values.moment(written), True
    except (ValueError, TypeError, OverflowError):
        pass
    return None, False


def _text(said: dict[str, Any]) -> tuple[str, tuple[Entity, ...], list[Link]]:
    """The words with their marked stretches and the links that stand behind words."""
    given = said.get("text", "")
    if isinstance(given, str):
        return given.replace("\x00", "")[:LONGEST_TEXT], (), []
    parts: list[str] = []
    entities: list[Entity] = []
    behind: list[Link] = []
    at = 0
    for part in given if isinstance(given, list) else ():
        if isinstance(part, str):
            words = part.replace("\x00", "")
        elif isinstance(part, dict) and isinstance(part.get("text"), str):
            words = part["text"].replace("\x00", "")
            kind = _ENTITIES.get(str(part.get("type")))
            if words and kind is not None:
                url = (
                    str(part.get("href") or "")[:2048].replace("\x00", "")
                    if kind is EntityKind.TEXT_LINK
                    else ""
                )
                account = str(part.get("user_id") or "")[:40] if kind is EntityKind.TEXT_MENTION else ""
                entities.append(Entity(kind, at, len(words), url, account))
                if url:
                    behind.append(Link(url, words, LinkKind.TEXT_LINK, at, at + len(words)))
        else:
            continue
        parts.append(words)
        at += len(words)
        if at > LONGEST_TEXT:
            break
    text = "".join(parts)[:LONGEST_TEXT]
    return text, tuple(one for one in entities if one.offset + one.length <= len(text)), behind


def _media(said: dict[str, Any]) -> tuple[Media, ...]:
    """What was attached, described: files themselves are never imported."""
    width, height = max(0, _number(said.get("width"))), max(0, _number(said.get("height")))
    if "photo" in said:
        return (Media(MediaKind.PHOTO, "", _number(said.get("photo_file_size")), "", width, height),)
    if "file" in said or "media_type" in said:
        kind = _MEDIA.get(str(said.get("media_type") or ""), MediaKind.DOCUMENT)
        path = str(said.get("file") or "")
        name = said.get("file_name") or ("" if path.startswith("(") else path.rpartition("/")[2])
        return (
            Media(
                kind,
                values.one_line(name, 255),
                _number(said.get("file_size")),
                values.one_line(said.get("mime_type"), 100),
                width,
                height,
                duration=_number(said.get("duration_seconds")),
                text=values.one_line(said.get("sticker_emoji") or said.get("title"), 255),
            ),
        )
    return _rare_media(said)


def _rare_media(said: dict[str, Any]) -> tuple[Media, ...]:
    contact, poll = said.get("contact_information"), said.get("poll")
    if isinstance(contact, dict):
        name = f"{contact.get('first_name') or ''} {contact.get('last_name') or ''}"
        return (Media(MediaKind.CONTACT, text=values.one_line(name, 255)),)
    if isinstance(poll, dict):
        return (Media(MediaKind.POLL, text=values.one_line(poll.get("question"), 500)),)
    if "location_information" in said:
        return (Media(MediaKind.LOCATION, text=values.one_line(said.get("place_name"), 255)),)
    for key, kind in (
        ("game_title", MediaKind.GAME), ("invoice_information", MediaKind.INVOICE),
        ("giveaway_information", MediaKind.GIVEAWAY), ("dice", MediaKind.DICE),
    ):  # fmt: skip
        if key in said:
            title = said[key] if isinstance(said[key], str) else ""
            return (Media(kind, text=values.one_line(title, 255)),)
    return ()
