"""Features of a text: numbers for its stretches of one to four characters, its words and pairs of words.

Every stretch is hashed into one of 2**BITS places by a rolling hash over code points, all of them at once in
numpy, so a text of any language costs the same few array operations. Digits count as the same digit: what
matters of a phone number or an address is its shape.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

BITS = 18
"""Features live in 2**BITS places."""

LONGEST = 4
"""Stretches are one to this many characters."""

LAYOUT = 1
"""Changes whenever the same text would get other features: a model knows the layout it was trained on."""

_MULTIPLIER = 0x9E3779B97F4A7C15
_MIX = np.uint64(0xD6E8FEB86659FD93)
_FULL = (1 << 64) - 1
_FOLD = np.uint64(32)
_SHIFT = np.uint64(64 - BITS)
_ONE = np.uint64(1)
_ZERO_DIGIT = np.uint64(48)
_BLANK = np.uint64(32)
_PAIR = np.uint64(991)
_WORD = np.uint64(77_777)

OTHER, SPACE, LATIN, CYRILLIC, HAN, DIGIT, EMOJI, LETTER = range(8)
"""Kinds of characters."""

_HIGHEST = 0x1FFFF

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Places:
    """Features in the order of the text, not yet made unique, with the stretch [start, end) of each."""

    ids: Ids
    start: NDArray[np.int64]
    end: NDArray[np.int64]


def ids(text: str) -> Ids:
    """The places of a canonical text's features, each once, ascending; never empty."""
    found = _hashed(_codes(text))[0]
    found.sort()
    return found[np.concatenate((_FIRST, found[1:] != found[:-1]))]


def places(text: str) -> Places:
    """The same features with where they stand, for showing what weighed most."""
    codes = _codes(text)
    found, edges = _hashed(codes)
    length = len(codes) + 2
    starts = [np.arange(length - n + 1) for n in range(1, min(LONGEST, length) + 1)]
    ends = [start + n for n, start in enumerate(starts, start=1)]
    if len(edges):
        begin, stop = edges[::2], edges[1::2]
        starts += [begin, begin[:-1]]
        ends += [stop, stop[1:]]
    # The text stands between two blanks of our own: shift by one and stay inside.
    start = np.clip(np.concatenate(starts) - 1, 0, len(codes))
    end = np.clip(np.concatenate(ends) - 1, 0, len(codes))
    return Places(found, start, end)


def script(text: str) -> str:
    """The language a text is treated as, told from its letters alone: zh, ru, en (Latin letters, or none) or
    other. A Han character says as much as three letters, and kana among them means Japanese.
    """
    counts = np.bincount(_kinds()[np.minimum(_codes(text), _HIGHEST)], minlength=8).tolist()
    han, cyrillic, latin, other = 3 * counts[HAN], counts[CYRILLIC], counts[LATIN], counts[LETTER]
    most = max(han, cyrillic, latin, other)
    if most == other > 0 or (most == han and 5 * other > counts[HAN]):
        return "other"
    if most == han > 0:
        return "zh"
    return "ru" if most == cyrillic > 0 else "en"


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _hashed(codes: NDArray[np.uint32]) -> tuple[Ids, NDArray[np.int64]]:
    """Places of all stretches, then of words and pairs of words; and the edges of the words."""
    kinds = _kinds()[np.minimum(codes, _HIGHEST)]
    length = len(codes) + 2
    powers, inverse = _powers(length + 1)
    padded = np.full(length, _BLANK, np.uint64)
    padded[1:-1] = codes
    padded[1:-1][kinds == DIGIT] = _ZERO_DIGIT
    sums = np.zeros(length + 1, np.uint64)
    np.cumsum((padded + _ONE) * powers[:length], out=sums[1:])
    parts = [
        (sums[n:] - sums[:-n]) * inverse[: length - n + 1] + np.uint64(n * 0x1000193)
        for n in range(1, min(LONGEST, length) + 1)
    ]
    inside = np.zeros(length, np.bool_)
    inside[1:-1] = _is_in_word()[kinds]
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    if len(edges):
        begin, stop = edges[::2], edges[1::2]
        words = (sums[stop] - sums[begin]) * inverse[begin]
        parts += [words + _WORD, words[:-1] * _MIX + words[1:] + _PAIR]
    hashed = np.concatenate(parts)
    hashed ^= hashed >> _FOLD
    hashed *= _MIX
    return (hashed >> _SHIFT).astype(np.int64), edges


_FIRST = np.ones(1, np.bool_)


class _Powers:
    """Powers of the multiplier and of its inverse modulo 2**64, made longer when a longer text comes."""

    def __init__(self) -> None:
        self.up = np.ones(0, np.uint64)
        self.down = self.up

    def grow(self, length: int) -> None:
        inverse = pow(_MULTIPLIER, -1, 1 << 64)
        self.up, self.down = _progression(_MULTIPLIER, length), _progression(inverse, length)


_POWERS = _Powers()


def _powers(length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    if len(_POWERS.up) < length:
        _POWERS.grow(max(2 * length, 4_096))
    return _POWERS.up, _POWERS.down


def _progression(base: int, length: int) -> NDArray[np.uint64]:
    out = np.empty(length, np.uint64)
    value = 1
    for i in range(length):
        out[i] = value
        value = value * base & _FULL
    return out


@lru_cache(maxsize=1)
def _kinds() -> NDArray[np.uint8]:
    """The kind of every code point up to _HIGHEST."""
    kinds = np.zeros(_HIGHEST + 1, np.uint8)
    for code in range(0x2E80):
        char = chr(code)
        if char.isspace():
            kinds[code] = SPACE
        elif char.isdigit():
            kinds[code] = DIGIT
        elif char.isalpha():
            kinds[code] = LETTER
    kinds[:0x250][kinds[:0x250] == LETTER] = LATIN
    kinds[0x400:0x530][kinds[0x400:0x530] == LETTER] = CYRILLIC
    kinds[0x2190:0x2C00] = EMOJI
    kinds[0x2E80:0x3000] = HAN
    kinds[0x3040:0x3100] = LETTER
    kinds[0x3400:0xA000] = HAN
    kinds[0xA000:0xD800] = LETTER
    kinds[0xF900:0xFB00] = HAN
    kinds[0x1F000:0x1FB00] = EMOJI
    return kinds


@lru_cache(maxsize=1)
def _is_in_word() -> NDArray[Any]:
    table = np.zeros(8, np.bool_)
    table[[LATIN, CYRILLIC, DIGIT, LETTER]] = True
    return table
