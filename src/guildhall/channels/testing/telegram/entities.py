"""What Telegram marks in a text: found by itself in plain text, or written as HTML or MarkdownV2.

Offsets and lengths are in UTF-16 code units, as in the Bot API. Recognises addresses, mentions, hashtags,
cashtags, commands and e-mail addresses; the forms follow Telegram's, without its list of every top domain.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

from guildhall.channels.testing.telegram.refusals import bad

TOPS = (
    "com|org|net|io|me|app|dev|xyz|info|co|ru|cn|hk|sg|uk|de|jp|kr|tv|gg|ai|vip|top|live|site|"
    "online|shop|link|pro|fun|click|exchange|finance|trade|cc|us|eu|to|biz|in|test|example|invalid"
)
FORMS = (
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}")),
    ("url", re.compile(
        r"(?:https?|ftp|(?<!\w)(?:tg|ton))://[^\s<>\"'«»“”]+"
        rf"|(?<![\w@/.-])(?:[\w-]+\.)+(?:{TOPS})(?![\w-])(?::\d+)?(?:[/?#][^\s<>\"'«»“”]*)?", re.I)),
    ("bot_command", re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)")),
    ("cashtag", re.compile(r"(?<![\w$])\$(?:1INCH|[A-Z]{1,8})(?![\w$])")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d])\w{1,256}(?:@[A-Za-z0-9_]{3,32})?")),
)  # fmt: skip
MOST = 100
TRAILING = ".,;:!?)]}'\"。，；：！？）】》…"
TAGS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "code": "code", "pre": "pre",
    "tg-spoiler": "spoiler", "span": "spoiler", "blockquote": "blockquote", "a": "text_link",
    "tg-emoji": "custom_emoji",
}  # fmt: skip
MARKS = {"*": "bold", "_": "italic", "__": "underline", "~": "strikethrough", "||": "spoiler"}
RESERVED = set("_*[]()~`>#+-=|{}.!")


def units(text: str) -> int:
    """Length in UTF-16 code units."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def find(text: str) -> list[dict[str, Any]]:
    """The entities Telegram finds in a text by itself."""
    if text.isascii() and not any(mark in text for mark in ".@/#$:"):
        return []
    taken: list[tuple[int, int]] = []
    found: list[tuple[int, int, str]] = []
    for kind, form in FORMS:
        for match in form.finditer(text):
            start, end = match.span()
            if kind == "url":
                while end > start and text[end - 1] in TRAILING:
                    end -= 1
            if all(end <= low or start >= high for low, high in taken):
                taken.append((start, end))
                found.append((start, end, kind))
    return [
        {"type": kind, "offset": units(text[:start]), "length": units(text[start:end])}
        for start, end, kind in sorted(found)[:MOST]
    ]


def merged(text: str, given: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The given entities and those found beside them."""
    spans = [(one["offset"], one["offset"] + one["length"]) for one in given]
    beside = [
        one
        for one in find(text)
        if all(one["offset"] + one["length"] <= low or one["offset"] >= high for low, high in spans)
    ]
    return sorted([*given, *beside], key=lambda one: (one["offset"], -one["length"]))


def parse(text: str, mode: str | None) -> tuple[str, list[dict[str, Any]]]:
    """The text without its marks, and what they marked. Raises Refused on marks that do not close."""
    if not mode:
        return text, []
    if mode.lower() == "html":
        return _from_html(text)
    if mode.lower() in ("markdownv2", "markdown"):
        return _from_markdown(text, strict=mode.lower() == "markdownv2")
    raise bad("unsupported parse_mode")


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.at = 0
        self.open: list[tuple[str, int, dict[str, Any]]] = []
        self.found: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise bad(f'can\'t parse entities: Unsupported start tag "{tag}" at byte offset {self.at}')
        given = dict(attrs)
        more: dict[str, Any] = {}
        if tag == "a":
            more["url"] = given.get("href") or ""
        elif tag == "tg-emoji":
            more["custom_emoji_id"] = given.get("emoji-id") or ""
        elif tag == "code" and (given.get("class") or "").startswith("language-"):
            more["language"] = (given["class"] or "")[9:]
        self.open.append((tag, self.at, more))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open[-1][0] != tag:
            raise bad(f"can't parse entities: Unexpected end tag at byte offset {self.at}")
        _, start, more = self.open.pop()
        if self.at > start and (tag != "a" or more["url"]):
            self.found.append({"type": TAGS[tag], "offset": start, "length": self.at - start, **more})

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        self.at += units(data)


def _from_html(text: str) -> tuple[str, list[dict[str, Any]]]:
    if "<" not in text:
        return html.unescape(text), []
    parser = _Html()
    parser.feed(text)
    parser.close()
    if parser.open:
        raise bad(
            f"can't parse entities: Can't find end tag corresponding to start tag \"{parser.open[-1][0]}\""
        )
    return "".join(parser.parts), sorted(parser.found, key=lambda one: (one["offset"], -one["length"]))


def _from_markdown(text: str, *, strict: bool) -> tuple[str, list[dict[str, Any]]]:
    out: list[str] = []
    at = 0
    open_marks: list[tuple[str, int]] = []
    found: list[dict[str, Any]] = []
    index = 0
    while index < len(text):
        char = text[index]
        if char == "\\" and index + 1 < len(text):
            index += 1
        elif char == "`":
            fence = "```" if text.startswith("```", index) else "`"
            end = text.find(fence, index + len(fence))
            if end < 0:
                raise bad(
                    f"can't parse entities: Can't find end of the entity starting at byte offset {index}"
                )
            inner = text[index + len(fence) : end].replace("\\`", "`").replace("\\\\", "\\")
            found.append({"type": "pre" if fence == "```" else "code", "offset": at, "length": units(inner)})
            out.append(inner)
            at += units(inner)
            index = end + len(fence)
            continue
        elif char == "[" and (link := re.match(r"\[((?:\\.|[^\]\\])*)\]\(((?:\\.|[^)\\])*)\)", text[index:])):
            inner = re.sub(r"\\(.)", r"\1", link[1])
            found.append({"type": "text_link", "offset": at, "length": units(inner),
                          "url": re.sub(r"\\(.)", r"\1", link[2])})  # fmt: skip
            out.append(inner)
            at += units(inner)
            index += link.end()
            continue
        elif mark := next((one for one in ("__", "||", "*", "_", "~") if text.startswith(one, index)), None):
            if open_marks and open_marks[-1][0] == mark:
                _, start = open_marks.pop()
                if at > start:
                    found.append({"type": MARKS[mark], "offset": start, "length": at - start})
            else:
                open_marks.append((mark, at))
            index += len(mark)
            continue
        elif strict and char in RESERVED and not (char == ">" and (not out or out[-1].endswith("\n"))):
            raise bad(f"can't parse entities: Character '{char}' is reserved and must be escaped with the "
                      "preceding '\\'")  # fmt: skip
        char = text[index]
        out.append(char)
        at += units(char)
        index += 1
    if open_marks:
        raise bad(
            f"can't parse entities: Can't find end of the entity starting at byte offset {open_marks[-1][1]}"
        )
    return "".join(out), sorted(found, key=lambda one: (one["offset"], -one["length"]))
