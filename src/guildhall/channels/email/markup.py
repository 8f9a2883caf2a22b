"""HTML mail as text and links: what a reader would see, in the order they would see it.

Pure. Nothing is fetched and nothing is run. Where the words of a link and its address differ, both are kept:
that difference is what the guard looks for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from guildhall.channels.port import Link, LinkKind
from guildhall.channels.text import clean

_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav",
        "ol", "p", "pre", "section", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
_UNSEEN = frozenset(["head", "script", "style", "title", "template", "noscript", "object", "svg"])
_VOID = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_CELLS = frozenset(("td", "th"))
_QUOTE_CLASSES = re.compile(r"\b(?:gmail_quote|moz-cite-prefix|yahoo_quoted|protonmail_quote|gmail_attr)\b")
_QUOTE_IDS = frozenset(("appendonsend", "divrplyfwdmsg", "isreplycontent", "ntes-pcmail-quote"))
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?:px|pt)?\s*(?:;|$)")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_MANY_LINES = re.compile(r"\n{3,}")
_MOST_LINKS = 200
_LONGEST = 2_000_000


@dataclass(frozen=True, slots=True)
class Read:
    """What stands in it: the letter itself, what it quotes of an earlier one, and the links of both."""

    text: str
    quoted: str = ""
    links: tuple[Link, ...] = ()


def read(html: str) -> Read:
    """The words and links of an HTML body; never raises."""
    reader = _Reader()
    reader.feed(html[:_LONGEST])
    reader.close()
    return Read(_tidy("".join(reader.own)), _tidy("".join(reader.quoted)), tuple(dict.fromkeys(reader.links)))


@dataclass(slots=True)
class _Open:
    """A tag not closed yet and what begins with it."""

    tag: str
    hides: bool = False
    quotes: bool = False


@dataclass(slots=True)
class _Href:
    url: str
    words: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.own: list[str] = []
        self.quoted: list[str] = []
        self.links: list[Link] = []
        self._open: list[_Open] = []
        self._hidden = self._quotes = 0
        self._href: _Href | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "br" or tag in _BLOCKS:
            self._say(" " if tag in _CELLS else "\n")
        if tag == "li":
            self._say("- ")
        if tag == "img" and not self._hidden:
            self._say(clean(said.get("alt", ""))[:200])
        if tag == "a":
            self._end_link()
            self._href = _Href(said.get("href", "").strip()) if said.get("href") else None
        if tag in _VOID:
            return
        opened = _Open(
            tag, tag in _UNSEEN or bool(_HIDDEN.search(said.get("style", "").lower())), _quotes(tag, said)
        )
        self._open.append(opened)
        self._hidden += opened.hides
        self._quotes += opened.quotes

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._end_link()
        if not any(one.tag == tag for one in self._open[-200:]):
            return
        while self._open:
            closed = self._open.pop()
            self._hidden -= closed.hides
            self._quotes -= closed.quotes
            if closed.tag == tag:
                break
        if tag in _BLOCKS and tag not in _CELLS:
            self._say("\n")

    def handle_data(self, data: str) -> None:
        in_pre = any(one.tag == "pre" for one in self._open[-20:])
        words = data if in_pre else _SPACES.sub(" ", data)
        if self._href is not None and not self._hidden:
            self._href.words.append(words)
        self._say(words)

    def close(self) -> None:
        super().close()
        self._end_link()

    def _say(self, words: str) -> None:
        if not self._hidden:
            (self.quoted if self._quotes else self.own).append(words)

    def _end_link(self) -> None:
        href, self._href = self._href, None
        if href is None or len(self.links) >= _MOST_LINKS:
            return
        url, words = clean(href.url), clean(" ".join("".join(href.words).split()))
        if url.lower().startswith(("http:", "https:")):
            self.links.append(Link(url[:4000], words[:500] or url[:500], LinkKind.TEXT_LINK))


def _quotes(tag: str, said: dict[str, str]) -> bool:
    if tag == "blockquote":
        return said.get("type", "").lower() == "cite" or bool(_QUOTE_CLASSES.search(said.get("class", "")))
    return bool(_QUOTE_CLASSES.search(said.get("class", ""))) or said.get("id", "").lower() in _QUOTE_IDS


def _tidy(text: str) -> str:
    lines = [clean(line).replace("\u00a0", " ").strip() for line in text.split("\n")]
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip()
