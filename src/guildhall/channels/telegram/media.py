"""Describes what is attached to a Telegram message: files, polls, contacts, places, games, checklists.

Pure, and never a reason to refuse a message: an attachment that cannot be read is still one. What an
attachment says in words is in `Media.text`, so that it is judged with the message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from guildhall.channels.links import scan
from guildhall.channels.parsing import LONGEST_TEXT
from guildhall.channels.port import Link, Media, MediaKind, PollState
from guildhall.channels.telegram.reading import Json, count, items, line, maybe_inner, objects, word
from guildhall.channels.text import clean

_SHADOWED = {"document": "animation", "location": "venue", "photo": "live_photo"}
"""For old bots Telegram sends the left one along with the right one; it is the same attachment."""


def attached(message: Json) -> tuple[Media, ...]:
    """Everything attached, in a fixed order."""
    found: list[Media] = []
    for field, read in READERS.items():
        if field in message and message.get(_SHADOWED.get(field, "")) is None:
            found.extend(read(message[field]))
    return tuple(found)


def links_in(media: tuple[Media, ...]) -> Iterator[Link]:
    """Links in the words of attachments; they have no place in the message's text."""
    for one in media:
        for link in scan(one.text) if one.text else ():
            yield Link(link.url, link.text, link.kind)


def _lines(*parts: str) -> str:
    return clean("\n".join(part for part in parts if part)[:LONGEST_TEXT])


def _all(of: list[Json], field: str = "text") -> str:
    return "\n".join(word(one, field) for one in of)


def _file(kind: MediaKind, *says: str) -> Callable[[Any], list[Media]]:
    """A reader of files; `says` are the fields that are words."""

    def read(raw: Any) -> list[Media]:
        of: Json = raw if type(raw) is dict else {}
        side = count(of, "length")
        return [
            Media(
                kind,
                line(of, "file_name") or line(of, "set_name"),
                count(of, "file_size"),
                line(of, "mime_type", 100),
                count(of, "width") or side,
                count(of, "height") or side,
                line(of, "file_unique_id", 190),
                count(of, "duration"),
                _lines(*(word(of, field) for field in says)),
                line(of, "file_id", 255),
            )
        ]

    return read


def _photo(raw: Any) -> list[Media]:
    sizes = [size for size in raw if type(size) is dict] if type(raw) is list else []
    largest = max(sizes, key=lambda size: count(size, "width") * count(size, "height"), default={})
    return _file(MediaKind.PHOTO)(largest)


def _worded(
    kind: MediaKind, name: Callable[[Json], str], says: Callable[[Json], tuple[str, ...]]
) -> Callable[[Any], list[Media]]:
    """A reader of attachments that are no files."""

    def read(raw: Any) -> list[Media]:
        of: Json = raw if type(raw) is dict else {}
        return [Media(kind, name(of), text=_lines(*says(of)))]

    return read


def _contact_name(of: Json) -> str:
    return " ".join(part for part in (line(of, "first_name"), line(of, "last_name")) if part)


def _story(raw: Any) -> list[Media]:
    of: Json = raw if type(raw) is dict else {}
    chat = maybe_inner(of, "chat")
    place = f"{chat.get('id', '')}/{of.get('id', '')}"[:190]
    return [Media(MediaKind.STORY, line(chat, "title") or line(chat, "first_name"), hash=clean(place))]


def _paid(raw: Any) -> list[Media]:
    of: Json = raw if type(raw) is dict else {}
    found = [media for one in objects(of, "paid_media") for media in attached(one)]
    return found or [Media(MediaKind.OTHER, "paid_media")]


def _poll_words(of: Json) -> tuple[str, ...]:
    links = [
        word(maybe_inner(maybe_inner(option, "media"), "link"), "url") for option in objects(of, "options")
    ]
    return (
        word(of, "question"), _all(objects(of, "options")), word(of, "description"), word(of, "explanation"),
        *links,
    )  # fmt: skip


def _giveaway_words(of: Json) -> tuple[str, ...]:
    return (
        word(of, "prize_description"), _all(objects(of, "chats"), "title"),
        word(maybe_inner(of, "chat"), "title"),
    )  # fmt: skip


READERS: dict[str, Callable[[Any], list[Media]]] = {
    "animation": _file(MediaKind.ANIMATION),
    "audio": _file(MediaKind.AUDIO, "performer", "title"),
    "document": _file(MediaKind.DOCUMENT),
    "live_photo": _file(MediaKind.PHOTO),
    "photo": _photo,
    "sticker": _file(MediaKind.STICKER, "emoji"),
    "story": _story,
    "video": _file(MediaKind.VIDEO),
    "video_note": _file(MediaKind.VIDEO_NOTE),
    "voice": _file(MediaKind.VOICE),
    "paid_media": _paid,
    "contact": _worded(
        MediaKind.CONTACT, _contact_name, lambda of: (_contact_name(of), word(of, "phone_number"))
    ),
    "dice": _worded(MediaKind.DICE, lambda of: str(count(of, "value")), lambda of: (word(of, "emoji"),)),
    "game": _worded(
        MediaKind.GAME,
        lambda of: line(of, "title"),
        lambda of: (word(of, "title"), word(of, "description"), word(of, "text")),
    ),
    "invoice": _worded(
        MediaKind.INVOICE,
        lambda of: line(of, "title"),
        lambda of: (word(of, "title"), word(of, "description")),
    ),
    "poll": _worded(MediaKind.POLL, lambda of: "", _poll_words),
    "poll_option_added": _worded(MediaKind.POLL, lambda of: "", lambda of: (word(of, "option_text"),)),
    "venue": _worded(
        MediaKind.LOCATION,
        lambda of: line(of, "title"),
        lambda of: (word(of, "title"), word(of, "address")),
    ),
    "location": _worded(MediaKind.LOCATION, lambda of: "", lambda of: ()),
    "giveaway": _worded(MediaKind.GIVEAWAY, lambda of: "", _giveaway_words),
    "giveaway_winners": _worded(MediaKind.GIVEAWAY, lambda of: "", _giveaway_words),
    "checklist": _worded(
        MediaKind.OTHER,
        lambda of: "checklist",
        lambda of: (word(of, "title"), _all(objects(of, "tasks"))),
    ),
    "checklist_tasks_added": _worded(
        MediaKind.OTHER, lambda of: "checklist", lambda of: (_all(objects(of, "tasks")),)
    ),
}
"""By the field of the message. Options added to a poll and tasks added to a checklist are words of their
author like others.
"""
FIELDS = frozenset(READERS)


def poll_state(of: Json) -> PollState:
    """A poll as it stands; options nobody voted for count 0."""
    return PollState(
        line(of, "id", 190),
        clean(word(of, "question")),
        tuple((clean(word(one, "text")), count(one, "voter_count")) for one in objects(of, "options")),
        of.get("is_closed") is True,
    )


def chosen(answer: Json) -> tuple[int, ...]:
    """Which options a vote names, by position."""
    return tuple(one for one in items(answer, "option_ids") if type(one) is int and 0 <= one < 1000)
