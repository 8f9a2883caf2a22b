"""Finds what is marked in a Discord message: mentions, custom emoji, masked links, code, emphasis.

Pure. Discord sends the text as it was typed, with its marks; offsets are code points of that text. Links that
nobody masked are found by `channels.links`.
"""

from __future__ import annotations

import re

from guildhall.channels.port import Entity, EntityKind, Link, LinkKind

_LONGEST_MARKED = 8_000
"""Discord takes 4,000 characters; whatever is longer is read without its marks."""
_SIGNS = re.compile(r"[<@`*_~|>\[]")
_CODE = re.compile(r"```.+?```|``.+?``|`[^`\n]+`", re.DOTALL)
_TOKEN = re.compile(
    r"<@!?(?P<user>\d{1,20})>|<@&(?P<role>\d{1,20})>|<#(?P<channel>\d{1,20})>"
    r"|<a?:(?P<emoji>\w{1,64}):(?P<emoji_id>\d{1,20})>|<t:-?\d{1,17}(?::[tTdDfFR])?>"
    r"|</[^<>:\n]{1,100}:\d{1,20}>|(?P<all>@everyone|@here)"
)
_MASKED = re.compile(
    r"\[(?P<shown>[^\[\]\n]{1,1000}+)\]\(\s{0,20}+<?(?P<url>[a-z][a-z0-9+.-]{0,20}+://[^\s<>)]++)>?"
    r"(?:\s[^)\n]{0,200}+)?\)",
    re.IGNORECASE,
)
_MARKS: tuple[tuple[re.Pattern[str], EntityKind], ...] = (
    (re.compile(r"\*\*(?=\S)(?:[^*]|\*(?!\*))+?\*\*"), EntityKind.BOLD),
    (
        re.compile(r"(?<!\*)\*(?=[^\s*])[^*\n]+?\*(?!\*)|(?<![\w_])_(?=[^\s_])[^_\n]+?_(?![\w_])"),
        EntityKind.ITALIC,
    ),
    (re.compile(r"__(?=\S)(?:[^_]|_(?!_))+?__"), EntityKind.UNDERLINE),
    (re.compile(r"~~(?=\S)[^~]+?~~"), EntityKind.STRIKE),
    (re.compile(r"\|\|(?:[^|]|\|(?!\|))+?\|\|"), EntityKind.SPOILER),
    (re.compile(r"^>{1,3} .+$", re.MULTILINE), EntityKind.QUOTE),
)


def marked(text: str) -> tuple[tuple[Entity, ...], list[Link]]:
    """The marked stretches of a text, made storable before, and its masked links."""
    if len(text) > _LONGEST_MARKED or _SIGNS.search(text) is None:
        return (), []
    entities: list[Entity] = []
    links: list[Link] = []
    code = []
    if "`" in text:
        for match in _CODE.finditer(text):
            kind = EntityKind.PRE if match[0].startswith("```") else EntityKind.CODE
            entities.append(_entity(kind, match))
            code.append((match.start(), match.end()))
    for match in _TOKEN.finditer(text):
        if not _inside(match.start(), code):
            entities.append(_token(match))
    if "](" in text:
        for match in _MASKED.finditer(text):
            if not _inside(match.start(), code):
                link = Link(match["url"], match["shown"], LinkKind.TEXT_LINK, match.start(), match.end())
                links.append(link)
                entities.append(Entity(EntityKind.TEXT_LINK, link.start, link.end - link.start, link.url))
    for pattern, kind in _MARKS:
        for match in pattern.finditer(text):
            if not _inside(match.start(), code):
                entities.append(_entity(kind, match))
    entities.sort(key=lambda one: (one.offset, -one.length))
    return tuple(entities), links


def _entity(kind: EntityKind, match: re.Match[str]) -> Entity:
    return Entity(kind, match.start(), match.end() - match.start())


def _token(match: re.Match[str]) -> Entity:
    start, length = match.start(), match.end() - match.start()
    if match["user"]:
        return Entity(EntityKind.TEXT_MENTION, start, length, account=match["user"])
    if match["role"] or match["all"]:
        return Entity(EntityKind.MENTION, start, length)
    if match["emoji"]:
        return Entity(EntityKind.CUSTOM_EMOJI, start, length)
    return Entity(EntityKind.OTHER, start, length)


def _inside(at: int, spans: list[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)
