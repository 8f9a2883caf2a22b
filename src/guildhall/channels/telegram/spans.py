"""Turns Telegram's entities, counted in UTF-16 units, into entities and links counted in code points.

Pure. Whatever the offsets, a span lies inside the text: it is clipped, a half surrogate pair is taken whole,
and what marks nothing is left out. Links that Telegram did not mark are found by `channels.links`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Any

from guildhall.channels.links import scan
from guildhall.channels.port import Entity, EntityKind, Link, LinkKind
from guildhall.channels.telegram.reading import maybe_id, maybe_inner, word
from guildhall.channels.text import clean

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_LONGEST_URL = 8192
KINDS = {
    "url": EntityKind.URL,
    "text_link": EntityKind.TEXT_LINK,
    "mention": EntityKind.MENTION,
    "text_mention": EntityKind.TEXT_MENTION,
    "hashtag": EntityKind.HASHTAG,
    "cashtag": EntityKind.CASHTAG,
    "bot_command": EntityKind.COMMAND,
    "email": EntityKind.EMAIL,
    "phone_number": EntityKind.PHONE,
    "bold": EntityKind.BOLD,
    "italic": EntityKind.ITALIC,
    "underline": EntityKind.UNDERLINE,
    "strikethrough": EntityKind.STRIKE,
    "spoiler": EntityKind.SPOILER,
    "code": EntityKind.CODE,
    "pre": EntityKind.PRE,
    "blockquote": EntityKind.QUOTE,
    "expandable_blockquote": EntityKind.QUOTE,
    "custom_emoji": EntityKind.CUSTOM_EMOJI,
}
"""Telegram's names; what is not here (`date_time`, next year's) becomes `other`."""


class Units:
    """Where the UTF-16 units of a text fall among its code points."""

    __slots__ = ("_astral", "_length")

    def __init__(self, text: str) -> None:
        self._astral = (
            []
            if text.isascii()
            else [at.start() + before for before, at in enumerate(_ASTRAL.finditer(text))]
        )
        self._length = len(text)

    def point(self, unit: int) -> int:
        """The code point this unit belongs to, inside the text; the end of the text for what lies behind."""
        if unit <= 0:
            return 0
        return min(unit - bisect_left(self._astral, unit), self._length)

    def span(self, offset: object, length: object) -> tuple[int, int] | None:
        """Start and end in code points of what these units touch, None when that is nothing."""
        if type(offset) is not int or type(length) is not int or length <= 0:
            return None
        end = offset + length
        start, stop = self.point(offset), self.point(end)
        if self._splits_a_pair(end):
            stop += 1
        return (start, stop) if start < stop else None

    def _splits_a_pair(self, unit: int) -> bool:
        at = bisect_left(self._astral, unit - 1)
        return at < len(self._astral) and self._astral[at] == unit - 1


def marked(text: str, given: list[Any]) -> tuple[tuple[Entity, ...], list[Link]]:
    """The entities of a text, made storable before, and the links among them in Telegram's order."""
    units = Units(text)
    entities: list[Entity] = []
    links: dict[tuple[str, int, int], Link] = {}
    for one in given:
        if type(one) is not dict or (span := units.span(one.get("offset"), one.get("length"))) is None:
            continue
        start, end = span
        kind = KINDS.get(word(one, "type"), EntityKind.OTHER)
        url = clean(word(one, "url")[:_LONGEST_URL]).strip() if kind is EntityKind.TEXT_LINK else ""
        account = maybe_id(maybe_inner(one, "user"), "id") if kind is EntityKind.TEXT_MENTION else ""
        entities.append(Entity(kind, start, end - start, url, account))
        if kind is EntityKind.URL:
            link = written(text[start:end], start)
        elif url:
            link = Link(url, text[start:end], LinkKind.TEXT_LINK, start, end)
        else:
            continue
        links.setdefault((link.url, start, end), link)
    return tuple(entities), list(links.values())


def written(shown: str, start: int) -> Link:
    """The link that Telegram sees in the words `shown`, which begin at `start`."""
    kind = LinkKind.URL if "://" in shown else LinkKind.BARE
    url = shown if kind is LinkKind.URL else f"http://{shown}"
    if not shown.isascii():
        # Full-width letters and invisible characters in a host are undone as in links nobody marked.
        found = scan(shown)
        if found and found[0].start == 0:
            url = found[0].url + shown[found[0].end :]
    return Link(url, shown, kind, start, start + len(shown))
