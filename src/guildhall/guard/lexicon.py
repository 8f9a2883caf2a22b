"""English words that canonical text knows, so that a disguised word is repaired only when a real one comes
out.

`letters/words.json` lists them, frequent first. Knowing words is what lets "w4llet", "wal.let" and
"claimyourairdrop" be read while w3b3, p2p, l2 and 100x stay what they are.
"""

from __future__ import annotations

import json
import math
from functools import lru_cache
from importlib.resources import files

_LONGEST = 18
_SEGMENTED_UP_TO = 120
_UNKNOWN_COST = 14.0

_READINGS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "i", "|": "il", "+": "t", "(": "c", "€": "e", "£": "l",
}  # fmt: skip
LEET = {ord(sign): letters[0] for sign, letters in _READINGS.items() if sign in "013457@$!|"}


def _ranked() -> list[str]:
    source = files("guildhall.guard").joinpath("letters/words.json").read_text(encoding="utf-8")
    words: str = json.loads(source)["words"]
    return words.split()


_RANKED = _ranked()
WORDS = frozenset(_RANKED)
_COST = {word: math.log((rank + 8) * 3.2) for rank, word in enumerate(_RANKED)}


def _reversals() -> frozenset[str]:
    return frozenset(word[::-1] for word in _RANKED if len(word) >= 4) - WORDS


BACKWARDS = _reversals()
"""Words of four letters and more read from the end."""


@lru_cache(maxsize=4096)
def segment(letters: str) -> tuple[str, ...]:
    """Running letters as words; () when they are not mostly known words."""
    if len(letters) > _SEGMENTED_UP_TO:
        return ()
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(letters) + 1):
        choice = (best[end - 1][0] + _UNKNOWN_COST, end - 1)
        for start in range(max(0, end - _LONGEST), end):
            cost = _COST.get(letters[start:end])
            if cost is not None and best[start][0] + cost < choice[0]:
                choice = (best[start][0] + cost, start)
        best.append(choice)
    words: list[str] = []
    end = len(letters)
    while end:
        start = best[end][1]
        words.append(letters[start:end])
        end = start
    words.reverse()
    known = sum(len(word) for word in words if word in WORDS and (len(word) > 2 or word in _TINY))
    return tuple(words) if known >= 0.85 * len(letters) and len(letters) >= 2.6 * len(words) else ()


_TINY = frozenset(
    ["a", "i", "am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no",
     "of", "on", "or", "so", "to", "up", "us", "we", "u", "ur"]
)  # fmt: skip


@lru_cache(maxsize=8192)
def unleet(token: str) -> str:
    """The known word a token of letters, digits and signs is read as, or ''. The word has as many letters."""
    readings = [""]
    for char in token:
        choices = _READINGS.get(char, char)
        readings = [head + letter for head in readings for letter in choices]
        if len(readings) > 16:
            return ""
    for word in readings:
        if word in WORDS or _is_inflected(word):
            return word
    return ""


def _is_inflected(word: str) -> bool:
    return (
        len(word) >= 5
        and (word[-1] == "s" and word[:-1] in WORDS)
        or len(word) >= 6
        and (word[-2:] == "ed" and (word[:-2] in WORDS or word[:-1] in WORDS))
        or len(word) >= 7
        and (word[-3:] == "ing" and (word[:-3] in WORDS or word[:-3] + "e" in WORDS))
    )


def is_word(letters: str) -> bool:
    """A known word or a plain ending on one."""
    return letters in WORDS or _is_inflected(letters)
