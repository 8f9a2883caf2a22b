"""Makes text from outside storable without moving anything: null characters and broken surrogates become
U+FFFD.

Every replacement keeps its length of one code point, so that offsets of links and entities stay true.
Right-to-left marks, zero-width characters and emoji are kept: they are evidence for the guard, and people's
languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` as both databases can hold it, in the same number of code points."""
    if "\x00" not in text and text.isascii():
        return text
    return _UNSTORABLE.sub("\ufffd", text)


def typed(text: str) -> str:
    """What somebody wrote into a form, clean, without space around it. Browsers end lines with CR LF; the
    sign before the line feed is nobody's word and would be shown, and sent, as a hidden character.
    """
    return clean(text).replace("\r\n", "\n").strip()


def all_words(text: str, attached: Iterable[str], quoted: str = "") -> str:
    """Everything a message puts before people: its text first, so that offsets hold, then what its
    attachments say (a poll, a contact, a card) and what it quotes from elsewhere.
    """
    more = [one for one in (*attached, quoted) if one and one not in text]
    return "\n".join((text, *more)) if more else text


def one_line(text: str, most: int) -> str:
    """A name or title: cleaned, white space and control characters folded to single spaces, cut to `most`
    code points.
    """
    return " ".join(clean(text).translate(_CONTROLS).split())[:most].rstrip()


_CONTROLS = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], " ")
