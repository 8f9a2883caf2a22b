"""Text brought to the form in which claims are looked for, with the way back to the original characters.

NFKC, no invisible characters, lower case, Traditional turned Simplified character by character, hyphens
as spaces, and no gaps between Chinese characters ("保 本", "保*本"), because that is how a promise hides from
a reader's filter while staying readable.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

_GAPS = frozenset(" \t.-*_·•|~^'\"+=/\\`")
_LONGEST_GAP = 3
# Traditional characters that OpenCC leaves alone because only a phrase could tell; for finding claims one
# reading is enough.
_EXTRA = {"著": "着", "乾": "干", "麽": "么"}
_HYPHENS = frozenset("-‐‑‒–—−")
_QUOTES = {"’": "'", "‘": "'", "＇": "'", "`": "'", "´": "'"}


@dataclass(frozen=True, slots=True)
class Folded:
    """A folded text; `origin[i]` is the index in the original of the character at `text[i]`."""

    text: str
    origin: tuple[int, ...]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open span of the original that folded to [start, end)."""
        return self.origin[start], self.origin[end - 1] + 1


def fold(text: str) -> Folded:
    """Fold `text`, in time proportional to its length."""
    characters: list[str] = []
    origin: list[int] = []
    for index, raw in enumerate(text):
        for character in _folded(raw):
            if character == " " and characters and characters[-1] == " ":
                continue
            characters.append(character)
            origin.append(index)
    return _close_gaps(characters, origin)


@lru_cache(maxsize=20_000)
def _folded(raw: str) -> str:
    if unicodedata.category(raw) == "Cf" or 0xFE00 <= ord(raw) <= 0xFE0F or ord(raw) == 0x34F:
        return ""
    if raw == "\n":
        return raw
    out = []
    for character in unicodedata.normalize("NFKC", _QUOTES.get(raw, raw)).lower():
        if character.isspace() or character in _HYPHENS:
            out.append(" ")
        elif is_chinese(character):
            out.append(_EXTRA.get(character) or _converter().convert(character))
        else:
            out.append(_QUOTES.get(character, character))
    return "".join(out)


def is_chinese(character: str) -> bool:
    """Whether `character` is a Chinese ideograph."""
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def _close_gaps(characters: list[str], origin: list[int]) -> Folded:
    kept: list[str] = []
    kept_origin: list[int] = []
    index, length = 0, len(characters)
    while index < length:
        if characters[index] in _GAPS and kept and is_chinese(kept[-1]):
            after = index
            while after < length and after - index < _LONGEST_GAP and characters[after] in _GAPS:
                after += 1
            if after < length and is_chinese(characters[after]):
                index = after
        kept.append(characters[index])
        kept_origin.append(origin[index])
        index += 1
    return Folded("".join(kept), tuple(kept_origin))


@lru_cache(maxsize=1)
def _converter() -> Any:
    from opencc import OpenCC  # loads its dictionaries: only when somebody folds Chinese

    return OpenCC("t2s")
