"""A member's text made safe to show: evidence marked, hidden characters made visible, length bounded. Pure.

Spans are Python code-point offsets into the text. They may overlap, touch, be out of order or lie outside the
text: whatever a rule says, the text itself is shown exactly once and in full order.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

Span = tuple[int, int]

# Characters that change what a reader sees without being seen: control characters, direction overrides,
# zero-width and soft hyphens, tags. The zero-width joiner and variation selectors stay: they hold emoji
# together.
HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f"
    "\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"
)
_RUN = re.compile(f"([{HIDDEN}])" r"\1*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text: marked or not."""

    text: str
    marked: bool


def merged(spans: Iterable[Span], length: int) -> list[Span]:
    """The spans inside [0, length), sorted, overlapping and touching ones joined, empty ones dropped."""
    found: list[Span] = []
    for start, end in sorted((max(0, a), min(length, b)) for a, b in spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def pieces(text: str, spans: Iterable[Span]) -> list[Piece]:
    """`text` cut at the edges of the spans; joined again it is `text`."""
    found: list[Piece] = []
    at = 0
    for start, end in merged(spans, len(text)):
        if start > at:
            found.append(Piece(text[at:start], marked=False))
        found.append(Piece(text[start:end], marked=True))
        at = end
    if at < len(text):
        found.append(Piece(text[at:], marked=False))
    return found


def render(text: str, spans: Iterable[Span] = (), limit: int = 0) -> SafeString:
    """`text` as HTML with the spans in <mark>. `limit` > 0 stops after so many code points (the caller says
    so).
    """
    shown = text[:limit] if limit else text
    return format_html_join(
        "", "{}", ((_mark(piece) if piece.marked else visible(piece.text),) for piece in pieces(shown, spans))
    )


def _mark(piece: Piece) -> SafeString:
    return format_html("<mark>{}</mark>", visible(piece.text))


def visible(text: str) -> SafeString:
    """Escaped text in which hidden characters are named; a run of the same one is named once, with its
    length.
    """
    out: list[str] = []
    at = 0
    for run in _RUN.finditer(text):
        out += [escape(text[at : run.start()]), _named(run[1], run.end() - run.start())]
        at = run.end()
    out.append(escape(text[at:]))
    return mark_safe("".join(out))  # noqa: S308 - every part was escaped above


def _named(char: str, times: int) -> SafeString:
    code = f"U+{ord(char):04X}" + (f" ×{times}" if times > 1 else "")
    return format_html(
        '<span class="unseen" title="{}">{}</span>', unicodedata.name(char, "CONTROL CHARACTER"), code
    )
