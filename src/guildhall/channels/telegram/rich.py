"""Flattens a rich message (headings, lists, tables, nested formatting) into plain text with entities, links
and media.

Pure. A rich message has no `text` of its own, and what is not flattened would not be judged: unknown blocks
are walked like known ones, and one that is nested beyond reason is refused instead of being cut.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from guildhall.channels.parsing import LONGEST_TEXT
from guildhall.channels.port import Entity, EntityKind, Link, LinkKind, Media
from guildhall.channels.telegram.media import READERS
from guildhall.channels.telegram.reading import Json, bad, items, maybe_id, maybe_inner, word
from guildhall.channels.telegram.spans import KINDS, written
from guildhall.channels.text import clean

_DEEPEST = 60
_AFTER_LABEL = " "
_KINDS = {
    **KINDS,
    "email_address": EntityKind.EMAIL,
    "pullquote": EntityKind.QUOTE,
    "mathematical_expression": EntityKind.CODE,
    "heading": EntityKind.BOLD,
}
_UNMARKED = frozenset(
    {"paragraph", "footer", "divider", "anchor", "list", "table", "details", "collage", "slideshow", "map",
     "photo", "video", "animation", "audio", "voice_note", "thinking", ""}
)  # fmt: skip
_WORDS = ("label", "summary", "expression", "alternative_text", "text")
_PARTS = ("blocks", "items", "cells", "caption", "credit")
_MEDIA = {
    "photo": "photo",
    "video": "video",
    "animation": "animation",
    "audio": "audio",
    "voice_note": "voice",
}


@dataclass(slots=True)
class Flat:
    """A rich message as a plain one. Spans count from the beginning of `text`."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    entities: list[Entity] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.parts)

    def add(self, words: str) -> None:
        if self.length + len(words) > LONGEST_TEXT:
            raise bad("rich_message")
        self.parts.append(clean(words))
        self.length += len(words)

    def end_line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.add("\n")


def flatten(message: Json, before: str = "") -> Flat:
    """The rich message inside a message, behind the text it has beside it. Raises BadInput."""
    flat = Flat()
    if before:
        flat.add(before)
        flat.end_line()
    for block in items(message, "blocks"):
        _block(flat, block, 0)
    if flat.parts and flat.parts[-1].endswith("\n"):
        flat.parts[-1] = flat.parts[-1][:-1]
        flat.length -= 1
    return flat


def _block(flat: Flat, raw: Any, depth: int) -> None:
    if flat.parts[-1:] != [_AFTER_LABEL]:
        flat.end_line()
    _node(flat, raw, depth)
    flat.end_line()


def _node(flat: Flat, raw: Any, depth: int) -> None:
    if depth > _DEEPEST:
        raise bad("rich_message")
    if type(raw) is str:
        flat.add(raw)
    elif type(raw) is list:
        for one in raw:
            _node(flat, one, depth + 1)
    elif type(raw) is dict:
        _marked(flat, raw, depth)


def _marked(flat: Flat, raw: Json, depth: int) -> None:
    start, first = flat.length, len(flat.parts)
    kind = word(raw, "type")
    for name in _WORDS:
        if name in raw:
            _node(flat, raw[name], depth + 1)
            if name in ("label", "summary"):
                flat.add(_AFTER_LABEL if name == "label" else "\n")
    for name, reader in _MEDIA.items():
        if name == kind and name in raw:
            flat.media.extend(READERS[reader](raw[name]))
    for name in _PARTS:
        if name in raw:
            _parts(flat, raw[name], name, depth)
    _mark(flat, raw, kind, start, "".join(flat.parts[first:]) if kind == "url" else "")


def _parts(flat: Flat, raw: Any, name: str, depth: int) -> None:
    if name == "cells" and type(raw) is list:
        for row in raw:
            flat.end_line()
            for cell in row if type(row) is list else (row,):
                _node(flat, cell, depth + 1)
                flat.add("\t")
    elif name in ("blocks", "items") and type(raw) is list:
        for one in raw:
            _block(flat, one, depth + 1)
    else:
        _block(flat, raw, depth + 1)


def _mark(flat: Flat, raw: Json, kind: str, start: int, shown: str) -> None:
    """Remember what the words since `start` are marked as; `shown` are those of a link."""
    shown = shown.removesuffix("\n")
    url = clean(word(raw, "url")).strip() if kind == "url" else ""
    length = flat.length - start
    if length and flat.parts[-1].endswith("\n"):
        length -= 1
    if length and kind not in _UNMARKED:
        named = EntityKind.TEXT_LINK if url and url != shown else _KINDS.get(kind, EntityKind.OTHER)
        account = maybe_id(maybe_inner(raw, "user"), "id") if kind == "text_mention" else ""
        target = url if named is EntityKind.TEXT_LINK else ""
        flat.entities.append(Entity(named, start, length, target, account))
    if not url:
        return
    if not length:
        flat.links.append(Link(url, url, LinkKind.TEXT_LINK))
    elif url == shown:
        flat.links.append(written(shown, start))
    else:
        flat.links.append(Link(url, shown, LinkKind.TEXT_LINK, start, start + length))
