"""English words that canonical text knows, so that a disguised word is repaired only when a real one comes
out.

`letters/words.json` lists them, frequent first. Knowing words is what lets "w4llet", "wal.let" and
"claimyourairdrop" be read while w3b3, p2p, l2 and 100x stay what they are.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from importlib.resources import files

_LONGEST = 18
_DOUBLED = re.compile(r"([a-z])\1+")
_VOWELS = re.compile("[aeiou]")
_SEGMENTED_UP_TO = 400
_UNKNOWN_COST = 14.0

_READINGS = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a", "5": "s", "6": "gb", "7": "t", "8": "b", "9": "g",
    "@": "a", "$": "s", "!": "i", "|": "il", "+": "t", "(": "c", "€": "e", "£": "l",
}  # fmt: skip
LEET = {ord(sign): letters[0] for sign, letters in _READINGS.items() if sign in "013457@$!|"}


def _ranked() -> tuple[list[str], list[str]]:
    source = files("guildhall.guard").joinpath("letters/words.json").read_text(encoding="utf-8")
    lists: dict[str, str] = json.loads(source)
    return lists["words"].split(), lists["russian"].split()


_RANKED, _RUSSIAN = _ranked()
WORDS = frozenset(_RANKED)
RUSSIAN_WORDS = frozenset(_RUSSIAN)
_COST = {word: math.log((rank + 8) * 3.2) for words in (_RANKED, _RUSSIAN) for rank, word in enumerate(words)}


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
    known = sum(len(word) for word in words if word in _COST and (len(word) > 2 or word in _TINY))
    return tuple(words) if known >= 0.85 * len(letters) and len(letters) >= 2.6 * len(words) else ()


_TINY = frozenset(
    ["a", "i", "am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "in", "is", "it", "me", "my", "no",
     "of", "on", "or", "so", "to", "up", "us", "we", "u", "ur", "в", "и", "с", "к", "на", "не", "за",
     "по", "от", "до", "из", "лс", "мы", "вы", "он", "то"]
)  # fmt: skip


_PREFIXES = (
    "in",
    "im",
    "un",
    "re",
    "over",
    "under",
    "out",
    "non",
    "pre",
    "dis",
    "mis",
    "inter",
    "super",
    "anti",
    "co",
)


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


def is_compound(letters: str) -> bool:
    """A known word behind an everyday prefix."""
    return any(letters.startswith(prefix) and is_word(letters[len(prefix) :]) for prefix in _PREFIXES)


def is_word(letters: str) -> bool:
    """A known word or a plain ending on one."""
    return letters in WORDS or _is_inflected(letters)


class _Neighbours:
    """What a known word becomes under one small change, frequent words first; made when first asked for."""

    def __init__(self) -> None:
        self.shorter: dict[str, str] = {}
        self.single: dict[str, str] = {}
        self.skeleton: dict[str, str] = {}
        self.gapped: dict[str, str] = {}
        for word in _RANKED:
            if len(word) < 4:
                continue
            self.single.setdefault(_DOUBLED.sub(r"\1", word), word)
            for i in range(len(word)):
                self.gapped.setdefault(f"{word[:i]}*{word[i + 1 :]}", word)
            if len(word) >= 6:
                for i in range(1, len(word)):
                    self.shorter.setdefault(word[:i] + word[i + 1 :], word)
            bones = word[0] + _VOWELS.sub("", word[1:])
            if len(word) >= 5 and len(bones) >= 3:
                self.skeleton.setdefault(bones, word)


@lru_cache(maxsize=1)
def _neighbours() -> _Neighbours:
    return _Neighbours()


@lru_cache(maxsize=16_384)
def mended(token: str) -> str:
    """The known word an unknown one was made from by one swap, one letter left out
    or put in, doubled letters or no vowels; or ''.
    """
    near = _neighbours()
    if _DOUBLED.search(token):
        word = undoubled(token)
        if word:
            return word
    for i in range(len(token) - 1):
        word = token[:i] + token[i + 1] + token[i] + token[i + 2 :]
        if len(word) >= 5 and word in WORDS:
            return word
    found = near.shorter.get(token)
    if found is not None:
        return found
    for i in range(1, len(token)):
        word = token[:i] + token[i + 1 :]
        if len(word) >= 6 and word in WORDS:
            return word
    if not _VOWELS.search(token[1:]):
        return near.skeleton.get(token, "")
    return ""


def undoubled(token: str) -> str:
    """The known word a token with doubled letters is once every letter stands once, or ''."""
    return _neighbours().single.get(_DOUBLED.sub(r"\1", token), "")


def filled(token: str) -> str:
    """The known word a token with one letter hidden behind `*` stands for, or ''."""
    return _neighbours().gapped.get(token, "")
