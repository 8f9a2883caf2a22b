"""What hangs on a Discord message: files, embeds, stickers, polls, and components with their words and links.

Pure. The address of a file is signed anew at every delivery; what is kept is the address without the
signature, so that the same message read twice is the same, and whoever fetches it has it signed again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from guildhall.channels.discord.reading import (
    Json,
    count,
    inner,
    items,
    line,
    maybe_id,
    number,
    objects,
    word,
    words,
)
from guildhall.channels.links import extract
from guildhall.channels.port import Link, LinkKind, Media, MediaKind, PollState
from guildhall.channels.text import clean

_MOST = 50
"""Files, embeds or components of one message that are read; Discord sends at most 40 of the last."""
_DEEPEST = 8
_LONGEST_URL = 4096
_TEXT, _BUTTON, _SELECTS, _MEDIA = 10, 2, frozenset({3, 5, 6, 7, 8}), frozenset({11, 13})
_STICKERS = {1: "png", 2: "png", 4: "gif"}
"""Formats of stickers that are pictures (3 is a drawing in JSON), by Discord's number: the ending."""
_UNFURLED = frozenset({"link", "article", "image", "video", "gifv", "auto_moderation_message", "poll_result"})
"""Embeds that Discord made itself of what a link leads to, or of its own news."""


def attached(message: Json, *, is_voice: bool = False) -> tuple[Media, ...]:
    """Everything a message shows beside its text, but for components."""
    found = [_file(one, is_voice=is_voice) for one in objects(message, "attachments")[:_MOST]]
    found += [_sticker(one) for one in objects(message, "sticker_items")[:_MOST]]
    found += [card for one in _written(message) if (card := _card(one)) is not None]
    if poll := inner(message, "poll"):
        answers = "\n".join(text for text, _votes in _answers(poll) if text)
        question = words(inner(poll, "question"), "text")
        found.append(Media(MediaKind.POLL, text=f"{question}\n{answers}".strip()))
    return tuple(found)


def embedded_links(message: Json) -> list[Link]:
    """Links that stand in embeds: behind the title, the author, in the words."""
    found: list[Link] = []
    for one in _written(message):
        title = line(one, "title")
        for url, shown in ((word(one, "url"), title), (word(inner(one, "author"), "url"), "")):
            if "://" in url[:30]:
                url = clean(url[:_LONGEST_URL])
                found.append(Link(url, shown or url, LinkKind.TEXT_LINK))
        for link in extract(_words_of(one)):
            found.append(Link(link.url, link.text, link.kind))
    return found


def poll_state(message: Json, message_id: str) -> PollState | None:
    """The poll of a message; Discord gives it no id but that of its message."""
    poll = inner(message, "poll")
    if not poll:
        return None
    results = inner(poll, "results")
    return PollState(
        message_id,
        words(inner(poll, "question"), "text"),
        _answers(poll),
        results.get("is_finalized") is True,
    )


def in_components(message: Json) -> tuple[list[str], list[Link], list[Media]]:
    """Words, links and files that stand in components: button rows, and whole messages laid out with them."""
    texts: list[str] = []
    links: list[Link] = []
    media: list[Media] = []
    for one in _walk(items(message, "components"), 0):
        kind = number(one, "type")
        if kind == _TEXT:
            texts.append(words(one, "content"))
        elif kind == _BUTTON and (url := word(one, "url")):
            links.append(Link(clean(url[:_LONGEST_URL]), line(one, "label"), LinkKind.BUTTON))
        elif kind in _MEDIA:
            media.append(_unfurled(inner(one, "media") or inner(one, "file"), words(one, "description")))
        else:
            media += [
                _unfurled(inner(x, "media"), words(x, "description")) for x in objects(one, "items")[:_MOST]
            ]
    return [text for text in texts if text], links[:_MOST], media[:_MOST]


def submitted(components: list[Any]) -> Iterator[tuple[str, str]]:
    """Fields of a form as they were filled in: the name of each with what was written or chosen."""
    for one in _walk(components, 0):
        name = line(one, "custom_id", 100)
        if not name:
            continue
        if number(one, "type") in _SELECTS:
            yield name, "\n".join(clean(value) for value in items(one, "values") if type(value) is str)
        elif type(one.get("value")) is str:
            yield name, words(one, "value")


def is_preview(embed: Json) -> bool:
    """Whether Discord made an embed itself: it says what a page says, whose link is judged anyway."""
    return word(embed, "type") in _UNFURLED


def _written(message: Json) -> list[Json]:
    """The embeds that an app wrote."""
    return [one for one in objects(message, "embeds")[:_MOST] if not is_preview(one)]


def _walk(components: list[Any], depth: int) -> Iterator[Json]:
    for one in components[:_MOST]:
        if type(one) is not dict or depth > _DEEPEST:
            continue
        yield one
        below = [
            *items(one, "components"),
            *(x for name in ("accessory", "component") if (x := one.get(name))),
        ]
        yield from _walk(below, depth + 1)


def _file(one: Json, *, is_voice: bool) -> Media:
    mime = line(one, "content_type", 80).partition(";")[0]
    duration: object = one.get("duration_secs")
    return Media(
        _kind(mime, word(one, "filename").lower(), is_voice=is_voice),
        line(one, "filename"),
        count(one, "size"),
        mime,
        count(one, "width"),
        count(one, "height"),
        maybe_id(one, "id"),
        int(duration) if isinstance(duration, int | float) and 0 < duration < 2**31 else 0,
        text="\n".join(part for name in ("title", "description") if (part := words(one, name))),
        ref=_address(one),
    )


def _kind(mime: str, name: str, *, is_voice: bool) -> MediaKind:
    if is_voice:
        return MediaKind.VOICE
    if mime == "image/gif" or name.endswith(".gif"):
        return MediaKind.ANIMATION
    family = mime.partition("/")[0]
    return _FAMILIES.get(family, MediaKind.DOCUMENT)


_FAMILIES = {"image": MediaKind.PHOTO, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}


def _address(one: Json) -> str:
    url = word(one, "url")[:_LONGEST_URL].partition("?")[0]
    return clean(url) if url.startswith(("https://", "http://")) else ""


def _unfurled(one: Json, text: str) -> Media:
    """A file shown by a component."""
    mime = line(one, "content_type", 80)
    size, width, height = count(one, "size"), count(one, "width"), count(one, "height")
    url = _address(one)
    kind = _kind(mime, url.lower(), is_voice=False)
    return Media(kind, "", size, mime, width, height, maybe_id(one, "attachment_id"), text=text, ref=url)


def _sticker(one: Json) -> Media:
    found, ending = maybe_id(one, "id"), _STICKERS.get(number(one, "format_type"), "")
    ref = f"https://media.discordapp.net/stickers/{found}.{ending}" if found and ending else ""
    return Media(MediaKind.STICKER, line(one, "name", 100), hash=found, text=line(one, "name", 100), ref=ref)


def _card(one: Json) -> Media | None:
    """An embed as one card with all its words."""
    picture = inner(one, "image") or inner(one, "thumbnail") or inner(one, "video")
    text = _words_of(one)
    if not text and not picture:
        return None
    return Media(
        MediaKind.CARD,
        line(one, "title"),
        width=count(picture, "width"),
        height=count(picture, "height"),
        text=text,
    )


def _words_of(embed: Json) -> str:
    parts = [words(inner(embed, "author"), "name"), words(embed, "title"), words(embed, "description")]
    for field in objects(embed, "fields")[:_MOST]:
        parts += [words(field, "name"), words(field, "value")]
    parts.append(words(inner(embed, "footer"), "text"))
    return "\n".join(part for part in parts if part)


def _answers(poll: Json) -> tuple[tuple[str, int], ...]:
    """The answers of a poll in their order, with the votes told."""
    votes = {
        number(one, "id"): count(one, "count") for one in objects(inner(poll, "results"), "answer_counts")
    }
    return tuple(
        (words(inner(one, "poll_media"), "text"), votes.get(number(one, "answer_id"), 0))
        for one in objects(poll, "answers")[:_MOST]
    )
